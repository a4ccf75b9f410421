/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, and the columns that tell who shares a phone, a device, an address or a terminal. */
#include "detector/generator/gen_internal.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Banks report what they can see: those below a bound give the column, the others null. */
enum { CALL_BANKS = 5, CREDENTIAL_BANKS = 6, PHONE_BANKS = 7 };

/* A keyed hash: opaque, unable to hit a person, unrelated to order and role. */
void gen_token(const struct gen *g, const char *kind, uint64_t number, char out[TOKEN_SIZE]) {
    struct {
        uint64_t kind, number;
    } name = {XXH3_64bits(kind, strlen(kind)), number};
    const XXH128_hash_t hash =
        XXH3_128bits_withSeed(&name, sizeof name, g->options.seed ^ 0x5a9d3c6e71b2f408u);
    snprintf(out, TOKEN_SIZE, "t1%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

static struct text token(const struct gen *g, const char *kind, uint64_t number, char *out) {
    gen_token(g, kind, number, out);
    return text_of(out);
}

static bool natural(const struct person *p) {
    return p->role < ROLE_EMPLOYER;
}

/* The crew operates the account from a day before the campaign on. */
static bool operated(const struct gen *g, const struct person *p) {
    return p->handed_over && g->now_s >= p->campaign_s - DAY_S;
}

static enum age_band age_of(const struct gen *g, uint32_t person) {
    switch (g->people[person].role) {
    case ROLE_PENSIONER:
        return AGE_BAND_FROM_60;
    case ROLE_STUDENT:
        return AGE_BAND_FROM_18;
    default:
        return gen_trait(g, "age", person) % 2 == 0 ? AGE_BAND_FROM_25 : AGE_BAND_FROM_45;
    }
}

/* A new phone: for one in ten at some time from 60 days before the feed on; at the hand-over. */
static void fill_credential(const struct gen *g, struct party *party, uint32_t index) {
    const struct person *p = &g->people[index];
    const uint64_t trait = gen_trait(g, "credential", p->household);
    const uint64_t span_s = (uint64_t)(g->end_s - g->options.start_s) + 60 * DAY_S;
    int64_t changed_s = g->options.start_s - 60 * DAY_S + (int64_t)(trait / 16 % span_s);
    if (operated(g, p))
        changed_s = p->campaign_s - (int64_t)(trait / 16 % DAY_S);
    else if (trait % 10 != 0)
        return;
    if (p->bank >= CREDENTIAL_BANKS || changed_s > g->now_s) return;
    party->credential_changed_at_present = true;
    party->credential_changed_at_s = changed_s;
    party->credential_changed_at_us = changed_s * 1000000;
}

struct text gen_phone(const struct gen *g, uint32_t index, char out[TOKEN_SIZE]) {
    const struct person *p = &g->people[index];
    return operated(g, p) ? token(g, "phone of a crew", p->crew, out)
                          : token(g, "phone", p->household, out);
}

static void fill_person(const struct gen *g, struct party *party, uint32_t index, char *phone) {
    const struct person *p = &g->people[index];
    party->person_type = PERSON_TYPE_NATURAL;
    party->account_type =
        gen_trait(g, "type", index) % 3 == 0 ? ACCOUNT_TYPE_CURRENT : ACCOUNT_TYPE_CARD;
    party->age_band = (uint8_t)age_of(g, p->owner);
    party->phone_token = gen_phone(g, index, phone);
    if (p->bank < PHONE_BANKS)
        party->phone_owner_mismatch =
            operated(g, p) || p->household != p->owner ? TRISTATE_TRUE : TRISTATE_FALSE;
    fill_credential(g, party, index);
}

void gen_fill_party(const struct gen *g, struct party *party, uint32_t index, char *account,
                    char *person, char *phone, char *bic) {
    *party = (struct party){.phone_owner_mismatch = TRISTATE_NULL};
    if (index == NOBODY) return;
    const struct person *p = &g->people[index];
    snprintf(bic, 12, "TEST%cKZX", "ABCDEFGHIJ"[p->bank]);
    party->account_token = token(g, "account", index, account);
    party->person_token = token(g, "person", p->owner, person);
    party->bank_bic = text_of(bic);
    party->account_opened_on_day = p->opened_day;
    party->account_opened_on_present = true;
    party->balance_after_minor = p->balance;
    party->balance_after_present = true;
    if (natural(p)) {
        fill_person(g, party, index, phone);
    } else {
        party->person_type = PERSON_TYPE_LEGAL;
        party->account_type = ACCOUNT_TYPE_CURRENT;
    }
}

/* Everybody has an ATM near home; a card farm is emptied at one. */
static uint64_t atm_of(struct gen *g, uint32_t index) {
    const struct person *p = &g->people[index];
    const uint32_t atms = g->options.accounts / 200 + 3;
    const uint32_t elsewhere = gen_below(g, atms);
    if (p->typology == GEN_CARD_FARM && operated(g, p))
        return gen_trait(g, "atm of a crew", p->crew) % atms;
    if (gen_chance(g, 200)) return elsewhere;
    return gen_trait(g, "atm", p->household) % atms;
}

/* Students share the address of a hall, families that of a home, phones that of an operator. */
static struct text ip_of(struct gen *g, uint32_t index, char *out) {
    const struct person *p = &g->people[index];
    const uint32_t gateway = gen_below(g, g->options.accounts / 100 + 1);
    const bool mobile = gen_chance(g, 400);
    if (mobile) return token(g, "ip of an operator", gateway, out);
    if (operated(g, p)) return token(g, "ip of a crew", p->crew, out);
    if (p->role == ROLE_STUDENT)
        return token(g, "ip of a hall", p->home % (g->options.accounts / 1000 + 1), out);
    return token(g, "ip", p->household, out);
}

static void fill_seen(struct gen *g, const struct plan_item *item, struct transaction *tx) {
    const bool call = gen_chance(g, 25), remote = gen_chance(g, item->call ? 200 : 4);
    if (g->people[item->from].bank >= CALL_BANKS) return;
    tx->active_call = item->call || call ? TRISTATE_TRUE : TRISTATE_FALSE;
    tx->remote_access = remote ? TRISTATE_TRUE : TRISTATE_FALSE;
}

void gen_fill_device(struct gen *g, const struct plan_item *item, struct emission *out) {
    struct transaction *tx = &out->tx;
    const uint32_t person = item->from == NOBODY ? item->to : item->from;
    const struct person *p = &g->people[person];
    if (tx->rail == RAIL_ATM)
        tx->terminal_id = token(g, "atm", atm_of(g, person), out->terminal);
    else if (tx->channel == CHANNEL_POS)
        tx->terminal_id = token(g, "till", item->to * 4u + gen_below(g, 4), out->terminal);
    if (tx->channel != CHANNEL_MOBILE_APP || !natural(p)) return;
    tx->device_token = operated(g, p) ? token(g, "device of a crew", p->crew, out->device)
                                      : token(g, "device", p->household, out->device);
    tx->ip_token = ip_of(g, person, out->ip);
    fill_seen(g, item, tx);
}
