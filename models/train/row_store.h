/* SPDX-License-Identifier: Apache-2.0 */
/* The rows a model is trained on: one a scored side, with its features, time and account. Rows are
 * kept in the order they came.
 * One thread. */
#pragma once

#include "detector/feature_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROW_CHUNK = 1 << 14 };

struct row {
    int64_t time_s;
    uint32_t account; /* number, from 1 */
};

struct row_chunk {
    struct row row[ROW_CHUNK];
    double feature[FEATURE_COUNT][ROW_CHUNK]; /* NaN: null */
};

struct row_store {
    size_t count;
    size_t room; /* chunks */
    struct row_chunk **chunk;
};

/* False: no memory. features: FEATURE_COUNT values, `stride` apart. */
bool row_store_add(struct row_store *rows, struct row row, const double *features, size_t stride);
void row_store_free(struct row_store *rows);

static inline const struct row *row_store_row(const struct row_store *rows, size_t i) {
    return &rows->chunk[i / ROW_CHUNK]->row[i % ROW_CHUNK];
}
static inline double row_store_feature(const struct row_store *rows, size_t i, int feature) {
    return rows->chunk[i / ROW_CHUNK]->feature[feature][i % ROW_CHUNK];
}
