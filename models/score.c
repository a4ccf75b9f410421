/* SPDX-License-Identifier: Apache-2.0 */
#include "models/score.h"

#include "models/model_private.h"
#include "models/plan.h"

#include <assert.h>
#include <stdlib.h>

#include <cblas.h>

enum { CACHE_LINE = 64 };

/* Rows of a block. A column of a block has this length, so that one block lies in one piece and,
 * with a model of up to a hundred terms, in the nearest cache. */
#define BLOCK_ROWS 64u

struct score {
    const struct model *model;
    uint32_t rows_max;
    const struct columns *columns;
    struct plan *plan;
    double *block; /* plan_columns × BLOCK_ROWS, row-major: a column of values after another */
};

struct score *score_open(const struct model *model, uint32_t rows_max, const char *kernel_tier,
                         struct error *error) {
    struct score *score = calloc(1, sizeof *score);
    if (score == NULL) goto fail;
    score->model = model;
    score->rows_max = rows_max;
    score->columns = columns_of(cpu_tier(kernel_tier));
    score->plan = plan_open(model);
    if (score->plan == NULL) goto fail;
    const size_t values = ((size_t)plan_columns(score->plan) + 1) * BLOCK_ROWS;
    score->block = aligned_alloc(CACHE_LINE, values * sizeof *score->block);
    if (score->block == NULL) goto fail;
    openblas_set_num_threads(1);
    return score;
fail:
    error_set(error, ERROR_FAILED, "no memory to score %u rows", rows_max);
    score_close(score);
    return NULL;
}

void score_close(struct score *score) {
    if (score == NULL) return;
    plan_close(score->plan);
    free(score->block);
    free(score);
}

static void score_block(struct score *score, const double *features, size_t stride, uint32_t rows,
                        double *logits) {
    const uint32_t weighted = plan_weighted(score->plan);
    plan_block(score->plan, score->columns, features, stride, rows, score->block, BLOCK_ROWS);
    for (uint32_t row = 0; row < rows; row++)
        logits[row] = score->model->intercept;
    if (weighted == 0) return;
    cblas_dgemv(CblasRowMajor, CblasTrans, (blasint)weighted, (blasint)rows, 1, score->block,
                (blasint)BLOCK_ROWS, plan_weights(score->plan), 1, 1, logits, 1);
}

void score_batch(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *logits) {
    assert(rows <= score->rows_max);
    for (uint32_t row = 0; row < rows; row += BLOCK_ROWS)
        score_block(score, features + row, stride,
                    rows - row < BLOCK_ROWS ? rows - row : BLOCK_ROWS, logits + row);
}

void score_explain(const struct score *score, const double *features, double *terms,
                   double *intercept) {
    const struct model *model = score->model;
    for (uint32_t i = 0; i < model->term_count; i++)
        terms[i] = model->terms[i].weight * basis_value(&model->terms[i].basis, features);
    *intercept = model->intercept;
}

const char *score_core_type(void) {
    return openblas_get_corename();
}

const char *score_library(void) {
    return openblas_get_config();
}
