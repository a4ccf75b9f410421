/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/base/calendar.h"
#include "detector/commands/backtest_report.h"
#include "detector/commands/json_text.h"

#include <jansson.h>
#include <math.h>

const char *backtest_action_name(int action) {
    static const char *const names[] = {
#define X(name) #name,
        ACTION_TABLE(X)
#undef X
    };
    return names[action];
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(int64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *document(const char *id, const char *sha256) {
    return json_pack("{ss ss}", "id", id, "sha256", sha256);
}

static json_t *point(const struct backtest_point *p) {
    return json_pack("{so so so so}", "taken", number(p->taken), "bad", number(p->bad), "precision",
                     number(p->precision), "recall", number(p->recall));
}

static json_t *band(const struct band *b) {
    return json_pack("[oo]", number(b->low), number(b->high));
}

/* The load. */

static json_t *days(const struct backtest_figures *f) {
    json_t *rows = json_array();
    for (size_t i = 0; i < f->day_count; i++)
        json_array_append_new(
            rows, json_pack("{so so so}", "begins",
                            whole(calendar_day_start_s(f->first_day + (int32_t)i)), "opened",
                            whole(f->days[i].opened), "amended", whole(f->days[i].amended)));
    return rows;
}

static json_t *load(const struct backtest_figures *f) {
    return json_pack("{so so so so}", "recommendations", whole(f->advised.recommendations),
                     "accounts", whole(f->advised.accounts), "recommendations_a_day",
                     number(backtest_a_day(f)), "days", days(f));
}

static json_t *histogram(const struct backtest_figures *f) {
    json_t *rows = json_array();
    for (size_t i = 0; i < f->bar_count; i++)
        json_array_append_new(rows, json_pack("{so so so}", "logit", whole(f->bars[i].low), "sides",
                                              whole(f->bars[i].sides), "accounts",
                                              whole(f->bars[i].accounts)));
    return rows;
}

/* With labels. */

static json_t *counts(const struct backtest_figures *f) {
    return json_pack("{so so so so so so}", "accounts", whole(f->accounts), "bad_accounts",
                     whole(f->bad_accounts), "sides", whole(f->sides), "bad_sides",
                     whole(f->bad_sides), "left_out_accounts", whole(f->left_out_accounts),
                     "bad_accounts_not_scored", whole(f->bad_accounts_not_scored));
}

static json_t *queues(const struct backtest_figures *f) {
    json_t *rows = json_array();
    for (size_t i = 0; i < BACKTEST_QUEUES; i++) {
        json_t *row = point(&f->queues[i].point);
        json_object_set_new(row, "precision_band", band(&f->queues[i].precision));
        json_object_set_new(row, "recall_band", band(&f->queues[i].recall));
        json_object_set_new(row, "size", whole(backtest_queue_sizes[i]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *thresholds(const struct backtest_figures *f) {
    json_t *rows = json_array();
    for (int action = 0; action < ACTION_COUNT; action++) {
        const struct backtest_threshold *t = &f->thresholds[action];
        if (!t->used) continue;
        json_array_append_new(
            rows, json_pack("{ss so so so so so so}", "action", backtest_action_name(action),
                            "logit", number(t->logit), "probability", number(t->probability),
                            "accounts", point(&t->accounts), "sides", point(&t->sides),
                            "accounts_recommended", whole(f->advised.accounts_by_action[action]),
                            "bad_recommended", whole(f->advised.bad_by_action[action])));
    }
    return rows;
}

static json_t *calibration(const struct backtest_figures *f) {
    json_t *rows = json_array();
    for (int i = 0; i < BACKTEST_BINS; i++) {
        const struct backtest_bin *bin = &f->bins[i];
        const double sides = (double)bin->sides;
        json_array_append_new(
            rows, json_pack("{so so so so so}", "from", number((double)i / BACKTEST_BINS), "to",
                            number((double)(i + 1) / BACKTEST_BINS), "sides", whole(bin->sides),
                            "mean_probability", number(bin->probability_sum / sides), "rate",
                            number((double)bin->bad / sides)));
    }
    return rows;
}

static json_t *groups(const char *const *names, const int64_t *counts, size_t count) {
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, names[i], whole(counts[i]));
    return object;
}

/* Whom wrong freezes hit. */
static void add_groups(json_t *object, const struct backtest_figures *f) {
    const struct backtest_advised *a = &f->advised;
    const struct {
        const char *wrong, *honest;
        const char *const *names;
        const int64_t *wrong_counts, *honest_counts;
        size_t count;
    } all[] = {{"wrong_freezes_by_account_age", "honest_accounts_by_account_age",
                backtest_age_names, a->wrong_by_age, f->honest_by_age, BACKTEST_AGES},
               {"wrong_freezes_by_account_type", "honest_accounts_by_account_type",
                backtest_type_names, a->wrong_by_type, f->honest_by_type, BACKTEST_TYPES},
               {"wrong_freezes_by_holder", "honest_accounts_by_holder", backtest_holder_names,
                a->wrong_by_holder, f->honest_by_holder, BACKTEST_HOLDERS}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        json_object_set_new(object, all[i].wrong,
                            groups(all[i].names, all[i].wrong_counts, all[i].count));
        json_object_set_new(object, all[i].honest,
                            groups(all[i].names, all[i].honest_counts, all[i].count));
    }
}

static json_t *recommended(const struct backtest_figures *f) {
    const struct backtest_advised *a = &f->advised;
    json_t *object = json_pack(
        "{so so so so so so so so so so so}", "found", whole(a->found), "wrong_freezes",
        whole(a->wrong_freezes), "precision", number(backtest_precision(a)), "recall",
        number(backtest_recall(a, f->bad_accounts)), "at_risk_of_bad_kzt_minor",
        whole(a->at_risk_bad_tiyn), "held_kzt_minor", whole(a->held_tiyn), "held_of_bad_kzt_minor",
        whole(a->held_bad_tiyn), "caught_kzt_minor", whole(a->caught_tiyn), "missed_kzt_minor",
        whole(f->received_bad_tiyn - a->caught_tiyn), "minutes_median", number(f->minutes_median),
        "minutes_p90", number(f->minutes_p90));
    add_groups(object, f);
    return object;
}

static json_t *named_groups(const struct backtest_groups *g) {
    json_t *rows = json_array();
    for (size_t i = 0; i < g->count; i++) {
        const struct backtest_group *group = &g->groups[i];
        json_t *by_action = json_object();
        for (int action = ACTION_UNKNOWN + 1; action < ACTION_COUNT; action++)
            if (group->wrong_by_action[action] > 0)
                json_object_set_new(by_action, backtest_action_name(action),
                                    whole(group->wrong_by_action[action]));
        json_array_append_new(
            rows, json_pack("{so so so so so so so so}", "group", json_text(group->name), "bad",
                            whole(group->bad), "found", whole(group->found), "found_share_band",
                            band(&group->found_band), "honest", whole(group->honest),
                            "wrong_freezes", whole(group->wrong), "wrong_share_band",
                            band(&group->wrong_band), "wrong_freezes_by_action", by_action));
    }
    return json_pack("{so so}", "groups", rows, "accounts_in_none", whole(g->accounts_in_none));
}

static void add_labelled(json_t *report, const struct backtest_figures *f) {
    json_object_set_new(report, "counts", counts(f));
    json_object_set_new(report, "account_average_precision", number(f->account_ap));
    json_object_set_new(report, "account_average_precision_band", band(&f->account_ap_band));
    json_object_set_new(report, "side_average_precision", number(f->side_ap));
    json_object_set_new(report, "queues", queues(f));
    json_object_set_new(report, "thresholds", thresholds(f));
    json_object_set_new(report, "calibration", calibration(f));
    json_object_set_new(report, "recommended", recommended(f));
}

/* The rest. */

static json_t *comparison(const struct backtest_comparison *c) {
    return json_pack("{so so so so so so so so so}", "model",
                     document(c->model_id, c->model_sha256), "account_average_precision",
                     number(c->account_ap), "side_average_precision", number(c->side_ap),
                     "account_average_precision_gain", number(c->account_ap_gain),
                     "account_average_precision_gain_band", band(&c->account_ap_gain_band),
                     "gained", whole(c->gained), "gained_bad", whole(c->gained_bad), "lost",
                     whole(c->lost), "lost_bad", whole(c->lost_bad));
}

static json_t *shadows(const struct backtest_shadows *s) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < s->count; i++) {
        const struct backtest_shadow *shadow = &s->shadow[i];
        char column[BACKTEST_COLUMN_SIZE];
        json_t *row = json_pack("{so ss so}", "model",
                                document(model_id(shadow->model), model_sha256(shadow->model)),
                                "column", backtest_shadow_column(shadow->model, column),
                                "account_average_precision", number(shadow->account_ap));
        json_object_set_new(row, "account_average_precision_band", band(&shadow->account_ap_band));
        json_object_set_new(row, "side_average_precision", number(shadow->side_ap));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *gates(const struct backtest_gates *g) {
    json_t *rows = json_array();
    for (int i = 0; i < BACKTEST_GATE_COUNT; i++) {
        const struct backtest_gate *gate = &g->gates[i];
        if (!gate->wanted) continue;
        json_array_append_new(rows, json_pack("{ss so so sb}", "gate", gate->name, "bound",
                                              number(gate->bound), "figure", number(gate->figure),
                                              "met", gate->met));
    }
    return rows;
}

static json_t *period(const struct backtest_figures *f) {
    return json_pack("{so so}", "from", whole(f->begins_s), "to", whole(f->period.to_s));
}

static json_t *head(const struct backtest_report *r) {
    const struct backtest_figures *f = r->figures;
    return json_pack("{ss ss so so so so ss? so sb}", "format", "saqshy-backtest/1", "build",
                     build_info_version(), "input", json_text(r->input), "inputs",
                     read_files_json(r->files), "model",
                     document(model_id(r->model), model_sha256(r->model)), "policy",
                     document(policy_id(r->policy), policy_sha256(r->policy)), "labels",
                     !f->labelled  ? NULL
                     : f->by_event ? "events"
                                   : "accounts",
                     "period", period(f), "interrupted", r->interrupted);
}

void backtest_write_json(FILE *file, const struct backtest_report *r, bool one_line) {
    json_t *report = head(r);
    json_object_set_new(report, "fitted_on_period", fit_overlap_json(r->overlap));
    json_object_set_new(report, "load", load(r->figures));
    json_object_set_new(report, "histogram", histogram(r->figures));
    if (r->figures->labelled) add_labelled(report, r->figures);
    if (r->figures->labelled && r->groups != NULL)
        json_object_set_new(report, "by_group", named_groups(r->groups));
    if (r->comparison != NULL) json_object_set_new(report, "comparison", comparison(r->comparison));
    if (r->shadows->count > 0) json_object_set_new(report, "shadows", shadows(r->shadows));
    json_object_set_new(report, "gates", gates(r->gates));
    json_dumpf(report, file,
               JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15) |
                   (one_line ? JSON_COMPACT : JSON_INDENT(2)));
    putc('\n', file);
    json_decref(report);
}
