/* SPDX-License-Identifier: Apache-2.0 */
/* Random histories of a few accounts: the awkward in the shares that a seed gives it. Late and too
 * late events, duplicates, reversals whole and in part, attempts, own transfers, one-sided cash,
 * amounts at the limits, equal times, times at the edges of windows and panes, rings that overflow,
 * accounts that fall silent; and signals about them and what they have, in half of the histories.
 */
#pragma once

#include "detector/signal.h"
#include "detector/transaction.h"

enum { HISTORY_EVENTS_MAX = 512, HISTORY_ACCOUNTS_MAX = 6, HISTORY_ID_MAX = 24 };
enum { HISTORY_SIGNALS_MAX = 12 };

struct history_signal {
    uint32_t before; /* the event that it comes before, never the first */
    struct signal signal;
};

struct history {
    uint64_t seed;
    int64_t dormancy_s;
    uint32_t count;
    struct transaction tx[HISTORY_EVENTS_MAX];
    char ids[HISTORY_EVENTS_MAX][HISTORY_ID_MAX];
    uint32_t signal_count;
    struct history_signal signals[HISTORY_SIGNALS_MAX]; /* by the events they come before */
};

/* One seed in 100: long, and its rings overflow, and 32 panes too. */
bool history_is_busy(uint64_t seed);
void history_make(struct history *history, uint64_t seed);
/* `out` is the history less `count` events from `first` on; it borrows the ids. */
void history_without(const struct history *history, uint32_t first, uint32_t count,
                     struct history *out);
void history_print(const struct history *history);
/* Ordinal of an event: 0, then numbers that pass a multiple of ACCOUNTS_STRIDE half-way. */
uint64_t history_ordinal(const struct history *history, uint32_t event);
