/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_tracing.h"

#include "tests/naive_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_A_LOOK = 1024, LOOKED_AT = 32, KEPT_S = 8 * DAY };
enum { HOLDS_MAX = 4096, ACCOUNTS_MAX = 1 << 16 };

/* A report holds a transfer until its term ends. */
struct hold {
    char report[SIGNAL_ID_SIZE];
    int move;
    int64_t until_s;
};

/* A transfer that somebody has reported. */
struct source {
    int move;
    int holds;
    char report[SIGNAL_ID_SIZE]; /* one of those that hold it */
};

struct naive_tracing {
    struct naive_money *money;
    struct hold holds[HOLDS_MAX];
    struct source sources[HOLDS_MAX];
    int hold_count, source_count, hand;
    char names[ACCOUNTS_MAX][TEXT_MAX]; /* of accounts, by number */
    uint32_t newest_account;
    uint64_t next_look;
    int64_t clock_s;
};

struct naive_tracing *naive_tracing_new(const struct naive_money_limits *limits) {
    struct naive_tracing *t = calloc(1, sizeof *t);
    assert(t != NULL);
    t->money = naive_money_new(limits);
    return t;
}

void naive_tracing_free(struct naive_tracing *t) {
    if (t == NULL) return;
    naive_money_free(t->money);
    free(t);
}

/* Sources. */

static bool is_over(struct naive_tracing *t, int move) {
    int count;
    return naive_money_moves(t->money, &count)[move].second <= t->clock_s - KEPT_S;
}

/* Those that somebody holds, and that are not too old. */
static void mark_sources(struct naive_tracing *t) {
    int count;
    struct naive_move *moves = naive_money_moves(t->money, &count);
    for (int i = 0; i < t->source_count; i++)
        moves[t->sources[i].move].source =
            t->sources[i].holds > 0 && !is_over(t, t->sources[i].move);
}

static struct source *source_of(struct naive_tracing *t, int move) {
    for (int i = 0; i < t->source_count; i++)
        if (t->sources[i].move == move) return &t->sources[i];
    assert(t->source_count < HOLDS_MAX);
    t->sources[t->source_count] = (struct source){.move = move};
    return &t->sources[t->source_count++];
}

static void trace_anew(struct naive_tracing *t, int move) {
    mark_sources(t);
    naive_money_walk(t->money, move);
}

static struct hold *hold_of(struct naive_tracing *t, struct text report, int move) {
    for (int i = 0; i < t->hold_count; i++)
        if (t->holds[i].move == move && text_equal(text_of(t->holds[i].report), report))
            return &t->holds[i];
    return NULL;
}

/* An ended report may come anew before it was let go. */
static void hold(struct naive_tracing *t, const struct signal *s, int move) {
    struct source *source = source_of(t, move);
    struct hold *h = hold_of(t, s->signal_id, move);
    if (h == NULL) {
        assert(t->hold_count < HOLDS_MAX);
        h = &t->holds[t->hold_count++];
        *h = (struct hold){.move = move};
        memcpy(h->report, s->signal_id.data, s->signal_id.size);
        if (source->holds++ == 0) memcpy(source->report, h->report, sizeof h->report);
        trace_anew(t, move);
    }
    h->until_s = s->valid_until_present ? s->valid_until_s : s->valid_from_s + SIGNAL_TERM_MAX_S;
}

static void let_go(struct naive_tracing *t, int number) {
    struct source *source = source_of(t, t->holds[number].move);
    t->holds[number] = t->holds[--t->hold_count];
    source->holds--;
    for (int i = 0; i < t->hold_count; i++)
        if (t->holds[i].move == source->move)
            memcpy(source->report, t->holds[i].report, sizeof source->report);
    trace_anew(t, source->move);
}

static void let_go_of(struct naive_tracing *t, struct text report) {
    for (int i = 0; i < t->hold_count;)
        if (text_equal(text_of(t->holds[i].report), report))
            let_go(t, i);
        else
            i++;
}

/* Reports. */

static uint32_t account_of(const struct naive_tracing *t, struct text token) {
    for (uint32_t i = t->newest_account; i > 0; i--)
        if (text_equal(text_of(t->names[i]), token)) return i;
    return 0;
}

