/* SPDX-License-Identifier: Apache-2.0 */
/* Which models are judged on what they were fitted on: their figures promise too much. */
#pragma once

#include "models/model.h"
#include "models/score.h"

#include <jansson.h>

enum { FIT_OVERLAP_MAX = SCORE_SHADOWS_MAX + 2 }; /* a live model, an old one, shadows */

struct fit_overlap {
    int64_t begins_s;                           /* where judging begins: the caller's, before */
    const struct model *model[FIT_OVERLAP_MAX]; /* borrowed; a document once */
    size_t count;
};

/* For each model that is judged: kept when its data ends after judging begins. */
void fit_overlap_take(struct fit_overlap *overlap, const struct model *model);
/* The first second at which none of them saw what is judged. */
int64_t fit_overlap_end(const struct fit_overlap *overlap);
/* For a report: an array of their ids, hashes and ends. */
json_t *fit_overlap_json(const struct fit_overlap *overlap);
/* A line on stderr; nothing without such a model. */
void fit_overlap_warn(const struct fit_overlap *overlap);
