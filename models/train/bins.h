/* SPDX-License-Identifier: Apache-2.0 */
/* Features in bins: a byte a value, all that boosting and a basis of steps have to know.
 *
 * Bin 0 is null, bin b > 0 holds the values from edge b - 2 (below the first edge: bin 1) to before
 * edge b - 1. Edges are quantiles of the bad and of the other rows, apart, for the bad live in the
 * tails; they have three significant digits, so that a person can read them.
 *
 * Of a feature with levels (feature_table.h) they lie between these instead, none within a sixth of
 * the way to the next: most values seen are those of what is new, so a quantile is a level or just
 * below it, and what fades would be lost within hours. */
#pragma once

#include "models/train/row_store.h"

enum { BINS_EDGES_MAX = 200 };

struct bins {
    uint32_t edges[FEATURE_COUNT]; /* how many */
    double edge[FEATURE_COUNT][BINS_EDGES_MAX];
};

/* Rows in bins; each stands for `weight` of its kind. */
struct binned {
    size_t count;
    uint8_t *bin[FEATURE_COUNT];
    uint8_t *bad;
    double *weight;
    int64_t *time_s;
    uint32_t *account;
};

/* The edges. False: no memory. */
bool bins_learn(struct bins *bins, const struct row_store *rows, const uint8_t *bad);
/* All rows, each of weight 1, in their order. False: no memory. */
bool bins_apply(const struct bins *bins, const struct row_store *rows, const uint8_t *bad,
                struct binned *out);
/* The rows of weight[i] > 0, with that weight. False: no memory. */
bool binned_choose(const struct binned *from, const double *weight, struct binned *out);
void binned_free(struct binned *binned);
