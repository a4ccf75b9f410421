/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons: why a row has its score, in words, with the events behind them.
 *
 * The contributions of terms on one feature make one reason; a conjunction is a reason of its own
 * under its first feature. The weightiest come first, then the rest as one (OTHER_SIGNS), then the
 * base rate (BASE_RATE): together they are the score, exactly. Only at a recommendation, not per
 * row. Engine thread. */
#pragma once

#include "detector/batch.h"
#include "detector/recommendation.h"
#include "models/score.h"

struct runs;
struct reasons;

/* One reason without words or evidence. */
struct reason_weight {
    uint32_t term; /* of the model: its words are the reason's */
    double contribution;
};

/* All must outlive it. `runs` may be NULL where only reasons_weigh is called. NULL when memory is
 * short. */
struct reasons *reasons_open(const struct model *model, const struct score *score,
                             const struct runs *runs);
void reasons_close(struct reasons *reasons);

/* Of scored side number `side`; returns their number. Texts are the model's, the table's and the
 * batch's. */
uint32_t reasons_fill(struct reasons *reasons, const struct batch *batch, uint32_t side,
                      struct reason out[REASONS_MAX]);
/* The score of that side had nobody reported anything: without each term that looks at a feature
 * from FEATURE_REPORTED_FIRST on. */
double reasons_unreported(struct reasons *reasons, const struct batch *batch, uint32_t side);
/* The weightiest of a vector, at most `max`, weightiest first; returns their number. */
uint32_t reasons_weigh(struct reasons *reasons, const double vector[FEATURE_COUNT],
                       struct reason_weight *out, uint32_t max);

/* The words of what is no sign by itself. */
extern const struct reason reasons_other_signs;
/* Of the intercept: below 0, droppers are rare; otherwise the signs of an ordinary life lower it.
 */
const struct reason *reasons_base_rate(double intercept);

/* The worst quality of what one or two features of a scored side read; -1: none, and without any,
 * of all that a vector reads. */
enum quality reasons_quality(const struct batch *batch, uint32_t side, int feature_a,
                             int feature_b);
