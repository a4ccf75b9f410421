/* SPDX-License-Identifier: Apache-2.0 */
#include "models/score.h"

#include "models/model_private.h"

#include "detector/feature_table.h"

#include <assert.h>
#include <stdlib.h>

#include <cblas.h>

struct score {
    const struct model *model;
    uint32_t rows_max;
    double *weights; /* terms */
    double *basis;   /* terms × rows_max, row-major: a column of values per term */
};

struct score *score_open(const struct model *model, uint32_t rows_max, struct error *error) {
    const size_t terms = model->term_count;
    struct score *score = calloc(1, sizeof *score);
    if (score == NULL) goto fail;
    score->model = model;
    score->rows_max = rows_max;
    score->weights = calloc(terms + 1, sizeof *score->weights);
    score->basis = calloc(rows_max * terms + 1, sizeof *score->basis);
    if (score->weights == NULL || score->basis == NULL) goto fail;
    for (size_t i = 0; i < terms; i++)
        score->weights[i] = model->terms[i].weight;
    openblas_set_num_threads(1);
    return score;
fail:
    error_set(error, ERROR_FAILED, "no memory to score %u rows", rows_max);
    score_close(score);
    return NULL;
}

void score_close(struct score *score) {
    if (score == NULL) return;
    free(score->weights);
    free(score->basis);
    free(score);
}

/* Rows from `first` on, as many as stay in the nearest cache. */
static void fill_basis(struct score *score, const double *columns, size_t stride, uint32_t first,
                       uint32_t rows) {
    const struct model *model = score->model;
    for (uint32_t i = 0; i < model->term_count; i++)
        basis_column(&model->terms[i].basis, columns + first, stride, rows,
                     score->basis + (size_t)i * score->rows_max + first);
}

void score_batch(struct score *score, const double *columns, size_t stride, uint32_t rows,
                 double *logits) {
    const struct model *model = score->model;
    assert(rows <= score->rows_max);
    for (uint32_t row = 0; row < rows; row += BASIS_ROWS_MAX)
        fill_basis(score, columns, stride, row,
                   rows - row < BASIS_ROWS_MAX ? rows - row : BASIS_ROWS_MAX);
    for (uint32_t row = 0; row < rows; row++)
        logits[row] = model->intercept;
    if (rows == 0 || model->term_count == 0) return;
    cblas_dgemv(CblasRowMajor, CblasTrans, (blasint)model->term_count, (blasint)rows, 1,
                score->basis, (blasint)score->rows_max, score->weights, 1, 1, logits, 1);
}

void score_explain(const struct score *score, const double *features, double *terms,
                   double *intercept) {
    const struct model *model = score->model;
    for (uint32_t i = 0; i < model->term_count; i++) {
        basis_column(&model->terms[i].basis, features, 1, 1, &terms[i]);
        terms[i] *= model->terms[i].weight;
    }
    *intercept = model->intercept;
}

const char *score_core_type(void) {
    return openblas_get_corename();
}

const char *score_library(void) {
    return openblas_get_config();
}
