/* SPDX-License-Identifier: Apache-2.0 */
/* Of every account its highest score in the period, and why. Grows with the input. */
#pragma once

#include "detector/commands/backtest_pass.h"
#include "detector/reasons.h"

enum { TUNE_REASONS = 3 };

struct tune_best {
    double logit;
    int64_t time_s; /* of the event; INT64_MIN: no side in the period */
    int64_t unspent_tiyn;
    uint32_t reason_count;
    struct reason_weight reasons[TUNE_REASONS];
    double values[TUNE_REASONS]; /* of the (first) feature of each reason; NaN: null */
};

struct tune_bests {
    int64_t from_s;
    const struct model *model;
    struct score *score;
    struct reasons *reasons;
    struct tune_best *items; /* by account of the pass */
    size_t count, room;
};

/* ERROR_FAILED. */
bool tune_bests_open(struct tune_bests *bests, const struct model *model, int64_t from_s,
                     struct error *error);
void tune_bests_close(struct tune_bests *bests);
/* After the pass took the batch. */
void tune_bests_take(struct tune_bests *bests, const struct backtest_pass *pass,
                     const struct batch *batch);
