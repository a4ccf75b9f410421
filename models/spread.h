/* SPDX-License-Identifier: Apache-2.0 */
/* How the values of features are spread over rows: what is usual, and how far one value is from
 * another.
 *
 * Takes any number of rows and keeps at most `rows_max` of them, evenly spaced, the same for the
 * same rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spread;

/* NULL: no memory. */
struct spread *spread_new(uint32_t rows_max);
void spread_free(struct spread *spread);
/* FEATURE_COUNT doubles, NaN is null. Not after spread_close. */
void spread_add(struct spread *spread, const double *features);
/* No more rows; from here on it can be asked. */
void spread_close(struct spread *spread);

/* The least and the largest value of all rows that were given; NaN without any. */
double spread_low(const struct spread *spread, int feature);
double spread_high(const struct spread *spread, int feature);

/* Rows that were given, and kept. */
uint64_t spread_seen(const struct spread *spread);
uint32_t spread_kept(const struct spread *spread);
/* Kept rows where the feature is not null. */
uint32_t spread_known(const struct spread *spread, int feature);
/* The lower median of the known values; NaN without any. */
double spread_median(const struct spread *spread, int feature);
/* The share of known values below x, above x; 0 without any. */
double spread_below(const struct spread *spread, int feature, double x);
double spread_above(const struct spread *spread, int feature, double x);
/* The share of known values that lie between: from `from` on to `to`, `from` itself left out; 0
 * without any. */
double spread_between(const struct spread *spread, int feature, double from, double to);
