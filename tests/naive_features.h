/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of the engine's state: whole lists of events, and a vector recomputed from them by
 * the definitions of docs/FEATURES.md, with no code of the engine.
 *
 * What the ring's size decides is part of the definition. A row first touches its accounts: one
 * without an event for the dormancy is forgotten and is a new account; entries at the old end that
 * are 8 days old by the engine clock leave the ring. An entry that finds 128 in the ring crowds the
 * oldest out. What left was folded, in its order, into one number, the money that was there before:
 * a credit adds, a debit takes what there is. What was crowded out is also remembered by panes, for
 * the windows of 6 hours and more. Mean, deviation, credit rate and the last living payment look at
 * the whole list. It traces no money: naive_tracing.h does.
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
    X(amount_z_after_the_event)                                                                    \
    X(rate_not_decayed)                                                                            \
    X(night_in_utc)                                                                                \
    X(living_payment_by_log_order)                                                                 \
    X(ring_of_127)                                                                                 \
    X(stranger_asked_of_128)                                                                       \
    X(keep_of_9_days)                                                                              \
    X(expiry_by_event_time)                                                                        \
    X(left_not_marked)                                                                             \
    X(panes_forgotten)                                                                             \
    X(panes_of_expired)                                                                            \
    X(panes_kept_for_ever)                                                                         \
    X(pane_by_its_start)                                                                           \
    X(pane_of_own_transfers)                                                                       \
    X(pane_without_largest)                                                                        \
    X(dormancy_by_the_ring_alone)                                                                  \
    X(dormancy_not_forgotten)                                                                      \
    X(number_kept_when_forgotten)                                                                  \
    X(flagged_by_any_credit)                                                                       \
    X(flagged_reversals)                                                                           \
    X(flags_not_distinct)                                                                          \
    X(call_of_a_day_ago)                                                                           \
    X(call_after_the_payment)                                                                      \
    X(call_before_any_payment)

enum naive_mutation {
#define X(name) NAIVE_##name,
    NAIVE_MUTATIONS(X)
#undef X
        NAIVE_MUTATION_COUNT
};

struct naive;

struct naive_side {
    bool payee;
    uint32_t account_number;      /* from 1, in order of appearance */
    int64_t approximate_before_s; /* 0: all is known */
    int64_t unspent_p2p;          /* tiyn of P2P credits of the 24 h before that FIFO has left */
    int64_t unspent_protected;    /* the same of wages and benefits, of any time */
    int64_t traced;               /* reported money that is there; 0 until somebody says */
    /* The latest time at which a P2P credit came that did not go back whole by reversals of its
     * own, or of which the ring may not know all; INT64_MAX: some P2P money is still there. */
    int64_t unreturned_s;
    double features[FEATURE_COUNT];
};

/* What signals say of the parties of a transaction, at the engine clock of its row. */
struct naive_known {
    double weight[2]; /* of the payer, the payee */
    int64_t called_s; /* when a marked number last called the payer's phone; 0: not known */
};

struct naive *naive_new(enum naive_mutation mutation, int64_t dormancy_s);
void naive_free(struct naive *naive);
/* Takes the next accepted transaction of the log, at the engine clock of its row; texts are copied.
 * `known` NULL: there are no signals. Returns how many sides were scored, in the order in which
 * they were; 0 for a duplicate. */
unsigned naive_take(struct naive *naive, const struct transaction *tx, int64_t clock_s,
                    const struct naive_known *known, struct naive_side sides[2]);
/* Whether the one that was taken last is an attempt of a transaction that has moved money. */
bool naive_has_moved(const struct naive *naive);
