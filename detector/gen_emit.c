/* SPDX-License-Identifier: Apache-2.0 */
/* From a planned payment to a transaction: balances move, and the record is filled. */
#include "detector/gen_internal.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static void uuid(const struct gen *g, uint64_t number, uint64_t what, char out[37]) {
    const uint64_t name[2] = {number, what};
    const XXH128_hash_t h = XXH3_128bits_withSeed(name, sizeof name, g->options.seed + 1);
    snprintf(out, 37, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(h.high64 >> 32),
             (unsigned)(h.high64 >> 16) & 0xffff, (unsigned)h.high64 & 0xfff,
             (unsigned)(h.low64 >> 48) & 0xfff, (unsigned long long)(h.low64 & 0xffffffffffffULL));
}

static void bic_of(uint32_t person, char out[12]) {
    snprintf(out, 12, "TEST%cKZX", "ABCDEFGHIJ"[person % 10]);
}

static bool natural(const struct person *p) {
    return p->role < ROLE_EMPLOYER;
}

static void fill_party(const struct gen *g, struct party *party, uint32_t index, char *token,
                       char *person_token, char *bic) {
    *party = (struct party){.phone_owner_mismatch = TRISTATE_NULL};
    if (index == NOBODY) return;
    const struct person *p = &g->people[index];
    const uint64_t owner = p->typology == GEN_CARD_FARM ? (uint64_t)p->friends / 64 : index;
    gen_token(g, "account", index, token);
    gen_token(g, p->typology == GEN_CARD_FARM ? "farm" : "person", owner, person_token);
    bic_of(index, bic);
    party->account_token = text_of(token);
    party->person_token = text_of(person_token);
    party->bank_bic = text_of(bic);
    party->account_type = natural(p) ? ACCOUNT_TYPE_CARD : ACCOUNT_TYPE_CURRENT;
    party->person_type = natural(p) ? PERSON_TYPE_NATURAL : PERSON_TYPE_LEGAL;
    party->age_band = p->role == ROLE_PENSIONER ? AGE_BAND_FROM_60
                      : p->role == ROLE_STUDENT ? AGE_BAND_FROM_18
                                                : AGE_BAND_FROM_25;
    party->account_opened_on_day = p->opened_day;
    party->account_opened_on_present = true;
    party->balance_after_minor = p->balance;
    party->balance_after_present = true;
}

static void fill_way(struct transaction *tx) {
    switch (tx->event_type) {
    case EVENT_TYPE_CASH_WITHDRAWAL:
    case EVENT_TYPE_CASH_DEPOSIT:
        tx->rail = RAIL_ATM;
        tx->channel = CHANNEL_ATM;
        break;
    case EVENT_TYPE_C2B_PAYMENT:
        tx->rail = RAIL_QR;
        tx->channel = CHANNEL_POS;
        break;
    case EVENT_TYPE_OTHER:
        tx->rail = RAIL_XBORDER;
        tx->channel = CHANNEL_MOBILE_APP;
        tx->country_to = text_of("XX");
        break;
    case EVENT_TYPE_P2P_TRANSFER:
        tx->rail = RAIL_INSTANT_INTERBANK;
        tx->channel = CHANNEL_MOBILE_APP;
        tx->payee_alias_type = ALIAS_TYPE_PHONE;
        break;
    default:
        tx->rail = RAIL_CLEARING;
        tx->channel = CHANNEL_MOBILE_APP;
    }
}

static bool move_money(struct gen *g, const struct plan_item *item) {
    if (item->from != NOBODY && g->people[item->from].balance < item->amount) return false;
    if (item->status != TX_STATUS_SETTLED) return true;
    if (item->from != NOBODY) g->people[item->from].balance -= item->amount;
    if (item->to != NOBODY) g->people[item->to].balance += item->amount;
    return true;
}

bool gen_post(struct gen *g, const struct plan_item *item, struct emission *out) {
    if (!move_money(g, item)) return false;
    const uint64_t number = g->emitted++;
    struct transaction *tx = &out->tx;
    *tx = (struct transaction){.currency = {"KZT", 3},
                               .event_time_s = item->time_s,
                               .amount_minor = item->amount,
                               .amount_kzt_minor = item->amount,
                               .amount_kzt_present = true,
                               .ingest_time_present = true,
                               .tx_status = item->status,
                               .event_type = item->type,
                               .active_call = item->call ? TRISTATE_TRUE : TRISTATE_NULL,
                               .remote_access = TRISTATE_NULL};
    uuid(g, number, 1, out->event_id);
    uuid(g, number, 2, out->tx_id);
    tx->event_id = text_of(out->event_id);
    tx->tx_id = text_of(out->tx_id);
    fill_party(g, &tx->payer, item->from, out->payer, out->payer_person, out->payer_bic);
    fill_party(g, &tx->payee, item->to, out->payee, out->payee_person, out->payee_bic);
    fill_way(tx);
    bic_of(item->from == NOBODY ? item->to : item->from, out->reporter);
    tx->reporter_bic = text_of(out->reporter);
    tx->token_key_id = text_of("test-2026");
    tx->ingest_time_s = item->time_s + (int64_t)(number % 3);
    tx->event_time_us = tx->event_time_s * 1000000 + (int64_t)(number * 7919 % 1000000);
    tx->ingest_time_us = tx->ingest_time_s * 1000000 + 999999;
    out->bad = item->bad;
    return true;
}
