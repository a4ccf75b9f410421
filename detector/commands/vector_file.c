/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/vector_file.h"

#include "detector/base/whole_file.h"
#include "detector/commands/vector_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 18 };
_Static_assert((int)VECTOR_ROW_MAX < BUFFER_BYTES && (int)VECTOR_HEAD_MAX < BUFFER_BYTES,
               "no room");

struct vector_file {
    const struct vector_format *format;
    struct whole_file file;
    int descriptor;
    bool standard; /* the standard output: it has neither name nor end */
    int64_t rows;
    size_t used;
    char buffer[BUFFER_BYTES];
};

static bool fail_io(const struct vector_file *v, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", v->standard ? "standard output" : v->file.path,
                     strerror(errno));
}

/* Writing. */

static bool flush(struct vector_file *v, struct error *error) {
    for (size_t done = 0; done < v->used;) {
        const ssize_t wrote = write(v->descriptor, v->buffer + done, v->used - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_io(v, error);
        done += (size_t)wrote;
    }
    v->used = 0;
    return true;
}

bool vector_file_append(void *file, const struct batch *batch, struct error *error) {
    struct vector_file *v = file;
    for (uint32_t i = 0; i < batch->sides; i++) {
        if (v->used + VECTOR_ROW_MAX > BUFFER_BYTES && !flush(v, error)) return false;
        v->used += v->format->row(batch, i, v->buffer + v->used);
    }
    v->rows += batch->sides;
    return true;
}

int64_t vector_file_rows(const struct vector_file *v) {
    return v->rows;
}

/* The same number of bytes as the head that stands there. */
static bool count_rows(struct vector_file *v, struct error *error) {
    if (!v->format->counts) return true;
    if (lseek(v->descriptor, 0, SEEK_SET) != 0) return fail_io(v, error);
    v->used = v->format->head(v->rows, v->buffer);
    return flush(v, error);
}

bool vector_file_finish(struct vector_file *v, struct error *error) {
    if (!flush(v, error) || !count_rows(v, error)) return false;
    return v->standard || whole_file_finish(&v->file, error);
}

/* Life. */

static const struct vector_format *format_of(const char *path) {
    static const struct vector_format *const formats[] = {&vector_csv, &vector_npy};
    const size_t size = strlen(path);
    if (strcmp(path, "-") == 0) return &vector_csv;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const size_t ending = strlen(formats[i]->ending);
        if (size > ending && strcmp(path + size - ending, formats[i]->ending) == 0)
            return formats[i];
    }
    return NULL;
}

struct vector_file *vector_file_create(const char *path, struct error *error) {
    const struct vector_format *format = format_of(path);
    if (format == NULL) {
        error_set(error, ERROR_USAGE,
                  "%s ends in neither .csv nor .npy; the ending says how the vectors are written",
                  path);
        return NULL;
    }
    struct vector_file *v = calloc(1, sizeof *v);
    if (v == NULL) {
        error_set(error, ERROR_FAILED, "no memory to write %s", path);
        return NULL;
    }
    v->format = format;
    v->standard = strcmp(path, "-") == 0;
    v->used = format->head(0, v->buffer);
    if (v->standard || whole_file_open(&v->file, path, error)) {
        v->descriptor = v->standard ? STDOUT_FILENO : v->file.descriptor;
        return v;
    }
    vector_file_close(v);
    return NULL;
}

void vector_file_close(struct vector_file *v) {
    if (v == NULL) return;
    whole_file_close(&v->file);
    free(v);
}
