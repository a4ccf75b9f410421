/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/apply.h"

#include "detector/account_record.h"
#include "detector/base/prefetch.h"
#include "detector/decay.h"
#include "detector/features.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(BATCH_STRIDE == ACCOUNTS_STRIDE, "upkeep is done between batches");

enum { ROUND_TIYN = 100000, FETCH_ROWS = 32, FRAUD_CALL_S = SECONDS_24H };

/* What a row of the batch is about; by enum side_role. */
struct work {
    struct account_key keys[2];
    account_place *places[2]; /* NULL where there is no account */
    uint32_t tx_hash;
};

/* Of whom signals may speak. */
struct subjects {
    struct account_key keys[4];
    size_t count;
};

struct apply {
    struct accounts *accounts;
    struct taint *taint; /* NULL: none */
    struct signals *signals;
    bool asking;          /* a row of the batch may find a signal */
    uint64_t maintain_at; /* ordinal */
    int64_t clock_s;      /* engine clock of the last row */
    int64_t first_s;      /* event time of the first applied row; INT64_MAX before it */
    struct work work[BATCH_EVENTS];
    struct subjects subjects[BATCH_EVENTS][2]; /* while asking */
    struct features features;
    uint8_t *copies; /* records as they stood for earlier rows of the batch */
    size_t copies_used, copies_size;
};

static void tainted_gone(void *context, uint32_t account_number) {
    struct apply *a = context;
    taint_forget(a->taint, account_number);
}

static bool open_tables(struct apply *a, const struct apply_options *options, struct error *error) {
    struct accounts_options accounts = options->accounts;
    accounts.tainted_gone = tainted_gone;
    accounts.tainted_context = a;
    a->accounts = accounts_open(&accounts, error);
    if (a->accounts == NULL || options->taint.accounts_max == 0) return a->accounts != NULL;
    a->taint = taint_open(&options->taint, a->accounts, error);
    return a->taint != NULL;
}

struct apply *apply_open(const struct apply_options *options, struct error *error) {
    const size_t size = (sizeof(struct apply) + 63) / 64 * 64;
    struct apply *a = aligned_alloc(64, size);
    if (a == NULL) goto fail;
    memset(a, 0, size);
    decay_open();
    a->first_s = INT64_MAX;
    a->signals = options->signals;
    a->features.kernels =
        options->kernels != NULL ? options->kernels : kernels_choose(options->kernel_tier);
    a->features.finish = finish_of(cpu_tier(options->kernel_tier));
    a->copies_size = BATCH_SIDES * class_bytes(CLASS_128);
    a->copies = aligned_alloc(64, a->copies_size);
    if (a->copies == NULL) goto fail;
    if (open_tables(a, options, error)) return a;
    apply_close(a);
    return NULL;
fail:
    apply_close(a);
    error_set(error, ERROR_FAILED, "no memory for the engine");
    return NULL;
}

void apply_close(struct apply *a) {
    if (a == NULL) return;
    taint_close(a->taint);
    accounts_close(a->accounts);
    free(a->copies);
    free(a);
}

const struct accounts *apply_accounts(const struct apply *a) {
    return a->accounts;
}

const struct taint *apply_taint(const struct apply *a) {
    return a->taint;
}

const char *apply_kernel_tier(const struct apply *a) {
    return a->features.kernels->name;
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
        *work = (struct work){.places = {NULL, NULL}};
        if (batch->verdict[row] != VERDICT_ACCEPTED) continue;
        work->tx_hash = (uint32_t)XXH3_64bits(id.data, id.size);
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            work->keys[role] = account_key_of(token_of(batch, row, role));
            accounts_prefetch_index(a->accounts, work->keys[role]);
        }
    }
}

static void add_subject(const struct apply *a, struct subjects *subjects, enum subject_type type,
                        struct text token) {
    if (token.size == 0) return;
    const struct account_key key = subject_key_of(type, token);
    signals_prefetch(a->signals, key);
    subjects->keys[subjects->count++] = key;
}

