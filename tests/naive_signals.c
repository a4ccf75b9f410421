/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_signals.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ABOUT_MAX = SIGNAL_SUBJECTS_MAX + 1 };
enum what { WEIGHT, SIM_BOX, CALLED, LOANS, NOTHING };

/* One thing that a signal says of one subject. */
struct about {
    enum subject_type type;
    char token[64];
    enum what what;
    int64_t called_s;
    bool crowded_out;
};

struct item {
    char id[SIGNAL_ID_SIZE];
    struct signal signal; /* its texts are not kept */
    bool known, withdrawn_by[SOURCE_COUNT];
    int64_t forget_s;
    struct about about[ABOUT_MAX];
    size_t about_count;
};

struct naive_signals {
    struct item *items;
    size_t count;
};

struct naive_signals *naive_signals_new(void) {
    struct naive_signals *n = calloc(1, sizeof *n);
    assert(n != NULL);
    return n;
}

void naive_signals_free(struct naive_signals *n) {
    free(n->items);
    free(n);
}

const char *naive_signals_id(const struct naive_signals *n, uint32_t reference) {
    return n->items[reference].id;
}

static struct item *find(struct naive_signals *n, struct text id) {
    for (size_t i = 0; i < n->count; i++)
        if (text_equal(text_of(n->items[i].id), id)) return &n->items[i];
    n->items = realloc(n->items, (n->count + 1) * sizeof *n->items);
    assert(n->items != NULL);
    struct item *item = &n->items[n->count++];
    memset(item, 0, sizeof *item);
    memcpy(item->id, id.data, id.size);
    return item;
}

static bool citizens(const struct signal *s) {
    return s->source == SOURCE_CITIZEN_BOT || s->kind == SIGNAL_BOT_REPORT;
}

bool naive_signals_is_citizens(const struct naive_signals *n, uint32_t reference) {
    return citizens(&n->items[reference].signal);
}

static enum signal_source side_of(const struct signal *s) {
    return citizens(s) ? SOURCE_CITIZEN_BOT : (enum signal_source)s->source;
}

static double base_of(const struct signal *s) {
    if (s->confidence == CONFIDENCE_REJECTED || s->confidence == CONFIDENCE_UNKNOWN) return 0;
    if (s->confidence == CONFIDENCE_REPORTED || citizens(s)) return 0.3;
    return s->confidence == CONFIDENCE_CONFIRMED ? 1 : 0.6;
}

static int64_t end_of(const struct signal *s) {
    return s->valid_until_present ? s->valid_until_s : s->valid_from_s + SIGNAL_TERM_MAX_S;
}

static double strength_of(const struct signal *s, int64_t clock_s) {
    const int64_t from = s->valid_from_s, until = end_of(s);
    if (clock_s < from || clock_s >= until) return 0;
    const bool decays = s->confidence == CONFIDENCE_REPORTED || citizens(s);
    return decays ? (double)(until - clock_s) / (double)(until - from) : 1;
}

static enum what what_of(const struct signal *s, const struct signal_subject *subject) {
    const bool phone = subject->type == SUBJECT_PHONE, victim = subject->role == ROLE_VICTIM;
    const bool one = phone || subject->type == SUBJECT_ACCOUNT || subject->type == SUBJECT_PERSON ||
                     subject->type == SUBJECT_DEVICE;
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_OUTCOME:
        if (s->outcome_result != OUTCOME_CONFIRMED_FRAUD) return NOTHING;
        return one && !victim ? WEIGHT : NOTHING;
    case SIGNAL_INCIDENT:
    case SIGNAL_LIST_ENTRY:
    case SIGNAL_BOT_REPORT:
        return one && !victim ? WEIGHT : NOTHING;
    case SIGNAL_SIM_BOX:
    case SIGNAL_FRAUD_CALL:
        if (!phone || citizens(s)) return NOTHING;
        return victim ? CALLED : SIM_BOX;
    case SIGNAL_MULTI_LOAN_APPLICATION:
        return one && !citizens(s) ? LOANS : NOTHING;
    default:
        return NOTHING;
    }
}

static void say(struct item *item, enum subject_type type, struct text token, enum what what) {
    const struct signal *s = &item->signal;
    struct about about = {.type = type, .what = what};
    if (what == NOTHING) return;
    memcpy(about.token, token.data, token.size);
    if (what == CALLED)
        about.called_s = s->occurred_at_present ? s->occurred_at_s : s->valid_from_s;
    for (size_t i = 0; i < item->about_count; i++)
        if (item->about[i].type == type && item->about[i].what == what &&
            strcmp(item->about[i].token, about.token) == 0)
            return;
    item->about[item->about_count++] = about;
}

