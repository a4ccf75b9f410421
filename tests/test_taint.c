/* SPDX-License-Identifier: Apache-2.0 */
/* Traced money in the engine is what trail.h says of the whole history: reports that come late,
 * come twice and are withdrawn leave nothing behind that the log would not have. */
#include "tests/support.h"

#include "detector/apply.h"
#include "detector/signals.h"
#include "detector/taint_table.h"
#include "tests/a_signal.h"
#include "tests/chance.h"
#include "tests/rows.h"
#include "tests/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACCOUNTS = 7,
    EVENTS_MAX = 90,
    REPORTS_MAX = 12,
    REPORT_TX_MAX = 3,
    HISTORIES = 1500,
    HOUR_S = 3600,
    DAY_S = 86400,
};

/* What happened, as the trail wants it, and what was reported. */
struct report {
    char id[24];
    uint32_t events[REPORT_TX_MAX];
    uint32_t count;
    int32_t revision;
    bool in_force;
};

static struct stand {
    struct apply *apply;
    struct signals *signals;
    struct batch *batch;
    struct taint_options options;
    uint32_t batch_rows; /* at most */
    uint64_t ordinal;
    struct trail_move moves[EVENTS_MAX];
    struct transaction tx[EVENTS_MAX];
    uint64_t ordinals[EVENTS_MAX];
    char ids[EVENTS_MAX][16];
    uint32_t count;
    struct report reports[REPORTS_MAX];
    uint32_t report_count;
    int64_t openings[ACCOUNTS + 1];
    bool known[ACCOUNTS + 1];
    int64_t second;
    uint64_t compared, vectors; /* lines; vectors with traced money */
    bool cut;                   /* moves[] has not all of the log any more */
} stand;

static const char *const names[ACCOUNTS + 1] = {NULL,   "anna", "boris", "vera",
                                                "gleb", "dina", "egor",  "fatima"};

static void open_engine(void) {
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
    assert_true(stand.apply != NULL && stand.batch != NULL);
}

static void close_engine(void) {
    apply_close(stand.apply);
    signals_close(stand.signals);
    batch_free(stand.batch);
}

static void begin(void) {
    memset(&stand, 0, sizeof stand);
    stand.options = (struct taint_options){{10, 72 * HOUR_S, 0, 0}, 4096, 1000};
    stand.batch_rows = 1;
    open_engine();
}

static int set_up(void **state) {
    (void)state;
    begin();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_engine();
    return 0;
}

static void hold_vectors(void);

