/* SPDX-License-Identifier: Apache-2.0 */
/* What each edge as the threshold of an action would have come to: the figures of a backtest with
 * that policy and without caps, counted by the backtest's own functions. */
#pragma once

#include "detector/commands/backtest_figures.h"
#include "detector/commands/tune_edges.h"
#include "detector/commands/tune_episodes.h"

/* Edges `from` to below `to` at which an account is recommended. */
struct tune_span {
    uint32_t account, from, to;
};

struct tune_curve {
    enum action action;
    struct backtest_advised at[TUNE_EDGES_MAX];
    int64_t busiest[TUNE_EDGES_MAX]; /* recommendations of the day that had the most */
    struct tune_span *spans;
    size_t span_count, span_room;
};

struct tune_curve *tune_curve_new(enum action action);
void tune_curve_free(struct tune_curve *curve);

struct tune_trial {
    const struct backtest_pass *pass;
    const struct tune_sides *sides; /* sorted */
    const struct tune_edges *edges;
    const struct backtest_figures *figures;    /* of the pass */
    const struct backtest_standing *standings; /* of its accounts, without recommendations */
};

void tune_curve_draw(struct tune_curve *curve, const struct tune_trial *trial);

/* 95 % of the values in BACKTEST_ROUNDS samples of accounts drawn with replacement, by edge. NaN:
 * undefined. The same seed gives the same bands. */
struct tune_bands {
    struct band precision[TUNE_EDGES_MAX], recall[TUNE_EDGES_MAX];
};

void tune_bands_draw(struct tune_bands *bands, const struct tune_curve *curve,
                     const struct tune_trial *trial);