static bool is_named(const struct signal *s, const struct naive_move *m) {
    for (uint32_t i = 0; i < s->tx_id_count; i++)
        if (text_equal(s->related_tx_ids[i], text_of(m->tx_id))) return true;
    if (s->tx_id_count > 0 || !s->occurred_at_present) return false;
    if (!s->amount_present && m->type != EVENT_TYPE_P2P_TRANSFER) return false;
    if (s->amount_present && naive_in_a_slot(s->amount_kzt_minor, NAIVE_none) != m->amount)
        return false;
    return llabs(m->second - s->occurred_at_s) <= (s->amount_present ? DAY : HOUR);
}

static void look_through(struct naive_tracing *t, const struct signal *s, uint32_t account,
                         int side) {
    int count;
    const struct naive_move *moves = naive_money_moves(t->money, &count);
    for (int i = 0; i < count; i++)
        if (moves[i].status == TX_STATUS_SETTLED && moves[i].account[side] == account &&
            moves[i].account[1] != 0 && naive_money_remembers(t->money, i, side) &&
            !is_over(t, i) && is_named(s, &moves[i]))
            hold(t, s, i);
}

static void take_report(struct naive_tracing *t, const struct signal *s) {
    const bool citizens = s->kind == SIGNAL_BOT_REPORT || s->source == SOURCE_CITIZEN_BOT;
    if (s->kind != SIGNAL_INCIDENT || citizens || s->confidence == CONFIDENCE_REJECTED) return;
    for (uint32_t i = 0; i < s->subject_count; i++) {
        const struct signal_subject *subject = &s->subjects[i];
        const uint32_t account =
            subject->type == SUBJECT_ACCOUNT ? account_of(t, subject->token) : 0;
        if (account == 0) continue;
        if (subject->role == ROLE_VICTIM)
            look_through(t, s, account, 0);
        else if (subject->role == ROLE_BENEFICIARY || subject->role == ROLE_DROPPER)
            look_through(t, s, account, 1);
    }
}

static int held_by(const struct naive_tracing *t, struct text report, int moves[HOLDS_MAX]) {
    int count = 0;
    for (int i = 0; i < t->hold_count; i++)
        if (text_equal(text_of(t->holds[i].report), report)) moves[count++] = t->holds[i].move;
    return count;
}

bool naive_tracing_hear(struct naive_tracing *t, const struct signal *s,
                        enum signal_effect effect) {
    int before[HOLDS_MAX];
    const int count = effect == EFFECT_REVISED ? held_by(t, s->signal_id, before) : 0;
    if (effect == EFFECT_WITHDRAWN || effect == EFFECT_REVISED)
        let_go_of(t, s->kind == SIGNAL_WITHDRAWAL ? s->withdraws_signal_id : s->signal_id);
    if (effect == EFFECT_ADDED || effect == EFFECT_REVISED) take_report(t, s);
    for (int i = 0; i < count; i++)
        if (hold_of(t, s->signal_id, before[i]) != NULL) return true;
    return false;
}

/* Rows. */

static void look_at_holds(struct naive_tracing *t) {
    for (int i = 0; i < LOOKED_AT && t->hold_count > 0; i++) {
        t->hand = (t->hand + 1) % t->hold_count;
        const struct hold *h = &t->holds[t->hand];
        if (is_over(t, h->move) || h->until_s <= t->clock_s) let_go(t, t->hand);
    }
}

void naive_tracing_row(struct naive_tracing *t, uint64_t ordinal, int64_t clock_s) {
    if (t->next_look <= ordinal) {
        look_at_holds(t);
        t->next_look = (ordinal / PLACES_A_LOOK + 1) * PLACES_A_LOOK;
    }
    t->clock_s = clock_s;
    mark_sources(t);
}

/* Transactions. */

static int64_t before(const struct transaction *tx, int side) {
    const struct party *p = side == 0 ? &tx->payer : &tx->payee;
    const int64_t in = side == 0 ? -tx->amount_tiyn : tx->amount_tiyn;
    const __int128 moved = tx->tx_status == TX_STATUS_SETTLED    ? in
                           : tx->tx_status == TX_STATUS_REVERSED ? -in
                                                                 : 0;
    const __int128 balance = p->balance_after_minor - moved;
    return p->balance_after_present && balance > 0 && balance <= INT64_MAX ? (int64_t)balance : 0;
}

