/* SPDX-License-Identifier: Apache-2.0 */
/* Whether scores still lie as they did in the training period: the population stability index of
 * the judged period against the training scores that the model carries, or where it has none,
 * against what the input holds from before the judged period.
 *
 * PSI = Σ (now − then) · ln(now ÷ then) over tenths of the scores then. Without drift it is
 * χ²(bins − 1) · (1/n + 1/m) over samples of n and m; sides of an account move together, so n and
 * m are accounts. `bound`: 95 % of PSIs without drift are below it. */
#pragma once

#include "detector/commands/backtest_standing.h"
#include "models/score_bins.h"

struct tune_drift {
    bool of_model; /* `then` is the model's; otherwise from the input */
    /* Rows are sides. No bins: the model has none and the input holds too little from before. */
    struct score_bins then;
    int64_t now[SCORE_BINS_MAX]; /* sides */
    int64_t accounts_now;
    double psi, bound;
};

/* `training` may be NULL: the model does not say. */
void tune_drift_measure(struct tune_drift *drift, const struct backtest_pass *pass,
                        struct backtest_period period, const struct score_bins *training);