static bool same_subject(const struct about *a, enum subject_type type, const char *token) {
    return a->type == type && strcmp(a->token, token) == 0 && !a->crowded_out;
}

static bool weaker(const struct item *a, const struct item *b, int64_t clock_s) {
    const int64_t a_end = end_of(&a->signal), b_end = end_of(&b->signal);
    if ((a_end <= clock_s) != (b_end <= clock_s)) return a_end <= clock_s;
    if (base_of(&a->signal) != base_of(&b->signal))
        return base_of(&a->signal) < base_of(&b->signal);
    if (a_end != b_end) return a_end < b_end;
    return strcmp(a->id, b->id) > 0;
}

static void crowd_out(struct item *item, enum subject_type type, const char *token) {
    for (size_t i = 0; i < item->about_count; i++)
        if (same_subject(&item->about[i], type, token)) item->about[i].crowded_out = true;
}

static bool speaks_of(const struct item *item, enum subject_type type, const char *token,
                      bool weight) {
    for (size_t i = 0; i < item->about_count; i++)
        if (same_subject(&item->about[i], type, token) && (item->about[i].what == WEIGHT) == weight)
            return true;
    return false;
}

/* Of one source no more than so many speak of one subject: the weakest are crowded out. */
static void make_room(struct naive_signals *n, struct item *now, int64_t clock_s) {
    for (size_t i = 0; i < now->about_count; i++) {
        const struct about *about = &now->about[i];
        struct item *weakest = now;
        size_t alike = 0;
        if (about->crowded_out) continue;
        for (struct item *item = n->items; item < n->items + n->count; item++) {
            if (side_of(&item->signal) != side_of(&now->signal) ||
                !speaks_of(item, about->type, about->token, about->what == WEIGHT))
                continue;
            alike++;
            if (weaker(item, weakest, clock_s)) weakest = item;
        }
        if (alike > SUBJECT_SOURCE_SIGNALS) crowd_out(weakest, about->type, about->token);
    }
}

static bool withdrawn(const struct item *item) {
    return item->withdrawn_by[item->signal.source] || item->withdrawn_by[SOURCE_HUB];
}

static void forget_if_over(struct item *item, int64_t clock_s) {
    if (item->forget_s > clock_s) return;
    item->known = false;
    item->about_count = 0;
    memset(item->withdrawn_by, 0, sizeof item->withdrawn_by);
}

static bool blank(const struct item *item) {
    bool any = item->known;
    for (int i = 0; i < SOURCE_COUNT; i++)
        any |= item->withdrawn_by[i];
    return !any;
}

static enum signal_effect withdraw(struct item *item, const struct signal *s, int64_t clock_s) {
    const bool live = item->known && !withdrawn(item), again = item->withdrawn_by[s->source];
    const int64_t forget_s = item->forget_s;
    if (blank(item) && end_of(s) <= clock_s) return EFFECT_EXPIRED;
    item->withdrawn_by[s->source] = true;
    if (end_of(s) > item->forget_s) item->forget_s = end_of(s);
    if (again && item->forget_s == forget_s) return EFFECT_REPLAYED;
    if (!live || !withdrawn(item)) return EFFECT_REMEMBERED;
    item->about_count = 0;
    return EFFECT_WITHDRAWN;
}

static enum signal_effect judge(const struct item *item, const struct signal *s, int64_t clock_s) {
    if (blank(item) && end_of(s) <= clock_s) return EFFECT_EXPIRED;
    if (!item->known) return EFFECT_ADDED;
    if (citizens(&item->signal) && !citizens(s)) return EFFECT_REVISED;
    if (s->revision <= item->signal.revision) return EFFECT_REPLAYED;
    if (s->source != item->signal.source && s->source != SOURCE_HUB) return EFFECT_STRANGER;
    return EFFECT_REVISED;
}

static void speak(struct item *item, const struct signal *s) {
    if (base_of(s) == 0) return;
    for (uint32_t i = 0; i < s->subject_count; i++)
        say(item, s->subjects[i].type, s->subjects[i].token, what_of(s, &s->subjects[i]));
    const struct signal_subject called = {s->called_phone_token, SUBJECT_PHONE, ROLE_VICTIM};
    const bool calls = s->kind == SIGNAL_SIM_BOX || s->kind == SIGNAL_FRAUD_CALL;
    if (calls && called.token.size > 0) say(item, SUBJECT_PHONE, called.token, what_of(s, &called));
}

