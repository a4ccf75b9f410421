/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/histories.h"

#include "tests/a_signal.h"
#include "tests/chance.h"
#include "tests/rows.h"
#include "tests/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, PANE_S = 21600, RING = 128, SPARSE = 12, MIDDLING = 60 };
#define START_S INT64_C(1767225600)

static int64_t below(struct chance *chance, int64_t limit) {
    return (int64_t)(chance_bits(chance) % (uint64_t)limit);
}

/* How a history goes: each has its own pace, amounts and company. */
struct manner {
    uint32_t count;
    int64_t pace_s, lag_s; /* between events; from an event to its ingest_time, at most */
    int accounts, amounts;
    bool hot; /* one account is in nearly all events, one other in nearly all of them */
    uint32_t late, too_late, reversed, attempted, twice, balances, edges, silences, ingested;
};

static void set_length(struct chance *chance, uint64_t seed, struct manner *m) {
    static const int64_t paces[] = {1, 60, 600, 3600, 6 * 3600, DAY_S, 4 * DAY_S, 30 * DAY_S};
    static const int64_t busy[] = {60, 600, 3600, 5400};
    m->hot = history_is_busy(seed) && chance_is(chance, 50);
    if (history_is_busy(seed)) {
        m->count = 150 + chance_below(chance, HISTORY_EVENTS_MAX - 150 + 1);
        m->accounts = m->hot ? HISTORY_ACCOUNTS_MAX : 1 + (int)chance_below(chance, 2);
        m->pace_s = busy[chance_below(chance, 4)];
        return;
    }
    const uint32_t most = chance_is(chance, 25) ? MIDDLING : SPARSE;
    m->count = 1 + chance_below(chance, most);
    m->accounts = 1 + (int)chance_below(chance, HISTORY_ACCOUNTS_MAX);
    m->pace_s = paces[chance_below(chance, 8)];
}

static struct manner manner_of(struct chance *chance, uint64_t seed) {
    static const int64_t lags[] = {0, 60, 3600, 3 * DAY_S};
    struct manner m;
    set_length(chance, seed, &m);
    m.lag_s = lags[chance_below(chance, 4)];
    m.amounts = (int)chance_below(chance, 4);
    m.late = chance_below(chance, 3) * 15;
    m.too_late = chance_below(chance, 2) * 3;
    m.reversed = chance_below(chance, 3) * 8;
    m.attempted = chance_below(chance, 3) * 8;
    m.twice = chance_below(chance, 3) * 4;
    m.balances = chance_below(chance, 3) * 40;
    m.edges = chance_below(chance, 3) * 20;
    m.silences = chance_below(chance, 3) * 2;
    m.ingested = chance_below(chance, 3) * 50;
    if (m.hot) m.too_late = m.reversed = m.attempted = m.twice = 0; /* each has its own place */
    return m;
}

static int64_t random_amount(struct chance *chance, int amounts) {
    static const int64_t special[] = {0,
                                      1,
                                      99999,
                                      100000,
                                      INT64_C(2147483647),
                                      INT64_C(2147483648),
                                      INT64_C(2147516415),
                                      INT64_C(2147516416),
                                      INT64_C(140737488289792),
                                      INT64_C(140737488322559),
                                      INT64_C(140737488322560),
                                      INT64_C(140737488355327),
                                      INT64_C(140737488355328),
                                      INT64_MAX};
    if (amounts == 0) return 100000 * (1 + below(chance, 4));
    if (amounts == 1) return below(chance, 300000);
    if (amounts == 2 || chance_is(chance, 70)) return below(chance, INT64_C(1) << 36);
    return special[chance_below(chance, sizeof special / sizeof *special)];
}

static int64_t random_balance(struct chance *chance) {
    if (chance_is(chance, 5)) return chance_is(chance, 50) ? INT64_MAX : INT64_MIN;
    return below(chance, 2000000) - 500000;
}

/* A second at, before or after an edge that an old event makes. */
static int64_t edge_of(struct chance *chance, int64_t old_s) {
    static const int64_t edges[] = {0, 600, 3600, 21600, 86400, 3 * DAY_S, 7 * DAY_S, 8 * DAY_S};
    static const int64_t windows[] = {PANE_S, DAY_S, 3 * DAY_S, 7 * DAY_S};
    const int64_t around = below(chance, 3) - 1;
    if (chance_is(chance, 70)) return old_s + edges[chance_below(chance, 8)] + around;
    return old_s / PANE_S * PANE_S + windows[chance_below(chance, 4)] + PANE_S / 2 + around;
}

