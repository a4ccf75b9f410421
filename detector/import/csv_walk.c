/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/csv_walk.h"

#include "detector/base/files.h"

#include <assert.h>

static bool is_empty_line(const struct csv *csv) {
    return csv_count(csv) == 1 && csv_field(csv, 0)[0] == '\0';
}

static const char *walk(struct csv *csv, const char *(*take)(void *, const struct csv *),
                        void *context) {
    const char *why = NULL;
    for (;;) {
        const enum csv_outcome outcome = csv_next(csv, &why);
        if (outcome == CSV_END) return take(context, NULL);
        if (outcome == CSV_ROW) why = is_empty_line(csv) ? NULL : take(context, csv);
        if (why != NULL) return why;
    }
}

bool csv_walk_by(const char *path, char separator,
                 const char *(*take)(void *context, const struct csv *csv), void *context,
                 struct error *error) {
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    struct csv *csv = csv_new(file);
    assert(csv != NULL && "out of memory");
    csv_set_separator(csv, separator);
    const char *why = walk(csv, take, context);
    const int64_t line = csv_line(csv);
    const bool failed = csv_failed(csv);
    csv_free(csv);
    fclose(file);
    if (failed) return error_set(error, ERROR_IO, "%s: cannot be read to its end", path);
    return why == NULL ||
           error_set(error, ERROR_BAD_DATA, "%s:%lld: %s", path, (long long)line, why);
}

bool csv_walk(const char *path, const char *(*take)(void *context, const struct csv *csv),
              void *context, struct error *error) {
    return csv_walk_by(path, ',', take, context, error);
}
