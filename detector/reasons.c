/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/reasons.h"

#include "detector/account.h"
#include "detector/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MAX = REASONS_MAX - 2, MICROSECONDS = 1000000 };

/* Terms that make one reason. */
struct group {
    double contribution;
    double strongest; /* |contribution| of `term` */
    uint32_t term;    /* its words are the reason's */
    bool used;
};

struct reasons {
    const struct model *model;
    const struct score *score;
    const struct runs *runs;
    uint32_t term_count;
    uint32_t group_count;
    uint32_t *group_of; /* by term */
    struct group *groups;
    double *contributions; /* by term */
    struct account_event history[ACCOUNT_EVENTS_MAX];
    uint32_t history_count;
};

/* The group of a simple term's feature is the one of the first such term; a conjunction has its
 * own. */
static void make_groups(struct reasons *r) {
    uint32_t of_feature[FEATURE_COUNT];
    bool seen[FEATURE_COUNT] = {false};
    for (uint32_t i = 0; i < r->term_count; i++) {
        const struct model_term_text term = model_term_text(r->model, i);
        if (term.feature_b >= 0) {
            r->group_of[i] = r->group_count++;
            continue;
        }
        if (!seen[term.feature_a]) of_feature[term.feature_a] = r->group_count++;
        seen[term.feature_a] = true;
        r->group_of[i] = of_feature[term.feature_a];
    }
}

struct reasons *reasons_open(const struct model *model, const struct score *score,
                             const struct runs *runs) {
    struct reasons *r = calloc(1, sizeof *r);
    if (r == NULL) return NULL;
    r->model = model;
    r->score = score;
    r->runs = runs;
    r->term_count = model_term_count(model);
    r->group_of = calloc((size_t)r->term_count + 1, sizeof *r->group_of);
    r->groups = calloc((size_t)r->term_count + 1, sizeof *r->groups);
    r->contributions = calloc((size_t)r->term_count + 1, sizeof *r->contributions);
    if (r->group_of == NULL || r->groups == NULL || r->contributions == NULL) goto fail;
    make_groups(r);
    return r;
fail:
    reasons_close(r);
    return NULL;
}

void reasons_close(struct reasons *r) {
    if (r == NULL) return;
    free(r->contributions);
    free(r->groups);
    free(r->group_of);
    free(r);
}

/* Contributions. */

static void add_up(struct reasons *r) {
    memset(r->groups, 0, r->group_count * sizeof *r->groups);
    for (uint32_t i = 0; i < r->term_count; i++) {
        struct group *group = &r->groups[r->group_of[i]];
        const double weight = fabs(r->contributions[i]);
        group->contribution += r->contributions[i];
        if (weight <= group->strongest) continue;
        group->strongest = weight;
        group->term = i;
    }
}

/* The weightiest that is not used yet, the earlier one of equals; NULL when only zeros are left. */
static struct group *take_weightiest(struct reasons *r) {
    struct group *best = NULL;
    for (uint32_t i = 0; i < r->group_count; i++) {
        struct group *group = &r->groups[i];
        if (group->used || group->contribution == 0) continue;
        if (best == NULL || fabs(group->contribution) > fabs(best->contribution)) best = group;
    }
    if (best != NULL) best->used = true;
    return best;
}

/* Evidence. */

static bool fill_evidence(const struct reasons *r, const struct batch *batch, uint32_t event,
                          const struct account_event *slot, struct evidence *out) {
    struct run_position position;
    if (!runs_find(r->runs, slot->ordinal, &position)) return false;
    const struct transaction *tx = &batch->tx[event];
    const bool trigger = slot->ordinal == batch->input[event].ordinal;
    *out = (struct evidence){
        .tx_id = trigger ? tx->tx_id : (struct text){0},
        .topic = position.topic,
        .partition = position.partition,
        .offset = position.offset,
        .event_time_us = trigger ? tx->event_time_us : slot->second * MICROSECONDS,
        .amount_minor = slot->amount_tiyn,
    };
    return true;
}

static uint32_t gather_evidence(const struct reasons *r, const struct batch *batch, uint32_t side,
                                int feature, struct evidence out[EVIDENCE_MAX]) {
    const struct side *s = &batch->side[side];
    uint32_t slots[EVIDENCE_MAX], count = 0;
    const uint32_t found = account_evidence(s->account, feature, batch->tx[s->event].event_time_s,
                                            slots, EVIDENCE_MAX);
    for (uint32_t i = 0; i < found; i++)
        if (slots[i] < r->history_count &&
            fill_evidence(r, batch, s->event, &r->history[slots[i]], &out[count]))
            count++;
    return count;
}

/* Reasons. */

