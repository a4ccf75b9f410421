/* SPDX-License-Identifier: Apache-2.0 */
/* scores.sqlite: what a run scored and recommended, as an SQLite database to ask questions of.
 *
 *   sides            a row for each scored side, in the order of the engine
 *   scores           a view of them: the columns of scores.csv
 *   accounts         each account, with its standing in the period (backtest_standing.h)
 *   recommendations  those that open or amend an episode
 *   figures, meta    numbers and texts of report.json by their path: load.recommendations,
 *                    queues.0.precision
 *
 * A shadow has a column in `sides` and in `scores`, named as in scores.csv. Indices: accounts by
 * token and score, sides by account and time, and by logit. The same run gives the same rows in the
 * same order. */
#pragma once

#include "detector/commands/backtest_standing.h"
#include "detector/shadows.h"

#include <stdio.h>

struct backtest_sqlite_content {
    const struct backtest_pass *pass;
    const struct labels *labels; /* or NULL */
    struct backtest_period period;
    const struct model *model;     /* of the pass */
    const struct shadows *shadows; /* whose logits the pass holds */
    const char *report;            /* JSON */
};

/* Fills the empty file at `path`, in one transaction; it may not be opened by others until then.
 * ERROR_IO. */
bool backtest_sqlite_write(const char *path, const struct backtest_sqlite_content *content,
                           struct error *error);
