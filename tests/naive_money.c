/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_money.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, REMEMBERED = 128, SLICES_MAX = 4096, FLOWS_MAX = 1 << 15 };

/* Money of one credit that has one mark, or none. It stays when it is spent. */
struct slice {
    int64_t left, start, size; /* of what its credit brought; size 0: it came otherwise */
    int64_t brought;           /* that, less what was taken back */
    int lot;                   /* the move; NONE: what was there before */
    int source;                /* NONE: it is not traced */
    uint32_t hop;
};

/* What a debit took from a slice, and what of it was not given back. */
struct flow {
    int64_t amount, start; /* start: in the debit */
    int move, slice;       /* slice NONE: unseen money */
    bool followed;
};

/* An account's money at a moment. Slices keep their places in `slices`; `order` is theirs in the
 * purse. */
struct purse {
    struct slice slices[SLICES_MAX];
    struct flow flows[FLOWS_MAX];
    int order[SLICES_MAX];
    int slice_count, flow_count, newest_lot;
};

struct statement {
    int *moves;
    size_t count, room;
};

struct naive_money {
    struct naive_money_limits limits;
    struct naive_move *moves;
    struct statement *statements; /* by account */
    size_t move_count, move_room, account_room;
    struct purse payer, payee; /* room to work in */
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Room for one more. */
static void *grown(void *items, size_t count, size_t *room, size_t size) {
    if (count < *room) return items;
    *room = *room == 0 ? 16 : 2 * *room;
    items = realloc(items, *room * size);
    assert(items != NULL);
    return items;
}

struct naive_money *naive_money_new(const struct naive_money_limits *limits) {
    struct naive_money *m = calloc(1, sizeof *m);
    assert(m != NULL);
    m->limits = *limits;
    return m;
}

void naive_money_free(struct naive_money *m) {
    for (size_t i = 0; i < m->account_room; i++)
        free(m->statements[i].moves);
    for (size_t i = 0; i < m->move_count; i++)
        free(m->moves[i].parts);
    free(m->statements);
    free(m->moves);
    free(m);
}

/* Statements. */

struct naive_move *naive_money_moves(const struct naive_money *m, int *count) {
    *count = (int)m->move_count;
    return m->moves;
}

static const struct statement *statement_of(const struct naive_money *m, uint32_t account) {
    static const struct statement empty = {.count = 0};
    return account < m->account_room ? &m->statements[account] : &empty;
}

const int *naive_money_statement(const struct naive_money *m, uint32_t account, size_t *count) {
    *count = statement_of(m, account)->count;
    return statement_of(m, account)->moves;
}

static void enter(struct naive_money *m, int side) {
    struct naive_move *move = &m->moves[m->move_count - 1];
    const uint32_t account = move->account[side];
    while (account >= m->account_room) {
        const size_t before = m->account_room;
        m->statements = grown(m->statements, before, &m->account_room, sizeof *m->statements);
        memset(m->statements + before, 0, (m->account_room - before) * sizeof *m->statements);
    }
    struct statement *s = &m->statements[account];
    s->moves = grown(s->moves, s->count, &s->room, sizeof *s->moves);
    s->moves[s->count++] = (int)m->move_count - 1;
    move->entry[side] = s->count;
}

/* The first entry that the account remembers, from 0. */
static size_t first_of(const struct statement *s) {
    return s->count > REMEMBERED ? s->count - REMEMBERED : 0;
}

bool naive_money_remembers(const struct naive_money *m, int move, int side) {
    const struct naive_move *of = &m->moves[move];
    return of->entry[side] > first_of(statement_of(m, of->account[side]));
}

static int side_of(const struct naive_move *move, uint32_t account, size_t entry) {
    return move->account[1] == account && move->entry[1] == entry + 1;
}

static bool moves_money(const struct naive_move *move) {
    return move->status == TX_STATUS_SETTLED || move->status == TX_STATUS_REVERSED;
}

static bool same_tx(const struct naive_money *m, int a, int b) {
    return strcmp(m->moves[a].tx_id, m->moves[b].tx_id) == 0;
}

/* What was there before all that the account remembers: no more is known of it. */
static int64_t opening(const struct naive_money *m, uint32_t account) {
    const struct statement *s = statement_of(m, account);
    int64_t money = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct naive_move *move = &m->moves[s->moves[i]];
        const int side = side_of(move, account, i);
        if (i == 0) money = move->before[side];
        if (i >= first_of(s)) break;
        if (!moves_money(move)) continue;
        const bool in = (side == 1) == (move->status == TX_STATUS_SETTLED);
        money += in ? move->amount : -smaller(move->amount, money);
    }
    return money;
}

/* A purse. */

