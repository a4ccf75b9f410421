/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of the engine's state: whole lists of events, and a vector recomputed from them by
 * the definitions of docs/FEATURES.md, with no code of the engine.
 *
 * What the ring's size decides is part of the definition. An account's ring is its last 32 events
 * in log order, the one in hand among them; whether a counterparty is new is asked of the 31
 * before. Every event that went before the ring has been folded, in its order, into one number, the
 * money that was there before: a credit adds, a debit takes what there is. Mean, deviation, credit
 * rate and the last living payment look at the whole list.
 *
 * Tests only; not fast. Memory grows with the history. */
#pragma once

#include "detector/feature_table.h"
#include "detector/transaction.h"

/* Mistakes to make, one at a time: a differential test that does not notice them proves nothing. */
#define NAIVE_MUTATIONS(X)                                                                         \
    X(none)                                                                                        \
    X(window_closed_below)                                                                         \
    X(window_open_above)                                                                           \
    X(later_events_seen)                                                                           \
    X(credit_before_debit)                                                                         \
    X(counterparties_not_distinct)                                                                 \
    X(counterparty_by_log_order)                                                                   \
    X(strangers_for_ever)                                                                          \
    X(last_in_first_out)                                                                           \
    X(opening_balance_ignored)                                                                     \
    X(opening_balance_after_the_event)                                                             \
    X(folded_events_forgotten)                                                                     \
    X(unseen_money_owed)                                                                           \
    X(negative_age_is_not_rapid)                                                                   \
    X(rapid_up_to_601_seconds)                                                                     \
    X(reversal_moves_nothing)                                                                      \
    X(reversal_counts)                                                                             \
    X(reversal_below_zero)                                                                         \
    X(reversal_gives_back_to_newest)                                                               \
    X(own_transfers_flow)                                                                          \
    X(attempt_enters_first)                                                                        \
    X(attempt_moves_money)                                                                         \
    X(duplicates_applied)                                                                          \
    X(duplicates_by_time)                                                                          \
    X(amounts_not_quantised)                                                                       \
    X(amounts_cut_not_rounded)                                                                     \
    X(ring_of_31)                                                                                  \
    X(amount_z_after_the_event)                                                                    \
    X(rate_not_decayed)                                                                            \
    X(night_in_utc)                                                                                \
    X(living_payment_by_log_order)

enum naive_mutation {
#define X(name) NAIVE_##name,
    NAIVE_MUTATIONS(X)
#undef X
        NAIVE_MUTATION_COUNT
};

struct naive;

struct naive_side {
    bool payee;
    double features[FEATURE_COUNT];
};

struct naive *naive_new(enum naive_mutation mutation);
void naive_free(struct naive *naive);
/* Takes the next transaction of the log; texts are copied. Returns how many sides were scored, in
 * the order in which they were; 0 for a duplicate. */
unsigned naive_take(struct naive *naive, const struct transaction *tx, struct naive_side sides[2]);