static int64_t random_second(struct chance *chance, const struct history *h, const struct manner *m,
                             int64_t clock_s) {
    const int64_t oldest_s = clock_s - 7 * DAY_S;
    if (h->count > 0 && chance_is(chance, m->edges)) {
        const uint32_t recent = h->count < 200 ? h->count : 200;
        const struct transaction *old = &h->tx[h->count - 1 - chance_below(chance, recent)];
        const int64_t second = edge_of(chance, old->event_time_s);
        if (second >= oldest_s) return second;
    }
    if (chance_is(chance, m->too_late)) return oldest_s - 1 - below(chance, DAY_S);
    if (chance_is(chance, m->late)) return oldest_s + below(chance, 7 * DAY_S + 1);
    if (chance_is(chance, m->silences)) return clock_s + 24 * DAY_S + below(chance, 10 * DAY_S);
    return clock_s + (chance_is(chance, 30) ? 0 : below(chance, 2 * m->pace_s));
}

static const char *const names[HISTORY_ACCOUNTS_MAX] = {"anna", "boris", "vera",
                                                        "gleb", "dina",  "egor"};

static void random_party(struct chance *chance, const struct manner *m, struct party *p) {
    p->account_token = text_of(names[chance_below(chance, (uint32_t)m->accounts)]);
    p->balance_after_present = chance_is(chance, m->balances);
    if (p->balance_after_present) p->balance_after_minor = random_balance(chance);
    p->account_opened_on_present = chance_is(chance, 50);
    p->account_opened_on_day = (int32_t)(START_S / DAY_S - 100 + below(chance, 120));
    p->credential_changed_at_present = chance_is(chance, 50);
    p->credential_changed_at_s = START_S - DAY_S + below(chance, 9 * DAY_S);
    p->phone_owner_mismatch = (uint8_t)chance_below(chance, 3);
}

/* The others but one come back after exactly as many events as a ring holds. */
static void around_the_hot_one(struct chance *chance, uint32_t event, struct transaction *tx) {
    const bool pays = chance_is(chance, 50);
    struct party *hot = pays ? &tx->payer : &tx->payee, *other = pays ? &tx->payee : &tx->payer;
    const uint32_t place = event % RING;
    hot->account_token = text_of(names[0]);
    other->account_token = text_of(names[place < HISTORY_ACCOUNTS_MAX - 2 ? 2 + place : 1]);
}

static uint8_t random_type(struct chance *chance) {
    return chance_is(chance, 50) ? EVENT_TYPE_P2P_TRANSFER
                                 : (uint8_t)chance_below(chance, EVENT_TYPE_OTHER + 1);
}

static void random_sides(struct chance *chance, const struct manner *m, uint32_t event,
                         struct transaction *tx) {
    random_party(chance, m, &tx->payer);
    random_party(chance, m, &tx->payee);
    if (m->hot) {
        around_the_hot_one(chance, event, tx);
        return;
    }
    const bool out_only = tx->event_type == EVENT_TYPE_CASH_WITHDRAWAL || chance_is(chance, 10);
    if (out_only)
        tx->payee.account_token = (struct text){0};
    else if (tx->event_type == EVENT_TYPE_CASH_DEPOSIT || chance_is(chance, 10))
        tx->payer.account_token = (struct text){0};
}

static struct transaction random_transaction(struct chance *chance, struct history *h,
                                             const struct manner *m) {
    snprintf(h->ids[h->count], HISTORY_ID_MAX, "t%u", h->count);
    struct transaction tx = {
        .tx_id = text_of(h->ids[h->count]),
        .event_type = random_type(chance),
        .tx_status = TX_STATUS_SETTLED,
        .amount_minor = random_amount(chance, m->amounts),
        .active_call = (uint8_t)chance_below(chance, 3),
        .remote_access = (uint8_t)chance_below(chance, 3),
        .payee_alias_type = (uint8_t)chance_below(chance, ALIAS_TYPE_OTHER + 1),
    };
    static const char *const countries[] = {"", "KZ", "RU", "K"};
    tx.country_to = text_of(countries[chance_below(chance, 4)]);
    random_sides(chance, m, h->count, &tx);
    if (!chance_is(chance, m->attempted)) return tx;
    static const uint8_t stopped[] = {TX_STATUS_ATTEMPTED, TX_STATUS_SUSPENDED, TX_STATUS_REFUSED,
                                      TX_STATUS_UNKNOWN};
    tx.tx_status = stopped[chance_below(chance, 4)];
    return tx;
}

/* A new one, an old one again, or an old one taken back, whole or in part. */
static struct transaction random_event(struct chance *chance, struct history *h,
                                       const struct manner *m) {
    const uint32_t near = h->count < 12 || chance_is(chance, 10) ? h->count : 12;
    const struct transaction *old =
        h->count == 0 ? NULL : &h->tx[h->count - 1 - chance_below(chance, near)];
    if (old != NULL && chance_is(chance, m->twice)) return *old;
    if (old == NULL || !chance_is(chance, m->reversed)) return random_transaction(chance, h, m);
    struct transaction tx = *old;
    tx.tx_status = TX_STATUS_REVERSED;
    if (chance_is(chance, 30)) tx.amount_minor = random_amount(chance, m->amounts);
    return tx;
}

