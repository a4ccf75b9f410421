/* SPDX-License-Identifier: Apache-2.0 */
#include "models/bootstrap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood). */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t draw_below(uint64_t *state, size_t bound) {
    return (size_t)(((draw(state) >> 32) * (uint64_t)bound) >> 32);
}

void bootstrap_resample(double *weights, size_t count, uint64_t *state) {
    memset(weights, 0, count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[draw_below(state, count)] += 1;
}

static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double percentile(double *values, size_t count, double q) {
    if (count == 0) return (double)NAN;
    qsort(values, count, sizeof *values, rising);
    const size_t rank = (size_t)ceil(q * (double)count - 1e-9);
    return values[rank == 0 ? 0 : rank - 1];
}

/* What is asked of each sample. */
struct question {
    const struct ranked *rows, *others; /* others: NULL, or what is taken away */
    const double *weights;              /* by id, of a row that is drawn once; NULL: 1 */
    size_t count;
};

static double value_of(const struct question *q, double *drawn) {
    for (size_t i = 0; i < q->count && q->weights != NULL; i++)
        drawn[i] *= q->weights[i];
    const double value = average_precision(q->rows, q->count, drawn);
    return q->others == NULL ? value : value - average_precision(q->others, q->count, drawn);
}

static struct band band_of(const struct question *q, uint32_t rounds, uint64_t seed) {
    double *drawn = calloc(q->count + 1, sizeof *drawn);
    double *values = calloc(rounds + 1, sizeof *values);
    size_t kept = 0;
    assert(drawn != NULL && values != NULL && "out of memory");
    for (uint32_t round = 0; round < rounds; round++) {
        bootstrap_resample(drawn, q->count, &seed);
        const double value = value_of(q, drawn);
        if (!isnan(value)) values[kept++] = value;
    }
    const struct band band = {percentile(values, kept, 0.025), percentile(values, kept, 0.975)};
    free(values);
    free(drawn);
    return band;
}

struct band bootstrap_average_precision(const struct ranked *rows, size_t count, uint32_t rounds,
                                        uint64_t seed) {
    return bootstrap_weighted(rows, count, NULL, rounds, seed);
}

struct band bootstrap_weighted(const struct ranked *rows, size_t count, const double *weights,
                               uint32_t rounds, uint64_t seed) {
    return band_of(&(struct question){rows, NULL, weights, count}, rounds, seed);
}

struct band bootstrap_gain(const struct ranked *rows, const struct ranked *others, size_t count,
                           uint32_t rounds, uint64_t seed) {
    return band_of(&(struct question){rows, others, NULL, count}, rounds, seed);
}