/* The window that features read: the wider one of two; 0: any time. */
static int32_t window_of(int feature_a, int feature_b) {
    if (feature_a < 0) return 0;
    const int32_t a = feature_table[feature_a].window_s;
    const int32_t b = feature_b < 0 ? a : feature_table[feature_b].window_s;
    return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

static bool is_traced(int feature) {
    return feature >= 0 && feature_table[feature].evidence == EVIDENCE_TRACED;
}

enum quality reasons_quality(const struct batch *batch, uint32_t side, int feature_a,
                             int feature_b) {
    static const enum quality from_worst[] = {QUALITY_LATE, QUALITY_COLD_START,
                                              QUALITY_APPROXIMATE};
    const struct side *s = &batch->side[side];
    const int32_t window_s = window_of(feature_a, feature_b);
    const int64_t since_s = batch->tx[s->event].event_time_s - window_s;
    const bool traced = feature_a < 0 || is_traced(feature_a) || is_traced(feature_b);
    uint32_t bits = s->quality;
    if (window_s > 0 && since_s >= s->approximate_before_s) bits &= ~(1u << QUALITY_APPROXIMATE);
    if (window_s > 0 && since_s >= s->cold_before_s) bits &= ~(1u << QUALITY_COLD_START);
    if (traced && s->taint_approximate) bits |= 1u << QUALITY_APPROXIMATE;
    for (size_t i = 0; i < sizeof from_worst / sizeof *from_worst; i++)
        if ((bits & 1u << from_worst[i]) != 0) return from_worst[i];
    return QUALITY_EXACT;
}

static void fill_reason(const struct reasons *r, const struct batch *batch, uint32_t side,
                        const struct group *group, struct reason *out) {
    const struct model_term_text term = model_term_text(r->model, group->term);
    const struct feature *feature = &feature_table[term.feature_a];
    out->code = feature->reason_code;
    out->feature = feature->name;
    out->value = batch->features[term.feature_a][side];
    out->baseline = term.knot;
    out->unit = feature->unit;
    out->window_s = feature->window_s;
    out->contribution = group->contribution;
    out->text_ru = term.ru;
    out->text_kk = term.kk;
    out->text_en = term.en;
    out->quality = reasons_quality(batch, side, term.feature_a, term.feature_b);
    out->evidence_count = gather_evidence(r, batch, side, term.feature_a, out->evidence);
}

const struct reason reasons_other_signs = {
    .code = "OTHER_SIGNS",
    .feature = "",
    .value = NAN,
    .baseline = NAN,
    .unit = "",
    .text_en = "Other signs, each of less weight",
    .text_ru = "Прочие признаки, каждый меньшего веса",
    .text_kk = "Салмағы азырақ басқа белгілер",
};

#define BASE_RATE(en, ru, kk)                                                                      \
    {                                                                                              \
        .code = "BASE_RATE", .feature = "", .value = NAN, .baseline = NAN, .unit = "",             \
        .text_en = (en), .text_ru = (ru), .text_kk = (kk)                                          \
    }

const struct reason *reasons_base_rate(double intercept) {
    static const struct reason low =
        BASE_RATE("Where every account starts: signs of a dropper are rare",
                  "Исходная оценка любого счёта: признаки дроппера редки",
                  "Кез келген шоттың бастапқы бағасы: дроппер белгілері сирек кездеседі");
    static const struct reason high =
        BASE_RATE("Where every account starts: signs of an ordinary life lower it",
                  "Исходная оценка любого счёта: признаки обычной жизни её снижают",
                  "Кез келген шоттың бастапқы бағасы: әдеттегі өмірдің белгілері оны төмендетеді");
    return intercept < 0 ? &low : &high;
}

/* A reason without a feature. */
static void fill_general(const struct reason *general, double contribution, enum quality quality,
                         struct reason *out) {
    *out = *general;
    out->contribution = contribution;
    out->quality = quality;
}

uint32_t reasons_weigh(struct reasons *r, const double vector[FEATURE_COUNT],
                       struct reason_weight *out, uint32_t max) {
    double intercept;
    uint32_t count = 0;
    const struct group *group;
    score_explain(r->score, vector, r->contributions, &intercept);
    add_up(r);
    while (count < max && (group = take_weightiest(r)) != NULL)
        out[count++] = (struct reason_weight){group->term, group->contribution};
    return count;
}

uint32_t reasons_fill(struct reasons *r, const struct batch *batch, uint32_t side,
                      struct reason out[REASONS_MAX]) {
    const struct side *s = &batch->side[side];
    double vector[FEATURE_COUNT], intercept, rest = 0;
    uint32_t count = 0;
    const struct group *group;
    batch_vector(batch, side, vector);
    score_explain(r->score, vector, r->contributions, &intercept);
    add_up(r);
    r->history_count = account_history(s->account, r->history);
    while (count < NAMED_MAX && (group = take_weightiest(r)) != NULL)
        fill_reason(r, batch, side, group, &out[count++]);
    bool others = false;
    for (; (group = take_weightiest(r)) != NULL; others = true)
        rest += group->contribution;
    if (others)
        fill_general(&reasons_other_signs, rest, reasons_quality(batch, side, -1, -1),
                     &out[count++]);
    fill_general(reasons_base_rate(intercept), intercept, QUALITY_EXACT, &out[count++]);
    return count;
}

double reasons_unreported(struct reasons *r, const struct batch *batch, uint32_t side) {
    double vector[FEATURE_COUNT], score;
    batch_vector(batch, side, vector);
    score_explain(r->score, vector, r->contributions, &score);
    for (uint32_t i = 0; i < r->term_count; i++) {
        const struct model_term_text term = model_term_text(r->model, i);
        if (term.feature_a < FEATURE_REPORTED_FIRST && term.feature_b < FEATURE_REPORTED_FIRST)
            score += r->contributions[i];
    }
    return score;
}
