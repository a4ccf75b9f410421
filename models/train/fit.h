/* SPDX-License-Identifier: Apache-2.0 */
/* The weights: one logistic regression with an L2 penalty over all terms at once, by Newton steps
 * that keep the signs the terms ask for (projected Newton, Bertsekas 1982).
 *
 *   minimise  Σ w·log(1 + exp(∓m)) / Σ w  +  l2/2 · Σ b²     (the intercept is not penalised)
 *
 * Rows pass by in fit_rows.h, which has the same bits on every machine; a step with its signs is
 * found in fit_step.h. */
#pragma once

#include "models/train/terms.h"
#include "models/train/train_progress.h"

struct fit_options {
    double l2;
    double tolerance; /* of a weight, at the end */
    uint32_t held;    /* weights that stay as they are, from the intercept on */
    const struct train_progress *progress; /* of steps; may be NULL */
};

struct fit_result {
    double loss; /* mean, without the penalty */
    uint32_t steps;
    bool converged;
};

/* weights: the intercept, then `count` weights; holds a start, of which signs are right. False: no
 * memory. */
bool fit_logistic(const struct binned *binned, const struct train_term *terms, uint32_t count,
                  const struct fit_options *options, double *weights, struct fit_result *result);
/* The start that knows nothing but how many rows are bad, half a row of each kind added: finite
 * also where all rows are of one kind. */
void fit_start(const struct binned *binned, uint32_t count, double *weights);
/* Logits of all rows. */
bool fit_logits(const struct binned *binned, const struct train_term *terms, uint32_t count,
                const double *weights, double *logits);
