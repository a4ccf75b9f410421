/* SPDX-License-Identifier: Apache-2.0 */
/* When an open episode is published again, and what it holds; money in tiyn. Shared by decide,
 * which lives through episodes, and tune, which tries them at other thresholds. */
#pragma once

#include "detector/recommendation.h"

/* By a quarter at least. */
static inline bool episode_has_grown(int64_t before_tiyn, int64_t now_tiyn) {
    return now_tiyn > before_tiyn &&
           now_tiyn - before_tiyn >= before_tiyn / 4 + (before_tiyn % 4 != 0);
}

/* Of an open episode with `action`. */
static inline bool episode_is_amended(enum action action, enum action wanted, bool grown) {
    return wanted > action || (wanted == action && grown);
}

/* What a recommendation holds: from HOLD_AMOUNT on, what is at risk. */
static inline int64_t episode_hold_tiyn(enum action action, int64_t at_risk_tiyn) {
    return action >= ACTION_HOLD_AMOUNT ? at_risk_tiyn : 0;
}
