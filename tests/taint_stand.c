/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/taint_stand.h"

#include "tests/a_signal.h"
#include "tests/rows.h"
#include "tests/sample.h"
#include "tests/taint_saved.h"

#include <stdio.h>
#include <string.h>

struct stand stand;

const char *const names[ACCOUNTS + 1] = {NULL,   "anna", "boris", "vera",
                                         "gleb", "dina", "egor",  "fatima"};

void open_engine(void) {
    struct error error;
    const struct signals_options signals = {.max = 1000};
    stand.signals = signals_open(&signals, &error);
    const struct apply_options options = {
        .accounts = {.memory_limit = UINT64_C(64) << 20, .dormancy_s = (int64_t)180 * DAY_S},
        .kernel_tier = "auto",
        .signals = stand.signals,
        .taint = stand.options,
    };
    stand.apply = apply_open(&options, &error);
    stand.batch = batch_new();
    stand.twin = naive_tracing_new(&(struct naive_money_limits){stand.options.limits.hops_max,
                                                                stand.options.limits.seconds_max,
                                                                stand.options.limits.floor_tiyn});
    assert_true(stand.apply != NULL && stand.batch != NULL);
}

void close_engine(void) {
    apply_close(stand.apply);
    signals_close(stand.signals);
    naive_tracing_free(stand.twin);
    batch_free(stand.batch);
}

void begin(void) {
    memset(&stand, 0, sizeof stand);
    stand.options = (struct taint_options){{10, 72 * HOUR_S, 0, 0}, 4096, 1000};
    stand.batch_rows = 1;
    open_engine();
}

int set_up(void **state) {
    (void)state;
    begin();
    return 0;
}

int tear_down(void **state) {
    (void)state;
    close_engine();
    return 0;
}

static uint32_t named(struct text token) {
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        if (text_equal(text_of(names[i]), token)) return i;
    return 0;
}

static void tell_twin(uint32_t row) {
    const struct batch *b = stand.batch;
    const struct transaction *tx = &b->tx[row];
    struct naive_traced sides[2];
    naive_tracing_row(stand.twin, b->input[row].ordinal, b->clock_s[row]);
    if (b->verdict[row] == VERDICT_SIGNAL)
        hold_revision_to_twin(row, naive_tracing_hear(stand.twin, &b->signal[row],
                                                      (enum signal_effect)b->signal_effect[row]));
    if (b->verdict[row] != VERDICT_ACCEPTED) return;
    const uint32_t accounts[2] = {named(tx->payer.account_token), named(tx->payee.account_token)};
    naive_tracing_take(stand.twin, tx, accounts, sides);
    hold_to_twin(row, sides);
}

void flush(void) {
    if (stand.batch->count > 0) apply_batch(stand.apply, stand.batch);
    for (uint32_t row = 0; row < stand.batch->count; row++)
        tell_twin(row);
    if (stand.batch->count == 1) hold_vectors();
    rows_clear(stand.batch);
}

static void next_row(void) {
    stand.ordinal++;
    const bool stride = stand.ordinal % BATCH_STRIDE == 0;
    if (stand.batch->count >= stand.batch_rows || stride) flush();
}

/* Events. */

static void say_balance(uint32_t account, int64_t moved, struct party *party) {
    if (account == 0 || stand.known[account]) return;
    party->balance_after_present = true;
    party->balance_after_minor = stand.openings[account] + moved;
}

static bool is_attempt(uint8_t status) {
    return status != TX_STATUS_SETTLED && status != TX_STATUS_REVERSED;
}

/* Sends the event that stand.moves[count] says, of the transaction of event `of`. */
static void play(uint32_t of) {
    const uint32_t i = stand.count++;
    struct trail_move *m = &stand.moves[i];
    m->tx = stand.moves[of].tx;
    m->payer_before = stand.openings[m->payer];
    m->payee_before = stand.openings[m->payee];
    struct transaction tx =
        sample_transfer(stand.ids[m->tx], names[m->payer], names[m->payee], 0, m->amount);
    tx.event_time_s = m->second;
    tx.ingest_time_present = false;
    tx.ingest_time_s = 0;
    tx.tx_status = m->status;
    tx.event_type = m->type;
    const bool attempt = is_attempt(m->status);
    const int64_t in = attempt ? 0 : m->status == TX_STATUS_SETTLED ? m->amount : -m->amount;
    say_balance(m->payer, -in, &tx.payer);
    say_balance(m->payee, in, &tx.payee);
    stand.known[m->payer] = true;
    if (!attempt) stand.known[m->payee] = true;
    stand.tx[i] = tx;
    stand.ordinals[i] = stand.ordinal;
    rows_add(stand.batch, &stand.tx[i], stand.ordinal);
    next_row();
}

