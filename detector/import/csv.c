/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/csv.h"

#include <stdlib.h>

const struct csv_separator csv_separators[CSV_SEPARATORS] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}};

struct csv {
    FILE *file;
    int64_t line, next_line, bytes;
    size_t count, used;
    const char *why; /* NULL: the row is good so far */
    char separator;
    char *fields[CSV_FIELDS_MAX];
    char text[CSV_ROW_MAX];
};

struct csv *csv_new(FILE *file) {
    struct csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL) return NULL;
    csv->file = file;
    csv->next_line = 1;
    csv->separator = ',';
    return csv;
}

void csv_free(struct csv *csv) {
    free(csv);
}

void csv_set_separator(struct csv *csv, char separator) {
    csv->separator = separator;
}

static int next_char(struct csv *csv) {
    const int c = getc_unlocked(csv->file);
    if (c != EOF) csv->bytes++;
    if (c == '\n') csv->next_line++;
    return c;
}

static void put(struct csv *csv, char c) {
    if (csv->used == CSV_ROW_MAX)
        csv->why = "the row is longer than 65,536 bytes";
    else
        csv->text[csv->used++] = c;
}

static void put_data(struct csv *csv, char c) {
    if (c == '\0') csv->why = "the row holds a NUL byte";
    put(csv, c);
}

static void start_field(struct csv *csv) {
    if (csv->count == CSV_FIELDS_MAX)
        csv->why = "the row has more than 256 fields";
    else
        csv->fields[csv->count++] = csv->text + csv->used;
}

/* Reads up to and with the closing quote; returns what follows it. */
static int quoted(struct csv *csv) {
    for (;;) {
        const int c = next_char(csv);
        if (c == EOF) {
            csv->why = "a quote is never closed";
            return EOF;
        }
        if (c != '"') {
            put_data(csv, (char)c);
            continue;
        }
        const int after = next_char(csv);
        if (after != '"') return after;
        put(csv, '"');
    }
}

static bool ends_field(const struct csv *csv, int c) {
    return c == (unsigned char)csv->separator || c == '\n' || c == EOF;
}

/* One field; returns the character that ended it: the separator, '\n' or EOF. */
static int read_field(struct csv *csv) {
    start_field(csv);
    int c = next_char(csv);
    if (c == '"') {
        c = quoted(csv);
        if (!ends_field(csv, c) && c != '\r') csv->why = "there is text after a closing quote";
    }
    while (!ends_field(csv, c)) {
        const int after = next_char(csv);
        if (c != '\r' || (after != '\n' && after != EOF)) put_data(csv, (char)c);
        c = after;
    }
    put(csv, '\0');
    return c;
}

static void skip_byte_order_mark(struct csv *csv) {
    static const char mark[] = "\xef\xbb\xbf";
    for (int i = 0; i < 3; i++) {
        const int c = getc_unlocked(csv->file);
        if (c == (unsigned char)mark[i]) continue;
        if (c != EOF) ungetc(c, csv->file);
        if (i > 0) csv->why = "the file starts with a broken byte order mark";
        csv->bytes = i;
        return;
    }
    csv->bytes = 3;
}

enum csv_outcome csv_next(struct csv *csv, const char **why) {
    csv->count = 0;
    csv->used = 0;
    csv->why = NULL;
    csv->line = csv->next_line;
    int64_t before = csv->bytes;
    if (before == 0) skip_byte_order_mark(csv);
    if (csv->why == NULL) before = csv->bytes;
    int ended;
    do {
        ended = read_field(csv);
    } while (ended != '\n' && ended != EOF);
    if (ended == EOF && csv->bytes == before) return CSV_END;
    *why = csv->why;
    return csv->why == NULL ? CSV_ROW : CSV_BAD;
}

size_t csv_count(const struct csv *csv) {
    return csv->count;
}

const char *csv_field(const struct csv *csv, size_t index) {
    return csv->fields[index];
}

int64_t csv_line(const struct csv *csv) {
    return csv->line;
}

int64_t csv_bytes(const struct csv *csv) {
    return csv->bytes;
}

bool csv_failed(const struct csv *csv) {
    return ferror(csv->file) != 0;
}
