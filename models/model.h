/* SPDX-License-Identifier: Apache-2.0 */
/* The model document: a logistic model over a learned basis, as JSON.
 *
 * Loading checks everything before use: version, the feature table's hash, names (with the nearest
 * right one), text in three languages for every term, and exactness: basis values are multiples of
 * 2^-16, weights of 2^-20, and Σ|w|·max|b| < 2^17, so that every BLAS kernel gives the same logit
 * to the bit. */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define MODEL_TERMS_MAX 1024u

struct model;
struct score_bins;

/* Errors: ERROR_CONFIG with line, JSON path and the nearest right name. NULL on failure. */
struct model *model_parse(const char *json, size_t size, const char *origin, struct error *error);
struct model *model_load(const char *path, struct error *error);
/* The model that is shipped inside the program. */
struct model *model_shipped(struct error *error);
void model_free(struct model *model);

const char *model_id(const struct model *model);
const char *model_sha256(const struct model *model); /* of the document's bytes, hexadecimal */
/* The document's bytes. */
const char *model_json(const struct model *model, size_t *size);
uint32_t model_term_count(const struct model *model);

struct model_term_text {
    const char *name;
    const char *en, *ru, *kk;
    int feature_a; /* row of the feature table */
    int feature_b; /* second feature of a conjunction, or -1 */
    double knot;   /* where the (first) feature starts to count, in its unit; NaN: nowhere */
};
struct model_term_text model_term_text(const struct model *model, uint32_t term);

double model_intercept(const struct model *model);
double model_term_weight(const struct model *model, uint32_t term);
/* What a term looks at, in the document's own words: "in_count_1h >= 5 and cash_gap < 900". */
enum { MODEL_RULE_ROOM = 512 };
void model_term_rule(const struct model *model, uint32_t term, char out[MODEL_RULE_ROOM]);
/* As it was read: a tree of jansson's, borrowed. */
struct json_t;
const struct json_t *model_document(const struct model *model);

/* The second since 1970 at which the data it was fitted on ends, by its provenance; INT64_MIN where
 * the document does not say. */
int64_t model_fit_until(const struct model *model);
/* How its scores lay over the rows it was fitted on (models/score_bins.h); NULL where the document
 * does not say. */
const struct score_bins *model_training_scores(const struct model *model);

/* P(dropper) of a logit, by the model's calibration; own exp, same bits on every machine. */
double model_probability(const struct model *model, double logit);
/* The smallest logit (a multiple of 2^-36) whose probability is at least p, 0 < p < 1; infinity
 * when the calibration does not reach it. */
double model_logit(const struct model *model, double probability);
