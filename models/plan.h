/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be computed to get the basis values of a model, each thing once: transformed features
 * (log1p is the dear part), parts, products. Private to models/.
 *
 * Terms share work: a step on one feature at one knot stands in many conjunctions, and hinges of
 * one feature share its logarithm. Terms that are equal share a column, whose weight is the sum of
 * theirs (a multiple of 2^-20 still, and exact). */
#pragma once

#include "models/columns.h"
#include "models/model.h"

struct plan;

/* NULL: no memory. The model must outlive the plan. */
struct plan *plan_open(const struct model *model);
void plan_close(struct plan *plan);

/* Columns with a weight; a block has plan_columns of them, and the first plan_weighted count. */
uint32_t plan_weighted(const struct plan *plan);
const double *plan_weights(const struct plan *plan); /* plan_weighted doubles */
uint32_t plan_columns(const struct plan *plan);

/* The basis of a block of `rows` rows: column c begins at block + c * pitch (pitch >= rows).
 * Feature f of row i is features[f * stride + i]. */
void plan_block(const struct plan *plan, const struct columns *columns, const double *features,
                size_t stride, size_t rows, double *block, size_t pitch);