/* The same for the index of signals. */
static void hash_subjects(struct apply *a, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            const struct transaction *tx = &batch->tx[row];
            const struct party *party = party_of(tx, (enum side_role)role);
            struct subjects *subjects = &a->subjects[row][role];
            signals_prefetch(a->signals, a->work[row].keys[role]);
            subjects->keys[0] = a->work[row].keys[role];
            subjects->count = 1;
            add_subject(a, subjects, SUBJECT_PERSON, party->person_token);
            add_subject(a, subjects, SUBJECT_PHONE, party->phone_token);
            if (role == SIDE_PAYER) add_subject(a, subjects, SUBJECT_DEVICE, tx->device_token);
        }
}

/* Phase 2, for the next rows: probe the index, and fetch the records. */
static void fetch_records(const struct apply *a, const struct batch *batch, uint32_t first) {
    uint32_t references[2 * FETCH_ROWS], count = 0;
    for (uint32_t row = first; row < first + FETCH_ROWS && row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            references[count] = accounts_guess(a->accounts, a->work[row].keys[role]);
            count += references[count] != 0;
        }
    accounts_prefetch_records(a->accounts, references, count);
}

/* Phase 3: find or add; the head tells where the next event will be written. */
static void find_accounts(struct apply *a, const struct batch *batch, uint32_t first) {
    for (uint32_t row = first; row < first + FETCH_ROWS && row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            if (!has_side(batch, row, role)) continue;
            account_place *place = accounts_locate(a->accounts, a->work[row].keys[role]);
            const struct ring ring = ring_of(accounts_at(a->accounts, place));
            a->work[row].places[role] = place;
            prefetch(&ring.cold[ring.count]);
        }
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

static bool is_foreign(struct text country) {
    return country.size > 0 && !text_equal(country, text_of("KZ"));
}

static uint8_t kind_of(const struct transaction *tx, enum side_role role, bool flagged) {
    uint8_t kind = 0;
    if (role == SIDE_PAYEE)
        kind = flagged ? KIND_IN | KIND_FLAGGED : KIND_IN;
    else if (is_foreign(tx->country_to))
        kind = KIND_FOREIGN;
    if (tx->amount_tiyn % ROUND_TIYN == 0) kind |= KIND_ROUND;
    if (tx->payee_alias_type == ALIAS_TYPE_PHONE) kind |= KIND_PHONE;
    return kind;
}

int64_t apply_moved_in(const struct transaction *tx, enum side_role role) {
    if (is_attempt(tx->tx_status)) return 0;
    const bool in = (role == SIDE_PAYEE) == (tx->tx_status == TX_STATUS_SETTLED);
    return in ? tx->amount_tiyn : -tx->amount_tiyn;
}

static struct account *account_of(const struct apply *a, uint32_t row, int role) {
    const account_place *place = a->work[row].places[role];
    return place == NULL ? NULL : accounts_at(a->accounts, place);
}

/* `flagged`: there is evidence against the payer. */
static struct ring_event event_of(const struct apply *a, const struct batch *batch, uint32_t row,
                                  enum side_role role, bool flagged) {
    const struct transaction *tx = &batch->tx[row];
    const struct party *party = party_of(tx, role);
    const struct account *other = account_of(a, row, 1 - (int)role);
    int64_t before = 0;
    const bool fits =
        !__builtin_sub_overflow(party->balance_after_minor, apply_moved_in(tx, role), &before);
    return (struct ring_event){
        .second = tx->event_time_s,
        .amount_tiyn = tx->amount_tiyn,
        .balance_before_tiyn = before,
        .balance_present = party->balance_after_present && fits,
        .ordinal = batch->input[row].ordinal,
        .counterparty = other == NULL ? 0 : account_number(other),
        .tx_hash = a->work[row].tx_hash,
        .amount = quantise_amount(tx->amount_tiyn),
        .bits = bits_of(tx, role),
        .kind = kind_of(tx, role, flagged),
        .event_type = tx->event_type,
        .channel = tx->channel,
        .rail = tx->rail,
    };
}

/* Earlier rows of this batch keep seeing the record as it stood for them. */
static void keep_for_earlier_rows(struct apply *a, struct batch *batch, struct account *account) {
    if (account->side == 0) return;
    const uint8_t size_class = account->size_class == CLASS_PANES ? CLASS_128 : account->size_class;
    struct account *copy = (struct account *)(void *)(a->copies + a->copies_used);
    a->copies_used += class_bytes(size_class);
    assert(a->copies_used <= a->copies_size);
    account_move(account, copy, size_class);
    for (uint32_t i = account->side - 1u; i < batch->sides; i++)
        if (batch->side[i].account == account) batch->side[i].account = copy;
    account->side = 0;
}

/* What is known of reported money on the account as it stands. */
static struct taint_answer ask_taint(const struct apply *a, const struct batch *batch, uint32_t row,
                                     const struct account *account) {
    struct taint_answer answer = {.amount_72h = 0};
    if (a->taint != NULL && (account->flags & (ACCOUNT_TAINTED | ACCOUNT_BOUNDED)) != 0)
        taint_ask(a->taint, account->number, batch->tx[row].event_time_s, batch->clock_s[row],
                  &answer);
    return answer;
}

/* Its place among what is told of the side; SIGNAL_IDS_MAX: it has none. */
static uint32_t tell_id(struct batch *batch, uint32_t side, const char *id) {
    char(*told)[SIGNAL_ID_SIZE] = batch->told[side];
    struct side *s = &batch->side[side];
    uint32_t at = 0;
    while (at < s->told && strcmp(told[at], id) != 0)
        at++;
    if (at < s->told || at == SIGNAL_IDS_MAX) return at;
    memcpy(told[s->told++], id, strlen(id) + 1);
    return at;
}

/* Which signals speak of the party, and of money that came to it. */
static void tell(const struct apply *a, struct batch *batch, uint32_t side,
                 const struct signal_evidence *evidence, const struct account *account) {
    struct account_key reports[SIGNAL_IDS_MAX - SIGNALS_STRONGEST];
    struct side *s = &batch->side[side];
    char id[SIGNAL_ID_SIZE];
    for (uint32_t i = 0; i < evidence->strongest_count; i++) {
        const uint32_t at =
            tell_id(batch, side, signals_id(a->signals, evidence->strongest[i], id));
        const bool by_citizen = signals_is_citizens(a->signals, evidence->strongest[i]);
        s->told_by_citizens |= (uint32_t)by_citizen << at;
    }
    if ((account->flags & ACCOUNT_TAINTED) == 0) return;
    const uint32_t count =
        taint_reports(a->taint, account->number, reports, sizeof reports / sizeof reports[0]);
    for (uint32_t i = count; i > 0; i--)
        if (signals_id_of(a->signals, reports[i - 1], id) != NULL)
            s->told_by_money |= UINT32_C(1) << tell_id(batch, side, id);
}

static void add_side(struct apply *a, struct batch *batch, uint32_t row, enum side_role role,
                     struct account *account, const struct amounts_before *before,
                     const struct outside *said) {
    struct outside outside = *said;
    outside.taint = ask_taint(a, batch, row, account);
    const uint32_t i = batch->sides++;
    if (account->side == 0) account->side = (uint16_t)(i + 1);
    batch->side[i] = (struct side){
        .event = row,
        .account_number = account->number,
        .role = role,
        .taint_approximate = outside.taint.approximate,
        .traced_tiyn = outside.taint.there,
        .account = account,
    };
    features_quality(account, batch->tx[row].event_time_s, a->first_s, &batch->side[i]);
    features_take(&a->features, batch, i, account, before, &outside);
    tell(a, batch, i, said->evidence, account);
}

/* A record of a larger class, or the events back at slot 0: there is room for one more. */
static struct account *make_room(struct apply *a, account_place *place, struct account *account) {
    const uint8_t size_class = account->size_class;
    if (size_class == CLASS_128 && account->count == RING_MAX)
        return accounts_resize(a->accounts, place, CLASS_PANES);
    if (account_has_room(account)) return account;
    if (account->first == 0) return accounts_resize(a->accounts, place, (uint8_t)(size_class + 1));
    account_compact(account);
    return account;
}

/* Returns the record, which may have moved. */
static struct account *insert(struct apply *a, struct batch *batch, uint32_t row, int role,
                              const struct ring_event *event) {
    account_place *place = a->work[row].places[role];
    struct account *account = accounts_at(a->accounts, place);
    keep_for_earlier_rows(a, batch, account);
    account = make_room(a, place, account);
    account_insert(account, event, a->features.kernels);
    return account;
}

/* Traced money goes along with what moved. Nearly no account has any. */
static void move_taint(struct apply *a, const struct batch *batch, uint32_t row) {
    const struct account *payer = account_of(a, row, SIDE_PAYER);
    if (payer == NULL || (payer->flags & ACCOUNT_TAINTED) == 0) return;
    const struct account *payee = account_of(a, row, SIDE_PAYEE);
    taint_moved(a->taint, batch->input[row].ordinal, payer->number,
                payee == NULL ? 0 : payee->number, batch->clock_s[row]);
}

/* Money that moved is applied, then scored: the debit before the credit. */
static void apply_moved(struct apply *a, struct batch *batch, uint32_t row,
                        const struct ring_event events[2], const struct outside outside[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        const struct account *account = account_of(a, row, role);
        if (account == NULL) continue;
        const struct amounts_before before = features_before(account);
        struct account *after = insert(a, batch, row, role, &events[role]);
        if (role == SIDE_PAYEE) move_taint(a, batch, row);
        add_side(a, batch, row, (enum side_role)role, after, &before, &outside[role]);
    }
}

/* An attempt is scored against the state as it stands; the payer's ring remembers it afterwards. */
static void apply_attempt(struct apply *a, struct batch *batch, uint32_t row,
                          const struct ring_event events[2], const struct outside outside[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        struct account *account = account_of(a, row, role);
        if (account == NULL) continue;
        const struct amounts_before before = features_before(account);
        add_side(a, batch, row, (enum side_role)role, account, &before, &outside[role]);
    }
    if (a->work[row].places[SIDE_PAYER] != NULL)
        insert(a, batch, row, SIDE_PAYER, &events[SIDE_PAYER]);
}

typedef bool account_question(const struct account *account, const struct ring_event *event,
                              const struct kernels *kernels);

/* Whether either side's account says so of its event. */
static bool either(const struct apply *a, uint32_t row, const struct ring_event events[2],
                   account_question *ask) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        const struct account *account = account_of(a, row, role);
        if (account != NULL && ask(account, &events[role], a->features.kernels)) return true;
    }
    return false;
}

