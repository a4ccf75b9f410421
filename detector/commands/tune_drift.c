/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_drift.h"

#include "models/exact_math.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { SIDES_LEAST = 100 };

/* 95 % of χ² by degrees of freedom. */
static const double chi_square_95[TUNE_DRIFT_BINS] = {0,      3.841,  5.991,  7.815,  9.488,
                                                      11.070, 12.592, 14.067, 15.507, 16.919};

static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t gather_before(const struct backtest_pass *pass, int64_t from_s, double *logits) {
    size_t count = 0;
    for (size_t i = 0; i < pass->side_count; i++)
        if (pass->sides[i].time_s < from_s) logits[count++] = pass->sides[i].logit;
    qsort(logits, count, sizeof *logits, rising);
    return count;
}

static void lay_bins(struct tune_drift *d, const struct backtest_pass *pass, int64_t from_s) {
    double *logits = calloc(pass->side_count + 1, sizeof *logits);
    assert(logits != NULL && "out of memory");
    const size_t count = gather_before(pass, from_s, logits);
    if (count >= SIDES_LEAST) d->from[d->bins++] = -(double)INFINITY;
    for (size_t i = 1; d->bins > 0 && i < TUNE_DRIFT_BINS; i++) {
        const double from = logits[i * count / TUNE_DRIFT_BINS];
        if (from > logits[0] && from > d->from[d->bins - 1]) d->from[d->bins++] = from;
    }
    free(logits);
    if (d->bins == 1) d->bins = 0;
}

static void count_sides(struct tune_drift *d, const struct backtest_pass *pass, int64_t from_s) {
    for (size_t i = 0; i < pass->side_count; i++) {
        const struct backtest_side *side = &pass->sides[i];
        size_t bin = d->bins - 1;
        while (bin > 0 && side->logit < d->from[bin])
            bin--;
        if (side->time_s < from_s)
            d->then[bin]++;
        else
            d->now[bin]++;
    }
}

static void count_accounts(struct tune_drift *d, const struct backtest_pass *pass, int64_t from_s) {
    enum { THEN = 1, NOW = 2 };
    unsigned char *seen = calloc(pass->account_count + 1, 1);
    assert(seen != NULL && "out of memory");
    for (size_t i = 0; i < pass->side_count; i++)
        seen[pass->sides[i].account] |= pass->sides[i].time_s < from_s ? THEN : NOW;
    for (size_t i = 0; i < pass->account_count; i++) {
        d->accounts_then += (seen[i] & THEN) != 0;
        d->accounts_now += (seen[i] & NOW) != 0;
    }
    free(seen);
}

/* Half a side more in each bin than there is: none is empty. */
static double share(const int64_t *sides, size_t bins, size_t bin) {
    double all = 0;
    for (size_t i = 0; i < bins; i++)
        all += (double)sides[i] + 0.5;
    return ((double)sides[bin] + 0.5) / all;
}

void tune_drift_measure(struct tune_drift *d, const struct backtest_pass *pass,
                        struct backtest_period period) {
    *d = (struct tune_drift){.bins = 0};
    lay_bins(d, pass, period.from_s);
    if (d->bins == 0) return;
    count_sides(d, pass, period.from_s);
    count_accounts(d, pass, period.from_s);
    for (size_t i = 0; i < d->bins; i++) {
        const double then = share(d->then, d->bins, i), now = share(d->now, d->bins, i);
        d->psi += (now - then) * exact_log(now / then);
    }
    const size_t freedom = d->bins - 1;
    assert(freedom < TUNE_DRIFT_BINS);
    d->bound =
        chi_square_95[freedom] * (1 / (double)d->accounts_then + 1 / (double)d->accounts_now);
}
