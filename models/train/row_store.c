/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/row_store.h"

#include <stdlib.h>

static bool grow(struct row_store *rows) {
    if (rows->count < rows->room * ROW_CHUNK) return true;
    struct row_chunk **chunks = realloc(rows->chunk, (rows->room + 1) * sizeof(struct row_chunk *));
    if (chunks == NULL) return false;
    rows->chunk = chunks;
    rows->chunk[rows->room] = malloc(sizeof(struct row_chunk));
    if (rows->chunk[rows->room] == NULL) return false;
    rows->room++;
    return true;
}

bool row_store_add(struct row_store *rows, struct row row, const double *features, size_t stride) {
    if (!grow(rows)) return false;
    struct row_chunk *chunk = rows->chunk[rows->count / ROW_CHUNK];
    const size_t i = rows->count % ROW_CHUNK;
    chunk->row[i] = row;
    for (int f = 0; f < FEATURE_COUNT; f++)
        chunk->feature[f][i] = features[(size_t)f * stride];
    rows->count++;
    return true;
}

void row_store_free(struct row_store *rows) {
    for (size_t i = 0; i < rows->room; i++)
        free(rows->chunk[i]);
    free(rows->chunk);
    *rows = (struct row_store){.count = 0};
}