/* Both sides are brought up to the row's engine clock before anything is asked of them. */
static void touch(struct apply *a, struct batch *batch, uint32_t row) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        struct account *account = account_of(a, row, role);
        if (account == NULL) continue;
        keep_for_earlier_rows(a, batch, account);
        accounts_touch(a->accounts, a->work[row].places[role], batch->clock_s[row]);
    }
}

static void ask_signals(const struct apply *a, const struct batch *batch, uint32_t row,
                        struct signal_evidence evidence[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        evidence[role] = (struct signal_evidence){.weight = 0};
        if (!a->asking || a->work[row].places[role] == NULL) continue;
        const struct subjects *subjects = &a->subjects[row][role];
        signals_ask(a->signals, subjects->keys, subjects->count, batch->clock_s[row],
                    &evidence[role]);
    }
}

/* Whether the payer was called from a marked number within the day before, and pays somebody new.
 */
static bool is_fraud_call(const struct apply *a, uint32_t row, const struct ring_event *event,
                          int64_t called_s) {
    if (called_s > event->second || called_s <= event->second - FRAUD_CALL_S) return false;
    if (event->event_type == EVENT_TYPE_OWN_TRANSFER || (event->bits & BIT_REVERSAL) != 0)
        return false;
    return account_is_stranger(account_of(a, row, SIDE_PAYER), event, a->features.kernels);
}

