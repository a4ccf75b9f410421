/* SPDX-License-Identifier: Apache-2.0 */
/* Which transfers an INCIDENT means that names none by its id: by account, time and amount. The
 * engine looks for them in what accounts remember, `saqshy trace` in all of the records. */
#pragma once

#include "detector/signal.h"

struct taint_near {
    int64_t occurred_at_s;
    uint32_t amount;     /* coded: taint_coded */
    bool amount_present; /* else P2P transfers, and of a shorter time */
    bool occurred_at_present;
};

struct taint_near taint_near_of(const struct signal *signal);
/* Whether one of so much at that second is meant. Without occurred_at none is. */
bool taint_is_near(const struct taint_near *near, int64_t second, uint32_t amount, bool p2p);
/* An amount as rings have it. */
uint32_t taint_coded(int64_t tiyn);
/* Whether transfers of the subject's account are meant: those that brought it money or, *out, those
 * that it sent. */
bool taint_is_of(const struct signal_subject *subject, bool *out);
