/* SPDX-License-Identifier: Apache-2.0 */
/* What decide recommends of one account at other thresholds, without its caps (`per_hour`,
 * `episodes.max`) and without what it advises to the paying side of payments. */
#pragma once

#include "detector/commands/tune_sides.h"

/* Logits by action; infinity where the action is not used. At equal ones the strongest counts. */
struct tune_thresholds {
    double at[ACTION_COUNT];
};

/* Those of the policy with the one of `action` at `logit`: a stronger action is not reached below
 * it; a milder one not above it. */
struct tune_thresholds tune_thresholds(const struct policy *policy, enum action action,
                                       double logit);

/* The sides of one account in log order. `advice` has room for as many; returns how many
 * recommendations open or amend an episode. */
size_t tune_episodes(const struct tune_side *sides, size_t count, const struct tune_clock *clock,
                     int64_t cool_down_s, const struct tune_thresholds *thresholds,
                     struct backtest_advice *advice);