static void flush(void) {
    if (stand.batch->count > 0) apply_batch(stand.apply, stand.batch);
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

static uint32_t move(uint32_t payer, uint32_t payee, int64_t amount, uint8_t type) {
    const uint32_t i = stand.count;
    snprintf(stand.ids[i], sizeof stand.ids[i], "tx-%u", i);
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

static uint32_t pay(uint32_t payer, uint32_t payee, int64_t amount) {
    return move(payer, payee, amount, EVENT_TYPE_P2P_TRANSFER);
}

static void again(uint32_t of, uint8_t status) {
    stand.second += 60;
    stand.moves[stand.count] = stand.moves[of];
    stand.moves[stand.count].status = status;
    stand.moves[stand.count].second = SAMPLE_START_S + stand.second;
    play(of);
}

/* Reports. */

static void send_signal(const struct signal *signal) {
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

static struct signal signal_about(struct report *r, bool by_victims) {
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

static struct report *report_of(const uint32_t *events, uint32_t count, bool by_victims) {
    struct report *r = &stand.reports[stand.report_count++];
    snprintf(r->id, sizeof r->id, "report-%u", stand.report_count);
    memcpy(r->events, events, count * sizeof *events);
    r->count = count;
    r->in_force = true;
    const struct signal s = signal_about(r, by_victims);
    send_signal(&s);
    return r;
}

static struct report *report(uint32_t event) {
    return report_of(&event, 1, false);
}

static void withdraw(struct report *r) {
    char id[32];
    snprintf(id, sizeof id, "w-%s-%llu", r->id, (unsigned long long)stand.ordinal);
    const struct signal s = a_withdrawal(id, r->id, SOURCE_POLICE);
    send_signal(&s);
    r->in_force = false;
}

/* Comparing. */

/* Traced money of one credit, source and hop. */
struct line {
    uint32_t event, source, hop;
    int64_t amount, left;
};

struct lines {
    struct line line[4 * EVENTS_MAX];
    uint32_t count;
};

static struct line *line_of(struct lines *l, uint32_t event, uint32_t source, uint32_t hop) {
    for (uint32_t i = 0; i < l->count; i++)
        if (l->line[i].event == event && l->line[i].source == source && l->line[i].hop == hop)
            return &l->line[i];
    assert_true(l->count < 4 * EVENTS_MAX);
    l->line[l->count] = (struct line){event, source, hop, 0, 0};
    return &l->line[l->count++];
}

/* Of the reports in force. */
static struct trail *follow(void) {
    struct error error;
    struct trail_limits limits = stand.options.limits;
    limits.bytes_max = SIZE_MAX;
    for (uint32_t i = 0; i < stand.count; i++)
        stand.moves[i].source = false;
    for (uint32_t r = 0; r < stand.report_count; r++)
        for (uint32_t i = 0; stand.reports[r].in_force && i < stand.reports[r].count; i++)
            stand.moves[stand.reports[r].events[i]].source = true;
    struct trail *trail = trail_follow(stand.moves, stand.count, ACCOUNTS, &limits, &error);
    assert_non_null(trail);
    return trail;
}

static void lines_of_trail(struct lines *l) {
    l->count = 0;
    struct trail *trail = follow();
    size_t count = 0;
    const struct trail_part *parts = trail_parts(trail, &count);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].fate != TRAIL_FOLLOWED || parts[i].amount == 0) continue;
        struct line *line = line_of(l, parts[i].move, parts[parts[i].source].move, parts[i].hop);
        line->amount += parts[i].amount;
        line->left += parts[i].left;
    }
    trail_free(trail);
}

static uint32_t event_of(uint64_t ordinal) {
    for (uint32_t i = 0; i < stand.count; i++)
        if (stand.ordinals[i] == ordinal) return i;
    fail_msg("no event has this ordinal");
    return 0;
}

static const struct account *account_named(uint32_t account) {
    return accounts_find(apply_accounts(stand.apply), account_key_of(text_of(names[account])));
}

static void lines_of_account(uint32_t name, struct lines *l) {
    static struct taint_stretch stretches[TAINT_MARKS_MAX];
    const struct taint *t = apply_taint(stand.apply);
    const struct account *account = account_named(name);
    if (account == NULL) return;
    const uint32_t count = taint_stretches(t, account->number, stretches);
    if (count > 0) assert_true((account->flags & ACCOUNT_TAINTED) != 0);
    struct line *of[TAINT_MARKS_MAX] = {NULL};
    for (uint32_t i = 0; i < count; i++) {
        const struct taint_stretch *s = &stretches[i];
        if (s->hop == TAINT_RETURNED) continue;
        of[i] = line_of(l, event_of(s->ordinal), event_of(t->source[s->source].ordinal), s->hop);
        of[i]->amount += s->amount;
    }
    struct taint_fifo fifo = t->payer; /* its limits and whom it asks */
    taint_fifo_run(&fifo, account, stretches, count, ring_of(account).count);
    for (uint32_t i = 0; i < fifo.segment_count; i++)
        if (fifo.segments[i].mark != TAINT_NONE)
            of[fifo.segments[i].mark]->left += fifo.segments[i].left;
}

static void compare(void) {
    static struct lines expected, actual;
    lines_of_trail(&expected);
    actual.count = 0;
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        lines_of_account(i, &actual);
    for (uint32_t i = 0; i < actual.count; i++) {
        const struct line *a = &actual.line[i],
                          *e = line_of(&expected, a->event, a->source, a->hop);
        if (a->amount != e->amount || a->left != e->left)
            fail_msg("event %u of %u source %u hop %u: %lld left %lld, not %lld left %lld",
                     a->event, stand.count, a->source, a->hop, (long long)a->amount,
                     (long long)a->left, (long long)e->amount, (long long)e->left);
    }
    assert_int_equal(actual.count, expected.count);
    stand.compared += actual.count;
}

/* What the trail says of an account within windows up to a second. */
static struct taint_answer answer_of(const struct trail *trail, uint32_t account, int64_t second) {
    struct taint_answer answer = {.amount_72h = 0};
    bool seen[ACCOUNTS + 1] = {true};
    size_t count = 0;
    const struct trail_part *parts = trail_parts(trail, &count);
    for (size_t i = 0; i < count; i++) {
        const struct trail_move *m = &stand.moves[parts[i].move];
        if (parts[i].fate != TRAIL_FOLLOWED || parts[i].amount == 0 || m->payee != account)
            continue;
        if (stand.moves[parts[parts[i].source].move].second > rows_clock_s() - RING_KEEP_S)
            answer.there += parts[i].left;
        if (m->second > second || m->second <= second - (int64_t)3 * DAY_S) continue;
        answer.amount_72h += parts[i].amount;
        if (answer.hop == 0 || parts[i].hop < answer.hop - 1) answer.hop = parts[i].hop + 1;
        if (m->second <= second - DAY_S || seen[m->payer]) continue;
        seen[m->payer] = true;
        answer.payers_24h++;
    }
    return answer;
}

static bool is_in_force(const char *id) {
    for (uint32_t i = 0; i < stand.report_count; i++)
        if (stand.reports[i].in_force && strcmp(stand.reports[i].id, id) == 0) return true;
    return false;
}

/* Whoever had traced money is told by which reports that are known: in force, and none twice. */
static void hold_told(const struct taint_answer *expected, uint32_t side) {
    const struct batch *b = stand.batch;
    const uint32_t count = b->side[side].told;
    if (expected->hop != 0 && signals_count(stand.signals) > 0) assert_true(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(is_in_force(b->told[side][i]));
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(b->told[side][i], b->told[side][j]);
    }
}

static void hold_side(const struct trail *trail, uint32_t side) {
    const struct batch *b = stand.batch;
    const struct trail_move *m = &stand.moves[stand.count - 1];
    const uint32_t account = b->side[side].role == SIDE_PAYER ? m->payer : m->payee;
    if (m->payer == m->payee && b->side[side].role == SIDE_PAYER) return; /* the debit before */
    const struct taint_answer expected = answer_of(trail, account, m->second);
    double values[FEATURE_COUNT];
    batch_vector(b, side, values);
    assert_true(values[FEATURE_taint_amount_72h] == (double)expected.amount_72h);
    assert_true(values[FEATURE_collector_fan_in_24h] == (double)expected.payers_24h);
    assert_true(expected.hop == 0 ? isnan(values[FEATURE_taint_hop])
                                  : values[FEATURE_taint_hop] == (double)expected.hop);
    /* What a reversal gives back is known behind its payer's side. */
    if (m->status != TX_STATUS_REVERSED || b->side[side].role == SIDE_PAYEE)
        assert_int_equal(b->side[side].traced_tiyn, expected.there);
    hold_told(&expected, side);
    assert_false(b->side[side].taint_approximate);
    stand.vectors += expected.hop != 0;
}

/* The vectors of a row say what the trail does of the log up to it. Where nothing bounds it. */
static void hold_vectors(void) {
    const bool bounded = taint_count(apply_taint(stand.apply)).bounded > 0;
    if (stand.batch->sides == 0 || bounded || stand.cut) return;
    struct trail *trail = follow();
    for (uint32_t side = 0; side < stand.batch->sides; side++)
        hold_side(trail, side);
    trail_free(trail);
}

/* By hand. */

static int64_t there(uint32_t account) {
    static struct lines lines;
    int64_t left = 0;
    lines.count = 0;
    lines_of_account(account, &lines);
    for (uint32_t i = 0; i < lines.count; i++)
        left += lines.line[i].left;
    return left;
}

enum { A = 1, B, C, D, E };

static void a_report_is_traced_to_where_the_money_is_now(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100);
    pay(B, C, 70);
    move(C, 0, 30, EVENT_TYPE_CASH_WITHDRAWAL);
    assert_int_equal(there(B), 0);
    report(stolen);
    assert_int_equal(there(B), 30);
    assert_int_equal(there(C), 40);
    pay(C, D, 25);
    assert_int_equal(there(C), 15);
    assert_int_equal(there(D), 25);
    compare();
}

