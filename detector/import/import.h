/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a foreign CSV → TransactionEvent records, by a mapping.
 *
 * A row becomes a record that the engine accepts, or it is bad and says why; nothing is guessed and
 * nothing passes through a floating-point number. ingest_time is the event's own time. One thread.
 */
#pragma once

#include "detector/base/error.h"
#include "detector/import/csv.h"
#include "detector/import/mapping.h"

struct import;

enum import_outcome { IMPORT_RECORD, IMPORT_BAD, IMPORT_END, IMPORT_FAILED };

struct import_row {
    int64_t line;         /* where the row begins, from 1 */
    struct bytes record;  /* Avro of schemas/TransactionEvent.avsc, without a frame */
    const char *event_id; /* of the record */
    const char *label;    /* NULL: the mapping names no label column */
    bool out_of_order;    /* earlier than a record before it */
    char why[256];        /* of a bad row: the column and what is wrong with it */
};

/* Reads the head line and binds the columns; both arguments outlive the import. ERROR_CONFIG: the
 * CSV and the mapping do not fit; ERROR_BAD_DATA: there is no head line. */
struct import *import_open(const struct mapping *mapping, struct csv *csv, struct error *error);
void import_close(struct import *import);
/* The next row that is not empty; what `row` points at lives until the next call. */
enum import_outcome import_next(struct import *import, struct import_row *row, struct error *error);
