/* SPDX-License-Identifier: Apache-2.0 */
/* The area under the curve of precision over recall, as scikit-learn's average_precision_score: Σ
 * (recall gained at a threshold × precision there) over the distinct thresholds, so that equal
 * scores count together, whatever their order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranked {
    double score;
    uint32_t id; /* which weight is its own */
    bool bad;
};

/* Highest score first. */
void ranked_sort(struct ranked *rows, size_t count);
/* The end of the rows that have the score of row `begin`; of sorted rows, as below. */
size_t ranked_tie_end(const struct ranked *rows, size_t count, size_t begin);
/* `weights`: by id, how often a row counts; NULL: once each. NaN when no row is bad. */
double average_precision(const struct ranked *rows, size_t count, const double *weights);