static void apply_row(struct apply *a, struct batch *batch, uint32_t row) {
    struct signal_evidence evidence[2];
    touch(a, batch, row);
    ask_signals(a, batch, row, evidence);
    const bool flagged = evidence[SIDE_PAYER].weight > 0;
    const struct ring_event events[2] = {event_of(a, batch, row, SIDE_PAYER, flagged),
                                         event_of(a, batch, row, SIDE_PAYEE, flagged)};
    const bool attempt = is_attempt(batch->tx[row].tx_status);
    batch->moved[row] = attempt && either(a, row, events, account_has_moved);
    if (either(a, row, events, account_holds)) {
        batch->verdict[row] = VERDICT_DUPLICATE;
        return;
    }
    if (a->first_s == INT64_MAX) a->first_s = batch->tx[row].event_time_s;
    const int64_t called_s = evidence[SIDE_PAYER].called_s;
    const struct outside outside[2] = {
        {.list_evidence = evidence[SIDE_PAYER].weight,
         .fraud_call = called_s != 0 && is_fraud_call(a, row, &events[SIDE_PAYER], called_s),
         .evidence = &evidence[SIDE_PAYER]},
        {.list_evidence = evidence[SIDE_PAYEE].weight, .evidence = &evidence[SIDE_PAYEE]}};
    if (attempt)
        apply_attempt(a, batch, row, events, outside);
    else
        apply_moved(a, batch, row, events, outside);
}