static void keep_text(char *out, size_t size, struct text text) {
    assert(text.size < size);
    if (text.size > 0) memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static struct naive_move move_of(const struct transaction *tx, const uint32_t accounts[2]) {
    struct naive_move m = {
        .amount = naive_in_a_slot(tx->amount_tiyn, NAIVE_none),
        .second = tx->event_time_s,
        .before = {before(tx, 0), before(tx, 1)},
        .account = {accounts[0], accounts[1]},
        .status = tx->tx_status,
        .type = tx->event_type,
    };
    keep_text(m.tx_id, sizeof m.tx_id, tx->tx_id);
    return m;
}

static bool is_within(const struct naive_move *m, int64_t second, int64_t window_s) {
    return m->second <= second && m->second > second - window_s;
}

/* Traced money that a move brought to the account, what went back since included. */
static int64_t brought(const struct naive_move *moves, const struct naive_move *m,
                       uint32_t account) {
    int64_t sum = 0;
    if (m->account[1] != account || m->status != TX_STATUS_SETTLED) return 0;
    for (int i = 0; i < m->part_count; i++)
        if (moves[m->parts[i].source].source) sum += m->parts[i].amount;
    return sum;
}

/* Whether the same payer brought some by one of those moves. */
static bool is_again(const struct naive_move *moves, const int *statement, size_t count,
                     uint32_t account, int move, int64_t second) {
    for (size_t i = 0; i < count; i++) {
        const struct naive_move *m = &moves[statement[i]];
        if (m->entry[1] == i + 1 && brought(moves, m, account) > 0 && is_within(m, second, DAY) &&
            m->account[0] == moves[move].account[0])
            return true;
    }
    return false;
}

/* A report is told where its first money came; more than there is room for crowd out the first. */
static void tell(struct naive_traced *answer, const char *report) {
    for (uint32_t i = 0; i < answer->told_count; i++)
        if (strcmp(answer->told[i], report) == 0) return;
    if (answer->told_count == NAIVE_TOLD_MAX) answer->told_count--;
    memmove(answer->told + 1, answer->told, answer->told_count * sizeof *answer->told);
    answer->told[0] = report;
    answer->told_count++;
}

static void ask_of_parts(struct naive_tracing *t, const struct naive_move *moves,
                         const struct naive_move *m, bool counts, struct naive_traced *answer) {
    for (int i = 0; i < m->part_count; i++) {
        const struct naive_part *part = &m->parts[i];
        if (!moves[part->source].source) continue;
        tell(answer, source_of(t, part->source)->report);
        if (counts && (answer->hop == 0 || part->hop + 1 < answer->hop))
            answer->hop = part->hop + 1;
    }
}

struct naive_traced naive_tracing_ask(struct naive_tracing *t, uint32_t account, int64_t second) {
    int moved;
    size_t count;
    const struct naive_move *moves = naive_money_moves(t->money, &moved);
    const int *statement = naive_money_statement(t->money, account, &count);
    struct naive_traced answer = {.there = 0};
    for (size_t i = 0; i < count; i++) {
        const struct naive_move *m = &moves[statement[i]];
        const int side = m->status == TX_STATUS_REVERSED ? 0 : 1;
        const int64_t amount = brought(moves, m, account);
        const bool counts = amount > 0 && is_within(m, second, 3 * DAY);
        if (m->account[side] != account || m->entry[side] != i + 1) continue;
        ask_of_parts(t, moves, m, counts, &answer);
        if (!counts) continue;
        answer.amount_72h += amount;
        if (is_within(m, second, DAY) && m->account[0] != 0)
            answer.payers_24h += !is_again(moves, statement, i, account, statement[i], second);
    }
    if (answer.told_count > 0) answer.there = naive_money_there(t->money, account);
    return answer;
}

void naive_tracing_take(struct naive_tracing *t, const struct transaction *tx,
                        const uint32_t accounts[2], struct naive_traced sides[2]) {
    const struct naive_move move = move_of(tx, accounts);
    const struct text tokens[2] = {tx->payer.account_token, tx->payee.account_token};
    for (int side = 0; side < 2; side++) {
        assert(accounts[side] < ACCOUNTS_MAX);
        if (accounts[side] == 0) continue;
        keep_text(t->names[accounts[side]], TEXT_MAX, tokens[side]);
        if (accounts[side] > t->newest_account) t->newest_account = accounts[side];
    }
    const bool attempt = tx->tx_status != TX_STATUS_SETTLED && tx->tx_status != TX_STATUS_REVERSED;
    if (!attempt) naive_money_debit(t->money, &move);
    sides[0] = naive_tracing_ask(t, accounts[0], tx->event_time_s);
    if (!attempt) naive_money_credit(t->money);
    sides[1] = naive_tracing_ask(t, accounts[1], tx->event_time_s);
    if (attempt) naive_money_debit(t->money, &move);
}
