/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a snapshot ahead of who loads it: a thread reads, checks and expands the next chunks while
 * the one before them is loaded. It holds a few chunks at most. Everything but the thread itself is
 * called on one thread. */
#pragma once

#include "detector/snapshot_file.h"

struct snapshot_ahead;

/* Starts the thread. `in` is its own until close. */
struct snapshot_ahead *snapshot_ahead_open(struct snapshot_in *in, struct error *error);
/* As snapshot_in_next: the same chunks, and the same errors in their place. Not again after WHOLE
 * or BAD. */
enum snapshot_next snapshot_ahead_next(struct snapshot_ahead *ahead, enum snapshot_kind *kind,
                                       struct unpack *bytes, struct error *error);
/* Ends the thread, wherever it is. */
void snapshot_ahead_close(struct snapshot_ahead *ahead);
