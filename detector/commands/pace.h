/* SPDX-License-Identifier: Apache-2.0 */
/* When the next record of a replay is due: at a rate, at a multiple of the recorded pace, or at
 * once. One thread. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
    int64_t per_s; /* > 0: records a second */
    double speed;  /* > 0: times the recorded pace */
    /* private: */
    int64_t start_us, first_ms, newest_ms, sent;
};

/* False: as fast as it goes. */
bool pace_is_set(const struct pace *pace);
/* Microseconds from `now_us` until a record of this recorded time is due; ≥ 0. Counts the record.
 */
int64_t pace_next_us(struct pace *pace, int64_t timestamp_ms, int64_t now_us);
/* Sleeps until the record is due, or `halt` is true. */
void pace_hold(struct pace *pace, int64_t timestamp_ms, const atomic_bool *halt);