static void a_withdrawal_takes_the_marks_away_wherever_they_are(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100), other = pay(E, B, 50);
    struct report *first = report(stolen);
    report(other);
    pay(B, C, 120);
    assert_int_equal(there(C), 120);
    withdraw(first);
    assert_int_equal(there(B), 30);
    assert_int_equal(there(C), 20);
    compare();
}

static void what_two_reports_name_stays_until_both_are_withdrawn(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100);
    struct report *first = report(stolen), *second = report(stolen);
    withdraw(first);
    assert_int_equal(there(B), 100);
    withdraw(second);
    assert_int_equal(there(B), 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).sources, 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).marks, 0);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
}

static void a_report_without_ids_is_of_the_amount_near_its_time(void **state) {
    (void)state;
    pay(A, B, 90);
    pay(C, B, 100);
    struct signal s = a_signal("near", SUBJECT_ACCOUNT, names[B], 0);
    s.occurred_at_present = s.amount_present = true;
    s.occurred_at_s = SAMPLE_START_S + 20 * HOUR_S;
    s.amount_kzt_minor = 100;
    send_signal(&s);
    assert_int_equal(there(B), 100);
    s.signal_id = text_of("too far");
    s.occurred_at_s = SAMPLE_START_S + 2 * DAY_S;
    s.amount_kzt_minor = 90;
    send_signal(&s);
    assert_int_equal(there(B), 100);
    s.signal_id = text_of("without an amount");
    s.occurred_at_s = SAMPLE_START_S + HOUR_S;
    s.amount_present = false;
    send_signal(&s);
    assert_int_equal(there(B), 190);
}

