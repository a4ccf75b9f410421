/* SPDX-License-Identifier: Apache-2.0 */
/* Wakes one thread that sleeps. A ring while it is awake costs no system call, and is not lost: the
 * next wait then returns at once. What was done before a ring is seen after the wait it ends. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bell {
    int fd;
    _Atomic uint32_t rung;
    atomic_bool asleep;
    uint32_t heard; /* the sleeper's: how many rings it knows of */
};

/* False: the process has no descriptor left. */
bool bell_open(struct bell *bell);
void bell_close(struct bell *bell);
/* Any thread. */
void bell_ring(struct bell *bell);
/* The one thread: sleeps until a ring that came after the end of the wait before, or until the time
 * is over; negative: without an end. May return early: look again at what was waited for. */
void bell_wait(struct bell *bell, int timeout_ms);
