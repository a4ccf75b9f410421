/* SPDX-License-Identifier: Apache-2.0 */
/* Where each account of a run stands over the period that is judged. */
#pragma once

#include "detector/commands/backtest_pass.h"

/* Both ends belong to it; seconds of event time. */
struct backtest_period {
    int64_t from_s; /* INT64_MIN: from the first event */
    int64_t to_s;   /* the last event */
};

struct backtest_standing {
    double score;           /* its highest logit in the period; -infinity: it has no side there */
    int64_t first_bad_s;    /* INT64_MAX: it does not turn bad within the period, or no labels */
    int64_t first_credit_s; /* its first credit from turning bad on; INT64_MAX: none */
    int64_t first_advice_s; /* of the period; INT64_MAX: none */
    int64_t held_tiyn;      /* the largest hold of each episode, added up */
    int64_t at_risk_tiyn;   /* the most of such credits that a recommendation found still there */
    int64_t received_tiyn;  /* by transfer between persons, from turning bad on */
    enum action action;     /* the strongest advised; ACTION_UNKNOWN: none */
    bool left_out;          /* was bad before the period, and is judged no more */
};

struct backtest_period backtest_period(const struct backtest_pass *pass, int64_t from_s);
/* One for each account of the pass, to be freed. `labels` may be NULL. */
struct backtest_standing *backtest_standings(const struct backtest_pass *pass,
                                             const struct labels *labels,
                                             struct backtest_period period);

/* One more recommendation of the period. `episode_tiyn`: the largest hold so far of the account's
 * present episode, 0 before the first. */
void backtest_standing_take(struct backtest_standing *standing,
                            const struct backtest_advice *advice, int64_t *episode_tiyn);

/* Money that is more than a field can hold is as much as it can. */
static inline int64_t backtest_sum(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static inline bool backtest_is_bad(const struct backtest_standing *standing) {
    return standing->first_bad_s != INT64_MAX;
}

/* It has a side in the period and is judged. */
static inline bool backtest_counts(const struct backtest_standing *standing) {
    return !standing->left_out && standing->score > -1e300;
}

/* It has a side or a recommendation in the period and is judged. */
static inline bool backtest_is_judged(const struct backtest_standing *standing) {
    return backtest_counts(standing) ||
           (!standing->left_out && standing->first_advice_s != INT64_MAX);
}

static inline bool backtest_within(struct backtest_period period, int64_t second) {
    return second >= period.from_s && second <= period.to_s;
}
