/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/apply.h"

#include "detector/account_record.h"
#include "detector/features.h"
#include "detector/kernels.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LOCAL_OFFSET_S = 5 * 3600, DAY_S = 86400, NIGHT_END_S = 6 * 3600, ROUND_TIYN = 100000 };

/* Both accounts of an event; NULL where there is none. */
struct pair {
    struct account *of[2]; /* by enum side_role */
};

struct apply {
    struct accounts *accounts;
    const struct kernels *kernels;
    uint64_t batches;
    int64_t first_s; /* event time of the first applied row; INT64_MAX before it */
    struct account_key keys[BATCH_EVENTS][2];
    struct pair pairs[BATCH_EVENTS];
    struct account copies[BATCH_SIDES]; /* records as they stood for earlier rows of the batch */
    uint32_t copy_count;
};

struct apply *apply_open(const struct apply_options *options, struct error *error) {
    struct apply *a = calloc(1, sizeof *a);
    if (a == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the engine");
        return NULL;
    }
    a->first_s = INT64_MAX;
    a->kernels = kernels_choose(options->kernel_tier);
    a->accounts = accounts_open(options->accounts_max, error);
    if (a->accounts != NULL) return a;
    apply_close(a);
    return NULL;
}

void apply_close(struct apply *a) {
    if (a == NULL) return;
    accounts_close(a->accounts);
    free(a);
}

const struct accounts *apply_accounts(const struct apply *a) {
    return a->accounts;
}

const char *apply_kernel_tier(const struct apply *a) {
    return a->kernels->name;
}

static const struct party *party_of(const struct transaction *tx, enum side_role role) {
    return role == SIDE_PAYER ? &tx->payer : &tx->payee;
}

/* Phase 1: hash, and fetch the index lines. */
static void hash_keys(struct apply *a, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->count; i++) {
        if (batch->verdict[i] != VERDICT_ACCEPTED) continue;
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            const struct text token = party_of(&batch->tx[i], (enum side_role)role)->account_token;
            if (token.size == 0) continue;
            a->keys[i][role] = account_key_of(token);
            accounts_prefetch(a->accounts, a->keys[i][role]);
        }
    }
}

static void prefetch_record(const struct account *account) {
    const char *line = (const char *)account;
    for (size_t at = 0; at < sizeof *account; at += 64)
        __builtin_prefetch(line + at);
}

/* Phase 2: find or add, and fetch the records. */
static bool find_accounts(struct apply *a, const struct batch *batch, struct error *error) {
    for (uint32_t i = 0; i < batch->count; i++) {
        a->pairs[i] = (struct pair){{NULL, NULL}};
        if (batch->verdict[i] != VERDICT_ACCEPTED) continue;
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (party_of(&batch->tx[i], (enum side_role)role)->account_token.size == 0) continue;
            struct account *account = accounts_take(a->accounts, a->keys[i][role]);
            if (account == NULL)
                return error_set(error, ERROR_FAILED,
                                 "the account table is full with %u accounts; raise accounts.max "
                                 "and take a new shard.id",
                                 accounts_count(a->accounts));
            a->pairs[i].of[role] = account;
            prefetch_record(account);
        }
    }
    return true;
}

static bool is_attempt(uint8_t status) {
    return status != TX_STATUS_SETTLED && status != TX_STATUS_REVERSED;
}

static uint8_t bits_of(const struct transaction *tx, enum side_role role) {
    const bool own = tx->event_type == EVENT_TYPE_OWN_TRANSFER;
    uint8_t bits = 0;
    if (is_attempt(tx->tx_status)) return BIT_ATTEMPT;
    if (!own) bits |= role == SIDE_PAYER ? BIT_DEBIT : BIT_CREDIT;
    if (tx->event_type == EVENT_TYPE_P2P_TRANSFER) bits |= BIT_P2P;
    if (tx->event_type == EVENT_TYPE_CASH_WITHDRAWAL ||
        tx->event_type == EVENT_TYPE_CRYPTO_PURCHASE)
        bits |= BIT_CASH;
    if (tx->tx_status == TX_STATUS_REVERSED) bits |= BIT_REVERSAL;
    return bits;
}

static uint8_t tags_of(const struct transaction *tx, enum side_role role) {
    const int64_t day_s = (tx->event_time_s + LOCAL_OFFSET_S) % DAY_S;
    uint8_t tags = role == SIDE_PAYEE ? TAG_IN : 0;
    if (tx->event_type == EVENT_TYPE_OWN_TRANSFER) tags |= TAG_OWN;
    if (day_s < NIGHT_END_S) tags |= TAG_NIGHT;
    if (tx->amount_tiyn % ROUND_TIYN == 0) tags |= TAG_ROUND;
    return tags;
}

