/* SPDX-License-Identifier: Apache-2.0 */
/* Scores a batch, a block of rows at a time: features → basis (terms × rows) → one OpenBLAS
 * product. One thread, nothing allocated after score_open. Exact: the same bits under any kernel
 * tier, any OPENBLAS_CORETYPE and any batch size. */
#pragma once

#include "models/model.h"

struct score;

/* `rows_max` rows at most in one call. `kernel_tier`: cpu.h's limit. The model must outlive the
 * scorer. NULL: ERROR_FAILED. */
struct score *score_open(const struct model *model, uint32_t rows_max, const char *kernel_tier,
                         struct error *error);
void score_close(struct score *score);

/* features: FEATURE_COUNT columns of `rows` doubles, `stride` apart, NaN is null. logits: rows
 * doubles. */
void score_batch(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *logits);

/* Contributions of one row of FEATURE_COUNT doubles: per term (model_term_count doubles) and the
 * intercept; together they add up to the logit exactly, in any order. */
void score_explain(const struct score *score, const double *features, double *terms,
                   double *intercept);

/* The OpenBLAS core type in use, for reports and tests. */
const char *score_core_type(void);
/* "OpenBLAS 0.3.21 …": its version and how it was built. */
const char *score_library(void);
