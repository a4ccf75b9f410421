/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a feature that a change is told in: whole counts, seconds, days and tenge, tenths
 * of a percent, yes and no. What the engine computes may lie between them, and beyond low and high
 * only where a reversal took back money that the definition's other half still counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct feature_range {
    double low, high; /* in the feature's unit */
    int32_t per, of;  /* values lie of / per apart */
    bool may_be_null;
};

struct feature_range feature_range(int feature);
/* Number `index` of the grid, which has one at 0. */
double feature_range_value(const struct feature_range *range, int64_t index);
/* The number of the first value at or above x; x within the range. */
int64_t feature_range_index(const struct feature_range *range, double x);
