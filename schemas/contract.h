/* SPDX-License-Identifier: Apache-2.0 */
/* The columns that a contract is decoded into: which field of a record goes where. For the plan
 * compiler and detector/commands/record_json.c; a test holds each table to its schemas/NAME.avsc.
 */
#pragma once

#include "schemas/plan.h"

enum column_kind {
    COL_TEXT,
    COL_LONG,
    COL_INT,
    COL_TIME,
    COL_DATE,
    COL_ENUM,
    COL_BOOLEAN,
    COL_RECORD,
    COL_LIST,
};

struct column {
    const char *name;
    enum column_kind kind;
    uint16_t to;
    uint16_t seconds; /* of a time */
    uint16_t present; /* of a nullable number, time or record; 0: null shows in the value itself */
    uint16_t cap;     /* bytes of a text */
    bool nullable;
    bool obligatory;            /* has no default */
    const char *const *symbols; /* of our enum */
    uint32_t symbol_count;
    const struct column *fields; /* of a record, or of a list's items; NULL: a list of texts */
    size_t field_count;
    uint16_t count, items_max, item_bytes; /* of a list: place of its uint32 count */
};

struct contract_columns {
    const struct column *columns;
    size_t count;
    size_t size;          /* of the record, bytes */
    void *(*blank)(void); /* one with every column at its default; the caller's */
};
const struct contract_columns *contract_columns(enum contract contract);
extern const struct contract_columns contract_of_transaction, contract_of_signal;

#define TEXT(n, place, size)                                                                       \
    { .name = n, .kind = COL_TEXT, .to = place, .cap = size, .obligatory = true }
#define TEXT_OR_NULL(n, place, size)                                                               \
    { .name = n, .kind = COL_TEXT, .to = place, .cap = size, .nullable = true }
#define ENUM(n, place, table)                                                                      \
    {                                                                                              \
        .name = n, .kind = COL_ENUM, .to = place, .symbols = table,                                \
        .symbol_count = sizeof table / sizeof table[0]                                             \
    }
#define NUMBER_OR_NULL(n, k, place, given)                                                         \
    { .name = n, .kind = k, .to = place, .present = given, .nullable = true }
#define TIME(n, place, whole)                                                                      \
    { .name = n, .kind = COL_TIME, .to = place, .seconds = whole, .obligatory = true }
#define TIME_OR_NULL(n, place, whole, given)                                                       \
    {                                                                                              \
        .name = n, .kind = COL_TIME, .to = place, .seconds = whole, .present = given,              \
        .nullable = true                                                                           \
    }
#define BOOLEAN_OR_NULL(n, place)                                                                  \
    { .name = n, .kind = COL_BOOLEAN, .to = place, .nullable = true }
