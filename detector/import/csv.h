/* SPDX-License-Identifier: Apache-2.0 */
/* CSV by RFC 4180: commas (or another separator), quotes doubled inside quotes, LF or CRLF, line
 * breaks inside quotes; a byte order mark at the start is skipped. Streaming and bounded: a row
 * longer than CSV_ROW_MAX bytes or CSV_FIELDS_MAX fields is a bad row, and reading goes on after
 * it. */
#pragma once

#include "detector/base/bytes.h"

#include <stdio.h>

enum { CSV_ROW_MAX = 65536, CSV_FIELDS_MAX = 256 };

struct csv;

/* What may stand between fields, and how people name it. */
enum { CSV_SEPARATORS = 4 };
struct csv_separator {
    const char *name; /* "comma", "semicolon", "tab", "pipe" */
    char mark;
};
extern const struct csv_separator csv_separators[CSV_SEPARATORS];

enum csv_outcome { CSV_ROW, CSV_BAD, CSV_END };

/* Reads from `file`, which stays the caller's. NULL when memory is short. */
struct csv *csv_new(FILE *file);
void csv_free(struct csv *csv);
/* Before the first row; a comma otherwise. Neither a quote nor a line break. */
void csv_set_separator(struct csv *csv, char separator);
/* The next row: fields live until the next call, each with a closing NUL. CSV_BAD: *why says what
 * is wrong. */
enum csv_outcome csv_next(struct csv *csv, const char **why);
size_t csv_count(const struct csv *csv);
const char *csv_field(const struct csv *csv, size_t index);
/* Line number, from 1, where the row began; bytes read. */
int64_t csv_line(const struct csv *csv);
int64_t csv_bytes(const struct csv *csv);
/* After CSV_END: true when it was no end but a reading error. */
bool csv_failed(const struct csv *csv);