/* What the event adds to the balance of a side. */
static int64_t moved_in(const struct transaction *tx, enum side_role role) {
    if (is_attempt(tx->tx_status)) return 0;
    const bool in = (role == SIDE_PAYEE) == (tx->tx_status == TX_STATUS_SETTLED);
    return in ? tx->amount_tiyn : -tx->amount_tiyn;
}

static struct ring_event event_of(const struct batch *batch, uint32_t row, enum side_role role,
                                  const struct account *other) {
    const struct transaction *tx = &batch->tx[row];
    const struct party *party = party_of(tx, role);
    int64_t before = 0;
    const bool fits =
        !__builtin_sub_overflow(party->balance_after_minor, moved_in(tx, role), &before);
    return (struct ring_event){
        .second = tx->event_time_s,
        .amount_tiyn = tx->amount_tiyn,
        .balance_before_tiyn = before,
        .balance_present = party->balance_after_present && fits,
        .ordinal = batch->input[row].ordinal,
        .counterparty = other == NULL ? 0 : account_number(other),
        .tx_hash = (uint32_t)XXH3_64bits(tx->tx_id.data, tx->tx_id.size),
        .bits = bits_of(tx, role),
        .tags = tags_of(tx, role),
        .event_type = tx->event_type,
        .channel = tx->channel,
        .rail = tx->rail,
    };
}

/* Earlier rows of this batch keep seeing the record as it stood for them. */
static void keep_for_earlier_rows(struct apply *a, struct batch *batch, struct account *account) {
    if (account->batch != a->batches || account->side_count == 0) return;
    struct account *copy = &a->copies[a->copy_count++];
    *copy = *account;
    for (uint32_t i = account->first_side; i < batch->sides; i++)
        if (batch->side[i].account == account) batch->side[i].account = copy;
    account->side_count = 0;
}

static void add_side(struct apply *a, struct batch *batch, uint32_t row, enum side_role role,
                     struct account *account, double amount_z) {
    const struct transaction *tx = &batch->tx[row];
    const uint32_t i = batch->sides++;
    if (account->batch != a->batches || account->side_count == 0) {
        account->batch = a->batches;
        account->first_side = i;
        account->side_count = 0;
    }
    account->side_count++;
    batch->side[i] = (struct side){
        .event = row, .account_number = account->number, .role = role, .account = account};
    features_quality(account, tx->event_time_s, a->first_s, &batch->side[i]);
    features_compute(account, tx, role, amount_z, a->kernels, batch->features[i]);
}

static void insert(struct apply *a, struct batch *batch, struct account *account,
                   const struct ring_event *event) {
    keep_for_earlier_rows(a, batch, account);
    account_insert(account, event);
}

/* Money that moved is applied, then scored: the debit before the credit. */
static void apply_moved(struct apply *a, struct batch *batch, uint32_t row) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        struct account *account = a->pairs[row].of[role];
        if (account == NULL) continue;
        const struct ring_event event =
            event_of(batch, row, (enum side_role)role, a->pairs[row].of[1 - role]);
        const double amount_z = features_amount_z(account, event.amount_tiyn);
        insert(a, batch, account, &event);
        add_side(a, batch, row, (enum side_role)role, account, amount_z);
    }
}

/* An attempt is scored against the state as it stands; the payer's ring remembers it afterwards. */
static void apply_attempt(struct apply *a, struct batch *batch, uint32_t row) {
    struct account *const *of = a->pairs[row].of;
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++)
        if (of[role] != NULL)
            add_side(a, batch, row, (enum side_role)role, of[role],
                     features_amount_z(of[role], batch->tx[row].amount_tiyn));
    if (of[SIDE_PAYER] == NULL) return;
    const struct ring_event event = event_of(batch, row, SIDE_PAYER, of[SIDE_PAYEE]);
    insert(a, batch, of[SIDE_PAYER], &event);
}

static bool is_duplicate(const struct apply *a, const struct batch *batch, uint32_t row) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        const struct account *account = a->pairs[row].of[role];
        if (account == NULL) continue;
        const struct ring_event event =
            event_of(batch, row, (enum side_role)role, a->pairs[row].of[1 - role]);
        if (account_holds(account, &event)) return true;
    }
    return false;
}

bool apply_batch(struct apply *a, struct batch *batch, struct error *error) {
    a->batches++;
    a->copy_count = 0;
    batch->sides = 0;
    hash_keys(a, batch);
    if (!find_accounts(a, batch, error)) return false;
    for (uint32_t row = 0; row < batch->count; row++) {
        if (batch->verdict[row] != VERDICT_ACCEPTED) continue;
        if (is_duplicate(a, batch, row)) {
            batch->verdict[row] = VERDICT_DUPLICATE;
            continue;
        }
        if (a->first_s == INT64_MAX) a->first_s = batch->tx[row].event_time_s;
        if (is_attempt(batch->tx[row].tx_status))
            apply_attempt(a, batch, row);
        else
            apply_moved(a, batch, row);
    }
    return true;
}
