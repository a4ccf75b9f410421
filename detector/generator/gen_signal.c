/* SPDX-License-Identifier: Apache-2.0 */
/* From what somebody says to a signal: whom it names, for how long, by which ids. */
#include "detector/generator/gen_internal.h"

#include "detector/episode_id.h"

#include <stdio.h>

enum { SORT_SIGNAL = 16, KINDS = 16, BOX_NUMBERS = 3, BOX_SLOTS = 32 };

static const char *const categories[SIGNAL_KIND_COUNT] = {
    [SIGNAL_INCIDENT] = "transfer_under_influence",
    [SIGNAL_LIST_ENTRY] = "dropper",
    [SIGNAL_BOT_REPORT] = "citizens_report",
    [SIGNAL_SIM_BOX] = "sim_box",
    [SIGNAL_FRAUD_CALL] = "fraud_call",
    [SIGNAL_MULTI_LOAN_APPLICATION] = "several_loans",
    [SIGNAL_OUTCOME] = "answer",
    [SIGNAL_WITHDRAWAL] = "mistake"};

/* `withdrawn`: of a WITHDRAWAL, the kind that it takes back; else UNKNOWN. */
static struct text id_of(const struct gen *g, const struct saying *s, uint8_t kind,
                         uint8_t withdrawn, char out[37]) {
    const uint64_t sort = SORT_SIGNAL + kind + KINDS * (s->nth + (uint64_t)KINDS * withdrawn);
    return gen_uuid(g, s->number, sort, out);
}

/* Subjects. */

static char *room_for(struct utterance *u, enum subject_type type, enum subject_role role) {
    const uint32_t i = u->signal.subject_count++;
    u->signal.subjects[i] = (struct signal_subject){.type = (uint8_t)type, .role = (uint8_t)role};
    return u->tokens[i];
}

static void named(struct utterance *u) {
    const uint32_t i = u->signal.subject_count - 1;
    u->signal.subjects[i].token = text_of(u->tokens[i]);
}

static void name_account(const struct gen *g, struct utterance *u, uint32_t person,
                         enum subject_role role) {
    if (person == NOBODY) return;
    gen_token(g, "account", person, room_for(u, SUBJECT_ACCOUNT, role));
    named(u);
}

static void name_person(const struct gen *g, struct utterance *u, uint32_t person,
                        enum subject_role role) {
    if (person == NOBODY) return;
    gen_token(g, "person", g->people[person].owner, room_for(u, SUBJECT_PERSON, role));
    named(u);
}

static void name_phone(const struct gen *g, struct utterance *u, uint32_t person,
                       enum subject_role role) {
    gen_phone(g, person, room_for(u, SUBJECT_PHONE, role));
    named(u);
}

/* A crew calls from a few numbers. */
static void name_caller(const struct gen *g, struct utterance *u, uint32_t crew, uint64_t line) {
    if (crew == NOBODY) return;
    gen_token(g, "phone of a caller", crew * (uint64_t)BOX_NUMBERS + line % BOX_NUMBERS,
              room_for(u, SUBJECT_PHONE, ROLE_CALLER));
    named(u);
}

static void name_device(const struct gen *g, struct utterance *u, const struct person *p) {
    if (!p->handed_over) return;
    gen_token(g, "device of a crew", p->crew, room_for(u, SUBJECT_DEVICE, ROLE_DROPPER));
    named(u);
}

/* Kinds. */

static void fill_incident(const struct gen *g, const struct saying *s, struct utterance *u) {
    const bool sure =
        s->confidence == CONFIDENCE_CORROBORATED || s->confidence == CONFIDENCE_CONFIRMED;
    name_account(g, u, s->about, sure ? ROLE_DROPPER : ROLE_BENEFICIARY);
    if (sure) name_person(g, u, s->about, ROLE_DROPPER);
    name_account(g, u, s->victim, ROLE_VICTIM);
    name_caller(g, u, s->crew, s->number);
}

static void fill_report(const struct gen *g, const struct saying *s, struct utterance *u) {
    if (gen_trait(g, "what a citizen knows", s->number) % 2 == 0)
        name_account(g, u, s->about, ROLE_DROPPER);
    else
        name_phone(g, u, s->about, ROLE_DROPPER);
    name_caller(g, u, s->crew, s->number);
}

