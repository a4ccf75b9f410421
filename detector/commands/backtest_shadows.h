/* SPDX-License-Identifier: Apache-2.0 */
/* The models of `model.shadow` in a backtest: scored on every side beside the live one, and how
 * well they rank. What they would have recommended is not lived through: that is `--compare`. */
#pragma once

#include "detector/commands/backtest_run.h"
#include "models/bootstrap.h"

/* Name of a shadow's column of logits: "logit_" and the first 16 digits of its SHA-256. */
enum { BACKTEST_COLUMN_SIZE = 6 + 16 + 1 };
const char *backtest_shadow_column(const struct model *model, char out[BACKTEST_COLUMN_SIZE]);

struct backtest_shadow {
    const struct model *model;  /* borrowed */
    double account_ap, side_ap; /* NaN without labels */
    struct band account_ap_band;
};

struct backtest_shadows {
    uint32_t count;
    struct backtest_shadow shadow[SCORE_SHADOWS_MAX];
};

/* After the run; the same period and labels as the live model's. `labels` may be NULL. */
struct backtest_shadows backtest_shadows_judge(const struct backtest_run *run,
                                               const struct labels *labels, int64_t from_s);
