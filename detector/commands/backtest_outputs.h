/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a backtest in their directory. Each takes its name when all are whole, report.md the
 * last: where it is, all is. */
#pragma once

#include "detector/base/whole_file.h"
#include "detector/commands/out_directory.h"

enum backtest_output {
    BACKTEST_SCORES,
    BACKTEST_SQLITE,
    BACKTEST_RECOMMENDATIONS,
    BACKTEST_COMPARE,
    BACKTEST_JSON,
    BACKTEST_MARKDOWN,
    BACKTEST_OUTPUTS
};

struct backtest_outputs {
    struct out_directory directory;
    bool compares, sqlite;
    struct whole_file files[BACKTEST_OUTPUTS];
};

struct backtest_outputs_options {
    const char *directory;
    bool force;              /* it may hold something: results of these names are replaced */
    bool compares;           /* there will be a compare.csv */
    bool sqlite;             /* and a scores.sqlite */
    const char *const *read; /* paths that no result may be, each may be NULL */
    size_t read_count;
};

/* `outputs` is zeroed before. ERROR_USAGE, ERROR_IO; after a failure close it too. */
bool backtest_outputs_open(struct backtest_outputs *outputs,
                           const struct backtest_outputs_options *options, struct error *error);
/* Whether results of an earlier run stand under the names. */
bool backtest_outputs_replace(const struct backtest_outputs *outputs);
/* Once for each output. NULL: ERROR_FAILED. */
FILE *backtest_outputs_stream(struct backtest_outputs *outputs, enum backtest_output output,
                              struct error *error);
/* The path of the unfinished file, for who writes it by name. */
const char *backtest_outputs_part(const struct backtest_outputs *outputs,
                                  enum backtest_output output);
/* Gives all their names; those of an earlier run that this one does not write are removed. */
bool backtest_outputs_finish(struct backtest_outputs *outputs, struct error *error);
/* What was not finished is removed, and the directory if it was made for it. */
void backtest_outputs_close(struct backtest_outputs *outputs);
