/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/explain_report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { OWN_ROWS = 8192 };

/* Contributions. */

#define CONTRIBUTION_UNIT 0x1p-36

/* The first half of a contribution that is a multiple of the unit; the rest is one too. */
static double half_of(double contribution) {
    return floor(contribution / 2 / CONTRIBUTION_UNIT) * CONTRIBUTION_UNIT;
}

static void add_to_features(struct explain_report *r, uint32_t term) {
    const struct model_term_text text = model_term_text(r->model, term);
    const double second = text.feature_b < 0 ? 0 : half_of(r->terms[term]);
    r->features[text.feature_a] += r->terms[term] - second;
    if (text.feature_b >= 0) r->features[text.feature_b] += second;
}

/* Sorted by insertion: stable, and there are a thousand at most. */
static void insert_term(struct explain_report *r, uint32_t term) {
    uint32_t at = r->term_count++;
    for (; at > 0 && fabs(r->terms[r->term_order[at - 1]]) < fabs(r->terms[term]); at--)
        r->term_order[at] = r->term_order[at - 1];
    r->term_order[at] = term;
}

static void insert_feature(struct explain_report *r, int feature) {
    uint32_t at = r->feature_count++;
    for (; at > 0 && fabs(r->features[r->feature_order[at - 1]]) < fabs(r->features[feature]); at--)
        r->feature_order[at] = r->feature_order[at - 1];
    r->feature_order[at] = feature;
}

static void weigh(struct explain_report *r, const struct score *score) {
    const uint32_t count = model_term_count(r->model);
    r->terms = calloc((size_t)count + 1, sizeof *r->terms);
    r->term_order = calloc((size_t)count + 1, sizeof *r->term_order);
    assert(r->terms != NULL && r->term_order != NULL && "out of memory");
    score_explain(score, r->vector, r->terms, &r->intercept);
    for (uint32_t i = 0; i < count; i++) {
        add_to_features(r, i);
        if (r->terms[i] != 0) insert_term(r, i);
    }
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (r->features[f] != 0) insert_feature(r, f);
}

/* The judgement. */

static void judge(struct explain_report *r) {
    const struct policy_rule *rule = NULL;
    for (int a = ACTION_COUNT - 1; a > ACTION_UNKNOWN; a--)
        if (policy_rule(r->policy, (enum action)a) != NULL) {
            r->mildest = (enum action)a;
            rule = policy_rule(r->policy, (enum action)a);
        }
    r->threshold = rule == NULL ? INFINITY : rule->threshold;
    r->threshold_probability =
        isfinite(r->threshold) ? model_probability(r->model, r->threshold) : 1;
    r->probability = model_probability(r->model, r->entry->logit);
    r->wanted = policy_action(r->policy, r->entry->logit);
    r->above = r->wanted != ACTION_UNKNOWN;
    r->flagged = r->entry->decision == DECISION_ISSUED || r->entry->decision == DECISION_AMENDED;
}

static void compare_with_earlier(struct explain_report *r) {
    r->own = spread_new(OWN_ROWS);
    assert(r->own != NULL && "out of memory");
    for (size_t i = 0; i < r->pass->chosen; i++)
        spread_add(r->own, &r->pass->vectors[i * FEATURE_COUNT]);
    spread_close(r->own);
}

static void find_changes(struct explain_report *r, struct score *score) {
    if (!isfinite(r->threshold)) return;
    const struct counterfactual_query query = {.model = r->model,
                                               .score = score,
                                               .features = r->vector,
                                               .threshold = r->threshold,
                                               .spread = r->pass->spread};
    r->change_count = counterfactual_find(&query, r->changes);
}

bool explain_report_open(struct explain_report *r, const char *kernel_tier, struct error *error) {
    const struct explain_pass *pass = r->pass;
    struct score *score = score_open(r->model, COUNTERFACTUAL_ROWS, kernel_tier, error);
    if (score == NULL) return false;
    r->entry = &pass->entries[pass->chosen];
    r->advice = explain_pass_advice(pass);
    r->vector = &pass->vectors[pass->chosen * FEATURE_COUNT];
    r->first_shown =
        pass->chosen < EXPLAIN_ENTRIES_SHOWN ? 0 : pass->chosen + 1 - EXPLAIN_ENTRIES_SHOWN;
    judge(r);
    weigh(r, score);
    compare_with_earlier(r);
    find_changes(r, score);
    score_close(score);
    return true;
}

