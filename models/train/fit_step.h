/* SPDX-License-Identifier: Apache-2.0 */
/* A Newton step that keeps the signs the terms ask for: to the least of the quadratic model among
 * weights of the right signs (projected Newton, Bertsekas 1982). Private to models/train/. */
#pragma once

#include "models/train/terms.h"

struct fit_step {
    const struct train_term *terms;
    uint32_t columns;                 /* the intercept is column 0 */
    uint32_t held;                    /* the first so many have no step */
    const double *weights, *gradient; /* where the step begins */
    double *step;                     /* the result */
    double *full;                     /* columns × columns: the model's curvature */
    double *factor;                   /* of the free columns */
    double *pull;                     /* the model's gradient at the step so far */
    double *right;  /* of the free columns: what is to be solved, then the solution */
    uint32_t *free; /* columns that are not held at 0 */
    uint32_t free_count;
};

/* Borrows the terms. False: no memory; close it all the same. */
bool fit_step_open(struct fit_step *step, const struct train_term *terms, uint32_t count);
void fit_step_close(struct fit_step *step);
/* upper: the upper triangle, column by column. `penalty` is added to the diagonal but for the
 * intercept, `slack` to all of it. */
void fit_step_curvature(struct fit_step *step, const double *upper, double penalty, double slack);
/* False: the curvature is not positive. */
bool fit_step_find(struct fit_step *step, const double *weights, const double *gradient);
/* The largest change of a weight. */
double fit_step_size(const struct fit_step *step);
