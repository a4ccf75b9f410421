/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_curves.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps along the edges: recommended accounts, and those that are bad, by sample. */
struct steps {
    double all[TUNE_EDGES_MAX + 1], bad[TUNE_EDGES_MAX + 1];
};

struct samples {
    double (*precision)[BACKTEST_ROUNDS]; /* [edge][sample], those that are defined first */
    double (*recall)[BACKTEST_ROUNDS];
    size_t precisions[TUNE_EDGES_MAX], recalls[TUNE_EDGES_MAX];
};

static void take_spans(struct steps *steps, const struct tune_curve *curve,
                       const struct tune_trial *trial, const double *weights) {
    memset(steps, 0, sizeof *steps);
    for (size_t i = 0; i < curve->span_count; i++) {
        const struct tune_span *span = &curve->spans[i];
        const struct backtest_standing *standing = &trial->standings[span->account];
        const double weight = weights[span->account];
        if (standing->left_out || weight == 0) continue;
        steps->all[span->from] += weight;
        steps->all[span->to] -= weight;
        if (!backtest_is_bad(standing)) continue;
        steps->bad[span->from] += weight;
        steps->bad[span->to] -= weight;
    }
}

static double weigh_bad(const struct tune_trial *trial, const double *weights) {
    double bad = 0;
    for (size_t i = 0; i < trial->pass->account_count; i++)
        if (backtest_counts(&trial->standings[i]) && backtest_is_bad(&trial->standings[i]))
            bad += weights[i];
    return bad;
}

static void take_sample(struct samples *s, const struct steps *steps, size_t edges,
                        double bad_accounts) {
    double all = 0, bad = 0;
    for (size_t edge = 0; edge < edges; edge++) {
        all += steps->all[edge];
        bad += steps->bad[edge];
        if (all > 0) s->precision[edge][s->precisions[edge]++] = bad / all;
        if (bad_accounts > 0) s->recall[edge][s->recalls[edge]++] = bad / bad_accounts;
    }
}

static struct band band_of(double *values, size_t count) {
    return (struct band){percentile(values, count, 0.025), percentile(values, count, 0.975)};
}

void tune_bands_draw(struct tune_bands *bands, const struct tune_curve *curve,
                     const struct tune_trial *trial) {
    const size_t accounts = trial->pass->account_count, edges = trial->edges->count;
    struct samples *s = calloc(1, sizeof *s);
    struct steps *steps = calloc(1, sizeof *steps);
    double *weights = calloc(accounts + 1, sizeof *weights);
    assert(s != NULL && steps != NULL && weights != NULL && "out of memory");
    s->precision = calloc(edges + 1, sizeof *s->precision);
    s->recall = calloc(edges + 1, sizeof *s->recall);
    assert(s->precision != NULL && s->recall != NULL && "out of memory");
    uint64_t seed = BACKTEST_SEED;
    for (int round = 0; round < BACKTEST_ROUNDS; round++) {
        bootstrap_resample(weights, accounts, &seed);
        take_spans(steps, curve, trial, weights);
        take_sample(s, steps, edges, weigh_bad(trial, weights));
    }
    for (size_t edge = 0; edge < edges; edge++) {
        bands->precision[edge] = band_of(s->precision[edge], s->precisions[edge]);
        bands->recall[edge] = band_of(s->recall[edge], s->recalls[edge]);
    }
    free(s->precision);
    free(s->recall);
    free(steps);
    free(weights);
    free(s);
}
