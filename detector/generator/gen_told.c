/* SPDX-License-Identifier: Apache-2.0 */
/* What is said outside of the stream (docs/GENERATOR.md, "Signals"): by victims to their banks and
 * the police, by operators, by citizens, by those who keep lists, by banks about advice; some of it
 * mistaken. */
#include "detector/generator/gen_internal.h"

#include <stdlib.h>

enum {
    MINUTE_S = 60,
    REPORT_TERM_S = 30 * DAY_S,
    CITIZENS_TERM_S = 14 * DAY_S,
    CALL_TERM_S = 7 * DAY_S,
    PROOF_TERM_S = 365 * DAY_S,
    MISTAKEN_ENTRIES = 2,
};

static bool likely(const struct gen *g, const char *what, uint64_t number, uint32_t per_mille) {
    return gen_trait(g, what, number) % 1000 < per_mille;
}

static int64_t span(const struct gen *g, const char *what, uint64_t number, int64_t low,
                    int64_t high) {
    return low + (int64_t)(gen_trait(g, what, number) % (uint64_t)(high - low + 1));
}

/* Kept until its time. */

static bool make_room(struct gen *g) {
    const uint32_t room = g->saying_room == 0 ? 256 : 2 * g->saying_room;
    struct saying *sayings = realloc(g->sayings, room * sizeof *sayings);
    if (sayings != NULL) g->sayings = sayings;
    uint32_t *places = realloc(g->sayings_free, room * sizeof *places);
    if (places != NULL) g->sayings_free = places;
    if (sayings == NULL || places == NULL) return false;
    while (g->saying_room < room)
        g->sayings_free[g->sayings_free_count++] = g->saying_room++;
    return true;
}

static void say(struct gen *g, const struct saying *saying) {
    if (saying->time_s >= g->end_s) return;
    if (g->sayings_free_count == 0 && !make_room(g)) {
        g->failed = true;
        return;
    }
    const uint32_t place = g->sayings_free[--g->sayings_free_count];
    const struct plan_item item = {.time_s = saying->time_s, .held = place};
    g->sayings[place] = *saying;
    if (!gen_queue_push(&g->told, item)) g->failed = true;
}

bool gen_next_signal(struct gen *g, struct signal *signal) {
    struct plan_item item;
    if (g->told.count == 0 || g->told.items[0].time_s > g->now_s) return false;
    gen_queue_pop(&g->told, &item);
    gen_utter(g, &g->sayings[item.held]);
    g->sayings_free[g->sayings_free_count++] = item.held;
    *signal = g->utterance.signal;
    return true;
}

/* It is taken back by whoever said it. */
static void withdraw(struct gen *g, const struct saying *said, int64_t time_s) {
    const struct saying saying = {.time_s = time_s,
                                  .number = said->number,
                                  .about = NOBODY,
                                  .victim = NOBODY,
                                  .crew = NOBODY,
                                  .nth = said->nth,
                                  .kind = SIGNAL_WITHDRAWAL,
                                  .source = said->source,
                                  .withdrawn = said->kind,
                                  .revision = 1};
    say(g, &saying);
}

static struct saying saying_of(const struct plan_item *item, enum signal_kind kind,
                               enum signal_source source) {
    return (struct saying){.time_s = item->time_s,
                           .occurred_s = item->time_s,
                           .number = item->order,
                           .about = NOBODY,
                           .victim = NOBODY,
                           .crew = NOBODY,
                           .kind = (uint8_t)kind,
                           .source = (uint8_t)source,
                           .confidence = CONFIDENCE_REPORTED,
                           .revision = 1};
}

/* Victims. */

static int64_t complaint_delay(const struct gen *g, uint64_t number) {
    const int64_t drawn = span(g, "complains soon", number, 0, 999);
    if (drawn < 350) return span(g, "complains after", number, 10 * MINUTE_S, 2 * HOUR_S);
    if (drawn < 800) return span(g, "complains after", number, 2 * HOUR_S, DAY_S);
    return span(g, "complains after", number, DAY_S, 4 * DAY_S);
}

static struct saying incident_of(const struct gen *g, const struct plan_item *item) {
    const bool police = likely(g, "to the police", item->order, 300);
    struct saying s = saying_of(item, SIGNAL_INCIDENT, police ? SOURCE_POLICE : SOURCE_BANK);
    s.amount = item->amount;
    s.instruction = item->instruction;
    s.about = item->to;
    s.victim = item->from;
    s.term_s = REPORT_TERM_S;
    return s;
}

static uint32_t crew_of(const struct gen *g, uint32_t dropper) {
    return dropper == NOBODY ? NOBODY : g->people[dropper].crew;
}

