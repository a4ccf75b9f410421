/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_figures.h"

#include "detector/base/calendar.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { MINUTE_S = 60 };

/* The load. */

static void begin_period(struct backtest_figures *f, const struct backtest_pass *pass) {
    int64_t first_s = f->period.to_s;
    for (size_t i = 0; i < pass->side_count; i++)
        if (pass->sides[i].time_s < first_s) first_s = pass->sides[i].time_s;
    f->begins_s = f->period.from_s < first_s ? first_s : f->period.from_s;
    if (f->begins_s > f->period.to_s) return;
    f->first_day = calendar_day(f->begins_s);
    const int32_t days = calendar_day(f->period.to_s) - f->first_day + 1;
    f->day_count = (size_t)days;
}

bool backtest_is_load(const struct backtest_figures *f, int64_t issued_s) {
    return f->day_count > 0 && issued_s >= f->period.from_s;
}

/* A recommendation is issued when its record came in, which may be outside the events' own days. */
size_t backtest_day_at(const struct backtest_figures *f, int64_t issued_s) {
    const int32_t day = calendar_day(issued_s) - f->first_day;
    if (day < 0) return 0;
    return (size_t)day < f->day_count ? (size_t)day : f->day_count - 1;
}

static void count_load(struct backtest_figures *f, const struct backtest_pass *pass) {
    begin_period(f, pass);
    f->days = calloc(f->day_count + 1, sizeof *f->days);
    assert(f->days != NULL && "out of memory");
    for (size_t i = 0; i < pass->advice_count; i++) {
        const struct backtest_advice *advice = &pass->advice[i];
        if (!backtest_is_load(f, advice->issued_s)) continue;
        struct backtest_day *day = &f->days[backtest_day_at(f, advice->issued_s)];
        f->advised.recommendations++;
        if (advice->opens)
            day->opened++;
        else
            day->amended++;
    }
}

/* The histogram. */

static void note_range(double logit, int64_t *low, int64_t *high) {
    const int64_t bar = (int64_t)floor(logit);
    if (bar < *low) *low = bar;
    if (bar > *high) *high = bar;
}

static void drop_empty_bars(struct backtest_figures *f, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (f->bars[i].sides > 0) f->bars[f->bar_count++] = f->bars[i];
}

static void draw_histogram(struct backtest_figures *f, const struct backtest_pass *pass,
                           const struct backtest_standing *standings) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (size_t i = 0; i < pass->side_count; i++)
        if (backtest_within(f->period, pass->sides[i].time_s))
            note_range(pass->sides[i].logit, &low, &high);
    const size_t count = high < low ? 0 : (size_t)(high - low + 1);
    f->bars = calloc(count + 1, sizeof *f->bars);
    assert(f->bars != NULL && "out of memory");
    for (size_t i = 0; i < count; i++)
        f->bars[i].low = low + (int64_t)i;
    for (size_t i = 0; i < pass->side_count; i++)
        if (backtest_within(f->period, pass->sides[i].time_s))
            f->bars[(int64_t)floor(pass->sides[i].logit) - low].sides++;
    for (size_t i = 0; i < pass->account_count; i++)
        if (!isinf(standings[i].score))
            f->bars[(int64_t)floor(standings[i].score) - low].accounts++;
    drop_empty_bars(f, count);
}

/* Accounts. */

static void count_honest(struct backtest_figures *f, const struct backtest_account *account,
                         const struct backtest_standing *standing) {
    if (!backtest_is_judged(standing)) return;
    const bool recommended = standing->first_advice_s != INT64_MAX;
    const int64_t second = recommended ? standing->first_advice_s : f->period.to_s;
    f->honest_by_age[backtest_age_at(account, second)]++;
    f->honest_by_type[account->account_type]++;
    f->honest_by_holder[account->person_type]++;
}

static void count_accounts(struct backtest_figures *f, const struct backtest_pass *pass,
                           const struct backtest_standing *standings) {
    for (size_t i = 0; i < pass->account_count; i++) {
        const struct backtest_standing *standing = &standings[i];
        backtest_advised_take(&f->advised, &pass->accounts[i], standing);
        f->left_out_accounts += standing->left_out;
        if (standing->left_out) continue;
        f->received_bad_tiyn = backtest_sum(f->received_bad_tiyn, standing->received_tiyn);
        if (!backtest_is_bad(standing)) count_honest(f, &pass->accounts[i], standing);
        f->bad_accounts_not_scored += backtest_is_bad(standing) && !backtest_counts(standing);
        f->accounts += backtest_counts(standing);
        f->bad_accounts += backtest_counts(standing) && backtest_is_bad(standing);
    }
}

static int64_t first_bad_credit_s(const struct backtest_standing *standing) {
    return standing->first_credit_s != INT64_MAX ? standing->first_credit_s : standing->first_bad_s;
}

static void time_found(struct backtest_figures *f, const struct backtest_pass *pass,
                       const struct backtest_standing *standings) {
    double *minutes = calloc((size_t)f->advised.found + 1, sizeof *minutes);
    size_t count = 0;
    assert(minutes != NULL && "out of memory");
    for (size_t i = 0; i < pass->account_count; i++) {
        const struct backtest_standing *s = &standings[i];
        if (!s->left_out && backtest_is_bad(s) && s->first_advice_s != INT64_MAX)
            minutes[count++] = (double)(s->first_advice_s - first_bad_credit_s(s)) / MINUTE_S;
    }
    f->minutes_median = percentile(minutes, count, 0.5);
    f->minutes_p90 = percentile(minutes, count, 0.9);
    free(minutes);
}

static void name_thresholds(struct backtest_figures *f, const struct policy *policy,
                            const struct model *model) {
    for (int action = 0; action < ACTION_COUNT; action++) {
        const struct policy_rule *rule = policy_rule(policy, (enum action)action);
        if (rule == NULL || isinf(rule->threshold)) continue;
        f->thresholds[action].used = true;
        f->thresholds[action].logit = rule->threshold;
        f->thresholds[action].probability = model_probability(model, rule->threshold);
    }
}

struct backtest_figures *backtest_figures_new(const struct backtest_pass *pass,
                                              const struct labels *labels, int64_t from_s,
                                              const struct policy *policy,
                                              const struct model *model) {
    struct backtest_figures *f = calloc(1, sizeof *f);
    assert(f != NULL && "out of memory");
    f->labelled = labels != NULL;
    f->by_event = labels != NULL && labels_by_event(labels);
    f->period = backtest_period(pass, from_s);
    struct backtest_standing *standings = backtest_standings(pass, labels, f->period);
    name_thresholds(f, policy, model);
    count_load(f, pass);
    draw_histogram(f, pass, standings);
    count_accounts(f, pass, standings);
    time_found(f, pass, standings);
    backtest_rank(f, pass, standings, model);
    free(standings);
    return f;
}

double backtest_a_day(const struct backtest_figures *f) {
    return f->day_count == 0 ? (double)NAN
                             : (double)f->advised.recommendations / (double)f->day_count;
}

void backtest_figures_free(struct backtest_figures *f) {
    if (f == NULL) return;
    free(f->days);
    free(f->bars);
    free(f);
}