/* Anyone can report an enemy. */
static void a_citizen_s_report_is_not_traced(void **state) {
    (void)state;
    struct report r = {.id = "citizen", .events = {pay(A, B, 100)}, .count = 1};
    struct signal s = signal_about(&r, false);
    s.source = SOURCE_CITIZEN_BOT;
    send_signal(&s);
    assert_int_equal(there(B), 0);
    struct signal as_victim = signal_about(&r, true);
    as_victim.signal_id = text_of("as victim");
    as_victim.source = SOURCE_CITIZEN_BOT;
    send_signal(&as_victim);
    assert_int_equal(there(B), 0);
    const struct signal grey =
        a_signal_of("list", SIGNAL_LIST_ENTRY, SOURCE_BANK, CONFIDENCE_CORROBORATED, names[B]);
    send_signal(&grey);
    s.signal_id = text_of("another citizen");
    send_signal(&s); /* somebody else speaks of B, but not of this transfer */
    assert_int_equal(there(B), 0);
}

/* Its withdrawal after that would find no signal that is in force. */
static void a_report_counts_to_the_end_of_its_term(void **state) {
    (void)state;
    struct report r = {.id = "short", .events = {pay(A, B, 100)}, .count = 1};
    struct signal s = signal_about(&r, false);
    s.valid_until_present = true;
    s.valid_until_s = SAMPLE_START_S + stand.second + DAY_S;
    pay(B, C, 70);
    const uint32_t other = pay(E, B, 50);
    send_signal(&s);
    report(other);
    struct taint *t = (struct taint *)(uintptr_t)apply_taint(stand.apply);
    taint_maintain(t, s.valid_until_s - 1);
    assert_int_equal(there(B), 80);
    assert_int_equal(there(C), 70);
    taint_maintain(t, s.valid_until_s);
    assert_int_equal(there(B), 50);
    assert_int_equal(there(C), 0);
}

static void a_rejected_revision_undoes_the_report(void **state) {
    (void)state;
    struct report *r = report(pay(A, B, 100));
    struct signal s = signal_about(r, false);
    s.confidence = CONFIDENCE_REJECTED;
    send_signal(&s);
    assert_int_equal(there(B), 0);
}