static bool is_live(const struct naive_money *m, const struct naive_part *part) {
    return m->moves[part->source].source;
}

static void put(struct purse *p, int at, struct slice slice) {
    assert(p->slice_count < SLICES_MAX);
    memmove(p->order + at + 1, p->order + at, (size_t)(p->slice_count - at) * sizeof *p->order);
    p->order[at] = p->slice_count;
    p->slices[p->slice_count++] = slice;
}

static void put_last(struct purse *p, struct slice slice) {
    put(p, p->slice_count, slice);
}

static void put_before(struct purse *p, int slice, int64_t amount) {
    int at = 0;
    while (p->order[at] != slice)
        at++;
    if (amount > 0)
        put(p, at, (struct slice){.left = amount, .lot = p->slices[slice].lot, .source = NONE});
}

static void put_newest(struct purse *p, int64_t amount) {
    if (amount > 0)
        put_last(p, (struct slice){.left = amount, .lot = p->newest_lot, .source = NONE});
}

static void lay_other(struct purse *p, int lot, int64_t start, int64_t amount) {
    if (amount > 0) put_last(p, (struct slice){amount, start, amount, amount, lot, NONE, 0});
}

static void come(const struct naive_money *m, struct purse *p, int move) {
    const struct naive_move *of = &m->moves[move];
    int64_t at = 0;
    for (int i = 0; i < of->part_count; i++) {
        const struct naive_part *part = &of->parts[i];
        if (!is_live(m, part)) continue;
        lay_other(p, move, at, part->start - at);
        put_last(p, (struct slice){part->amount, part->start, part->amount, part->amount, move,
                                   part->source, part->hop});
        at = part->start + part->amount;
    }
    lay_other(p, move, at, of->amount - at);
    p->newest_lot = move;
}

static bool leaves_sight(const struct naive_move *move) {
    return move->account[1] == 0 || move->type == EVENT_TYPE_CASH_WITHDRAWAL ||
           move->type == EVENT_TYPE_CRYPTO_PURCHASE || move->type == EVENT_TYPE_C2B_PAYMENT ||
           move->type == EVENT_TYPE_TAX_OR_UTILITY;
}

/* Whether money of the slice is traced on where the move takes it, with so much of traced money. */
static bool is_followed(const struct naive_money *m, const struct naive_move *move,
                        const struct slice *s, int64_t traced) {
    if (s->source == NONE) return false;
    if (move->source) return true;
    return !leaves_sight(move) && s->hop < m->limits.hops_max && traced >= m->limits.floor_tiyn &&
           move->second - m->moves[s->source].second <= m->limits.seconds_max;
}

static void note_flow(struct purse *p, int move, int slice, int64_t start, int64_t amount) {
    assert(p->flow_count < FLOWS_MAX);
    p->flows[p->flow_count++] = (struct flow){amount, start, move, slice, false};
}

/* Returns the number of its first flow. */
static int go(const struct naive_money *m, struct purse *p, int move) {
    const int64_t amount = m->moves[move].amount;
    const int first = p->flow_count;
    int64_t gone = 0, traced = 0;
    for (int i = 0; i < p->slice_count && gone < amount; i++) {
        struct slice *s = &p->slices[p->order[i]];
        const int64_t taken = smaller(s->left, amount - gone);
        if (taken == 0) continue;
        note_flow(p, move, p->order[i], gone, taken);
        if (s->source != NONE) traced += taken;
        s->left -= taken;
        gone += taken;
    }
    if (gone < amount) note_flow(p, move, NONE, gone, amount - gone);
    for (int i = first; i < p->flow_count; i++)
        p->flows[i].followed =
            p->flows[i].slice != NONE &&
            is_followed(m, &m->moves[move], &p->slices[p->flows[i].slice], traced);
    return first;
}

static bool is_undone(const struct naive_money *m, const struct flow *f, int reversal) {
    return f->slice != NONE && f->amount > 0 && same_tx(m, f->move, reversal);
}

/* What went on to the payee comes back with its mark as far as it is known to have been there. */
static void give_back(const struct naive_money *m, struct purse *p, int reversal) {
    const struct naive_move *of = &m->moves[reversal];
    int64_t rest = of->amount;
    int part = 0;
    for (int i = p->flow_count - 1; i >= 0 && rest > 0; i--) {
        struct flow *f = &p->flows[i];
        if (!is_undone(m, f, reversal)) continue;
        const int64_t back = smaller(f->amount, rest);
        int64_t marked = back;
        while (f->followed && part < of->part_count && !is_live(m, &of->parts[part]))
            part++;
        if (f->followed)
            marked = part < of->part_count ? smaller(of->parts[part++].amount, back) : 0;
        f->amount -= back;
        rest -= back;
        p->slices[f->slice].left += marked;
        put_before(p, f->slice, back - marked);
    }
    put_newest(p, rest);
}

