/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of decide under the model and the policy of sample_options: an episode opens at
 * three credits within an hour, ends with its term of five working days, or when the P2P credits it
 * rests on all went back whole by reversals, or by an answer to it, and is followed by 24 hours of
 * silence. Amendments, by a quarter more money, are not told; below three credits only reported
 * money counts. */
#pragma once

#include "detector/recommendation.h"
#include "detector/signal.h"
#include "detector/signal_effect.h"
#include "tests/naive_features.h"

struct naive_decide;

struct naive_decide *naive_decide_new(void);
void naive_decide_free(struct naive_decide *decide);
/* Takes the next row that is no dead letter, at its engine clock, with its scored sides. */
void naive_decide_take(struct naive_decide *decide, const struct transaction *tx, int64_t clock_s,
                       const struct naive_side *sides, unsigned count);
/* Takes the next signal that can be used, with what it did to the table of signals. */
void naive_decide_hear(struct naive_decide *decide, const struct signal *signal,
                       enum signal_effect effect);
/* Takes a recommendation off those that are due; false when it is not among them. */
bool naive_decide_meet(struct naive_decide *decide, const struct recommendation *recommendation);
/* How many are due and were not met. */
unsigned naive_decide_missing(const struct naive_decide *decide);