static struct taint_answer ask(uint32_t account) {
    struct taint_answer answer;
    taint_ask((struct taint *)(uintptr_t)apply_taint(stand.apply), account_named(account)->number,
              SAMPLE_START_S + stand.second, rows_clock_s(), &answer);
    return answer;
}

static void an_answer_says_how_much_how_far_and_from_how_many(void **state) {
    (void)state;
    const uint32_t one = pay(A, B, 100), two = pay(E, C, 40);
    report(one);
    report(two);
    pay(B, D, 60);
    pay(C, D, 40);
    pay(B, D, 30);
    assert_int_equal(ask(D).amount_72h, 130);
    assert_int_equal(ask(D).hop, 2);
    assert_int_equal(ask(D).payers_24h, 2);
    assert_int_equal(ask(B).hop, 1);
    assert_int_equal(ask(A).hop, 0);
    assert_int_equal(ask(D).there, 130);
    assert_int_equal(ask(B).there, 10);
    move(D, 0, 50, EVENT_TYPE_CASH_WITHDRAWAL);
    assert_int_equal(ask(D).there, 80);
    stand.second += DAY_S;
    assert_int_equal(ask(D).payers_24h, 0);
    assert_int_equal(ask(D).amount_72h, 130);
    stand.second += 2 * DAY_S;
    assert_int_equal(ask(D).amount_72h, 0);
    assert_int_equal(ask(D).hop, 0);
}

/* By the vector of the payee of the last event. */
static void the_next_dropper_is_known_by_the_payment_that_makes_him_one(void **state) {
    (void)state;
    report(pay(A, B, 100));
    const uint64_t before = stand.vectors;
    pay(B, C, 70); /* hold_vectors compares: of both sides some is traced */
    assert_int_equal(stand.vectors - before, 2);
    again(stand.count - 1, TX_STATUS_REFUSED); /* nothing moves, and B is known */
    assert_int_equal(stand.vectors - before, 4);
}

static void nothing_is_known_of_a_source_after_eight_days(void **state) {
    (void)state;
    report(pay(A, B, 100));
    stand.second += 8 * DAY_S;
    pay(C, D, 1);
    assert_int_equal(there(B), 100);
    stand.second += 60;
    for (uint32_t i = 0; i < 5; i++) {
        stand.ordinal = (stand.ordinal / BATCH_STRIDE + 1) * BATCH_STRIDE;
        pay(C, D, 1);
    }
    const struct taint_counts counts = taint_count(apply_taint(stand.apply));
    assert_int_equal(counts.accounts + counts.marks + counts.sources, 0);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
}

static void an_account_that_is_forgotten_takes_its_marks_along(void **state) {
    (void)state;
    report(pay(A, B, 100));
    stand.second += 180 * (int64_t)DAY_S;
    pay(B, C, 1);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).accounts, 0);
}

/* Bounds. */

static void reopen(struct taint_options options) {
    close_engine();
    stand.options = options;
    open_engine();
}

static struct taint_options bounds(uint32_t walk_max, uint32_t accounts_max) {
    return (struct taint_options){{10, 72 * HOUR_S, 0, 0}, walk_max, accounts_max};
}

static void a_walk_that_is_cut_off_is_counted_and_marked(void **state) {
    (void)state;
    reopen(bounds(1, 100));
    const uint32_t stolen = pay(A, B, 100);
    pay(B, C, 100);
    pay(C, D, 100);
    report(stolen);
    assert_int_equal(ask(C).amount_72h, 100); /* as far as it got */
    assert_int_equal(there(D), 0);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
    assert_true(ask(C).approximate);
}

static void all_transfers_of_a_report_share_its_walk(void **state) {
    (void)state;
    reopen(bounds(1, 100));
    const uint32_t events[] = {pay(A, B, 100), pay(A, E, 100)};
    pay(B, C, 100);
    pay(E, D, 100);
    report_of(events, 2, false);
    assert_int_equal(taint_count(apply_taint(stand.apply)).walked, 1);
    assert_int_equal(ask(C).amount_72h, 100);
    assert_int_equal(ask(E).amount_72h, 100);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
}

