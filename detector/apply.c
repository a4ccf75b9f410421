/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/apply.h"

#include "detector/account_record.h"
#include "detector/features.h"
#include "detector/kernels.h"

#include <stddef.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ROUND_TIYN = 100000 };

/* What a row of the batch is about; by enum side_role. */
struct work {
    struct account_key keys[2];
    struct account *accounts[2]; /* NULL where there is none */
    uint32_t tx_hash;
};

struct apply {
    struct accounts *accounts;
    const struct kernels *kernels;
    uint64_t batches;
    int64_t first_s; /* event time of the first applied row; INT64_MAX before it */
    struct work work[BATCH_EVENTS];
    uint32_t copy_count;
    struct account copies[BATCH_SIDES]; /* records as they stood for earlier rows of the batch */
};

struct apply *apply_open(const struct apply_options *options, struct error *error) {
    struct apply *a = aligned_alloc(_Alignof(struct apply), sizeof *a);
    if (a == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the engine");
        return NULL;
    }
    memset(a, 0, offsetof(struct apply, copies));
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

static struct text token_of(const struct batch *batch, uint32_t row, int role) {
    return party_of(&batch->tx[row], (enum side_role)role)->account_token;
}

static bool has_side(const struct batch *batch, uint32_t row, int role) {
    return batch->verdict[row] == VERDICT_ACCEPTED && token_of(batch, row, role).size > 0;
}

/* Phase 1: hash, and fetch the index lines. */
static void hash_keys(struct apply *a, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->count; row++) {
        const struct text id = batch->tx[row].tx_id;
        struct work *work = &a->work[row];
        *work = (struct work){.accounts = {NULL, NULL}};
        if (batch->verdict[row] != VERDICT_ACCEPTED) continue;
        work->tx_hash = (uint32_t)XXH3_64bits(id.data, id.size);
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            work->keys[role] = account_key_of(token_of(batch, row, role));
            accounts_prefetch_index(a->accounts, work->keys[role]);
        }
    }
}

/* Phase 2: probe the index, and fetch the first lines of the records. */
static void probe_index(const struct apply *a, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++)
            if (has_side(batch, row, role))
                accounts_prefetch_record(a->accounts, a->work[row].keys[role]);
}

/* Phase 3: find or add, and fetch the rest. */
static bool find_accounts(struct apply *a, const struct batch *batch, struct error *error) {
    for (uint32_t row = 0; row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            struct account *account = accounts_take(a->accounts, a->work[row].keys[role]);
            if (account == NULL)
                return error_set(error, ERROR_CONFIG,
                                 "the account table is full with %u accounts; raise accounts.max "
                                 "and start again: nothing is lost",
                                 accounts_count(a->accounts));
            a->work[row].accounts[role] = account;
            account_prefetch(account);
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

static uint8_t kind_of(const struct transaction *tx, enum side_role role) {
    const struct text country = tx->country_to;
    uint8_t kind = role == SIDE_PAYEE ? KIND_IN : 0;
    if (tx->amount_tiyn % ROUND_TIYN == 0) kind |= KIND_ROUND;
    if (country.size > 0 && !text_equal(country, text_of("KZ"))) kind |= KIND_FOREIGN;
    if (tx->payee_alias_type == ALIAS_TYPE_PHONE) kind |= KIND_PHONE;
    return kind;
}

/* What the event adds to the balance of a side. */
static int64_t moved_in(const struct transaction *tx, enum side_role role) {
    if (is_attempt(tx->tx_status)) return 0;
    const bool in = (role == SIDE_PAYEE) == (tx->tx_status == TX_STATUS_SETTLED);
    return in ? tx->amount_tiyn : -tx->amount_tiyn;
}

static struct ring_event event_of(const struct apply *a, const struct batch *batch, uint32_t row,
                                  enum side_role role) {
    const struct transaction *tx = &batch->tx[row];
    const struct party *party = party_of(tx, role);
    const struct account *other = a->work[row].accounts[1 - role];
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
        .tx_hash = a->work[row].tx_hash,
        .bits = bits_of(tx, role),
        .kind = kind_of(tx, role),
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
    double vector[FEATURE_COUNT];
    features_compute(account, tx, role, amount_z, a->kernels, vector);
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][i] = vector[f];
}

static void insert(struct apply *a, struct batch *batch, struct account *account,
                   const struct ring_event *event) {
    keep_for_earlier_rows(a, batch, account);
    account_insert(account, event, a->kernels);
}

/* Money that moved is applied, then scored: the debit before the credit. */
static void apply_moved(struct apply *a, struct batch *batch, uint32_t row,
                        const struct ring_event events[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        struct account *account = a->work[row].accounts[role];
        if (account == NULL) continue;
        const double amount_z = features_amount_z(account, events[role].amount_tiyn);
        insert(a, batch, account, &events[role]);
        add_side(a, batch, row, (enum side_role)role, account, amount_z);
    }
}

/* An attempt is scored against the state as it stands; the payer's ring remembers it afterwards. */
static void apply_attempt(struct apply *a, struct batch *batch, uint32_t row,
                          const struct ring_event events[2]) {
    struct account *const *accounts = a->work[row].accounts;
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++)
        if (accounts[role] != NULL)
            add_side(a, batch, row, (enum side_role)role, accounts[role],
                     features_amount_z(accounts[role], events[role].amount_tiyn));
    if (accounts[SIDE_PAYER] != NULL) insert(a, batch, accounts[SIDE_PAYER], &events[SIDE_PAYER]);
}

static bool is_duplicate(const struct apply *a, uint32_t row, const struct ring_event events[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        const struct account *account = a->work[row].accounts[role];
        if (account != NULL && account_holds(account, &events[role], a->kernels)) return true;
    }
    return false;
}

static void apply_row(struct apply *a, struct batch *batch, uint32_t row) {
    const struct ring_event events[2] = {event_of(a, batch, row, SIDE_PAYER),
                                         event_of(a, batch, row, SIDE_PAYEE)};
    if (is_duplicate(a, row, events)) {
        batch->verdict[row] = VERDICT_DUPLICATE;
        return;
    }
    if (a->first_s == INT64_MAX) a->first_s = batch->tx[row].event_time_s;
    if (is_attempt(batch->tx[row].tx_status))
        apply_attempt(a, batch, row, events);
    else
        apply_moved(a, batch, row, events);
}

bool apply_batch(struct apply *a, struct batch *batch, struct error *error) {
    a->batches++;
    a->copy_count = 0;
    batch->sides = 0;
    hash_keys(a, batch);
    probe_index(a, batch);
    if (!find_accounts(a, batch, error)) return false;
    for (uint32_t row = 0; row < batch->count; row++)
        if (batch->verdict[row] == VERDICT_ACCEPTED) apply_row(a, batch, row);
    return true;
}
