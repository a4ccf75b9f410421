/* SPDX-License-Identifier: Apache-2.0 */
/* Which accounts were recommended and when, against labels: for `replay` and `demo`. Thread-safe.
 */
#pragma once

#include "detector/commands/labels.h"
#include "detector/recommendation.h"

struct scoreboard;

struct scoreboard *scoreboard_new(void);
void scoreboard_free(struct scoreboard *board);
/* Takes a live recommendation; fits pipeline_options.on_recommendation. */
void scoreboard_take(void *board, const struct recommendation *recommendation);
/* Counts advice to a payer, who is no suspect; fits pipeline_options.on_payer_side. */
void scoreboard_take_payer_side(void *board, const struct recommendation *recommendation);

void scoreboard_add_label(struct scoreboard *board, struct text account, int64_t first_bad_s);
/* From a file, as labels.h reads it; they take the place of those before. */
bool scoreboard_load_labels(struct scoreboard *board, const char *path, struct error *error);

/* Labels of events name accounts as the run meets them; fits pipeline_options.on_batch. */
bool scoreboard_note_batch(void *board, const struct batch *batch, struct error *error);

struct scoreboard_result {
    int64_t recommendations; /* all states, on payees */
    int64_t to_payers;       /* all states */
    int64_t accounts;        /* accounts with at least one recommendation */
    int64_t labelled;        /* labelled accounts */
    int64_t found;           /* labelled accounts among those recommended */
    int64_t median_minutes;  /* from the first bad credit to the first recommendation, of those
                                found; -1: none */
};
struct scoreboard_result scoreboard_result(struct scoreboard *board);