/* ingest_time: absent, up to 5 minutes before the event, or after it. Returns the record's time. */
static int64_t set_ingest(struct chance *chance, const struct manner *m, struct transaction *tx) {
    tx->ingest_time_present = chance_is(chance, m->ingested);
    tx->ingest_time_s = 0;
    if (!tx->ingest_time_present) return tx->event_time_s;
    tx->ingest_time_s = chance_is(chance, 20) ? tx->event_time_s - below(chance, 301)
                                              : tx->event_time_s + below(chance, m->lag_s + 1);
    return tx->ingest_time_s;
}

/* What accounts have beside, some of it together. */
static const char *const persons[HISTORY_ACCOUNTS_MAX] = {"P1", "P1", "P2", "P3", "", "P4"};
static const char *const phones[HISTORY_ACCOUNTS_MAX] = {"T1", "T2", "T2", "T3", "T4", ""};
static const char *const devices[] = {"", "D1", "D2"};

static void dress(struct party *p) {
    for (int i = 0; i < HISTORY_ACCOUNTS_MAX; i++)
        if (text_equal(p->account_token, text_of(names[i]))) {
            p->person_token = text_of(persons[i]);
            p->phone_token = text_of(phones[i]);
        }
}

/* The confidence of a signal, its kind and who says so. */
static struct signal random_claim(struct chance *chance, const char *id) {
    static const enum signal_kind kinds[] = {SIGNAL_INCIDENT, SIGNAL_LIST_ENTRY, SIGNAL_BOT_REPORT,
                                             SIGNAL_OUTCOME,  SIGNAL_FRAUD_CALL, SIGNAL_SIM_BOX};
    static const enum signal_source sources[] = {SOURCE_BANK, SOURCE_POLICE, SOURCE_CITIZEN_BOT,
                                                 SOURCE_MOBILE_OPERATOR};
    static const char *const *const tokens[] = {names, persons, phones, devices};
    static const enum subject_type types[] = {SUBJECT_ACCOUNT, SUBJECT_PERSON, SUBJECT_PHONE,
                                              SUBJECT_DEVICE};
    const uint32_t type = chance_below(chance, 4);
    const char *token = tokens[type][chance_below(chance, type == 3 ? 3 : HISTORY_ACCOUNTS_MAX)];
    struct signal s =
        a_signal_of(id, kinds[chance_below(chance, 6)], sources[chance_below(chance, 4)],
                    (enum confidence)(CONFIDENCE_REPORTED + chance_below(chance, 4)),
                    token[0] == '\0' ? names[0] : token);
    s.subjects[0].type = (uint8_t)(token[0] == '\0' ? SUBJECT_ACCOUNT : types[type]);
    if (chance_is(chance, 20)) s.subjects[0].role = ROLE_VICTIM;
    if (s.kind == SIGNAL_OUTCOME) s.outcome_result = OUTCOME_CONFIRMED_FRAUD;
    return s;
}

/* A call an exact day, or a little, before or after the next event. */
static void random_call(struct chance *chance, const struct transaction *next, struct signal *s) {
    static const int64_t ago[] = {-1, 0, 1, 3600, DAY_S - 1, DAY_S, DAY_S + 1};
    const struct text phone = next->payer.phone_token;
    s->called_phone_token = phone.size > 0 && chance_is(chance, 80) ? phone : text_of("T1");
    s->occurred_at_present = true;
    s->occurred_at_s = next->event_time_s - ago[chance_below(chance, 7)];
}

static struct signal random_signal(struct chance *chance, const struct history *h,
                                   uint32_t before) {
    static const char *const ids[HISTORY_SIGNALS_MAX] = {"s0", "s1", "s2", "s3", "s4",  "s5",
                                                         "s6", "s7", "s8", "s9", "s10", "s11"};
    const struct transaction *next = &h->tx[before];
    const char *id = ids[h->signal_count];
    if (h->signal_count > 0 && chance_is(chance, 10)) {
        const uint32_t of = chance_below(chance, h->signal_count);
        struct signal undo = a_withdrawal(id, ids[of], SOURCE_HUB);
        signal_times(&undo, next->event_time_s, next->event_time_s + DAY_S);
        return undo;
    }
    struct signal s = random_claim(chance, id);
    const int64_t from_s = next->event_time_s - below(chance, 2 * DAY_S);
    signal_times(&s, from_s, from_s + 1 + below(chance, 9 * DAY_S));
    if (s.kind == SIGNAL_FRAUD_CALL || s.kind == SIGNAL_SIM_BOX) random_call(chance, next, &s);
    return s;
}

