/* SPDX-License-Identifier: Apache-2.0 */
/* Property: the CSV reader ends, never crashes, and every good row, written with all its fields in
 * quotes, is read back with the same fields.
 * Input: a CSV file. */
#include "detector/import/csv.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void put_quoted(FILE *out, const char *field) {
    fputc('"', out);
    for (; *field != '\0'; field++)
        fputs(*field == '"' ? "\"\"" : (char[]){*field, '\0'}, out);
    fputc('"', out);
}

static void read_back(const struct csv *row) {
    char *text = NULL;
    size_t size = 0;
    const char *why = NULL;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) fuzz_broken("no memory");
    for (size_t i = 0; i < csv_count(row); i++) {
        if (i > 0) fputc(',', out);
        put_quoted(out, csv_field(row, i));
    }
    fputc('\n', out);
    fclose(out);
    FILE *in = fmemopen(text, size, "r");
    struct csv *again = csv_new(in);
    if (in == NULL || again == NULL) fuzz_broken("no memory");
    fuzz_must(csv_next(again, &why) == CSV_ROW, "a row written again is bad");
    fuzz_must(csv_count(again) == csv_count(row), "another number of fields");
    for (size_t i = 0; i < csv_count(row); i++)
        fuzz_must(strcmp(csv_field(again, i), csv_field(row, i)) == 0, "another field");
    fuzz_must(csv_next(again, &why) == CSV_END, "one row became two");
    csv_free(again);
    fclose(in);
    free(text);
}

bool fuzz_one(const uint8_t *data, size_t size) {
    if (size == 0) return false;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    struct csv *csv = csv_new(file);
    if (file == NULL || csv == NULL) fuzz_broken("no memory");
    size_t rows = 0, good = 0;
    const char *why = NULL;
    enum csv_outcome outcome;
    while ((outcome = csv_next(csv, &why)) != CSV_END) {
        fuzz_must(++rows <= size, "more rows than bytes");
        fuzz_must(outcome == CSV_ROW || why != NULL, "a bad row without a reason");
        if (outcome == CSV_ROW) read_back(csv);
        good += outcome == CSV_ROW;
    }
    fuzz_must(csv_bytes(csv) == (int64_t)size, "bytes were left unread");
    csv_free(csv);
    fclose(file);
    return good > 0;
}
