/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/pace.h"

#include "detector/base/steady.h"

#include <unistd.h>

enum { NAP_US = 20000 };

bool pace_is_set(const struct pace *p) {
    return p->per_s > 0 || p->speed > 0;
}

int64_t pace_next_us(struct pace *p, int64_t timestamp_ms, int64_t now_us) {
    if (p->sent == 0) {
        p->start_us = now_us;
        p->first_ms = p->newest_ms = timestamp_ms;
    }
    if (timestamp_ms > p->newest_ms) p->newest_ms = timestamp_ms;
    const int64_t number = p->sent++;
    int64_t due_us = p->start_us;
    if (p->per_s > 0) due_us += (int64_t)((double)number * 1e6 / (double)p->per_s);
    if (p->speed > 0) due_us += (int64_t)((double)(p->newest_ms - p->first_ms) * 1e3 / p->speed);
    return due_us > now_us ? due_us - now_us : 0;
}

void pace_hold(struct pace *p, int64_t timestamp_ms, const atomic_bool *halt) {
    if (!pace_is_set(p)) return;
    const int64_t now_us = steady_us();
    const int64_t due_us = now_us + pace_next_us(p, timestamp_ms, now_us);
    for (int64_t left_us = due_us - now_us; left_us > 0 && !atomic_load(halt);
         left_us = due_us - steady_us())
        usleep((useconds_t)(left_us < NAP_US ? left_us : NAP_US));
}