/* The last credit of the same transaction; NONE: there is none. */
static int lot_of(const struct naive_money *m, const struct purse *p, int reversal) {
    int lot = NONE;
    for (int i = 0; i < p->slice_count; i++)
        if (p->slices[i].lot > lot && same_tx(m, p->slices[i].lot, reversal))
            lot = p->slices[i].lot;
    return lot;
}

static void take(struct slice *s, int64_t most, int64_t *rest) {
    const int64_t taken = smaller(s->left, most);
    s->left -= taken;
    *rest -= taken;
}

/* First what the credit brought, the latest first, then whatever is left of it. */
static void take_back(const struct naive_money *m, struct purse *p, int reversal) {
    const int own = lot_of(m, p, reversal), lot = own == NONE ? p->newest_lot : own;
    int64_t rest = m->moves[reversal].amount, brought = own == NONE ? 0 : rest;
    for (int i = p->slice_count - 1; i >= 0 && brought > 0; i--) {
        struct slice *s = &p->slices[p->order[i]];
        const int64_t most = s->lot == lot ? smaller(s->brought, brought) : 0;
        s->brought -= most;
        brought -= most;
        take(s, most, &rest);
    }
    for (int i = p->slice_count - 1; i >= 0; i--)
        if (p->slices[p->order[i]].lot == lot) take(&p->slices[p->order[i]], rest, &rest);
}

/* The account's money before that entry of it (from 0). */
static void fill(const struct naive_money *m, struct purse *p, uint32_t account, size_t until) {
    const struct statement *s = statement_of(m, account);
    p->slice_count = p->flow_count = 0;
    p->newest_lot = NONE;
    assert(until <= s->count);
    put_last(p, (struct slice){.left = opening(m, account), .lot = NONE, .source = NONE});
    for (size_t i = first_of(s); i < until; i++) {
        const struct naive_move *move = &m->moves[s->moves[i]];
        const int side = side_of(move, account, i);
        if (!moves_money(move)) continue;
        if (move->status == TX_STATUS_SETTLED && side == 1)
            come(m, p, s->moves[i]);
        else if (move->status == TX_STATUS_SETTLED)
            go(m, p, s->moves[i]);
        else if (side == 1)
            take_back(m, p, s->moves[i]);
        else
            give_back(m, p, s->moves[i]);
    }
}

/* What moves bring. */

struct parts {
    struct naive_part part[NAIVE_BACK_MAX];
    int count;
};

static void add_part(struct parts *parts, struct naive_part part) {
    struct naive_part *last = parts->count == 0 ? NULL : &parts->part[parts->count - 1];
    if (last != NULL && last->source == part.source && last->hop == part.hop &&
        last->start + last->amount == part.start) {
        last->amount += part.amount;
        return;
    }
    assert(parts->count < NAIVE_BACK_MAX);
    parts->part[parts->count++] = part;
}

static bool keep(struct naive_move *move, const struct parts *parts) {
    const size_t size = (size_t)parts->count * sizeof *parts->part;
    bool same = move->part_count == parts->count;
    for (int i = 0; same && i < parts->count; i++) {
        const struct naive_part *a = &move->parts[i], *b = &parts->part[i];
        same = a->start == b->start && a->amount == b->amount && a->source == b->source &&
               a->hop == b->hop;
    }
    if (same) return false;
    move->parts = realloc(move->parts, size + 1);
    assert(move->parts != NULL);
    memcpy(move->parts, parts->part, size);
    move->part_count = parts->count;
    return true;
}

static void carry(struct naive_money *m, int move, struct parts *parts) {
    const struct naive_move *of = &m->moves[move];
    struct purse *p = &m->payer;
    fill(m, p, of->account[0], of->entry[0] - 1);
    for (int i = go(m, p, move); i < p->flow_count; i++) {
        const struct flow *f = &p->flows[i];
        if (!f->followed) continue;
        const struct slice *s = &p->slices[f->slice];
        add_part(parts, (struct naive_part){f->start, f->amount, s->source, s->hop + 1});
    }
}

/* Of a credit whose payer does not remember it: what was known already. */
static void know(const struct naive_money *m, int move, struct parts *parts) {
    const struct naive_move *of = &m->moves[move];
    for (int i = 0; i < of->part_count; i++)
        if (is_live(m, &of->parts[i]) && (of->parts[i].source != move || !of->source))
            add_part(parts, of->parts[i]);
}

