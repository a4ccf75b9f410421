/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_episodes.h"

#include "detector/episode_rules.h"

#include <math.h>

enum standing { NONE, OPEN, COOLING };

struct walk {
    const struct tune_clock *clock;
    int64_t cool_down_s;
    enum standing standing;
    enum action action;
    int64_t at_risk_tiyn, since_s, due_s; /* as in struct episode */
    uint64_t tx;                          /* that opened it */
    uint32_t number;
};

struct tune_thresholds tune_thresholds(const struct policy *policy, enum action action,
                                       double logit) {
    struct tune_thresholds thresholds;
    for (int a = 0; a < ACTION_COUNT; a++) {
        const struct policy_rule *rule = policy_rule(policy, (enum action)a);
        const double own = rule == NULL ? (double)INFINITY : rule->threshold;
        thresholds.at[a] = a == (int)action || (a > (int)action && own < logit) ? logit : own;
    }
    return thresholds;
}

static enum action action_at(const struct tune_thresholds *thresholds, double logit) {
    int a = ACTION_COUNT - 1;
    while (a > ACTION_UNKNOWN && logit < thresholds->at[a])
        a--;
    return (enum action)a;
}

/* The first second of the clock that is not before `due_s`; there is one. */
static int64_t first_at(const struct tune_clock *clock, int64_t due_s) {
    size_t low = 0, high = clock->count - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (clock->seconds[middle] >= due_s)
            high = middle;
        else
            low = middle + 1;
    }
    return clock->seconds[low];
}

static void cool(struct walk *w, int64_t from_s) {
    w->standing = COOLING;
    w->due_s = from_s + w->cool_down_s;
}

static void come_to(struct walk *w, const struct tune_side *side) {
    if (side->number != w->number) w->standing = NONE;
    w->number = side->number;
    if (w->standing == OPEN && w->due_s <= side->clock_s) cool(w, first_at(w->clock, w->due_s));
    if (w->standing == COOLING && w->due_s <= side->clock_s) w->standing = NONE;
}

static bool opens(struct walk *w, const struct tune_side *side, enum action wanted) {
    if (wanted == ACTION_UNKNOWN || side->due_s <= side->clock_s) return false;
    w->standing = OPEN;
    w->action = ACTION_UNKNOWN;
    w->due_s = side->due_s;
    w->since_s = INT64_MAX;
    w->tx = side->tx;
    return true;
}

/* True: a recommendation is published. */
static bool judge(struct walk *w, const struct tune_side *side, enum action wanted) {
    const int64_t at_risk_tiyn =
        episode_at_risk_tiyn(wanted, side->unspent_tiyn, side->traced_tiyn);
    const bool grown = w->standing == OPEN && episode_has_grown(w->at_risk_tiyn, at_risk_tiyn);
    if (w->standing == COOLING || side->allowed) return false;
    if (w->standing == NONE ? !opens(w, side, wanted)
                            : !episode_is_amended(w->action, wanted, grown))
        return false;
    const int64_t since_s = episode_since_s(side->event_s);
    if (since_s < w->since_s) w->since_s = since_s;
    w->action = episode_amended_to(w->action, wanted);
    w->at_risk_tiyn = at_risk_tiyn;
    return true;
}

static void reverse(struct walk *w, const struct tune_side *side, enum action wanted) {
    const struct episode_reversal reversal = {
        .opening = w->tx == side->tx,
        .below = wanted == ACTION_UNKNOWN,
        .unreturned_s = side->unreturned_s,
    };
    if (w->standing == OPEN && episode_is_undone(w->since_s, w->at_risk_tiyn, &reversal))
        w->standing = NONE;
}

size_t tune_episodes(const struct tune_side *sides, size_t count, const struct tune_clock *clock,
                     int64_t cool_down_s, const struct tune_thresholds *thresholds,
                     struct backtest_advice *advice) {
    struct walk w = {.clock = clock, .cool_down_s = cool_down_s};
    size_t advised = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tune_side *side = &sides[i];
        const enum action wanted = action_at(thresholds, side->logit);
        if (!side->reversed && wanted == ACTION_UNKNOWN && side->traced_tiyn == 0) continue;
        come_to(&w, side);
        const bool open = w.standing == OPEN;
        if (side->reversed) reverse(&w, side, wanted);
        if (side->reversed || !judge(&w, side, wanted)) continue;
        advice[advised++] = (struct backtest_advice){
            .issued_s = side->issued_s,
            .hold_tiyn = episode_hold_tiyn(w.action, w.at_risk_tiyn, side->available_tiyn),
            .account = side->account,
            .action = w.action,
            .opens = !open,
            .at_risk_tiyn = w.at_risk_tiyn};
    }
    return advised;
}