static void complain(struct gen *g, const struct plan_item *item) {
    const uint64_t number = item->order;
    if (!likely(g, "complains", number, 750)) return;
    struct saying s = incident_of(g, item);
    s.crew = item->call ? crew_of(g, item->to) : NOBODY;
    s.time_s += complaint_delay(g, number);
    say(g, &s);
    if (!likely(g, "is looked into", number, 500)) return;
    s.revision = 2;
    s.confidence = CONFIDENCE_CORROBORATED;
    s.time_s += span(g, "is looked into after", number, 2 * HOUR_S, DAY_S);
    say(g, &s);
    if (!likely(g, "is proved", number, 400)) return;
    s.revision = 3;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.time_s += span(g, "is proved after", number, DAY_S, 5 * DAY_S);
    s.term_s = PROOF_TERM_S;
    say(g, &s);
}

static void warn_others(struct gen *g, const struct plan_item *item) {
    if (item->to == NOBODY || !likely(g, "warns others", item->order, 300)) return;
    struct saying s = saying_of(item, SIGNAL_BOT_REPORT, SOURCE_CITIZEN_BOT);
    s.about = item->to;
    s.crew = item->call ? crew_of(g, item->to) : NOBODY;
    s.time_s += span(g, "warns after", item->order, 5 * MINUTE_S, 3 * HOUR_S);
    s.term_s = CITIZENS_TERM_S;
    say(g, &s);
}

/* Lists, and answers to advice. */

static struct saying entry_of(uint32_t person, int64_t time_s, enum signal_source source) {
    return (struct saying){.time_s = time_s,
                           .term_s = PROOF_TERM_S,
                           .number = person,
                           .about = person,
                           .victim = NOBODY,
                           .crew = NOBODY,
                           .kind = SIGNAL_LIST_ENTRY,
                           .source = (uint8_t)source,
                           .confidence = CONFIDENCE_CORROBORATED,
                           .colour = COLOUR_GREY,
                           .revision = 1};
}

static void enter(struct gen *g, uint32_t dropper) {
    if (!likely(g, "is entered", dropper, 450)) return;
    const bool police = likely(g, "is entered by the police", dropper, 600);
    const int64_t after_s = span(g, "is entered after", dropper, 12 * HOUR_S, 3 * DAY_S);
    struct saying s = entry_of(dropper, g->now_s + after_s, police ? SOURCE_POLICE : SOURCE_HUB);
    say(g, &s);
    if (!likely(g, "turns black", dropper, 600)) return;
    s.revision = 2;
    s.colour = COLOUR_BLACK;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.time_s += span(g, "turns black after", dropper, DAY_S, 6 * DAY_S);
    say(g, &s);
}

/* About the payment that was posted last. */
static struct saying answer_of(const struct gen *g, const struct plan_item *item,
                               enum outcome_result result) {
    struct saying s = saying_of(item, SIGNAL_OUTCOME, SOURCE_BANK);
    s.amount = result == OUTCOME_PARTLY_HELD ? item->amount / 2 : item->amount;
    s.instruction = item->instruction;
    s.event = g->emitted - 1;
    s.event_us = g->current.tx.event_time_us;
    s.about = item->from;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.result = (uint8_t)result;
    return s;
}

static void answer(struct gen *g, const struct plan_item *item) {
    const int64_t drawn = span(g, "what came of it", item->order, 0, 999);
    if (!likely(g, "is answered", item->order, 500)) return;
    struct saying s = answer_of(g, item,
                                drawn < 600   ? OUTCOME_CONFIRMED_FRAUD
                                : drawn < 750 ? OUTCOME_HELD
                                : drawn < 850 ? OUTCOME_PARTLY_HELD
                                              : OUTCOME_NO_FUNDS);
    s.time_s += span(g, "is answered after", item->order, 30 * MINUTE_S, 3 * DAY_S);
    say(g, &s);
}

void gen_tell_taint(struct gen *g, const struct plan_item *item) {
    if (!g->options.signals) return;
    struct person *payer = &g->people[item->from];
    if (payer->typology == GEN_HONEST) {
        complain(g, item);
        warn_others(g, item);
    } else if (!payer->passed_on) {
        payer->passed_on = true;
        answer(g, item);
    }
    if (item->to != NOBODY && g->people[item->to].typology != GEN_HONEST &&
        g->people[item->to].first_bad_s == 0)
        enter(g, item->to);
}

/* Operators and lenders. */

static void hear_call(struct gen *g, const struct plan_item *item, uint32_t called, uint8_t nth) {
    const uint64_t number = 4 * item->order + nth;
    const bool box = likely(g, "is called through a box", number, 400);
    struct saying s =
        saying_of(item, box ? SIGNAL_SIM_BOX : SIGNAL_FRAUD_CALL, SOURCE_MOBILE_OPERATOR);
    s.occurred_s -= span(g, "is called before", number, 2 * MINUTE_S, 15 * MINUTE_S);
    s.time_s += span(g, "a call is heard of after", number, 5, 15 * MINUTE_S);
    s.term_s = box ? REPORT_TERM_S : CALL_TERM_S;
    if (box) s.confidence = CONFIDENCE_CORROBORATED;
    s.victim = called;
    s.crew = crew_of(g, item->to);
    s.nth = nth;
    say(g, &s);
}

