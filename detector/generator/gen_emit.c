/* SPDX-License-Identifier: Apache-2.0 */
/* From a planned payment to a transaction: balances move, and the record is filled. */
#include "detector/generator/gen_internal.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SORT_EVENT = 1, SORT_TRANSACTION = 2 };

struct text gen_uuid(const struct gen *g, uint64_t number, uint64_t sort, char out[37]) {
    const uint64_t name[2] = {number, sort};
    const XXH128_hash_t h = XXH3_128bits_withSeed(name, sizeof name, g->options.seed + 1);
    snprintf(out, 37, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(h.high64 >> 32),
             (unsigned)(h.high64 >> 16) & 0xffff, (unsigned)h.high64 & 0xfff,
             (unsigned)(h.low64 >> 48) & 0xfff, (unsigned long long)(h.low64 & 0xffffffffffffULL));
    return text_of(out);
}

struct text gen_tx_id(const struct gen *g, uint64_t instruction, char out[37]) {
    return gen_uuid(g, instruction, SORT_TRANSACTION, out);
}

struct text gen_event_id(const struct gen *g, uint64_t event, char out[37]) {
    return gen_uuid(g, event, SORT_EVENT, out);
}

static void set_way(struct transaction *tx, enum rail rail, enum channel channel) {
    tx->rail = (uint8_t)rail;
    tx->channel = (uint8_t)channel;
}

static void set_mcc(struct transaction *tx, int32_t mcc) {
    tx->mcc = mcc;
    tx->mcc_present = true;
}

static void fill_purchase(const struct gen *g, uint32_t shop, struct transaction *tx) {
    static const int32_t trades[] = {5411, 5411, 5812, 5541, 5912, 5311, 4111, 5651};
    const uint64_t trade = gen_trait(g, "trade", shop) % (sizeof trades / sizeof trades[0]);
    set_way(tx, shop % 2 == 0 ? RAIL_QR : RAIL_CARD, CHANNEL_POS);
    set_mcc(tx, trades[trade]);
}

static void fill_way(const struct gen *g, const struct plan_item *item, struct transaction *tx) {
    switch (tx->event_type) {
    case EVENT_TYPE_CASH_WITHDRAWAL:
    case EVENT_TYPE_CASH_DEPOSIT:
        set_way(tx, RAIL_ATM, CHANNEL_ATM);
        set_mcc(tx, 6011);
        break;
    case EVENT_TYPE_C2B_PAYMENT:
        fill_purchase(g, item->to, tx);
        break;
    case EVENT_TYPE_OTHER:
        set_way(tx, RAIL_XBORDER, CHANNEL_MOBILE_APP);
        tx->country_to = text_of("XX");
        break;
    case EVENT_TYPE_P2P_TRANSFER:
    case EVENT_TYPE_OWN_TRANSFER: {
        const bool same = g->people[item->from].bank == g->people[item->to].bank;
        set_way(tx, same ? RAIL_ON_US : RAIL_INSTANT_INTERBANK, CHANNEL_MOBILE_APP);
        tx->payee_alias_type = ALIAS_TYPE_PHONE;
        break;
    }
    case EVENT_TYPE_CRYPTO_PURCHASE:
        set_way(tx, RAIL_CARD, CHANNEL_MOBILE_APP);
        set_mcc(tx, 6051);
        break;
    case EVENT_TYPE_TAX_OR_UTILITY:
        set_way(tx, RAIL_CLEARING, CHANNEL_MOBILE_APP);
        set_mcc(tx, 4900);
        break;
    default:
        set_way(tx, RAIL_CLEARING, CHANNEL_API);
    }
}

static bool is_open(const struct gen *g, uint32_t index) {
    return index == NOBODY || g->people[index].opened_day <= gen_local_day(g->now_s);
}

static bool take(struct gen *g, uint32_t index, int64_t amount) {
    if (index == NOBODY) return true;
    if (g->people[index].balance < amount) return false;
    g->people[index].balance -= amount;
    return true;
}

static void give(struct gen *g, uint32_t index, int64_t amount) {
    if (index != NOBODY) g->people[index].balance += amount;
}

/* Of the payments nobody can afford the hub hears of one in ten, as refused. */
static bool move_money(struct gen *g, struct plan_item *item) {
    const bool reversal = item->status == TX_STATUS_REVERSED;
    const uint32_t from = reversal ? item->to : item->from;
    const uint32_t to = reversal ? item->from : item->to;
    if (item->status != TX_STATUS_SETTLED && !reversal) return true;
    if (take(g, from, item->amount)) {
        give(g, to, item->amount);
        return true;
    }
    if (reversal || !gen_chance(g, 100)) return false;
    item->status = TX_STATUS_REFUSED;
    item->short_of_money = true;
    return true;
}

static struct text reason_of(const struct plan_item *item) {
    if (item->short_of_money) return text_of("INSUFFICIENT_FUNDS");
    if (item->confirmed) return text_of("CONFIRMED_BY_CLIENT");
    if (item->status == TX_STATUS_REVERSED) return text_of("RETURNED");
    return item->status == TX_STATUS_SETTLED ? (struct text){NULL, 0} : text_of("BANK_RULE");
}

/* Times grow in the order of posting, so that balances can be followed. */
static void fill_times(struct gen *g, int64_t second, uint64_t number, struct transaction *tx) {
    const uint64_t noise = gen_trait(g, "time", number);
    int64_t us = second * 1000000 + (int64_t)(noise % 100);
    if (us <= g->last_event_us) us = g->last_event_us + 1 + (int64_t)(noise % 100);
    if (us >= (second + 1) * 1000000) us = second * 1000000 + 999999;
    g->last_event_us = us;
    tx->event_time_s = second;
    tx->event_time_us = us;
    tx->ingest_time_s = second + (int64_t)(noise >> 32) % 3;
    tx->ingest_time_us = tx->ingest_time_s * 1000000 + 999999;
    tx->ingest_time_present = true;
}

bool gen_post(struct gen *g, struct plan_item *item, struct emission *out) {
    if (item->from == item->to || !is_open(g, item->from) || !is_open(g, item->to)) return false;
    if (!move_money(g, item)) return false;
    if (item->instruction == 0) item->instruction = ++g->instructions;
    const uint64_t number = g->emitted++;
    struct transaction *tx = &out->tx;
    *tx = (struct transaction){.currency = {"KZT", 3},
                               .amount_minor = item->amount,
                               .amount_kzt_minor = item->amount,
                               .amount_kzt_present = true,
                               .tx_status = item->status,
                               .status_reason = reason_of(item),
                               .event_type = item->type,
                               .active_call = TRISTATE_NULL,
                               .remote_access = TRISTATE_NULL};
    tx->event_id = gen_event_id(g, number, out->event_id);
    tx->tx_id = gen_tx_id(g, item->instruction, out->tx_id);
    fill_times(g, item->time_s, number, tx);
    gen_fill_party(g, &tx->payer, item->from, out->payer, out->payer_person, out->payer_phone,
                   out->payer_bic);
    gen_fill_party(g, &tx->payee, item->to, out->payee, out->payee_person, out->payee_phone,
                   out->payee_bic);
    fill_way(g, item, tx);
    gen_fill_device(g, item, out);
    const bool deposit = item->from == NOBODY;
    tx->reporter_bic = deposit ? tx->payee.bank_bic : tx->payer.bank_bic;
    tx->token_key_id = text_of("test-2026");
    out->bad = item->bad;
    return true;
}
