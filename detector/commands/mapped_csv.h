/* SPDX-License-Identifier: Apache-2.0 */
/* A foreign CSV read through its mapping, as `import` reads it and every command with --mapping. A
 * signal that stop_signal.h caught ends it, also while a pipe or a terminal brings nothing. One
 * thread. */
#pragma once

#include "detector/import/import.h"

struct mapped_csv;

struct mapped_csv_counts {
    int64_t rows, records, bad_rows;
    int64_t out_of_order; /* records */
};

/* `path` "-": stdin; both arguments outlive it. Errors: ERROR_IO, those of import_open; each with
 * the path. */
struct mapped_csv *mapped_csv_open(const char *path, const struct mapping *mapping,
                                   struct error *error);
void mapped_csv_close(struct mapped_csv *csv);

/* As import_next; IMPORT_END also after a signal. */
enum import_outcome mapped_csv_next(struct mapped_csv *csv, struct import_row *row,
                                    struct error *error);
/* What is wrong with a bad row, as a line on stderr for each of the first ten. */
void mapped_csv_show(struct mapped_csv *csv, const struct import_row *row);
/* After the end: says how many bad rows were not shown, if any were. */
void mapped_csv_show_rest(const struct mapped_csv *csv, const char *next_step);
/* After the end: ERROR_BAD_DATA when not one row became a record, and no signal is why. */
bool mapped_csv_check(const struct mapped_csv *csv, struct error *error);

struct mapped_csv_counts mapped_csv_counts(const struct mapped_csv *csv);
/* Bytes read, and of a regular file (0: not known), for a progress bar. */
int64_t mapped_csv_position(const struct mapped_csv *csv);
int64_t mapped_csv_size(const struct mapped_csv *csv);
