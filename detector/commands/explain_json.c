/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/commands/explain_report.h"

#include <jansson.h>
#include <math.h>

#define NAME(name) #name,
static const char *const actions[] = {ACTION_TABLE(NAME)};
static const char *const decisions[] = {DECISION_TABLE(NAME)};
static const char *const qualities[] = {QUALITY_TABLE(NAME)};
static const char *const types[] = {EVENT_TYPE_TABLE(NAME)};
static const char *const statuses[] = {TX_STATUS_TABLE(NAME)};
static const char *const channels[] = {CHANNEL_TABLE(NAME)};
#undef NAME

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(int64_t value) {
    return json_integer((json_int_t)value);
}

/* Bytes that are no UTF-8 come out as null. */
static json_t *text(const char *bytes, size_t size) {
    json_t *value = json_stringn(bytes, size);
    return value != NULL ? value : json_null();
}

static json_t *translated(const char *en, const char *ru, const char *kk) {
    return json_pack("{ss ss ss}", "en", en, "ru", ru, "kk", kk);
}

static json_t *document(const char *id, const char *sha256) {
    return json_pack("{ss ss}", "id", id, "sha256", sha256);
}

/* Entries. */

static json_t *entry_json(const struct explain_report *r, const struct explain_entry *e) {
    const bool known = e->balance_known;
    return json_pack(
        "{si so so ss ss ss ss so so so so so so so ss}", "number",
        (int)explain_report_number(r, e->ordinal), "position",
        json_pack("{si sI}", "partition", (int)e->partition, "offset", (json_int_t)e->offset),
        "time", whole(e->time_s), "side", e->role == SIDE_PAYER ? "payer" : "payee", "type",
        types[e->event_type], "status", statuses[e->tx_status], "channel", channels[e->channel],
        "amount_kzt_minor", whole(e->amount_tiyn), "moved_kzt_minor", whole(e->moved_tiyn),
        "balance_before_kzt_minor", known ? whole(e->balance_before) : json_null(),
        "balance_after_kzt_minor", known ? whole(e->balance_after) : json_null(), "counterparty",
        e->counterparty == 0 ? json_null() : whole(e->counterparty), "counterparty_masked",
        e->counterparty == 0 ? json_null() : json_string(e->counterparty_masked), "logit",
        number(e->logit), "decision", decisions[e->decision]);
}

static json_t *entries(const struct explain_report *r) {
    json_t *rows = json_array();
    for (size_t i = r->first_shown; i <= r->pass->chosen; i++)
        json_array_append_new(rows, entry_json(r, &r->pass->entries[i]));
    return rows;
}

/* Contributions. */

static json_t *term_features(const struct model_term_text *term) {
    json_t *names = json_array();
    json_array_append_new(names, json_string(feature_table[term->feature_a].name));
    if (term->feature_b >= 0)
        json_array_append_new(names, json_string(feature_table[term->feature_b].name));
    return names;
}

static json_t *terms(const struct explain_report *r) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < r->term_count; i++) {
        const uint32_t term = r->term_order[i];
        const struct model_term_text words = model_term_text(r->model, term);
        json_array_append_new(rows, json_pack("{ss so so ss so}", "name", words.name, "features",
                                              term_features(&words), "text",
                                              translated(words.en, words.ru, words.kk), "quality",
                                              qualities[explain_report_quality(r, term)],
                                              "contribution", number(r->terms[term])));
    }
    return rows;
}

static json_t *positions(const struct explain_report *r, const struct explain_evidence *evidence) {
    json_t *numbers = json_array();
    for (uint32_t i = evidence->count; i > 0; i--) {
        const uint32_t shown = explain_report_number(r, evidence->ordinals[i - 1]);
        if (shown > 0) json_array_append_new(numbers, whole(shown));
    }
    return numbers;
}

