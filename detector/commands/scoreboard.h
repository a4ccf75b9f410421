/* SPDX-License-Identifier: Apache-2.0 */
/* Which accounts were recommended and when, against labels: for `replay` and `demo`. Thread-safe.
 */
#pragma once

#include "detector/base/error.h"
#include "detector/commands/account_set.h"
#include "detector/recommendation.h"

struct scoreboard;

struct scoreboard *scoreboard_new(void);
void scoreboard_free(struct scoreboard *board);
/* Takes a live recommendation; fits pipeline_options.on_recommendation. */
void scoreboard_take(void *board, const struct recommendation *recommendation);

void scoreboard_add_label(struct scoreboard *board, struct text account, int64_t first_bad_s);
/* A CSV with a head line: account id first; a column named like first_…time or first_…ts holds
 * seconds, fraction allowed. ERROR_IO; ERROR_BAD_DATA with the line number, labels before it are
 * kept. */
bool scoreboard_load_labels(struct scoreboard *board, const char *path, struct error *error);

struct scoreboard_result {
    int64_t recommendations; /* all states */
    int64_t accounts;        /* accounts with at least one recommendation */
    int64_t labelled;        /* labelled accounts */
    int64_t found;           /* labelled accounts among those recommended */
    int64_t median_minutes;  /* from the first bad credit to the first recommendation, of those
                                found; -1: none */
};
struct scoreboard_result scoreboard_result(struct scoreboard *board);
