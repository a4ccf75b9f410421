/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_drift.h"

#include "models/exact_math.h"

#include <assert.h>
#include <stdlib.h>

/* 95 % of χ² by degrees of freedom. */
static const double chi_square_95[SCORE_BINS_MAX] = {0,      3.841,  5.991,  7.815,  9.488,
                                                     11.070, 12.592, 14.067, 15.507, 16.919};

static bool is_then(const struct backtest_side *side, struct backtest_period period) {
    return side->time_s < period.from_s;
}

static int64_t count_accounts(const struct backtest_pass *pass, struct backtest_period period,
                              bool then) {
    int64_t count = 0;
    bool *seen = calloc(pass->account_count + 1, sizeof *seen);
    assert(seen != NULL && "out of memory");
    for (size_t i = 0; i < pass->side_count; i++) {
        const struct backtest_side *side = &pass->sides[i];
        if (is_then(side, period) != then) continue;
        count += !seen[side->account];
        seen[side->account] = true;
    }
    free(seen);
    return count;
}

static void lay_bins(struct score_bins *then, const struct backtest_pass *pass,
                     struct backtest_period period) {
    double *logits = calloc(pass->side_count + 1, sizeof *logits);
    size_t count = 0;
    assert(logits != NULL && "out of memory");
    for (size_t i = 0; i < pass->side_count; i++)
        if (is_then(&pass->sides[i], period)) logits[count++] = pass->sides[i].logit;
    score_bins_lay(then, logits, count);
    then->accounts = count_accounts(pass, period, true);
    free(logits);
}

static void count_now(struct tune_drift *d, const struct backtest_pass *pass,
                      struct backtest_period period) {
    for (size_t i = 0; i < pass->side_count; i++) {
        const struct backtest_side *side = &pass->sides[i];
        if (!is_then(side, period)) d->now[score_bins_find(&d->then, side->logit)]++;
    }
    d->accounts_now = count_accounts(pass, period, false);
}

/* Half a side more in each bin than there is: none is empty. */
static double share(const int64_t *sides, size_t bins, size_t bin) {
    double all = 0;
    for (size_t i = 0; i < bins; i++)
        all += (double)sides[i] + 0.5;
    return ((double)sides[bin] + 0.5) / all;
}

static void compare(struct tune_drift *d) {
    const size_t bins = d->then.count;
    assert(bins > 1 && bins <= SCORE_BINS_MAX);
    for (size_t i = 0; i < bins; i++) {
        const double then = share(d->then.rows, bins, i), now = share(d->now, bins, i);
        d->psi += (now - then) * exact_log(now / then);
    }
    d->bound =
        chi_square_95[bins - 1] * (1 / (double)d->then.accounts + 1 / (double)d->accounts_now);
}

void tune_drift_measure(struct tune_drift *d, const struct backtest_pass *pass,
                        struct backtest_period period, const struct score_bins *training) {
    *d = (struct tune_drift){.of_model = training != NULL};
    if (training != NULL)
        d->then = *training;
    else
        lay_bins(&d->then, pass, period);
    if (d->then.count == 0) return;
    count_now(d, pass, period);
    compare(d);
}
