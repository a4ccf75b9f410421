/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_edges.h"

#include <math.h>
#include <stdlib.h>

#define LOGIT_LOWEST (-0x1p17) /* of the model's grid */
enum { ACCOUNTS_LEAST = 1000, ACCOUNTS_PART = 10 };

/* What a policy can name to mean a score; where the calibration is level down to its end, the
 * lowest score above that. Infinity: nothing can. */
static double nameable(const struct model *model, double logit) {
    const double probability = model_probability(model, logit);
    const double named = model_logit(model, probability);
    return named > LOGIT_LOWEST ? named : model_logit(model, nextafter(probability, 1));
}

static void add(struct tune_edges *edges, const struct model *model, double logit) {
    const double probability = model_probability(model, logit);
    if (!(probability > 0 && probability < 1)) return;
    edges->logit[edges->count++] = model_logit(model, probability);
}

static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void settle(struct tune_edges *edges, const struct model *model) {
    const size_t laid = edges->count;
    edges->count = 0;
    qsort(edges->logit, laid, sizeof *edges->logit, rising);
    for (size_t i = 0; i < laid; i++) {
        const double logit = edges->logit[i];
        if (edges->count > 0 && logit == edges->logit[edges->count - 1]) continue;
        edges->logit[edges->count] = logit;
        edges->probability[edges->count++] = model_probability(model, logit);
    }
}

void tune_edges_lay(struct tune_edges *edges, const struct policy *policy,
                    const struct model *model, const struct ranked *ranked, size_t count) {
    size_t rank = count / ACCOUNTS_PART > ACCOUNTS_LEAST ? count / ACCOUNTS_PART : ACCOUNTS_LEAST;
    if (rank > count) rank = count;
    double low = rank == 0 ? (double)INFINITY : nameable(model, ranked[rank - 1].score);
    double high = rank == 0 ? -(double)INFINITY : nameable(model, ranked[0].score);
    edges->count = 0;
    for (int a = 0; a < ACTION_COUNT; a++) {
        const struct policy_rule *rule = policy_rule(policy, (enum action)a);
        if (rule == NULL || isinf(rule->threshold)) continue;
        add(edges, model, rule->threshold);
        low = fmin(low, rule->threshold);
        high = fmax(high, rule->threshold);
    }
    const size_t steps = TUNE_EDGES_MAX - edges->count;
    for (size_t i = 0; i < steps; i++)
        add(edges, model, low + (high - low) * (double)i / (double)(steps - 1));
    settle(edges, model);
}

size_t tune_edges_below(const struct tune_edges *edges, double logit) {
    size_t low = 0, high = edges->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (edges->logit[middle] <= logit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
