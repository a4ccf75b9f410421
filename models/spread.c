/* SPDX-License-Identifier: Apache-2.0 */
#include "models/spread.h"

#include "detector/feature_table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct spread {
    uint32_t rows_max, rows;
    uint64_t seen, every; /* every so many rows one is kept */
    uint32_t known[FEATURE_COUNT];
    double low[FEATURE_COUNT], high[FEATURE_COUNT]; /* of all that were seen */
    double *column[FEATURE_COUNT]; /* rows in order; once closed, the known values ascending */
};

struct spread *spread_new(uint32_t rows_max) {
    assert(rows_max >= 2);
    struct spread *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->rows_max = rows_max;
    s->every = 1;
    for (int f = 0; f < FEATURE_COUNT; f++) {
        s->low[f] = s->high[f] = NAN;
        if ((s->column[f] = malloc(rows_max * sizeof *s->column[f])) == NULL) goto fail;
    }
    return s;
fail:
    spread_free(s);
    return NULL;
}

void spread_free(struct spread *s) {
    if (s == NULL) return;
    for (int f = 0; f < FEATURE_COUNT; f++)
        free(s->column[f]);
    free(s);
}

/* Every second row goes. */
static void thin(struct spread *s) {
    s->rows = (s->rows + 1) / 2;
    s->every *= 2;
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (uint32_t i = 1; i < s->rows; i++)
            s->column[f][i] = s->column[f][2 * (size_t)i];
}

static void reach(struct spread *s, const double *features) {
    for (int f = 0; f < FEATURE_COUNT; f++) {
        s->low[f] = fmin(s->low[f], features[f]); /* fmin and fmax pass over NaN */
        s->high[f] = fmax(s->high[f], features[f]);
    }
}

void spread_add(struct spread *s, const double *features) {
    reach(s, features);
    if (s->seen++ % s->every != 0) return;
    if (s->rows == s->rows_max) thin(s);
    if ((s->seen - 1) % s->every != 0) return;
    for (int f = 0; f < FEATURE_COUNT; f++)
        s->column[f][s->rows] = features[f];
    s->rows++;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void spread_close(struct spread *s) {
    for (int f = 0; f < FEATURE_COUNT; f++) {
        double *column = s->column[f];
        for (uint32_t i = 0; i < s->rows; i++)
            if (!isnan(column[i])) column[s->known[f]++] = column[i];
        qsort(column, s->known[f], sizeof *column, compare);
    }
}

double spread_low(const struct spread *s, int feature) {
    return s->low[feature];
}

double spread_high(const struct spread *s, int feature) {
    return s->high[feature];
}

uint64_t spread_seen(const struct spread *s) {
    return s->seen;
}

uint32_t spread_kept(const struct spread *s) {
    return s->rows;
}

uint32_t spread_known(const struct spread *s, int feature) {
    return s->known[feature];
}

double spread_median(const struct spread *s, int feature) {
    const uint32_t known = s->known[feature];
    return known == 0 ? NAN : s->column[feature][(known - 1) / 2];
}

/* Values that are below x, or that are x too. */
static uint32_t count_below(const struct spread *s, int feature, double x, bool and_equal) {
    const double *column = s->column[feature];
    uint32_t low = 0, high = s->known[feature];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (column[middle] < x || (and_equal && column[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double spread_below(const struct spread *s, int feature, double x) {
    const uint32_t known = s->known[feature];
    return known == 0 ? 0 : (double)count_below(s, feature, x, false) / known;
}

double spread_above(const struct spread *s, int feature, double x) {
    const uint32_t known = s->known[feature];
    return known == 0 ? 0 : (double)(known - count_below(s, feature, x, true)) / known;
}

double spread_between(const struct spread *s, int feature, double from, double to) {
    const uint32_t known = s->known[feature];
    if (known == 0) return 0;
    const bool up = to > from; /* beyond `from`, up to and with `to` */
    const int64_t between = up ? (int64_t)count_below(s, feature, to, true) -
                                     (int64_t)count_below(s, feature, from, true)
                               : (int64_t)count_below(s, feature, from, false) -
                                     (int64_t)count_below(s, feature, to, false);
    return (double)between / known;
}