void explain_report_close(struct explain_report *r) {
    spread_free(r->own);
    free(r->terms);
    free(r->term_order);
}

/* Questions of writers. */

uint32_t explain_report_number(const struct explain_report *r, uint64_t ordinal) {
    for (size_t i = r->first_shown; i <= r->pass->chosen; i++)
        if (r->pass->entries[i].ordinal == ordinal) return (uint32_t)(i - r->first_shown + 1);
    return 0;
}

static bool is_behind(const struct explain_evidence *evidence, uint64_t ordinal) {
    for (uint32_t i = 0; i < evidence->count; i++)
        if (evidence->ordinals[i] == ordinal) return true;
    return false;
}

const char *explain_report_numbers(const struct explain_report *r, uint32_t term,
                                   char out[EXPLAIN_NUMBERS_SIZE]) {
    const struct model_term_text text = model_term_text(r->model, term);
    const int b = text.feature_b < 0 ? text.feature_a : text.feature_b;
    size_t used = 0;
    uint32_t left_out = 0;
    out[0] = '\0';
    for (size_t i = r->first_shown; i <= r->pass->chosen; i++) {
        const uint64_t ordinal = r->pass->entries[i].ordinal;
        if (is_behind(&r->pass->evidence[text.feature_a], ordinal) ||
            is_behind(&r->pass->evidence[b], ordinal))
            used += (size_t)snprintf(out + used, EXPLAIN_NUMBERS_SIZE - used, "%s%u",
                                     used > 0 ? " " : "", (unsigned)(i - r->first_shown + 1));
        else
            left_out++;
    }
    return left_out > 0 ? out : "";
}

enum quality explain_report_quality(const struct explain_report *r, uint32_t term) {
    const struct model_term_text text = model_term_text(r->model, term);
    const enum quality a = r->pass->evidence[text.feature_a].quality;
    if (text.feature_b < 0) return a;
    const enum quality b = r->pass->evidence[text.feature_b].quality;
    return a > b ? a : b;
}

double explain_report_other_terms(const struct explain_report *r, uint32_t shown) {
    double sum = 0;
    for (uint32_t i = shown; i < r->term_count; i++)
        sum += r->terms[r->term_order[i]];
    return sum;
}

double explain_report_other_features(const struct explain_report *r, uint32_t shown) {
    double sum = 0;
    for (uint32_t i = shown; i < r->feature_count; i++)
        sum += r->features[r->feature_order[i]];
    return sum;
}

enum explain_word explain_report_question(const struct explain_report *r) {
    if (!r->above) return EXPLAIN_WOULD_BE;
    return r->flagged ? EXPLAIN_WOULD_NOT_BE : EXPLAIN_WOULD_BE_BELOW;
}

int explain_percent(double share) {
    return share < 1 ? (int)(100 * share) : 99;
}

const char *explain_kind(const struct explain_entry *entry, enum language language,
                         char out[EXPLAIN_KIND_SIZE]) {
    const char *status = explain_status(entry->tx_status, language);
    snprintf(out, EXPLAIN_KIND_SIZE, "%s%s%s", explain_event_type(entry->event_type, language),
             status[0] == '\0' ? "" : ", ", status);
    return out;
}

/* The patterns take one text or number. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
const char *explain_normal(const struct explain_report *r, int feature, enum language language,
                           char out[EXPLAIN_NORMAL_SIZE]) {
    char value[EXPLAIN_VALUE_SIZE];
    const double present = r->vector[feature], usual = spread_median(r->own, feature);
    int used =
        snprintf(out, EXPLAIN_NORMAL_SIZE, "%s", explain_value(feature, present, language, value));
    if (!isnan(usual)) {
        char part[2 * EXPLAIN_VALUE_SIZE];
        snprintf(part, sizeof part, explain_word(EXPLAIN_USUAL, language),
                 explain_value(feature, usual, language, value));
        used += snprintf(out + used, EXPLAIN_NORMAL_SIZE - (size_t)used, "; %s", part);
    }
    if (!isnan(present)) {
        char part[2 * EXPLAIN_VALUE_SIZE];
        const double below = spread_below(r->pass->spread, feature, present);
        const double above = spread_above(r->pass->spread, feature, present);
        snprintf(part, sizeof part,
                 explain_word(below >= above ? EXPLAIN_ABOVE : EXPLAIN_BELOW, language),
                 explain_percent(fmax(below, above)));
        snprintf(out + used, EXPLAIN_NORMAL_SIZE - (size_t)used, "; %s", part);
    }
    return out;
}
