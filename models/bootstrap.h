/* SPDX-License-Identifier: Apache-2.0 */
/* How far an average precision, or the difference of two, can be trusted: 95 % of its values in
 * samples drawn with replacement. The same seed gives the same band. */
#pragma once

#include "models/average_precision.h"

struct band {
    double low, high; /* NaN: no row is bad */
};

/* One sample: of so many ids as many are drawn, and each weighs as often as it was. */
void bootstrap_resample(double *weights, size_t count, uint64_t *seed);
/* Sorted rows, whose ids are 0 to count − 1. Samples without a bad row do not count. */
struct band bootstrap_average_precision(const struct ranked *rows, size_t count, uint32_t rounds,
                                        uint64_t seed);
/* The same of rows that stand for more than one: each counts weights[id] whenever it is drawn. */
struct band bootstrap_weighted(const struct ranked *rows, size_t count, const double *weights,
                               uint32_t rounds, uint64_t seed);
/* Of what `rows` have more than `others`, two rankings of the same ids, in the same samples. */
struct band bootstrap_gain(const struct ranked *rows, const struct ranked *others, size_t count,
                           uint32_t rounds, uint64_t seed);
/* The smallest value that a share of at least q, 0 < q ≤ 1, of the values does not exceed. NaN of
 * none. Sorts them. */
double percentile(double *values, size_t count, double q);