static void a_table_that_is_full_takes_no_more(void **state) {
    (void)state;
    reopen(bounds(100, 2));
    report(pay(A, B, 100));
    pay(B, C, 60);
    pay(B, D, 40);
    assert_int_equal(there(C), 60);
    assert_int_equal(there(D), 0);
    const struct taint_counts counts = taint_count(apply_taint(stand.apply));
    assert_int_equal(counts.accounts, 2);
    assert_true(counts.bounded > 0);
}

static void a_credit_has_eight_parts_and_then_is_approximate(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        report(pay(A, B, 10));
        pay(C, B, 10);
    }
    pay(B, D, 200);
    assert_int_equal(there(D), 80);
    assert_true(ask(D).approximate);
    assert_false(ask(B).approximate);
}

static void a_ring_that_no_longer_says_is_approximate(void **state) {
    (void)state;
    report(pay(A, B, 100));
    pay(B, C, 1);
    for (uint32_t i = 0; i < EVENTS_MAX - 2; i++)
        pay(B, B, 1);
    stand.count = 0; /* nothing is compared */
    stand.cut = true;
    for (uint32_t i = 0; i < EVENTS_MAX - 2; i++)
        pay(B, B, 1);
    pay(B, C, 1);
    assert_true(ask(B).approximate);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
}

/* Saving. */

static void random_history(uint64_t seed);
static void random_event(struct chance *chance);

static void save(struct pack *p) {
    taint_save(apply_taint(stand.apply), p);
}

static struct taint *load(const struct pack *p, const struct accounts *accounts) {
    struct error error;
    struct unpack u = {p->data, p->data + p->size, false};
    struct taint *t = taint_open(&stand.options, (struct accounts *)(uintptr_t)accounts, &error);
    assert_non_null(t);
    if (taint_load(t, &u) && u.at == u.end) return t;
    taint_close(t);
    return NULL;
}

static void what_is_saved_and_loaded_is_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct pack p = {.data = NULL}, q = {.data = NULL};
        close_engine();
        random_history(seed);
        save(&p);
        struct taint *t = load(&p, apply_accounts(stand.apply));
        assert_non_null(t);
        assert_true(taint_load_end(t, taint_count(t).accounts));
        assert_false(taint_load_end(t, taint_count(t).accounts + 1));
        taint_save(t, &q);
        assert_int_equal(p.size, q.size);
        assert_memory_equal(p.data, q.data, p.size);
        taint_close(t);
        free(p.data);
        free(q.data);
    }
}

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

/* Saves the engine, a few blocks between rows that go on, and loads it into a new one. */
static bool restart(bool untaint) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    struct accounts_load load;
    const struct pack_sink sink = {&records, space};
    apply_save_begin(stand.apply, &head, &sink);
    if (untaint) /* the records that follow say another thing than the head */
        for (uint32_t i = 1; i <= ACCOUNTS; i++)
            if (account_named(i) != NULL)
                ((struct account *)(uintptr_t)account_named(i))->flags &= (uint8_t)~ACCOUNT_TAINTED;
    for (uint32_t i = 1; i <= ACCOUNTS && !untaint; i++) {
        withdraw(&stand.reports[0]); /* changes marks and flags that are not saved yet */
        while (i == ACCOUNTS && apply_save_step(stand.apply, 1))
            ;
    }
    while (apply_save_step(stand.apply, 100))
        ;
    assert_true(apply_save_end(stand.apply));
    close_engine();
    open_engine();
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    const bool ok = apply_load_begin(stand.apply, &load, &h) && h.at == h.end &&
                    apply_load_records(stand.apply, &load, &r) &&
                    apply_load_end(stand.apply, &load);
    free(head.data);
    free(records.data);
    return ok;
}

static void an_engine_that_was_saved_and_loaded_goes_on_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 200; seed < 260; seed++) {
        struct chance chance = {seed};
        close_engine();
        random_history(seed);
        if (stand.report_count == 0 || stand.count > EVENTS_MAX - 20) continue;
        const bool in_force = stand.reports[0].in_force;
        assert_true(restart(false));
        stand.reports[0].in_force = in_force; /* it was withdrawn after the saving had begun */
        compare();
        for (int i = 0; i < 19; i++)
            random_event(&chance);
        flush();
        compare();
    }
}

