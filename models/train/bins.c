/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/bins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values that quantiles are taken of, of each kind; quantiles of each. */
enum { SAMPLE = 1 << 16, QUANTILES = 96 };

struct range {
    double least, most;
};

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Three significant digits, towards zero. */
static double readable(double x) {
    char text[32];
    double unit, value;
    if (x == 0 || fabs(x) < 1000) {
        snprintf(text, sizeof text, "%.2e", x);
        return strtod(text, NULL);
    }
    for (unit = 1; fabs(x) / unit >= 1000;)
        unit *= 10;
    value = trunc(x / unit) * unit;
    return value;
}

/* Up to SAMPLE finite values of the rows of one kind, evenly over all of them. */
static size_t sample(const struct row_store *rows, const uint8_t *bad, uint8_t kind, size_t of_kind,
                     int feature, double *values) {
    const size_t step = of_kind / SAMPLE + 1;
    size_t seen = 0, count = 0;
    for (size_t i = 0; i < rows->count && count < SAMPLE; i++) {
        if (bad[i] != kind || seen++ % step != 0) continue;
        const double x = row_store_feature(rows, i, feature);
        if (isfinite(x)) values[count++] = x;
    }
    qsort(values, count, sizeof *values, by_value);
    return count;
}

static size_t add_quantiles(const double *sorted, size_t count, double *edges) {
    size_t added = 0;
    for (size_t q = 1; q < QUANTILES && count > 0; q++)
        edges[added++] = readable(sorted[q * (count - 1) / QUANTILES]);
    return added;
}

/* Sorted and distinct; the least value seen is no edge, for nothing is below it. */
static uint32_t tidy(double *edges, size_t count, double least) {
    uint32_t kept = 0;
    qsort(edges, count, sizeof *edges, by_value);
    for (size_t i = 0; i < count; i++)
        if (edges[i] > least && (kept == 0 || edges[i] > edges[kept - 1])) edges[kept++] = edges[i];
    return kept;
}

/* Of all rows, for a level may be rare. */
static struct range range_of(const struct row_store *rows, int feature) {
    struct range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < rows->count; i++) {
        const double x = row_store_feature(rows, i, feature);
        if (!isfinite(x)) continue;
        range.least = fmin(range.least, x);
        range.most = fmax(range.most, x);
    }
    return range;
}

/* Three from each level to the next, 0 below the first; none where no value reaches. */
static void learn_levels(struct bins *bins, const struct row_store *rows, int feature) {
    static const double shares[] = {1.0 / 6, 1.0 / 2, 5.0 / 6};
    const double *levels = feature_table[feature].levels;
    const struct range range = range_of(rows, feature);
    double *edges = bins->edge[feature];
    uint32_t count = 0;
    for (int l = 0; l < FEATURE_LEVELS_MAX && levels[l] > 0; l++) {
        const double below = l == 0 ? 0 : levels[l - 1];
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            const double edge = readable(below + shares[s] * (levels[l] - below));
            if (edge > range.least && edge <= range.most) edges[count++] = edge;
        }
    }
    bins->edges[feature] = count;
}

static void learn_feature(struct bins *bins, const struct row_store *rows, const uint8_t *bad,
                          const size_t of_kind[2], int feature, double *values) {
    double edges[2 * QUANTILES], least = INFINITY;
    size_t count = 0;
    for (uint8_t kind = 0; kind < 2; kind++) {
        const size_t n = sample(rows, bad, kind, of_kind[kind], feature, values);
        if (n > 0 && values[0] < least) least = values[0];
        count += add_quantiles(values, n, edges + count);
    }
    bins->edges[feature] = tidy(edges, count, least);
    memcpy(bins->edge[feature], edges, bins->edges[feature] * sizeof *edges);
}

bool bins_learn(struct bins *bins, const struct row_store *rows, const uint8_t *bad) {
    double *values = malloc(SAMPLE * sizeof *values);
    size_t of_kind[2] = {0, 0};
    if (values == NULL) return false;
    for (size_t i = 0; i < rows->count; i++)
        of_kind[bad[i]]++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (feature_table[f].levels[0] > 0)
            learn_levels(bins, rows, f);
        else
            learn_feature(bins, rows, bad, of_kind, f, values);
    free(values);
    return true;
}

static uint8_t bin_of(const double *edge, uint32_t count, double x) {
    uint32_t low = 0, high = count; /* edges at or below x */
    if (isnan(x)) return 0;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (edge[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint8_t)(low + 1);
}

static bool allocate(struct binned *b, size_t count) {
    const size_t room = count + 64; /* of vectors that reach beyond the end */
    bool good = true;
    *b = (struct binned){.count = count};
    for (int f = 0; f < FEATURE_COUNT; f++)
        good = (b->bin[f] = calloc(room, 1)) != NULL && good;
    b->bad = calloc(room, 1);
    b->weight = calloc(room, sizeof *b->weight);
    b->time_s = calloc(room, sizeof *b->time_s);
    b->account = calloc(room, sizeof *b->account);
    if (good && b->bad != NULL && b->weight != NULL && b->time_s != NULL && b->account != NULL)
        return true;
    binned_free(b);
    return false;
}

bool bins_apply(const struct bins *bins, const struct row_store *rows, const uint8_t *bad,
                struct binned *out) {
    if (!allocate(out, rows->count)) return false;
    for (size_t i = 0; i < rows->count; i++) {
        out->bad[i] = bad[i];
        out->weight[i] = 1;
        out->time_s[i] = row_store_row(rows, i)->time_s;
        out->account[i] = row_store_row(rows, i)->account;
    }
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (size_t i = 0; i < rows->count; i++)
            out->bin[f][i] = bin_of(bins->edge[f], bins->edges[f], row_store_feature(rows, i, f));
    return true;
}

static void copy_row(const struct binned *from, size_t i, struct binned *to, size_t at) {
    to->bad[at] = from->bad[i];
    to->time_s[at] = from->time_s[i];
    to->account[at] = from->account[i];
}

bool binned_choose(const struct binned *from, const double *weight, struct binned *out) {
    size_t count = 0, at = 0;
    for (size_t i = 0; i < from->count; i++)
        count += weight[i] > 0;
    if (!allocate(out, count)) return false;
    for (size_t i = 0; i < from->count; i++) {
        if (!(weight[i] > 0)) continue;
        copy_row(from, i, out, at);
        out->weight[at++] = weight[i];
    }
    for (int f = 0; f < FEATURE_COUNT; f++) {
        at = 0;
        for (size_t i = 0; i < from->count; i++)
            if (weight[i] > 0) out->bin[f][at++] = from->bin[f][i];
    }
    return true;
}

void binned_free(struct binned *b) {
    for (int f = 0; f < FEATURE_COUNT; f++)
        free(b->bin[f]);
    free(b->bad);
    free(b->weight);
    free(b->time_s);
    free(b->account);
    *b = (struct binned){.count = 0};
}
