/* SPDX-License-Identifier: Apache-2.0 */
/* How far an average precision can be trusted: 95 % of the values of samples drawn with
 * replacement. The same seed gives the same band. */
#pragma once

#include "detector/commands/average_precision.h"

struct band {
    double low, high; /* NaN: no row is bad */
};

/* `sorted` rows of weight 1; samples without a bad row do not count. */
struct band bootstrap_average_precision(const struct ranked *sorted, size_t count, uint32_t rounds,
                                        uint64_t seed);
/* The smallest value that a share of at least q, 0 < q ≤ 1, of the values does not exceed. NaN of
 * none. Sorts them. */
double percentile(double *values, size_t count, double q);
