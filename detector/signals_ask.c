/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a party at a moment. */
#include "detector/signals_table.h"

/* Weights of a signal of full strength. */
static const double bases[CONFIDENCE_COUNT] = {
    [CONFIDENCE_REPORTED] = 0.3, [CONFIDENCE_CORROBORATED] = 0.6, [CONFIDENCE_CONFIRMED] = 1};
#define BASE_OF_TWO 0.6

static uint8_t confidence_of(const struct known *k) {
    return known_is_citizens(k) && k->confidence != CONFIDENCE_REJECTED ? CONFIDENCE_REPORTED
                                                                        : k->confidence;
}

double known_base(const struct known *k) {
    return bases[confidence_of(k)];
}

double known_strength(const struct known *k, int64_t clock_s) {
    if (clock_s < k->from_s || clock_s >= k->until_s) return 0;
    if (confidence_of(k) != CONFIDENCE_REPORTED) return 1;
    return (double)(k->until_s - clock_s) / (double)(k->until_s - k->from_s);
}

void signals_prefetch(const struct signals *t, struct account_key key) {
    signal_index_prefetch(&t->subjects, key);
}

/* What the sources say of one subject. */
struct sources {
    double strengths[SOURCE_COUNT]; /* of what has weight */
    double best;                    /* base × strength, without citizens */
};

static void mark(struct signal_evidence *e, const struct signals *t, uint32_t reference,
                 int64_t clock_s) {
    const uint8_t marks = link_mark(t, reference);
    e->sim_box |= (marks & MARK_SIM_BOX) != 0;
    e->multi_loan |= (marks & MARK_LOANS) != 0;
    if ((marks & MARK_CALLED) == 0) return;
    const int64_t called_s = cell_at(t, reference & ~IN_CELL)->called_s;
    if (called_s <= clock_s && called_s > e->called_s) e->called_s = called_s;
}

static void weigh(struct sources *sources, struct signal_evidence *e, const struct known *k,
                  double strength) {
    double *of = &sources->strengths[known_source(k)];
    if (strength > *of) *of = strength;
    if (known_is_citizens(k)) return;
    const double weight = known_base(k) * strength;
    if (weight > sources->best) sources->best = weight;
    e->listed_grey |= k->kind == SIGNAL_LIST_ENTRY && k->colour == COLOUR_GREY;
    e->listed_black |= k->kind == SIGNAL_LIST_ENTRY && k->colour == COLOUR_BLACK;
}

static double second_of(const double strengths[SOURCE_COUNT]) {
    double first = 0, second = 0;
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (strengths[i] > first) {
            second = first;
            first = strengths[i];
        } else if (strengths[i] > second) {
            second = strengths[i];
        }
    return second;
}

/* The strongest so far, and what each gives alone. */
struct ranking {
    double parts[SIGNALS_STRONGEST];
    struct signal_evidence *evidence;
};

static bool is_before(const struct signals *t, double part, uint32_t a, double other, uint32_t b) {
    const struct known *x = known_at(t, a), *y = known_at(t, b);
    if (part != other) return part > other;
    if (x->from_s != y->from_s) return x->from_s < y->from_s;
    return signals_compare_ids(t, a, b) < 0;
}

static void rank(struct ranking *r, const struct signals *t, uint32_t number, double part) {
    struct signal_evidence *e = r->evidence;
    uint32_t at = e->strongest_count;
    for (uint32_t i = 0; i < e->strongest_count; i++)
        if (e->strongest[i] == number) return;
    while (at > 0 && is_before(t, part, number, r->parts[at - 1], e->strongest[at - 1]))
        at--;
    if (at == SIGNALS_STRONGEST) return;
    if (e->strongest_count < SIGNALS_STRONGEST) e->strongest_count++;
    for (uint32_t i = e->strongest_count - 1u; i > at; i--) {
        r->parts[i] = r->parts[i - 1];
        e->strongest[i] = e->strongest[i - 1];
    }
    r->parts[at] = part;
    e->strongest[at] = number;
}

static void rank_all(struct ranking *r, const struct signals *t, uint32_t head, int64_t clock_s) {
    for (uint32_t at = head; at != 0; at = link_at(t, at)->next) {
        const struct known *k = known_at(t, link_signal(t, at));
        const double part = known_base(k) * known_strength(k, clock_s);
        if ((link_mark(t, at) & MARK_WEIGHT) != 0 && part > 0) rank(r, t, link_signal(t, at), part);
    }
}

static void ask_subject(const struct signals *t, uint32_t head, int64_t clock_s,
                        struct ranking *ranking) {
    struct sources sources = {.best = 0};
    struct signal_evidence *e = ranking->evidence;
    for (uint32_t at = head; at != 0; at = link_at(t, at)->next) {
        const struct known *k = known_at(t, link_signal(t, at));
        const double strength = known_strength(k, clock_s);
        if (strength == 0) continue;
        mark(e, t, at, clock_s);
        if ((link_mark(t, at) & MARK_WEIGHT) != 0) weigh(&sources, e, k, strength);
    }
    const double of_two = BASE_OF_TWO * second_of(sources.strengths);
    const double weight = of_two > sources.best ? of_two : sources.best;
    const double bot = bases[CONFIDENCE_REPORTED] * sources.strengths[SOURCE_CITIZEN_BOT];
    if (weight > e->weight) e->weight = weight;
    if (bot > e->bot_weight) e->bot_weight = bot;
    if (weight > 0) rank_all(ranking, t, head, clock_s);
}

void signals_ask(const struct signals *t, const struct account_key *keys, size_t count,
                 int64_t clock_s, struct signal_evidence *evidence) {
    struct ranking ranking = {.evidence = evidence};
    *evidence = (struct signal_evidence){.weight = 0};
    for (size_t i = 0; i < count; i++) {
        const uint32_t head = signals_head(t, keys[i]);
        if (head != 0) ask_subject(t, head, clock_s, &ranking);
    }
    evidence->bot_only = evidence->bot_weight > 0 && evidence->weight == 0;
}