/* Of those who are called most hang up. */
static void hear_of_others(struct gen *g, const struct plan_item *item) {
    for (uint8_t nth = 1; nth < 3; nth++) {
        const uint64_t number = 4 * item->order + nth;
        const uint64_t person = gen_trait(g, "hangs up", number) % g->options.accounts;
        if (likely(g, "a call in vain is heard of", number, 300))
            hear_call(g, item, (uint32_t)person, nth);
    }
}

static void hear_of_loans(struct gen *g, const struct plan_item *item, uint32_t borrower) {
    struct saying s = saying_of(item, SIGNAL_MULTI_LOAN_APPLICATION, SOURCE_CREDIT_BUREAU);
    s.about = borrower;
    s.time_s += span(g, "the bureau knows after", item->order, 5, 2 * MINUTE_S);
    s.term_s = REPORT_TERM_S;
    s.confidence = CONFIDENCE_CONFIRMED;
    say(g, &s);
}

void gen_tell_scam(struct gen *g, const struct plan_item *item, uint32_t victim, bool call,
                   bool loan) {
    if (!g->options.signals) return;
    if (call && likely(g, "a call is heard of", item->order, 600)) hear_call(g, item, victim, 0);
    hear_of_others(g, item);
    if (loan && likely(g, "asks many lenders", item->order, 500)) hear_of_loans(g, item, victim);
}

/* Mistakes, and what enemies say. */

/* The buyer says that it was never sent. */
static void accuse(struct gen *g, const struct plan_item *item) {
    struct saying s = incident_of(g, item);
    s.time_s += complaint_delay(g, item->order);
    say(g, &s);
    const int64_t after_s = span(g, "is cleared up after", item->order, 6 * HOUR_S, 3 * DAY_S);
    const int64_t drawn = span(g, "is cleared up", item->order, 0, 999);
    if (drawn < 400) {
        withdraw(g, &s, s.time_s + after_s);
    } else if (drawn < 800) {
        s.revision = 2;
        s.confidence = CONFIDENCE_REJECTED;
        s.time_s += after_s;
        say(g, &s);
    }
}

static void answer_in_error(struct gen *g, const struct plan_item *item) {
    struct saying s = answer_of(g, item, OUTCOME_FALSE_POSITIVE);
    s.time_s += span(g, "is answered after", item->order, 30 * MINUTE_S, 3 * DAY_S);
    say(g, &s);
}

void gen_tell_payment(struct gen *g, const struct plan_item *item) {
    if (!g->options.signals) return;
    const bool transfer = item->type == EVENT_TYPE_P2P_TRANSFER;
    if (item->type == EVENT_TYPE_LOAN_DISBURSEMENT && likely(g, "borrows much", item->order, 80))
        hear_of_loans(g, item, item->to);
    if (!transfer) return;
    const bool honest =
        g->people[item->from].typology == GEN_HONEST && g->people[item->to].typology == GEN_HONEST;
    const uint8_t busy = PAST_FEAST | PAST_COLLECTION | PAST_SALE;
    if (honest && item->amount >= 30000 * KZT && likely(g, "is accused", item->order, 4))
        accuse(g, item);
    if (honest && (g->people[item->from].past & busy) != 0 &&
        likely(g, "is bothered", item->order, 6))
        answer_in_error(g, item);
}

/* Anybody can report an enemy, and once is seldom enough. */
void gen_tell_day(struct gen *g, const struct plan_item *item) {
    const struct person *p = &g->people[item->from];
    if (!g->options.signals || p->typology != GEN_HONEST ||
        p->opened_day > gen_local_day(item->time_s) ||
        gen_trait(g, "has an enemy", item->order) % 2000 != 0)
        return;
    struct saying s = saying_of(item, SIGNAL_BOT_REPORT, SOURCE_CITIZEN_BOT);
    s.occurred_s = 0;
    s.about = item->from;
    s.term_s = CITIZENS_TERM_S;
    s.time_s += span(g, "an enemy writes at", item->order, 8 * HOUR_S, 22 * HOUR_S);
    const int64_t reports = span(g, "an enemy writes", item->order, 1, 3);
    for (; s.nth < reports; s.nth++, s.time_s += 7 * MINUTE_S)
        say(g, &s);
}

static uint32_t honest_from(const struct gen *g, uint32_t person) {
    while (g->people[person].typology != GEN_HONEST)
        person = (person + 1) % g->options.accounts;
    return person;
}

void gen_tell_mistakes(struct gen *g) {
    const int64_t feed_s = g->end_s - g->options.start_s;
    for (uint32_t i = 0; g->options.signals && i < MISTAKEN_ENTRIES; i++) {
        const uint64_t drawn = gen_trait(g, "is mistaken for one", i);
        const uint32_t person = honest_from(g, (uint32_t)(drawn % g->options.accounts));
        const int64_t at_s = span(g, "is mistaken at", i, feed_s / 8, feed_s / 2);
        struct saying s = entry_of(person, g->options.start_s + at_s, SOURCE_HUB);
        s.nth = (uint8_t)i;
        say(g, &s);
        withdraw(g, &s, s.time_s + span(g, "is cleared after", i, 6 * HOUR_S, 2 * DAY_S));
    }
}
