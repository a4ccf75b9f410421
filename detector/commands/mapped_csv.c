/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/mapped_csv.h"

#include "detector/base/printable.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 10, INPUT_BUFFER = 1 << 16, LOOK_MS = 100 };

struct mapped_csv {
    const char *path;
    int descriptor;
    bool cut; /* a stop came while the input was waited for: the row at hand may be half */
    FILE *file;
    struct csv *csv;
    struct import *import;
    struct mapped_csv_counts counts;
    int64_t shown;
};

/* The file. */

/* As a FILE: a stop ends it also while nothing comes. */
static ssize_t read_input(void *context, char *buffer, size_t size) {
    struct mapped_csv *csv = context;
    struct pollfd ready = {.fd = csv->descriptor, .events = POLLIN};
    while (poll(&ready, 1, LOOK_MS) == 0 && stop_signal_seen() == 0) {
    }
    csv->cut = stop_signal_seen() != 0;
    return csv->cut ? 0 : read(csv->descriptor, buffer, size);
}

/* A pipe is not waited for here, where no signal would end it, but by the poll before a read. */
static int open_there(const char *path) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0) fcntl(descriptor, F_SETFL, 0);
    return descriptor;
}

static bool open_file(struct mapped_csv *csv, struct error *error) {
    const cookie_io_functions_t operations = {.read = read_input};
    csv->descriptor = strcmp(csv->path, "-") == 0 ? STDIN_FILENO : open_there(csv->path);
    if (csv->descriptor < 0)
        return error_set(error, ERROR_IO, "%s: %s", csv->path, strerror(errno));
    csv->file = fopencookie(csv, "r", operations);
    if (csv->file == NULL) return error_set(error, ERROR_FAILED, "no memory to read");
    setvbuf(csv->file, NULL, _IOFBF, INPUT_BUFFER);
    csv->csv = csv_new(csv->file);
    return csv->csv != NULL || error_set(error, ERROR_FAILED, "no memory to read");
}

struct mapped_csv *mapped_csv_open(const char *path, const struct mapping *mapping,
                                   struct error *error) {
    struct mapped_csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read");
        return NULL;
    }
    csv->path = path;
    csv->descriptor = -1;
    if (open_file(csv, error)) {
        csv->import = import_open(mapping, csv->csv, error);
        if (csv->import != NULL) return csv;
        if (csv->cut)
            error_set(error, ERROR_INTERRUPTED, "stopped while nobody wrote to %s", path);
        else
            error_prefix(error, "%s", path);
    }
    mapped_csv_close(csv);
    return NULL;
}

void mapped_csv_close(struct mapped_csv *csv) {
    if (csv == NULL) return;
    import_close(csv->import);
    csv_free(csv->csv);
    if (csv->file != NULL) fclose(csv->file);
    if (csv->descriptor > STDIN_FILENO) close(csv->descriptor);
    free(csv);
}

/* Rows. */

enum import_outcome mapped_csv_next(struct mapped_csv *csv, struct import_row *row,
                                    struct error *error) {
    if (stop_signal_seen() != 0) return IMPORT_END;
    const enum import_outcome outcome = import_next(csv->import, row, error);
    if (csv->cut) return IMPORT_END;
    if (outcome == IMPORT_FAILED) error_prefix(error, "%s", csv->path);
    csv->counts.rows += outcome == IMPORT_RECORD || outcome == IMPORT_BAD;
    csv->counts.records += outcome == IMPORT_RECORD;
    csv->counts.bad_rows += outcome == IMPORT_BAD;
    csv->counts.out_of_order += outcome == IMPORT_RECORD && row->out_of_order;
    return outcome;
}

void mapped_csv_show(struct mapped_csv *csv, const struct import_row *row) {
    if (csv->shown == SHOWN_MAX) return;
    csv->shown++;
    fprintf(stderr, "%s:%lld: ", csv->path, (long long)row->line);
    printable_put(row->why, stderr);
    fputc('\n', stderr);
}

void mapped_csv_show_rest(const struct mapped_csv *csv, const char *next_step) {
    const int64_t hidden = csv->counts.bad_rows - csv->shown;
    if (csv->shown > 0 && hidden > 0)
        fprintf(stderr, "… and %lld bad rows more; %s\n", (long long)hidden, next_step);
}

bool mapped_csv_check(const struct mapped_csv *csv, struct error *error) {
    return csv->counts.records > 0 || stop_signal_seen() != 0 ||
           error_set(error, ERROR_BAD_DATA, "%s: %s", csv->path,
                     csv->counts.bad_rows > 0 ? "every row is bad" : "there is no row");
}

struct mapped_csv_counts mapped_csv_counts(const struct mapped_csv *csv) {
    return csv->counts;
}

int64_t mapped_csv_position(const struct mapped_csv *csv) {
    return csv_bytes(csv->csv);
}

int64_t mapped_csv_size(const struct mapped_csv *csv) {
    struct stat status;
    return fstat(csv->descriptor, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}
