/* SPDX-License-Identifier: Apache-2.0 */
/* What the slow twin of the signals says of a transaction, for the slow twin of the features. */
#pragma once

#include "tests/naive_features.h"
#include "tests/naive_signals.h"

/* Of account, person and phone of each side, and of the payer the device. */
struct naive_known naive_known_of(const struct naive_signals *signals, const struct transaction *tx,
                                  int64_t clock_s);
/* With what that rests on, of the payer and the payee. */
struct naive_known naive_known_ask(const struct naive_signals *signals,
                                   const struct transaction *tx, int64_t clock_s,
                                   struct signal_evidence evidence[2]);
