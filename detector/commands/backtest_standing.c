/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_standing.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct backtest_period backtest_period(const struct backtest_pass *pass, int64_t from_s) {
    struct backtest_period period = {from_s, INT64_MIN};
    for (size_t i = 0; i < pass->side_count; i++)
        if (pass->sides[i].time_s > period.to_s) period.to_s = pass->sides[i].time_s;
    return period;
}

static struct backtest_standing begin(const struct backtest_account *account,
                                      const struct labels *labels, struct backtest_period period) {
    struct backtest_standing standing = {.score = -(double)INFINITY,
                                         .first_bad_s = INT64_MAX,
                                         .first_credit_s = INT64_MAX,
                                         .first_advice_s = INT64_MAX};
    if (labels == NULL) return standing;
    const int64_t first_bad_s = labels_first_bad(labels, account->token, account->token_size);
    standing.left_out = first_bad_s < period.from_s;
    if (backtest_within(period, first_bad_s)) standing.first_bad_s = first_bad_s;
    return standing;
}

static void take_bad(struct backtest_standing *standing, const struct backtest_side *side) {
    standing->received_tiyn = backtest_sum(standing->received_tiyn, side->received_tiyn);
    if (side->role == SIDE_PAYEE && side->time_s < standing->first_credit_s)
        standing->first_credit_s = side->time_s;
}

static void take_sides(struct backtest_standing *standings, const struct backtest_pass *pass,
                       struct backtest_period period) {
    for (size_t i = 0; i < pass->side_count; i++) {
        const struct backtest_side *side = &pass->sides[i];
        struct backtest_standing *standing = &standings[side->account];
        if (!backtest_within(period, side->time_s)) continue;
        if (side->logit > standing->score) standing->score = side->logit;
        if (side->time_s >= standing->first_bad_s) take_bad(standing, side);
    }
}

void backtest_standing_take(struct backtest_standing *standing,
                            const struct backtest_advice *advice, int64_t *episode_tiyn) {
    if (advice->opens) *episode_tiyn = 0;
    if (advice->hold_tiyn > *episode_tiyn) {
        standing->held_tiyn = backtest_sum(standing->held_tiyn, advice->hold_tiyn - *episode_tiyn);
        *episode_tiyn = advice->hold_tiyn;
    }
    if (advice->at_risk_tiyn > standing->at_risk_tiyn)
        standing->at_risk_tiyn = advice->at_risk_tiyn;
    if (advice->action > standing->action) standing->action = advice->action;
    if (advice->issued_s < standing->first_advice_s) standing->first_advice_s = advice->issued_s;
}

struct backtest_standing *backtest_standings(const struct backtest_pass *pass,
                                             const struct labels *labels,
                                             struct backtest_period period) {
    struct backtest_standing *standings = calloc(pass->account_count + 1, sizeof *standings);
    int64_t *episodes = calloc(pass->account_count + 1, sizeof *episodes);
    assert(standings != NULL && episodes != NULL && "out of memory");
    for (size_t i = 0; i < pass->account_count; i++)
        standings[i] = begin(&pass->accounts[i], labels, period);
    take_sides(standings, pass, period);
    for (size_t i = 0; i < pass->advice_count; i++) {
        const struct backtest_advice *advice = &pass->advice[i];
        if (advice->issued_s >= period.from_s)
            backtest_standing_take(&standings[advice->account], advice, &episodes[advice->account]);
    }
    free(episodes);
    return standings;
}
