/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a backtest for machines (report.json) and for people (report.md). The same input,
 * documents and labels give the same bytes. */
#pragma once

#include "detector/commands/backtest_gates.h"
#include "detector/commands/backtest_groups.h"
#include "detector/commands/backtest_shadows.h"
#include "detector/commands/fit_overlap.h"
#include "detector/commands/read_files.h"

struct backtest_report {
    const char *input;
    const struct read_files *files; /* that it was made from; the first is the input */
    const struct model *model;
    const struct policy *policy;
    const struct backtest_figures *figures;
    const struct backtest_comparison *comparison; /* NULL: none */
    const struct backtest_shadows *shadows;
    const struct backtest_groups *groups; /* NULL: none */
    const struct backtest_gates *gates;
    const struct fit_overlap *overlap;
    bool interrupted;
};

/* Indented, or in one line; a line break at the end. Errors are the file's: ferror. */
void backtest_write_json(FILE *file, const struct backtest_report *report, bool one_line);
void backtest_write_markdown(FILE *file, const struct backtest_report *report);

/* "REVIEW_ONLY" … */
const char *backtest_action_name(int action);
