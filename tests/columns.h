/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of struct transaction as the tests know them: a second list beside the decode plan's,
 * so that a slip in either shows. */
#pragma once

#include "detector/transaction.h"

#include <stddef.h>
#include <stdio.h>

enum column_type {
    COLUMN_TEXT,
    COLUMN_LONG,
    COLUMN_INT,
    COLUMN_DATE,
    COLUMN_TIME,
    COLUMN_ENUM,
    COLUMN_BOOLEAN
};

struct test_column {
    const char *name;
    enum column_type type;
    size_t offset;
    size_t second;  /* seconds of a time */
    size_t present; /* 0: none */
    bool nullable, obligatory;
    const char *const *symbols;
    size_t symbol_count;
};

/* Columns of the record itself, and of a party (offsets within struct party). */
extern const struct test_column root_columns[], party_columns[];
extern const size_t root_column_count, party_column_count;

/* Name of the first column that differs; NULL: none. amount_tiyn is no column. */
const char *columns_differ(const struct transaction *a, const struct transaction *b);
/* One line of JSON: columns by name, enums by symbol, times in µs, payer and payee as objects. */
void columns_print(const struct transaction *tx, FILE *out);