enum signal_effect naive_signals_apply(struct naive_signals *n, const struct signal *s,
                                       int64_t clock_s) {
    const bool withdraws = s->kind == SIGNAL_WITHDRAWAL;
    struct item *item = find(n, withdraws ? s->withdraws_signal_id : s->signal_id);
    forget_if_over(item, clock_s);
    if (withdraws) return withdraw(item, s, clock_s);
    const enum signal_effect effect = judge(item, s, clock_s);
    if (effect != EFFECT_ADDED && effect != EFFECT_REVISED) return effect;
    item->signal = *s;
    item->known = true;
    item->about_count = 0;
    if (end_of(s) > item->forget_s) item->forget_s = end_of(s);
    if (withdrawn(item)) return EFFECT_WITHDRAWN;
    speak(item, s);
    make_room(n, item, clock_s);
    return effect;
}

/* Questions. */

struct part {
    uint32_t item;
    double weight;
};

struct answer {
    struct signal_evidence *evidence;
    struct part parts[1024];
    size_t part_count;
};

static void take_weight(struct answer *a, const struct item *item, double strength,
                        double strengths[SOURCE_COUNT], double *best) {
    const struct signal *s = &item->signal;
    if (strength > strengths[side_of(s)]) strengths[side_of(s)] = strength;
    if (citizens(s)) return;
    if (base_of(s) * strength > *best) *best = base_of(s) * strength;
    if (s->kind != SIGNAL_LIST_ENTRY) return;
    a->evidence->listed_grey |= s->list_colour == COLOUR_GREY;
    a->evidence->listed_black |= s->list_colour == COLOUR_BLACK;
}

static void take_mark(struct answer *a, const struct about *about, int64_t clock_s) {
    a->evidence->sim_box |= about->what == SIM_BOX;
    a->evidence->multi_loan |= about->what == LOANS;
    if (about->what == CALLED && about->called_s <= clock_s &&
        about->called_s > a->evidence->called_s)
        a->evidence->called_s = about->called_s;
}

/* 0.6 × the strength that the weaker of any two sources has. */
static double of_two(const double strengths[SOURCE_COUNT]) {
    double most = 0;
    for (int i = 0; i < SOURCE_COUNT; i++)
        for (int j = i + 1; j < SOURCE_COUNT; j++) {
            const double both = strengths[i] < strengths[j] ? strengths[i] : strengths[j];
            if (0.6 * both > most) most = 0.6 * both;
        }
    return most;
}

static void remember_part(struct answer *a, uint32_t number, double weight) {
    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].item == number) return;
    a->parts[a->part_count++] = (struct part){number, weight};
}

static void ask_one(const struct naive_signals *n, const struct naive_subject *subject,
                    int64_t clock_s, struct answer *a) {
    double strengths[SOURCE_COUNT] = {0}, best = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < n->count; i++) {
            const struct item *item = &n->items[i];
            const double strength = strength_of(&item->signal, clock_s);
            for (size_t k = 0; k < item->about_count && strength > 0; k++) {
                const struct about *about = &item->about[k];
                if (!same_subject(about, subject->type, subject->token)) continue;
                if (pass == 0) take_mark(a, about, clock_s);
                if (about->what != WEIGHT) continue;
                if (pass == 0)
                    take_weight(a, item, strength, strengths, &best);
                else if (best > 0 || of_two(strengths) > 0)
                    remember_part(a, i, base_of(&item->signal) * strength);
            }
        }
    const double both = of_two(strengths), bot = 0.3 * strengths[SOURCE_CITIZEN_BOT];
    const double weight = both > best ? both : best;
    if (weight > a->evidence->weight) a->evidence->weight = weight;
    if (bot > a->evidence->bot_weight) a->evidence->bot_weight = bot;
}

static void choose_strongest(const struct naive_signals *n, struct answer *a) {
    struct signal_evidence *e = a->evidence;
    while (e->strongest_count < SIGNALS_STRONGEST && a->part_count > 0) {
        size_t top = 0;
        for (size_t i = 1; i < a->part_count; i++) {
            const struct part *x = &a->parts[i], *y = &a->parts[top];
            const struct item *p = &n->items[x->item], *q = &n->items[y->item];
            const int64_t p_from = p->signal.valid_from_s, q_from = q->signal.valid_from_s;
            if (x->weight != y->weight ? x->weight > y->weight
                : p_from != q_from     ? p_from < q_from
                                       : strcmp(p->id, q->id) < 0)
                top = i;
        }
        e->strongest[e->strongest_count++] = a->parts[top].item;
        a->parts[top] = a->parts[--a->part_count];
    }
}

void naive_signals_ask(const struct naive_signals *n, const struct naive_subject *subjects,
                       size_t count, int64_t clock_s, struct signal_evidence *evidence) {
    struct answer a = {.evidence = evidence};
    memset(evidence, 0, sizeof *evidence);
    for (size_t i = 0; i < count; i++)
        ask_one(n, &subjects[i], clock_s, &a);
    choose_strongest(n, &a);
    evidence->bot_only = evidence->bot_weight > 0 && evidence->weight == 0;
}
