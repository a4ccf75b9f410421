/* SPDX-License-Identifier: Apache-2.0 */
/* Scores a batch by one model or several (heads), a block of rows at a time: features → basis
 * (terms of all heads, each once, × rows) → one OpenBLAS product. One thread, nothing allocated
 * after score_open. Exact: the same bits under any kernel tier, any OPENBLAS_CORETYPE, any batch
 * size, and whatever the other heads are. */
#pragma once

#include "models/model.h"

/* The live model and its shadows. */
#define SCORE_HEADS_MAX 8u
#define SCORE_SHADOWS_MAX (SCORE_HEADS_MAX - 1u)

struct score;

/* `rows_max` rows at most in one call. `kernel_tier`: cpu.h's limit. The model must outlive the
 * scorer. NULL: ERROR_FAILED. */
struct score *score_open(const struct model *model, uint32_t rows_max, const char *kernel_tier,
                         struct error *error);
/* By 1 to SCORE_HEADS_MAX models. */
struct score *score_open_heads(const struct model *const *heads, uint32_t head_count,
                               uint32_t rows_max, const char *kernel_tier, struct error *error);
void score_close(struct score *score);

/* features: FEATURE_COUNT columns of `rows` doubles, `stride` apart, NaN is null. logits: rows
 * doubles. Of a scorer with one head. */
void score_batch(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *logits);
/* logits[h]: rows doubles of head h. */
void score_heads(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *const *logits);

/* Contributions of one row of FEATURE_COUNT doubles to head 0: per term (model_term_count doubles)
 * and the intercept; together they add up to the logit exactly, in any order. */
void score_explain(const struct score *score, const double *features, double *terms,
                   double *intercept);

/* The OpenBLAS core type in use, for reports and tests. */
const char *score_core_type(void);
/* "OpenBLAS 0.3.21 …": its version and how it was built. */
const char *score_library(void);
