/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration by isotonic regression (pool adjacent violators): what share of rows with such a
 * logit was bad. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ISOTONIC_POINTS_MAX = 64 };

struct scored_row {
    double logit, weight;
    bool bad;
};

struct isotonic {
    uint32_t count;                    /* 0: too few rows of a kind to tell */
    double logit[ISOTONIC_POINTS_MAX]; /* strictly rising */
    double probability[ISOTONIC_POINTS_MAX];
};

/* Orders `rows` by logit. */
void isotonic_fit(struct scored_row *rows, size_t count, struct isotonic *out);
