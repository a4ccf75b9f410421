/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the mapping document as data; private to mapping.c and mapping_doc.c. */
#pragma once

#include "detector/import/mapping.h"

#include <stddef.h>

/* The section "type VALUE": its offsets are into struct mapping_type, the others' into struct
 * mapping. */
#define MAPPING_TYPE_SECTION "type VALUE"

enum { MAPPING_ROWS_MAX = 64 };

enum mapping_row_kind {
    MAPPING_ROW_TEXT,
    MAPPING_ROW_CHOICE, /* the index among choices, an uint8_t */
    MAPPING_ROW_NUMBER, /* a whole number > 0, an int64_t */
    MAPPING_ROW_TIME,   /* int64_t microseconds */
    MAPPING_ROW_ZONE,   /* int32_t seconds east of UTC */
    MAPPING_ROW_LIST,
};

struct mapping_row {
    const char *section, *key;
    enum mapping_row_kind kind;
    const char *standard; /* "": none */
    const char *choices;  /* "a|b" of a choice; what it takes, in words, of the others */
    const char *text;
    size_t offset;
};

extern const struct mapping_row mapping_rows[];
extern const size_t mapping_row_count;
extern const char *const mapping_statuses; /* choices of [status] */
