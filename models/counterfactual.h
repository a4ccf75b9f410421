/* SPDX-License-Identifier: Apache-2.0 */
/* "Would not be flagged if …": the smallest change of one feature, or of two, that brings a score
 * across a threshold, the others held as they are, and none beyond what reference rows have. Looked
 * for over the model's own knots and scored by the production scorer, so that each answer is true
 * of the model to the bit.
 *
 * How large a change is: the share of the reference rows that lie between the old value and the new
 * one, which compares a count with a sum of money; into null or out of it, 1 (out of it, and the
 * way from the median). A change of two features is as large as both. Among equals the smaller in
 * proportion to the value.
 *
 * One feature: exact, over those values of feature_range.h, as long as no term is the product of
 * two slopes on the same feature. Two: exact for a model of steps and nulls; with slopes, the
 * smallest on the grid of knots, then drawn back as far as the threshold allows. Any number of
 * terms. */
#pragma once

#include "models/score.h"
#include "models/spread.h"

enum { COUNTERFACTUAL_ROWS = 64, COUNTERFACTUAL_CHANGES = 2, COUNTERFACTUALS_MAX = 4 };

struct change {
    int feature;
    double to; /* NaN: null */
};

struct counterfactual {
    uint32_t count; /* of changes */
    struct change change[COUNTERFACTUAL_CHANGES];
    double size;  /* above */
    double logit; /* with the change */
};

struct counterfactual_query {
    const struct model *model;
    struct score *score;         /* of the model, for at least COUNTERFACTUAL_ROWS rows */
    const double *features;      /* FEATURE_COUNT */
    double threshold;            /* logit; the answer lies on the other side, >= is above */
    const struct spread *spread; /* closed: the reference */
};

/* Of one feature: the smallest of each, the smallest first, at most COUNTERFACTUALS_MAX - 1; then,
 * when it is smaller than all of these, one of two features. Returns their number. */
uint32_t counterfactual_find(const struct counterfactual_query *query,
                             struct counterfactual out[COUNTERFACTUALS_MAX]);
