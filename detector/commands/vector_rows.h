/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a file of feature vectors, one a scored side, in two formats. What the columns mean:
 * docs/FEATURES.md. Nothing is allocated; every function writes into the caller's room. */
#pragma once

#include "detector/base/number_text.h"
#include "detector/batch.h"
#include "schemas/limits.h"

/* What precedes the features, at most: four texts, doubled by quoting, and seven numbers. */
enum {
    VECTOR_TEXT_MAX = 2 * 512 + 3,
    VECTOR_ROW_MAX = 4 * VECTOR_TEXT_MAX + (7 + FEATURE_COUNT) * (NUMBER_TEXT_MAX + 1),
    VECTOR_HEAD_MAX = 64 * (16 + FEATURE_COUNT)
};

struct vector_format {
    const char *ending; /* of the file's name, with the dot */
    /* The head of a file of `rows` rows; equally long for every number of them. At most
     * VECTOR_HEAD_MAX bytes. */
    size_t (*head)(int64_t rows, char *out);
    /* The head counts the rows: it is written again when they are known. */
    bool counts;
    /* The row of one scored side. At most VECTOR_ROW_MAX bytes. */
    size_t (*row)(const struct batch *batch, uint32_t side, char *out);
};

/* RFC 4180 with \n: a head line, then a line a row; null is an empty field. */
extern const struct vector_format vector_csv;
/* NumPy's NPY 1.0: a one-dimensional array of records, little-endian; null is NaN. */
extern const struct vector_format vector_npy;

/* The account token of the scored side. */
struct text vector_account(const struct batch *batch, const struct side *side);
