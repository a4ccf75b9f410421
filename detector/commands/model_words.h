/* SPDX-License-Identifier: Apache-2.0 */
/* What `saqshy model` prints of a model, in one of its languages. */
#pragma once

#include "models/language.h"
#include "models/model.h"

#include <jansson.h>
#include <stdio.h>

/* The words of a term, of a feature; borrowed. */
const char *model_words(const struct model *model, uint32_t term, enum language language);
const char *model_feature_words(int feature, enum language language);
/* {"name", "rule", "weight", "text"}: the caller's. */
json_t *model_term_json(const struct model *model, uint32_t term, enum language language);
/* "logistic", or "a table of 23 points, 0.001 to 0.98". */
void model_calibration_words(const struct model *model, char *out, size_t room);
/* The provenance with one key a value: {"chosen.l2": 1}; empty where there is none. The caller's.
 */
json_t *model_provenance(const struct model *model);
/* A value on one line; a long list is its length. */
void model_value_print(const json_t *value, FILE *out);