/* What of a source's credit is nobody else's is its own. */
static void fill_up(const struct naive_money *m, int move, struct parts *parts) {
    const struct parts others = *parts;
    int64_t at = 0;
    parts->count = 0;
    for (int i = 0; i <= others.count; i++) {
        const int64_t until = i == others.count ? m->moves[move].amount : others.part[i].start;
        if (until > at) add_part(parts, (struct naive_part){at, until - at, move, 0});
        if (i == others.count) break;
        add_part(parts, others.part[i]);
        at = others.part[i].start + others.part[i].amount;
    }
}

/* Returns whether the payee knows something new. */
static bool settle(struct naive_money *m, int move) {
    struct naive_move *of = &m->moves[move];
    struct parts parts = {.count = 0};
    if (!naive_money_remembers(m, move, 1)) return false;
    if (of->account[0] != 0 && !naive_money_remembers(m, move, 0))
        know(m, move, &parts);
    else if (of->account[0] != 0)
        carry(m, move, &parts);
    if (of->source) fill_up(m, move, &parts);
    if (parts.count > NAIVE_PARTS_MAX) parts.count = NAIVE_PARTS_MAX;
    return keep(of, &parts);
}

/* The traced slice of the lot in which that tiyn of the credit came; NONE: there is none. */
static int slice_at(const struct purse *p, int lot, int64_t start) {
    for (int i = 0; i < p->slice_count && lot != NONE; i++) {
        const struct slice *s = &p->slices[i];
        if (s->lot == lot && s->source != NONE && s->start <= start && start < s->start + s->size)
            return i;
    }
    return NONE;
}

/* Returns whether the payer knows something new. */
static bool reverse(struct naive_money *m, int move) {
    struct naive_move *of = &m->moves[move];
    struct parts parts = {.count = 0};
    struct purse *payer = &m->payer, *payee = &m->payee;
    int64_t rest = of->amount;
    if (of->account[0] == 0 || !naive_money_remembers(m, move, 0)) return false;
    fill(m, payer, of->account[0], of->entry[0] - 1);
    payee->slice_count = 0;
    if (of->account[1] != 0 && naive_money_remembers(m, move, 1))
        fill(m, payee, of->account[1], of->entry[1] - 1);
    const int lot = lot_of(m, payee, move);
    for (int i = payer->flow_count - 1; i >= 0 && rest > 0; i--) {
        const struct flow *f = &payer->flows[i];
        if (!is_undone(m, f, move)) continue;
        const int64_t back = smaller(f->amount, rest);
        rest -= back;
        if (!f->followed) continue;
        const int slice = slice_at(payee, lot, f->start);
        const int64_t marked = slice == NONE ? 0 : smaller(payee->slices[slice].left, back);
        if (slice != NONE) payee->slices[slice].left -= marked;
        assert(parts.count < NAIVE_BACK_MAX);
        parts.part[parts.count++] =
            (struct naive_part){0, marked, payer->slices[f->slice].source, 0};
    }
    return keep(of, &parts);
}

static bool renew(struct naive_money *m, int move) {
    return m->moves[move].status == TX_STATUS_SETTLED ? settle(m, move) : reverse(m, move);
}

void naive_money_debit(struct naive_money *m, const struct naive_move *move) {
    m->moves = grown(m->moves, m->move_count, &m->move_room, sizeof *m->moves);
    m->moves[m->move_count++] = *move;
    if (move->account[0] != 0) enter(m, 0);
}

void naive_money_credit(struct naive_money *m) {
    const int move = (int)m->move_count - 1;
    const struct naive_move *of = &m->moves[move];
    if (of->account[1] == 0) return;
    enter(m, 1);
    if (of->account[0] != 0) renew(m, move);
}

void naive_money_walk(struct naive_money *m, int move) {
    bool *changed = calloc(m->account_room, sizeof *changed);
    assert(changed != NULL);
    changed[m->moves[move].account[1]] = settle(m, move);
    for (int i = move + 1; i < (int)m->move_count; i++) {
        const struct naive_move *of = &m->moves[i];
        const bool reversal = of->status == TX_STATUS_REVERSED;
        bool due = false;
        for (int side = 0; side < (reversal ? 2 : 1); side++)
            due |= of->account[side] != 0 && changed[of->account[side]] &&
                   naive_money_remembers(m, i, side);
        if (due && moves_money(of) && of->account[1] != 0 && renew(m, i))
            changed[of->account[reversal ? 0 : 1]] = true;
    }
    free(changed);
}

int64_t naive_money_there(struct naive_money *m, uint32_t account) {
    int64_t there = 0;
    fill(m, &m->payer, account, statement_of(m, account)->count);
    for (int i = 0; i < m->payer.slice_count; i++)
        if (m->payer.slices[i].source != NONE) there += m->payer.slices[i].left;
    return there;
}