uint32_t move(uint32_t payer, uint32_t payee, int64_t amount, uint8_t type) {
    const uint32_t i = stand.count;
    snprintf(stand.ids[i], sizeof stand.ids[i], "tx-%u", stand.moved++);
    stand.second += 60;
    stand.moves[i] = (struct trail_move){.amount = amount,
                                         .second = SAMPLE_START_S + stand.second,
                                         .payer = payer,
                                         .payee = payee,
                                         .tx = i,
                                         .status = TX_STATUS_SETTLED,
                                         .type = type};
    play(i);
    return i;
}

uint32_t pay(uint32_t payer, uint32_t payee, int64_t amount) {
    return move(payer, payee, amount, EVENT_TYPE_P2P_TRANSFER);
}

void again(uint32_t of, uint8_t status) {
    stand.second += 60;
    stand.moves[stand.count] = stand.moves[of];
    stand.moves[stand.count].status = status;
    stand.moves[stand.count].second = SAMPLE_START_S + stand.second;
    play(of);
}

/* Reports. */

void send_signal(const struct signal *signal) {
    struct batch *b = stand.batch;
    flush();
    b->count = 1;
    b->input[0] = (struct input){.kind = INPUT_SIGNALS, .ordinal = stand.ordinal};
    b->verdict[0] = VERDICT_SIGNAL;
    b->signal[0] = *signal;
    b->clock_s[0] = rows_clock_s();
    next_row();
    flush();
}

struct signal signal_about(struct report *r, bool by_victims) {
    struct signal s = a_signal(r->id, SUBJECT_PHONE, "phone", 0);
    s.kind = SIGNAL_INCIDENT;
    s.source = SOURCE_POLICE;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.revision = ++r->revision;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct trail_move *m = &stand.moves[r->events[i]];
        const bool victim = by_victims && m->payer != 0;
        signal_also(&s, SUBJECT_ACCOUNT, names[victim ? m->payer : m->payee],
                    victim ? ROLE_VICTIM : ROLE_DROPPER);
        s.related_tx_ids[s.tx_id_count++] = text_of(stand.ids[m->tx]);
    }
    return s;
}

struct report *report_of(const uint32_t *events, uint32_t count, bool by_victims) {
    struct report *r = &stand.reports[stand.report_count++];
    snprintf(r->id, sizeof r->id, "report-%u", stand.report_count);
    memcpy(r->events, events, count * sizeof *events);
    r->count = count;
    r->in_force = true;
    const struct signal s = signal_about(r, by_victims);
    send_signal(&s);
    return r;
}

struct report *report(uint32_t event) {
    return report_of(&event, 1, false);
}

static bool is_meant(const struct trail_move *m, uint32_t i, uint32_t account, int64_t second,
                     bool by_victim) {
    const int64_t off_s = m->second - second;
    return (by_victim ? m->payer : m->payee) == account && m->payee != 0 && m->tx == i &&
           m->status == TX_STATUS_SETTLED && m->type == EVENT_TYPE_P2P_TRANSFER &&
           off_s >= -HOUR_S && off_s <= HOUR_S;
}

struct report *report_near(uint32_t account, int64_t second, bool by_victim) {
    struct report *r = &stand.reports[stand.report_count];
    *r = (struct report){.in_force = true, .revision = 1};
    for (uint32_t i = 0; i < stand.count; i++) {
        if (!is_meant(&stand.moves[i], i, account, second, by_victim)) continue;
        if (r->count == REPORT_TX_MAX) return NULL;
        r->events[r->count++] = i;
    }
    snprintf(r->id, sizeof r->id, "report-%u", ++stand.report_count);
    struct signal s =
        a_signal_of(r->id, SIGNAL_INCIDENT, SOURCE_POLICE, CONFIDENCE_CONFIRMED, names[account]);
    if (by_victim) s.subjects[0].role = ROLE_VICTIM;
    s.occurred_at_present = true;
    s.occurred_at_s = second;
    send_signal(&s);
    return r;
}

void withdraw(struct report *r) {
    char id[32];
    snprintf(id, sizeof id, "w-%s-%llu", r->id, (unsigned long long)stand.ordinal);
    const struct signal s = a_withdrawal(id, r->id, SOURCE_POLICE);
    send_signal(&s);
    r->in_force = false;
}

struct taint *taint_of_stand(void) {
    return (struct taint *)(uintptr_t)apply_taint(stand.apply);
}

void save(struct pack *p) {
    taint_save(taint_of_stand(), p);
}
