/* SPDX-License-Identifier: Apache-2.0 */
/* The terms as columns over rows, a block of rows at a time: logits, loss, gradient, curvature.
 *
 * The same bits on every machine: two threads take half of the blocks each, and sums of loss and
 * gradient run in the order of the rows of a half; the curvature that BLAS sums has products that
 * are multiples of 2^-26, so that its sums are exact in any order. Private to models/train/. */
#pragma once

#include "models/train/terms.h"

enum { FIT_HALVES = 2 };

struct fit_half {
    const struct fit_rows *rows;
    size_t first, until;     /* of the rows */
    double *values, *curved; /* columns × a block */
    const double *weights;
    double *gradient;
    double *curvature; /* columns × columns */
    bool wants_curvature;
    double loss;
};

struct fit_rows {
    const struct binned *binned;
    const struct train_term *terms;
    uint32_t columns; /* the intercept is column 0 */
    double total;     /* sum of the rows' weights */
    struct fit_half half[FIT_HALVES];
};

/* Borrows rows and terms. False: no memory; close it all the same. */
bool fit_rows_open(struct fit_rows *rows, const struct binned *binned,
                   const struct train_term *terms, uint32_t count);
void fit_rows_close(struct fit_rows *rows);
/* The weighted loss at `weights` and its gradient. curvature: the upper triangle, column by column;
 * NULL: not wanted. */
double fit_rows_pass(struct fit_rows *rows, const double *weights, double *gradient,
                     double *curvature);
/* A logit for each row. */
void fit_rows_logits(struct fit_rows *rows, const double *weights, double *logits);