/* Upkeep falls between the same rows for any split into batches. */
static void maintain(struct apply *a, const struct batch *batch) {
    const uint64_t first = batch->input[0].ordinal;
    assert(first / ACCOUNTS_STRIDE == batch->input[batch->count - 1].ordinal / ACCOUNTS_STRIDE);
    if (first >= a->maintain_at) {
        accounts_maintain(a->accounts, a->clock_s);
        if (a->taint != NULL) taint_maintain(a->taint, a->clock_s);
        a->maintain_at = (first / ACCOUNTS_STRIDE + 1) * ACCOUNTS_STRIDE;
    }
    a->clock_s = batch->clock_s[batch->count - 1];
}

/* The next batch refers to nothing of this one. */
static void let_go(const struct apply *a, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->count; row++)
        for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
            struct account *account = account_of(a, row, role);
            if (account != NULL) account->side = 0;
        }
}

/* A report in force is traced; one that is none any more, or another now, is undone. Returns what
 * taint_report does; *still: it is a revision, and some of what it reported is reported still. */
static uint32_t trace_signal(struct apply *a, const struct signal *s, enum signal_effect effect,
                             int64_t clock_s, bool *still) {
    const bool named = s->kind == SIGNAL_WITHDRAWAL;
    if (effect == EFFECT_REVISED) return taint_revise(a->taint, s, clock_s, still);
    if (effect == EFFECT_WITHDRAWN)
        taint_withdraw(a->taint, named ? s->withdraws_signal_id : s->signal_id, clock_s);
    return effect == EFFECT_ADDED ? taint_report(a->taint, s, clock_s) : 0;
}

/* Before the first transaction there is no clock by which signals end: where one has no room, what
 * had ended when it was reported makes some. */
