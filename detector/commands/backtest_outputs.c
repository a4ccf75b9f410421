/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_outputs.h"

#include "detector/base/files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const names[BACKTEST_OUTPUTS] = {"scores.csv",           "scores.sqlite",
                                                    "recommendations.avro", "compare.csv",
                                                    "report.json",          "report.md"};

static bool has(const struct backtest_outputs *o, enum backtest_output output) {
    return (output != BACKTEST_COMPARE || o->compares) && (output != BACKTEST_SQLITE || o->sqlite);
}

static bool path_of(const struct backtest_outputs *o, enum backtest_output output,
                    char out[WHOLE_FILE_PATH_MAX], struct error *error) {
    return out_directory_path(&o->directory, names[output], out, WHOLE_FILE_PATH_MAX, error);
}

/* Opening. */

static bool is_not_read(const char *path, const struct backtest_outputs_options *options,
                        struct error *error) {
    static const char *const what[] = {"a result", "what is read"};
    for (size_t i = 0; i < options->read_count; i++) {
        const char *const paths[] = {path, options->read[i]};
        if (!files_distinct(what, paths, 2, error)) return false;
    }
    return true;
}

static bool check(const struct backtest_outputs *o, enum backtest_output output,
                  const struct backtest_outputs_options *options, struct error *error) {
    char path[WHOLE_FILE_PATH_MAX], part[WHOLE_FILE_PATH_MAX];
    return path_of(o, output, path, error) && is_not_read(path, options, error) &&
           (!whole_file_part(path, part, sizeof part) || is_not_read(part, options, error));
}

static bool open_file(struct backtest_outputs *o, enum backtest_output output,
                      struct error *error) {
    char path[WHOLE_FILE_PATH_MAX];
    return path_of(o, output, path, error) && whole_file_open(&o->files[output], path, error);
}

bool backtest_outputs_open(struct backtest_outputs *o,
                           const struct backtest_outputs_options *options, struct error *error) {
    o->compares = options->compares;
    o->sqlite = options->sqlite;
    if (!out_directory_open(&o->directory, options->directory, options->force, error)) return false;
    for (enum backtest_output output = 0; output < BACKTEST_OUTPUTS; output++)
        if (!check(o, output, options, error)) return false;
    for (enum backtest_output output = 0; output < BACKTEST_OUTPUTS; output++)
        if (has(o, output) && !open_file(o, output, error)) return false;
    return true;
}

bool backtest_outputs_replace(const struct backtest_outputs *o) {
    return access(o->files[BACKTEST_MARKDOWN].path, F_OK) == 0;
}

FILE *backtest_outputs_stream(struct backtest_outputs *o, enum backtest_output output,
                              struct error *error) {
    return whole_file_stream(&o->files[output], error);
}

const char *backtest_outputs_part(const struct backtest_outputs *o, enum backtest_output output) {
    return o->files[output].part;
}

/* Ending. */

static bool drop(const struct backtest_outputs *o, enum backtest_output output,
                 struct error *error) {
    char path[WHOLE_FILE_PATH_MAX];
    if (!path_of(o, output, path, error)) return false;
    return unlink(path) == 0 || errno == ENOENT ||
           error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
}

bool backtest_outputs_finish(struct backtest_outputs *o, struct error *error) {
    for (enum backtest_output output = 0; output < BACKTEST_OUTPUTS; output++)
        if (!(has(o, output) ? whole_file_finish(&o->files[output], error)
                             : drop(o, output, error)))
            return false;
    return true;
}

void backtest_outputs_close(struct backtest_outputs *o) {
    for (enum backtest_output output = 0; output < BACKTEST_OUTPUTS; output++)
        whole_file_close(&o->files[output]);
    out_directory_drop(&o->directory);
}
