/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_curves.h"

#include "detector/base/grow.h"

#include <string.h>

/* One account in hand. */
struct stroke {
    struct tune_curve *curve;
    const struct tune_trial *trial;
    uint32_t *in_day; /* [edge][day] */
    const struct tune_side *sides;
    size_t count;
    uint32_t account;
    struct backtest_advice *advice; /* at the edges in hand */
    size_t advised;
    bool *changes; /* the outcome at an edge is not that of the one before */
};

struct tune_curve *tune_curve_new(enum action action) {
    struct tune_curve *curve = calloc(1, sizeof *curve);
    assert(curve != NULL && "out of memory");
    curve->action = action;
    return curve;
}

void tune_curve_free(struct tune_curve *curve) {
    if (curve == NULL) return;
    free(curve->spans);
    free(curve);
}

static void note_span(struct tune_curve *curve, uint32_t account, size_t from, size_t to) {
    struct tune_span *last = curve->span_count == 0 ? NULL : &curve->spans[curve->span_count - 1];
    if (last != NULL && last->account == account && last->to == from) {
        last->to = (uint32_t)to;
        return;
    }
    curve->spans = grow(curve->spans, curve->span_count, &curve->span_room, sizeof *curve->spans);
    curve->spans[curve->span_count++] = (struct tune_span){account, (uint32_t)from, (uint32_t)to};
}

/* The load: what is issued in the period, day by day. */
static void take_load(const struct stroke *s, size_t from, size_t to) {
    const struct backtest_figures *f = s->trial->figures;
    for (size_t i = 0; i < s->advised; i++) {
        if (!backtest_is_load(f, s->advice[i].issued_s)) continue;
        const size_t day = backtest_day_at(f, s->advice[i].issued_s);
        for (size_t edge = from; edge < to; edge++) {
            s->curve->at[edge].recommendations++;
            s->in_day[edge * f->day_count + day]++;
        }
    }
}

/* The outcome at the edges `from` to below `to`, which is the same at all of them. */
static void take_edges(const struct stroke *s, size_t from, size_t to) {
    struct backtest_standing standing = s->trial->standings[s->account];
    int64_t episode_tiyn = 0;
    take_load(s, from, to);
    for (size_t i = 0; i < s->advised; i++)
        if (s->advice[i].issued_s >= s->trial->figures->period.from_s)
            backtest_standing_take(&standing, &s->advice[i], &episode_tiyn);
    if (standing.first_advice_s == INT64_MAX) return;
    note_span(s->curve, s->account, from, to);
    for (size_t edge = from; edge < to; edge++)
        backtest_advised_take(&s->curve->at[edge], &s->trial->pass->accounts[s->account],
                              &standing);
}

static void try_edges(struct stroke *s, size_t from, size_t to) {
    const struct tune_sides *sides = s->trial->sides;
    const struct tune_thresholds thresholds =
        tune_thresholds(sides->policy, s->curve->action, s->trial->edges->logit[from]);
    s->advised = tune_episodes(s->sides, s->count, &sides->clock, policy_cool_down_s(sides->policy),
                               &thresholds, s->advice);
    if (s->advised > 0) take_edges(s, from, to);
}

/* Between two scores of the account nothing changes for it. */
static void take_account(struct stroke *s) {
    const struct tune_edges *edges = s->trial->edges;
    memset(s->changes, 0, (edges->count + 1) * sizeof *s->changes);
    for (size_t i = 0; i < s->count; i++)
        s->changes[tune_edges_below(edges, s->sides[i].logit)] = true;
    size_t from = 0;
    for (size_t edge = 1; edge <= edges->count; edge++) {
        if (!s->changes[edge] && edge < edges->count) continue;
        try_edges(s, from, edge);
        from = edge;
    }
}

static void find_busiest(struct tune_curve *curve, const struct tune_trial *trial,
                         const uint32_t *in_day) {
    const size_t days = trial->figures->day_count;
    for (size_t edge = 0; edge < trial->edges->count; edge++)
        for (size_t day = 0; day < days; day++)
            if (in_day[edge * days + day] > curve->busiest[edge])
                curve->busiest[edge] = in_day[edge * days + day];
}

void tune_curve_draw(struct tune_curve *curve, const struct tune_trial *trial) {
    const struct tune_sides *sides = trial->sides;
    struct stroke s = {.curve = curve, .trial = trial};
    s.in_day = calloc(trial->edges->count * trial->figures->day_count + 1, sizeof *s.in_day);
    s.advice = calloc(sides->count + 1, sizeof *s.advice);
    s.changes = calloc(trial->edges->count + 1, sizeof *s.changes);
    assert(s.in_day != NULL && s.advice != NULL && s.changes != NULL && "out of memory");
    for (size_t begin = 0; begin < sides->count; begin += s.count) {
        s.account = sides->items[begin].account;
        s.sides = &sides->items[begin];
        for (s.count = 1; begin + s.count < sides->count; s.count++)
            if (s.sides[s.count].account != s.account) break;
        take_account(&s);
    }
    find_busiest(curve, trial, s.in_day);
    free(s.in_day);
    free(s.advice);
    free(s.changes);
}