/* By numbers of its own, so that the events of a seed do not depend on what is told of them. */
static void add_signals(struct history *h) {
    struct chance chance = {h->seed ^ 2};
    for (uint32_t i = 0; i < h->count; i++) {
        dress(&h->tx[i].payer);
        dress(&h->tx[i].payee);
        h->tx[i].device_token = text_of(devices[chance_below(&chance, 3)]);
    }
    h->signal_count = 0;
    if (h->count < 2 || chance_is(&chance, 50)) return;
    const uint32_t count = 1 + chance_below(&chance, HISTORY_SIGNALS_MAX);
    for (uint32_t before = 1; h->signal_count < count;) {
        const uint32_t most = (h->count - before) / (count - h->signal_count) * 2;
        before += chance_below(&chance, most == 0 ? 1 : most);
        if (before >= h->count) before = h->count - 1;
        h->signals[h->signal_count].before = before;
        h->signals[h->signal_count].signal = random_signal(&chance, h, before);
        h->signal_count++;
    }
}

bool history_is_busy(uint64_t seed) {
    return seed % 100 == 0;
}

void history_make(struct history *h, uint64_t seed) {
    struct chance chance = {seed};
    const struct manner m = manner_of(&chance, seed);
    int64_t clock_s = START_S + below(&chance, DAY_S);
    h->seed = seed;
    h->dormancy_s = (chance_is(&chance, 50) ? 30 : 180) * (int64_t)DAY_S;
    for (h->count = 0; h->count < m.count; h->count++) {
        struct transaction tx = random_event(&chance, h, &m);
        tx.event_id = tx.tx_id;
        tx.currency = text_of("KZT");
        tx.event_time_s = random_second(&chance, h, &m, clock_s);
        const int64_t second = set_ingest(&chance, &m, &tx);
        if (tx.event_time_s >= clock_s - 7 * DAY_S && second > clock_s) clock_s = second;
        h->tx[h->count] = tx;
    }
    add_signals(h);
}

void history_without(const struct history *h, uint32_t first, uint32_t count, struct history *out) {
    out->seed = h->seed;
    out->dormancy_s = h->dormancy_s;
    out->count = h->count - count;
    memcpy(out->tx, h->tx, first * sizeof *out->tx);
    memcpy(&out->tx[first], &h->tx[first + count], (out->count - first) * sizeof *out->tx);
    out->signal_count = h->signal_count;
    for (uint32_t i = 0; i < h->signal_count; i++) {
        const uint32_t before = h->signals[i].before;
        const uint32_t gone = before <= first ? 0 : before - first < count ? before - first : count;
        out->signals[i].signal = h->signals[i].signal;
        out->signals[i].before = before == gone ? 1 : before - gone;
    }
}

static void print_party(const char *word, const struct party *p) {
    print_error(" %s %.*s", word, (int)p->account_token.size, p->account_token.data);
    if (p->balance_after_present) print_error(" (has %" PRId64 ")", p->balance_after_minor);
}

static void print_signal(const struct history_signal *s) {
    const struct signal *of = &s->signal;
    print_error("    before %u, %s by %s, %s", s->before, signal_kind_symbols[of->kind],
                signal_source_symbols[of->source], confidence_symbols[of->confidence]);
    if (of->subject_count > 0)
        print_error(", of %.*s%s", (int)of->subjects[0].token.size, of->subjects[0].token.data,
                    of->subjects[0].role == ROLE_VICTIM ? " as a victim" : "");
    print_error(", from %" PRId64 " to %" PRId64, of->valid_from_s - START_S,
                of->valid_until_s - START_S);
    if (of->called_phone_token.size > 0)
        print_error(", called %.*s at %" PRId64, (int)of->called_phone_token.size,
                    of->called_phone_token.data, of->occurred_at_s - START_S);
    print_error("\n");
}

void history_print(const struct history *h) {
    print_error("seed %" PRIu64 ", dormancy %" PRId64 " d\n", h->seed, h->dormancy_s / DAY_S);
    for (uint32_t i = 0; i < h->count; i++) {
        const struct transaction *tx = &h->tx[i];
        print_error("%3u %.*s status %d type %d at %" PRId64, i, (int)tx->tx_id.size,
                    tx->tx_id.data, tx->tx_status, tx->event_type, tx->event_time_s - START_S);
        if (tx->ingest_time_present)
            print_error(" ingested %+" PRId64, tx->ingest_time_s - tx->event_time_s);
        print_error(" amount %" PRId64, tx->amount_minor);
        print_party("from", &tx->payer);
        print_party("to", &tx->payee);
        print_error("\n");
    }
    for (uint32_t i = 0; i < h->signal_count; i++)
        print_signal(&h->signals[i]);
}

uint64_t history_ordinal(const struct history *h, uint32_t event) {
    return event == 0 ? 0 : ACCOUNTS_STRIDE - h->count / 2 + event;
}
