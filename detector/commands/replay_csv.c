/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/replay_csv.h"

#include "detector/commands/mapped_csv.h"

#include <stdlib.h>

struct replay_csv {
    struct replay_csv_options options;
    struct mapping *mapping;
    struct mapped_csv *rows;
};

static bool take_label(const struct replay_csv *csv, const struct import_row *row,
                       struct error *error) {
    if (csv->options.labels == NULL || row->label == NULL) return true;
    const char *why = labels_event(csv->options.labels, text_of(row->event_id), row->label);
    return why == NULL ||
           error_set(error, ERROR_BAD_DATA, "%s:%lld: column %s: %s", csv->options.path,
                     (long long)row->line, csv->mapping->columns[MAPPING_LABEL], why);
}

/* What `import` says at its end, of what people should know. */
static void tell(const struct replay_csv *csv) {
    const struct mapped_csv_counts counts = mapped_csv_counts(csv->rows);
    mapped_csv_show_rest(csv->rows, "`saqshy import --bad FILE` lists all");
    if (counts.bad_rows > 0)
        fprintf(stderr, "warning: %lld of %lld rows of %s are bad and left out\n",
                (long long)counts.bad_rows, (long long)counts.rows, csv->options.path);
    if (counts.out_of_order > 0)
        fprintf(stderr,
                "warning: %lld records of %s are earlier than one before them, kept in the order "
                "of the file\n",
                (long long)counts.out_of_order, csv->options.path);
}

bool replay_csv_next(struct replay_csv *csv, struct bytes *record, struct error *error) {
    struct import_row row;
    enum import_outcome outcome;
    *record = (struct bytes){0};
    while ((outcome = mapped_csv_next(csv->rows, &row, error)) == IMPORT_BAD)
        if (!csv->options.silent) mapped_csv_show(csv->rows, &row);
    if (outcome == IMPORT_FAILED) return false;
    if (outcome == IMPORT_RECORD) {
        *record = row.record;
        return take_label(csv, &row, error);
    }
    if (!csv->options.silent) tell(csv);
    return mapped_csv_check(csv->rows, error);
}

struct replay_csv *replay_csv_open(const struct replay_csv_options *options, struct error *error) {
    struct replay_csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read");
        return NULL;
    }
    csv->options = *options;
    csv->mapping = mapping_load(options->mapping, error);
    if (csv->mapping != NULL) csv->rows = mapped_csv_open(options->path, csv->mapping, error);
    if (csv->rows != NULL) return csv;
    replay_csv_close(csv);
    return NULL;
}

void replay_csv_close(struct replay_csv *csv) {
    if (csv == NULL) return;
    mapped_csv_close(csv->rows);
    mapping_free(csv->mapping);
    free(csv);
}

int64_t replay_csv_position(const struct replay_csv *csv) {
    return mapped_csv_position(csv->rows);
}

int64_t replay_csv_size(const struct replay_csv *csv) {
    return mapped_csv_size(csv->rows);
}