static void fill_list(const struct gen *g, const struct saying *s, struct utterance *u) {
    u->signal.list_colour = s->colour;
    name_account(g, u, s->about, ROLE_DROPPER);
    name_person(g, u, s->about, ROLE_DROPPER);
    if (s->colour == COLOUR_BLACK) name_device(g, u, &g->people[s->about]);
}

static void fill_call(const struct gen *g, const struct saying *s, struct utterance *u) {
    struct signal *signal = &u->signal;
    const uint64_t numbers = s->kind == SIGNAL_SIM_BOX ? BOX_NUMBERS : 1;
    for (uint64_t line = 0; line < numbers; line++)
        name_caller(g, u, s->crew, s->number + line);
    signal->telecom_present = true;
    snprintf(u->operator, sizeof u->operator, "TEST-OPERATOR-%c", 'A' + (int)(s->crew % 3));
    signal->telecom_operator = text_of(u->operator);
    signal->telecom_slots_present = s->kind == SIGNAL_SIM_BOX;
    signal->telecom_slots = s->kind == SIGNAL_SIM_BOX ? BOX_SLOTS : 0;
    signal->called_phone_token = gen_phone(g, s->victim, u->called);
}

/* Whoever answers knows what was advised; the feed does not: it names what an engine would give
 * that began with this payment. */
static void fill_outcome(const struct gen *g, const struct saying *s, struct utterance *u) {
    struct signal *signal = &u->signal;
    const bool held = s->result == OUTCOME_HELD || s->result == OUTCOME_PARTLY_HELD;
    name_account(g, u, s->about, s->result == OUTCOME_FALSE_POSITIVE ? ROLE_OTHER : ROLE_DROPPER);
    const struct opening_event event = {signal->related_tx_ids[0],
                                        gen_event_id(g, s->event, u->event_id), s->event_us};
    episode_id(signal->subjects[0].token, &event, u->recommendation);
    signal->outcome_present = true;
    signal->outcome_result = s->result;
    signal->recommendation_id = text_of(u->recommendation);
    signal->held_amount_present = held;
    signal->held_amount_kzt_minor = held ? s->amount : 0;
    signal->amount_present = false;
    signal->amount_kzt_minor = 0;
}

static void fill_kind(const struct gen *g, const struct saying *s, struct utterance *u) {
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_INCIDENT:
        fill_incident(g, s, u);
        break;
    case SIGNAL_BOT_REPORT:
        fill_report(g, s, u);
        break;
    case SIGNAL_LIST_ENTRY:
        fill_list(g, s, u);
        break;
    case SIGNAL_SIM_BOX:
    case SIGNAL_FRAUD_CALL:
        fill_call(g, s, u);
        break;
    case SIGNAL_MULTI_LOAN_APPLICATION:
        name_account(g, u, s->about, ROLE_OTHER);
        name_person(g, u, s->about, ROLE_OTHER);
        break;
    case SIGNAL_OUTCOME:
        fill_outcome(g, s, u);
        break;
    default:
        u->signal.withdraws_signal_id = id_of(g, s, s->withdrawn, SIGNAL_UNKNOWN, u->withdrawn);
    }
}

/* What all have. */

static void fill_times(const struct saying *s, struct signal *signal) {
    signal->reported_at_s = signal->valid_from_s = s->time_s;
    signal->reported_at_us = signal->valid_from_us = s->time_s * 1000000;
    signal->valid_until_present = s->term_s > 0;
    signal->valid_until_s = s->term_s > 0 ? s->time_s + s->term_s : 0;
    signal->valid_until_us = signal->valid_until_s * 1000000;
    signal->occurred_at_present = s->occurred_s > 0;
    signal->occurred_at_s = s->occurred_s;
    signal->occurred_at_us = s->occurred_s * 1000000;
}

void gen_utter(struct gen *g, const struct saying *s) {
    struct utterance *u = &g->utterance;
    u->signal = (struct signal){.category = text_of(categories[s->kind]),
                                .revision = s->revision,
                                .kind = s->kind,
                                .source = s->source,
                                .list_colour = COLOUR_NULL,
                                .confidence = s->confidence,
                                .amount_present = s->amount > 0,
                                .amount_kzt_minor = s->amount};
    u->signal.signal_id = id_of(g, s, s->kind, s->withdrawn, u->id);
    fill_times(s, &u->signal);
    if (s->instruction != 0) {
        u->signal.tx_id_count = 1;
        u->signal.related_tx_ids[0] = gen_tx_id(g, s->instruction, u->tx_id);
    }
    fill_kind(g, s, u);
}
