/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_findings.h"

#include <assert.h>
#include <stdlib.h>

/* As if nothing had been recommended: what was, was at today's thresholds. */
static struct backtest_standing *bare_standings(const struct backtest_pass *pass,
                                                const struct labels *labels,
                                                struct backtest_period period) {
    struct backtest_pass bare = *pass;
    bare.advice_count = 0;
    return backtest_standings(&bare, labels, period);
}

static void lay_edges(struct tune_findings *f) {
    size_t count = 0;
    struct ranked *ranked = backtest_ranked_accounts(f->pass, f->standings, &count);
    tune_edges_lay(&f->edges, f->policy, f->model, ranked, count);
    free(ranked);
}

static void draw(struct tune_findings *f, enum action action) {
    const struct tune_trial trial = {f->pass, f->sides, &f->edges, f->figures, f->standings};
    f->curves[action] = tune_curve_new(action);
    tune_curve_draw(f->curves[action], &trial);
    if (!f->figures->labelled) return;
    f->bands[action] = calloc(1, sizeof *f->bands[action]);
    assert(f->bands[action] != NULL && "out of memory");
    tune_bands_draw(f->bands[action], f->curves[action], &trial);
}

void tune_find(struct tune_findings *f, const struct labels *labels, int64_t from_s) {
    f->figures = backtest_figures_new(f->pass, labels, from_s, f->policy, f->model);
    f->standings = bare_standings(f->pass, labels, f->figures->period);
    tune_sides_sort(f->sides, f->pass);
    lay_edges(f);
    for (int a = 0; a < ACTION_COUNT; a++)
        if (policy_rule(f->policy, (enum action)a) != NULL) draw(f, (enum action)a);
    tune_drift_measure(&f->drift, f->pass, f->figures->period, model_training_scores(f->model));
    tune_near_find(&f->near, f->pass, f->standings, &f->edges);
    f->overlap.begins_s = f->figures->begins_s;
    fit_overlap_take(&f->overlap, f->model);
}

void tune_findings_free(struct tune_findings *f) {
    for (int a = 0; a < ACTION_COUNT; a++) {
        tune_curve_free(f->curves[a]);
        free(f->bands[a]);
    }
    backtest_figures_free(f->figures);
    free(f->standings);
    tune_near_free(&f->near);
}
