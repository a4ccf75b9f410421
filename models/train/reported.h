/* SPDX-License-Identifier: Apache-2.0 */
/* Terms of what others report, upon weights of behaviour that stay as they are: where nobody
 * reports anything a model is the same as without. Private to models/train/. */
#pragma once

#include "models/train/train.h"

/* A model in the making. */
struct reported {
    const struct train_options *options;
    double l2, tolerance;
    struct train_term *term; /* room for TRAIN_TERMS_MAX */
    double *weight;          /* the intercept first; room for one more */
    uint32_t *count;
};

/* Whether any row has anything that was reported. */
bool is_anything_reported(const struct bins *bins);
/* weight: of rows that were sampled. Those of `include` on which anything was reported become 1:
 * they are few, and nothing else tells what a report is worth. */
void reported_sample(const struct binned *all, const bool *include, double *weight);
/* Proposes on `sample`, weighs on `rows`. False: no memory. */
bool reported_add(const struct reported *model, const struct binned *sample,
                  const struct binned *rows);
