/* SPDX-License-Identifier: Apache-2.0 */
/* Whether scores still lie as they did in the training period: the population stability index of
 * the judged period against what the input holds from before it.
 *
 * PSI = Σ (now − then) · ln(now ÷ then) over tenths of the scores then. Without drift it is
 * χ²(bins − 1) · (1/n + 1/m) over samples of n and m; sides of an account move together, so n and
 * m are accounts. `bound`: 95 % of PSIs without drift are below it. */
#pragma once

#include "detector/commands/backtest_standing.h"

enum { TUNE_DRIFT_BINS = 10 };

struct tune_drift {
    size_t
        bins; /* 0: the input holds too little from before; fewer than 10 where scores are equal */
    double from[TUNE_DRIFT_BINS]; /* lowest logit of a bin; the first one: -infinity */
    int64_t then[TUNE_DRIFT_BINS], now[TUNE_DRIFT_BINS]; /* sides */
    int64_t accounts_then, accounts_now;
    double psi, bound;
};

void tune_drift_measure(struct tune_drift *drift, const struct backtest_pass *pass,
                        struct backtest_period period);