static json_t *feature_json(const struct explain_report *r, int f) {
    const struct feature *feature = &feature_table[f];
    const double value = r->vector[f];
    return json_pack(
        "{ss so ss so so sI so so so}", "feature", feature->name, "text",
        translated(feature->text_en, feature->text_ru, feature->text_kk), "unit", feature->unit,
        "value", number(value), "usual", number(spread_median(r->own, f)), "usual_of",
        (json_int_t)spread_known(r->own, f), "share_of_entries_below",
        isnan(value) ? json_null() : number(spread_below(r->pass->spread, f, value)),
        "contribution", number(r->features[f]), "entries", positions(r, &r->pass->evidence[f]));
}

static json_t *features(const struct explain_report *r) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < r->feature_count; i++)
        json_array_append_new(rows, feature_json(r, r->feature_order[i]));
    return rows;
}

/* Changes. */

static json_t *change_json(const struct explain_report *r, const struct change *change) {
    char en[EXPLAIN_CHANGE_SIZE], ru[EXPLAIN_CHANGE_SIZE], kk[EXPLAIN_CHANGE_SIZE];
    const double present = r->vector[change->feature];
    return json_pack("{ss so so so}", "feature", feature_table[change->feature].name, "from",
                     number(present), "to", number(change->to), "text",
                     translated(explain_change(change, present, LANGUAGE_EN, en),
                                explain_change(change, present, LANGUAGE_RU, ru),
                                explain_change(change, present, LANGUAGE_KK, kk)));
}

static json_t *changes(const struct explain_report *r) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < r->change_count; i++) {
        json_t *list = json_array();
        for (uint32_t k = 0; k < r->changes[i].count; k++)
            json_array_append_new(list, change_json(r, &r->changes[i].change[k]));
        json_array_append_new(rows, json_pack("{so so so}", "changes", list, "size",
                                              number(r->changes[i].size), "logit",
                                              number(r->changes[i].logit)));
    }
    return rows;
}

/* The whole. */

static json_t *advice_json(const struct explain_advice *a) {
    if (a == NULL) return json_null();
    return json_pack("{ss si ss sI sI}", "id", a->id, "revision", (int)a->revision, "action",
                     actions[a->action], "issued_at", (json_int_t)a->issued_s, "valid_until",
                     (json_int_t)a->valid_until_s);
}

static json_t *feed(const struct explain_report *r) {
    const struct explain_pass *p = r->pass;
    return json_pack("{so sI sI sI sI sI}", "input", text(r->input, strlen(r->input)), "accounts",
                     (json_int_t)account_set_count(p->accounts), "sides", (json_int_t)p->sides,
                     "from", (json_int_t)p->first_s, "to", (json_int_t)p->last_s,
                     "entries_of_account", (json_int_t)p->entry_count);
}

void explain_write_json(FILE *file, const struct explain_report *r) {
    json_t *whole_report = json_pack(
        "{so so so so so sb ss ss so so so so so so so so so ss}", "account",
        text(r->pass->account.data, r->pass->account.size), "entry", entry_json(r, r->entry),
        "score", number(r->entry->logit), "probability", number(r->probability), "threshold",
        json_pack("{ss so so}", "action", actions[r->mildest], "logit", number(r->threshold),
                  "probability", number(r->threshold_probability)),
        "flagged", (int)r->flagged, "decision", decisions[r->entry->decision], "wanted_action",
        actions[r->wanted], "recommendation", advice_json(r->advice), "entries", entries(r),
        "intercept", number(r->intercept), "terms", terms(r), "features", features(r), "changes",
        changes(r), "feed", feed(r), "model", document(model_id(r->model), model_sha256(r->model)),
        "policy", document(policy_id(r->policy), policy_sha256(r->policy)), "build",
        build_info_version());
    json_dumpf(whole_report, file, JSON_PRESERVE_ORDER | JSON_COMPACT);
    fputc('\n', file);
    json_decref(whole_report);
}
