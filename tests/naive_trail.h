/* SPDX-License-Identifier: Apache-2.0 */
/* trail.h anew, tenge by tenge: each is a coin that lies in a row of its account and bears the
 * moves that brought it there. Shares no code with it; slow, and for small amounts. */
#pragma once

#include "detector/trail.h"

enum { NAIVE_TRACK_MAX = 64 };

/* Coins by what they bear: "3>7>9" for what lies on an account, "3>7>9:1" for what ended with that
 * fate at the last move. */
struct naive_trail;

struct naive_trail *naive_trail_follow(const struct trail_move *moves, size_t count,
                                       uint32_t accounts, const struct trail_limits *limits);
void naive_trail_free(struct naive_trail *naive);
/* How many coins bear that. */
int64_t naive_trail_count(const struct naive_trail *naive, const char *track);
/* All that bear something. */
int64_t naive_trail_marked(const struct naive_trail *naive);
