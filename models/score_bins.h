/* SPDX-License-Identifier: Apache-2.0 */
/* How scores lie: rows by tenths of a reference, fewer where scores are equal; where nine in ten
 * are the lowest, these and all others. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SCORE_BINS_MAX = 10, SCORE_BINS_ROWS_LEAST = 100 };

struct score_bins {
    size_t count;                /* 0: nothing is known; otherwise at least 2 */
    double from[SCORE_BINS_MAX]; /* lowest logit of a bin, rising; of the first: -infinity */
    int64_t rows[SCORE_BINS_MAX];
    int64_t accounts; /* that the rows are of; not filled by score_bins_lay */
};

/* Sorts `logits`. No bins where there are fewer than SCORE_BINS_ROWS_LEAST, or all are equal. */
void score_bins_lay(struct score_bins *bins, double *logits, size_t count);
/* The bin of a logit; there must be bins. */
size_t score_bins_find(const struct score_bins *bins, double logit);