static void records_that_do_not_fit_the_marks_are_refused(void **state) {
    (void)state;
    report(pay(A, B, 100));
    assert_false(restart(true));
}

/* What is loaded can be worked with, whatever it is: each number is used. */
static void damaged_bytes_are_refused_or_harmless(void **state) {
    (void)state;
    struct chance chance = {3};
    struct pack p = {.data = NULL};
    uint32_t refused = 0, tries = 0;
    for (uint64_t seed = 11; p.size < 1500; seed++) {
        p.size = 0;
        close_engine();
        random_history(seed);
        save(&p);
    }
    for (; tries < 4000; tries++) {
        const uint32_t at = chance_below(&chance, (uint32_t)p.size);
        const uint8_t was = p.data[at];
        p.data[at] ^= (uint8_t)(1u << chance_below(&chance, 8));
        struct taint *t = load(&p, apply_accounts(stand.apply));
        refused += t == NULL;
        for (uint32_t i = 1; t != NULL && i <= ACCOUNTS; i++) {
            struct taint_answer answer;
            taint_ask(t, i, SAMPLE_START_S + stand.second, rows_clock_s(), &answer);
        }
        taint_close(t);
        p.data[at] = was;
    }
    assert_true(refused > tries / 4);
    for (size_t size = p.size; size-- > 0; size -= size < 97 ? size : 97) {
        const struct pack cut = {p.data, size, 0};
        assert_null(load(&cut, apply_accounts(stand.apply)));
    }
    free(p.data);
}

/* Random histories. */

static void random_move(struct chance *chance) {
    static const uint8_t types[] = {EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
                                    EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_OWN_TRANSFER,
                                    EVENT_TYPE_C2B_PAYMENT,  EVENT_TYPE_SALARY_OR_BENEFIT};
    const uint32_t what = chance_below(chance, 100);
    const int64_t amount = 1 + chance_below(chance, 400);
    const uint32_t payer = 1 + chance_below(chance, ACCOUNTS);
    const uint32_t payee = 1 + chance_below(chance, ACCOUNTS);
    if (what < 10)
        move(payer, 0, amount,
             chance_is(chance, 50) ? EVENT_TYPE_CASH_WITHDRAWAL : EVENT_TYPE_CRYPTO_PURCHASE);
    else if (what < 15)
        move(0, payee, amount, EVENT_TYPE_CASH_DEPOSIT);
    else
        move(payer, payee, amount, types[chance_below(chance, sizeof types)]);
}

/* The event is late by up to a day now and then; a history takes a few days. */
static void random_time(struct chance *chance) {
    stand.second += chance_below(chance, 2) * chance_below(chance, 3 * HOUR_S);
    if (chance_is(chance, 10) && stand.second > DAY_S) stand.second -= chance_below(chance, DAY_S);
}

static void random_event(struct chance *chance) {
    static const uint8_t stopped[] = {TX_STATUS_ATTEMPTED, TX_STATUS_REFUSED, TX_STATUS_SUSPENDED};
    const uint32_t old = stand.count == 0 ? 0 : chance_below(chance, stand.count);
    const uint32_t what = stand.count == 0 ? 100 : chance_below(chance, 100);
    random_time(chance);
    if (what < 12)
        again(old, TX_STATUS_REVERSED);
    else if (what < 16)
        again(old, stand.moves[old].status);
    else if (what < 20)
        again(old, stopped[chance_below(chance, 3)]);
    else
        random_move(chance);
}

static bool is_reportable(uint32_t i) {
    const struct trail_move *m = &stand.moves[i];
    return m->status == TX_STATUS_SETTLED && m->payee != 0 && m->tx == i;
}

static void random_report(struct chance *chance) {
    uint32_t events[REPORT_TX_MAX], count = 0;
    const bool victims = chance_is(chance, 50);
    for (int i = 0; i < REPORT_TX_MAX && (count == 0 || chance_is(chance, 30)); i++) {
        const uint32_t event = chance_below(chance, stand.count);
        if (is_reportable(event) && (!victims || stand.moves[event].payer != 0))
            events[count++] = event;
    }
    if (count > 0) report_of(events, count, victims);
}