static enum signal_effect take_signal(struct apply *a, const struct signal *s, int64_t clock_s) {
    const enum signal_effect effect = signals_apply(a->signals, s, clock_s);
    if (effect != EFFECT_FULL || clock_s != 0) return effect;
    signals_drop_ended(a->signals, s->reported_at_s);
    return signals_apply(a->signals, s, clock_s);
}

static void apply_signal(struct apply *a, struct batch *batch, uint32_t row) {
    const struct signal *s = &batch->signal[row];
    const int64_t clock_s = batch->clock_s[row];
    const enum signal_effect effect = take_signal(a, s, clock_s);
    batch->signal_effect[row] = effect;
    batch->still_traced[row] = false;
    batch->signal_untraced[row] =
        a->taint == NULL ? 0 : trace_signal(a, s, effect, clock_s, &batch->still_traced[row]);
}

/* An empty table is asked nothing. */
static bool may_find_signals(const struct apply *a, const struct batch *batch) {
    if (a->signals == NULL) return false;
    if (signals_count(a->signals) > 0) return true;
    for (uint32_t row = 0; row < batch->count; row++)
        if (batch->verdict[row] == VERDICT_SIGNAL) return true;
    return false;
}

void apply_batch(struct apply *a, struct batch *batch) {
    batch->sides = 0;
    if (batch->count == 0) return;
    a->copies_used = 0;
    maintain(a, batch);
    hash_keys(a, batch);
    a->asking = may_find_signals(a, batch);
    if (a->asking) hash_subjects(a, batch);
    fetch_records(a, batch, 0);
    for (uint32_t row = 0; row < batch->count; row++) {
        if (row % FETCH_ROWS == 0) {
            find_accounts(a, batch, row);
            fetch_records(a, batch, row + FETCH_ROWS);
        }
        if (batch->verdict[row] == VERDICT_ACCEPTED) apply_row(a, batch, row);
        if (batch->verdict[row] == VERDICT_SIGNAL) apply_signal(a, batch, row);
    }
    features_flush(&a->features, batch);
    let_go(a, batch);
}

void apply_save_begin(struct apply *a, struct pack *head, const struct apply_sinks *sinks) {
    pack_u64(head, a->maintain_at);
    pack_i64(head, a->clock_s);
    pack_i64(head, a->first_s);
    if (a->taint != NULL) taint_save_begin(a->taint, head, &sinks->taint);
    accounts_save_begin(a->accounts, head, &sinks->accounts);
}

bool apply_save_step(struct apply *a, uint32_t looks) {
    return accounts_save_step(a->accounts, looks);
}

bool apply_save_end(struct apply *a) {
    return accounts_save_end(a->accounts);
}

bool apply_save_taint_step(struct apply *a, uint32_t looks) {
    return a->taint != NULL && taint_save_step(a->taint, looks);
}

bool apply_save_taint_end(struct apply *a) {
    return a->taint == NULL || taint_save_end(a->taint);
}

bool apply_load_begin(struct apply *a, struct accounts_load *load, struct unpack *head,
                      struct error *error) {
    a->maintain_at = unpack_u64(head);
    a->clock_s = unpack_i64(head);
    a->first_s = unpack_i64(head);
    if (a->taint != NULL && !taint_load_begin(a->taint, head, error)) return false;
    return accounts_load_begin(a->accounts, load, head, error);
}

bool apply_load_records(struct apply *a, struct accounts_load *load, struct unpack *records) {
    return accounts_load_records(a->accounts, load, records);
}

bool apply_load_taint(struct apply *a, struct unpack *records) {
    return a->taint != NULL && taint_load_records(a->taint, records);
}

bool apply_load_end(struct apply *a, const struct accounts_load *load, struct error *error) {
    return accounts_load_end(a->accounts, load) &&
           (a->taint == NULL
                ? load->tainted == 0
                : taint_load_end(a->taint, error) && taint_fits(a->taint, load->tainted));
}
