/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_advised.h"

#include "detector/base/calendar.h"

#include <math.h>

const char *const backtest_age_names[BACKTEST_AGES] = {
    "under 7 days", "7 to 29 days", "30 to 89 days", "90 to 364 days", "a year or more", "unknown"};

#define X(name) #name,
const char *const backtest_type_names[BACKTEST_TYPES] = {ACCOUNT_TYPE_TABLE(X)};
const char *const backtest_holder_names[BACKTEST_HOLDERS] = {PERSON_TYPE_TABLE(X)};
#undef X

static size_t age_bin(int32_t days) {
    static const int32_t ends[] = {7, 30, 90, 365};
    size_t bin = 0;
    while (bin < sizeof ends / sizeof ends[0] && days >= ends[bin])
        bin++;
    return bin;
}

size_t backtest_age_at(const struct backtest_account *account, int64_t second) {
    if (account->opened_on_day == BACKTEST_DAY_UNKNOWN) return BACKTEST_AGES - 1;
    return age_bin(calendar_day(second) - account->opened_on_day);
}

static void take_bad(struct backtest_advised *a, const struct backtest_standing *standing) {
    a->bad_by_action[standing->action]++;
    a->found++;
    const bool more = standing->held_tiyn > standing->received_tiyn;
    const int64_t caught_tiyn = more ? standing->received_tiyn : standing->held_tiyn;
    a->held_bad_tiyn = backtest_sum(a->held_bad_tiyn, standing->held_tiyn);
    a->caught_tiyn = backtest_sum(a->caught_tiyn, caught_tiyn);
    a->at_risk_bad_tiyn = backtest_sum(a->at_risk_bad_tiyn, standing->at_risk_tiyn);
}

void backtest_advised_take(struct backtest_advised *a, const struct backtest_account *account,
                           const struct backtest_standing *standing) {
    if (standing->first_advice_s == INT64_MAX) return;
    a->accounts++;
    if (standing->left_out) return;
    a->accounts_by_action[standing->action]++;
    a->held_tiyn = backtest_sum(a->held_tiyn, standing->held_tiyn);
    if (backtest_is_bad(standing)) {
        take_bad(a, standing);
        return;
    }
    a->wrong_freezes++;
    a->wrong_by_age[backtest_age_at(account, standing->first_advice_s)]++;
    a->wrong_by_type[account->account_type]++;
    a->wrong_by_holder[account->person_type]++;
}

static double share(int64_t part, int64_t whole) {
    return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

double backtest_precision(const struct backtest_advised *a) {
    return share(a->found, a->found + a->wrong_freezes);
}

double backtest_recall(const struct backtest_advised *a, int64_t bad_accounts) {
    return share(a->found, bad_accounts);
}
