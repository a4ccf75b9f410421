/* SPDX-License-Identifier: Apache-2.0 */
#include "models/score_bins.h"

#include <math.h>
#include <stdlib.h>

static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

size_t score_bins_find(const struct score_bins *bins, double logit) {
    size_t bin = bins->count - 1;
    while (bin > 0 && logit < bins->from[bin])
        bin--;
    return bin;
}

static void lay_edges(struct score_bins *bins, const double *sorted, size_t count) {
    bins->from[bins->count++] = -(double)INFINITY;
    for (size_t i = 1; i < SCORE_BINS_MAX; i++) {
        const double from = sorted[i * count / SCORE_BINS_MAX];
        if (from > sorted[0] && from > bins->from[bins->count - 1])
            bins->from[bins->count++] = from;
    }
    for (size_t i = 0; i < count && bins->count == 1; i++)
        if (sorted[i] > sorted[0]) bins->from[bins->count++] = sorted[i];
}

void score_bins_lay(struct score_bins *bins, double *logits, size_t count) {
    *bins = (struct score_bins){.count = 0};
    if (count < SCORE_BINS_ROWS_LEAST) return;
    qsort(logits, count, sizeof *logits, rising);
    lay_edges(bins, logits, count);
    for (size_t i = 0; i < count; i++)
        bins->rows[score_bins_find(bins, logits[i])]++;
    if (bins->count == 1) bins->count = 0;
}
