/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be computed to get the basis values of one model or several, each thing once:
 * transformed features (log1p is the dear part), parts, products. Private to models/.
 *
 * Terms share work: a step on one feature at one knot stands in many conjunctions, and hinges of
 * one feature share its logarithm. Terms that are equal share a column, be they of one model or of
 * two; its weight in a model is the sum of theirs there (a multiple of 2^-20 still, and exact), and
 * 0 where the model has none of them. */
#pragma once

#include "models/columns.h"
#include "models/model.h"

struct plan;

/* NULL: no memory. The models must outlive the plan. */
struct plan *plan_open(const struct model *const *models, uint32_t count);
void plan_close(struct plan *plan);

/* Columns with a weight; a block has plan_columns of them, and the first plan_weighted count. */
uint32_t plan_weighted(const struct plan *plan);
/* Row m holds the weights of model m, plan_weighted doubles; rows are plan_weights_pitch apart. */
const double *plan_weights(const struct plan *plan);
uint32_t plan_weights_pitch(const struct plan *plan);
uint32_t plan_columns(const struct plan *plan);

/* The basis of a block of `rows` rows: column c begins at block + c * pitch (pitch >= rows).
 * Feature f of row i is features[f * stride + i]. */
void plan_block(const struct plan *plan, const struct columns *columns, const double *features,
                size_t stride, size_t rows, double *block, size_t pitch);