static void random_signal(struct chance *chance) {
    const uint32_t what = chance_below(chance, 100);
    flush();
    if (stand.report_count == 0 || (what < 60 && stand.report_count < REPORTS_MAX)) {
        random_report(chance);
        return;
    }
    struct report *r = &stand.reports[chance_below(chance, stand.report_count)];
    if (what < 80) {
        withdraw(r);
    } else if (r->in_force) { /* revised to say less */
        r->count = 1 + chance_below(chance, r->count);
        const struct signal s = signal_about(r, false);
        send_signal(&s);
    }
}

static uint32_t forced_rows; /* 0: as the seed has it */

static void random_history(uint64_t seed) {
    struct chance chance = {seed};
    begin();
    stand.options.limits.hops_max = chance_is(&chance, 50) ? 10 : chance_below(&chance, 4);
    stand.options.limits.seconds_max = chance_is(&chance, 50) ? 96 * HOUR_S : 6 * HOUR_S;
    stand.options.limits.floor_tiyn = chance_is(&chance, 50) ? 0 : chance_below(&chance, 150);
    close_engine();
    open_engine();
    stand.batch_rows = 1 + chance_below(&chance, 20);
    if (forced_rows != 0) stand.batch_rows = forced_rows;
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        stand.openings[i] = chance_is(&chance, 60) ? chance_below(&chance, 300) : 0;
    const uint32_t events = 5 + chance_below(&chance, EVENTS_MAX - 5);
    while (stand.count < events) {
        random_event(&chance);
        if (chance_is(&chance, 15)) random_signal(&chance);
        if (chance_is(&chance, 10)) {
            flush();
            compare();
        }
    }
    flush();
    compare();
}

static void the_engine_and_the_trail_agree(void **state) {
    uint64_t compared = 0, vectors = 0;
    (void)state;
    for (uint64_t seed = 0; seed < HISTORIES; seed++) {
        close_engine();
        random_history(seed);
        compared += stand.compared;
        vectors += stand.vectors;
        assert_int_equal(taint_count(apply_taint(stand.apply)).bounded, 0);
    }
    assert_true(compared > (uint64_t)HISTORIES * 20);
    assert_true(vectors > HISTORIES);
}

static void batches_make_no_difference(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 160; seed++) {
        struct pack saved[2] = {{.data = NULL}, {.data = NULL}};
        for (int i = 0; i < 2; i++) {
            close_engine();
            forced_rows = i == 0 ? 1 : 64;
            random_history(seed);
            save(&saved[i]);
        }
        assert_int_equal(saved[0].size, saved[1].size);
        assert_memory_equal(saved[0].data, saved[1].data, saved[0].size);
        free(saved[0].data);
        free(saved[1].data);
    }
    forced_rows = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_traced_to_where_the_money_is_now),
        TEST(a_withdrawal_takes_the_marks_away_wherever_they_are),
        TEST(what_two_reports_name_stays_until_both_are_withdrawn),
        TEST(a_report_without_ids_is_of_the_amount_near_its_time),
        TEST(a_citizen_s_report_is_not_traced),
        TEST(a_report_counts_to_the_end_of_its_term),
        TEST(a_rejected_revision_undoes_the_report),
        TEST(an_answer_says_how_much_how_far_and_from_how_many),
        TEST(the_next_dropper_is_known_by_the_payment_that_makes_him_one),
        TEST(nothing_is_known_of_a_source_after_eight_days),
        TEST(an_account_that_is_forgotten_takes_its_marks_along),
        TEST(a_walk_that_is_cut_off_is_counted_and_marked),
        TEST(all_transfers_of_a_report_share_its_walk),
        TEST(a_table_that_is_full_takes_no_more),
        TEST(a_credit_has_eight_parts_and_then_is_approximate),
        TEST(a_ring_that_no_longer_says_is_approximate),
        TEST(what_is_saved_and_loaded_is_the_same),
        TEST(an_engine_that_was_saved_and_loaded_goes_on_the_same),
        TEST(records_that_do_not_fit_the_marks_are_refused),
        TEST(damaged_bytes_are_refused_or_harmless),
        TEST(batches_make_no_difference),
        TEST(the_engine_and_the_trail_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
