/* SPDX-License-Identifier: Apache-2.0 */
#include "models/score.h"

#include "models/model_private.h"
#include "models/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

enum { CACHE_LINE = 64 };

/* Rows of a block. A column of a block has this length, so that one block lies in one piece and,
 * with a model of up to a hundred terms, in the nearest cache. */
#define BLOCK_ROWS 64u

struct score {
    const struct model *heads[SCORE_HEADS_MAX];
    uint32_t head_count, rows_max;
    const struct columns *columns;
    struct plan *plan;
    double *block; /* plan_columns × BLOCK_ROWS, row-major: a column of values after another */
    double logits[SCORE_HEADS_MAX * BLOCK_ROWS]; /* of several heads: one after another */
};

struct score *score_open_heads(const struct model *const *heads, uint32_t head_count,
                               uint32_t rows_max, const char *kernel_tier, struct error *error) {
    assert(head_count >= 1 && head_count <= SCORE_HEADS_MAX);
    struct score *score = calloc(1, sizeof *score);
    if (score == NULL) goto fail;
    memcpy(score->heads, heads, head_count * sizeof *heads);
    score->head_count = head_count;
    score->rows_max = rows_max;
    score->columns = columns_of(cpu_tier(kernel_tier));
    score->plan = plan_open(heads, head_count);
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

struct score *score_open(const struct model *model, uint32_t rows_max, const char *kernel_tier,
                         struct error *error) {
    return score_open_heads(&model, 1, rows_max, kernel_tier, error);
}

void score_close(struct score *score) {
    if (score == NULL) return;
    plan_close(score->plan);
    free(score->block);
    free(score);
}

static void begin_with_intercept(const struct score *score, uint32_t head, uint32_t rows,
                                 double *logits) {
    for (uint32_t row = 0; row < rows; row++)
        logits[row] = score->heads[head]->intercept;
}

static void one_head(struct score *score, uint32_t rows, double *logits) {
    const uint32_t weighted = plan_weighted(score->plan);
    begin_with_intercept(score, 0, rows, logits);
    if (weighted == 0) return;
    cblas_dgemv(CblasRowMajor, CblasTrans, (blasint)weighted, (blasint)rows, 1, score->block,
                (blasint)BLOCK_ROWS, plan_weights(score->plan), 1, 1, logits, 1);
}

/* A term that a head has not weighs 0 there, and adds an exact 0. */
static void all_heads(struct score *score, uint32_t rows) {
    const uint32_t weighted = plan_weighted(score->plan);
    for (uint32_t head = 0; head < score->head_count; head++)
        begin_with_intercept(score, head, rows, score->logits + (size_t)head * BLOCK_ROWS);
    if (weighted == 0) return;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)score->head_count,
                (blasint)rows, (blasint)weighted, 1, plan_weights(score->plan),
                (blasint)plan_weights_pitch(score->plan), score->block, (blasint)BLOCK_ROWS, 1,
                score->logits, (blasint)BLOCK_ROWS);
}

static void score_block(struct score *score, const double *features, size_t stride, uint32_t from,
                        uint32_t rows, double *const *logits) {
    plan_block(score->plan, score->columns, features + from, stride, rows, score->block,
               BLOCK_ROWS);
    if (score->head_count == 1) {
        one_head(score, rows, logits[0] + from);
        return;
    }
    all_heads(score, rows);
    for (uint32_t head = 0; head < score->head_count; head++)
        memcpy(logits[head] + from, score->logits + (size_t)head * BLOCK_ROWS,
               rows * sizeof **logits);
}

void score_heads(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *const *logits) {
    assert(rows <= score->rows_max);
    for (uint32_t row = 0; row < rows; row += BLOCK_ROWS)
        score_block(score, features, stride, row, rows - row < BLOCK_ROWS ? rows - row : BLOCK_ROWS,
                    logits);
}

void score_batch(struct score *score, const double *features, size_t stride, uint32_t rows,
                 double *logits) {
    assert(score->head_count == 1);
    score_heads(score, features, stride, rows, &logits);
}

void score_explain(const struct score *score, const double *features, double *terms,
                   double *intercept) {
    const struct model *model = score->heads[0];
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
