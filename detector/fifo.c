/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/fifo.h"

#include "detector/feature_table.h"

#include <assert.h>
#include <string.h>

/* Every debit spends each lot before it, and the opening one, at most once: with n debits among the
 * events of a ring that is n · (RING_MAX − n + 1) parts, the most where n is half of the ring. */
enum { OPENING = RING_MAX, PARTS_MAX = (RING_MAX / 2) * (RING_MAX / 2 + 1) };

/* What one debit took from one lot and was not given back. */
struct part {
    int64_t amount;
    uint32_t lot;  /* or OPENING */
    uint32_t slot; /* of the debit */
};

struct walk {
    struct ring ring;
    struct fifo *fifo;
    int64_t opening;
    uint32_t oldest; /* no lot before this one has anything left */
    uint32_t at;     /* the event being walked over */
    uint32_t part_count;
    struct part parts[PARTS_MAX];
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Moves an amount out of a lot by a debit, or back into it where it is negative. */
static void move(struct walk *w, uint32_t lot, uint32_t debit_slot, int64_t amount) {
    const struct ring *r = &w->ring;
    struct fifo_lot *l = &w->fifo->lots[lot];
    const int64_t age_s = (int64_t)r->second[debit_slot] - (int64_t)r->second[lot];
    l->left -= amount;
    l->gone += amount;
    if (age_s <= SECONDS_10M) l->gone_10m += amount;
    if (age_s <= SECONDS_1H) l->gone_1h += amount;
    if ((r->bits[debit_slot] & BIT_CASH) != 0) l->gone_cash += amount;
    if ((r->bits[debit_slot] & BIT_P2P) != 0) l->gone_p2p += amount;
}

static void note_part(struct walk *w, uint32_t lot, uint32_t slot, int64_t amount) {
    assert(w->part_count < PARTS_MAX);
    w->parts[w->part_count++] = (struct part){amount, lot, slot};
}

static void debit(struct walk *w, uint32_t slot, int64_t amount) {
    const int64_t first = smaller(w->opening, amount);
    if (first > 0) note_part(w, OPENING, slot, first);
    w->opening -= first;
    amount -= first;
    while (amount > 0 && w->oldest < w->at) {
        const int64_t part = smaller(w->fifo->lots[w->oldest].left, amount);
        if (part > 0) {
            move(w, w->oldest, slot, part);
            note_part(w, w->oldest, slot, part);
        }
        amount -= part;
        if (amount > 0) w->oldest++;
    }
}

/* The newest lot, or OPENING. */
static uint32_t newest_lot(const struct walk *w) {
    for (uint32_t i = w->at; i > 0; i--)
        if (ring_is_lot(&w->ring, i - 1)) return i - 1;
    return OPENING;
}

static void refill(struct walk *w, uint32_t lot) {
    if (lot < w->oldest) w->oldest = lot;
}

static void give_back(struct walk *w, uint32_t slot, int64_t amount) {
    for (uint32_t i = w->part_count; i > 0 && amount > 0; i--) {
        struct part *part = &w->parts[i - 1];
        if (!ring_same_tx(&w->ring, part->slot, slot)) continue;
        const int64_t back = smaller(part->amount, amount);
        part->amount -= back;
        amount -= back;
        if (part->lot == OPENING) {
            w->opening = lot_sum(w->opening, back);
        } else if (back > 0) {
            move(w, part->lot, part->slot, -back);
            refill(w, part->lot);
        }
    }
    const uint32_t newest = newest_lot(w);
    if (amount > 0 && newest != OPENING) {
        w->fifo->lots[newest].left += amount;
        refill(w, newest);
    } else {
        w->opening = lot_sum(w->opening, amount);
    }
}

static void take_back(struct walk *w, uint32_t slot, int64_t amount) {
    uint32_t lot = newest_lot(w);
    bool own = false;
    for (uint32_t i = 0; i < w->at; i++) {
        if (!ring_is_lot(&w->ring, i) || !ring_same_tx(&w->ring, i, slot)) continue;
        lot = i;
        own = true;
    }
    int64_t *left = lot == OPENING ? &w->opening : &w->fifo->lots[lot].left;
    const int64_t back = smaller(*left, amount);
    *left -= back;
    if (own) w->fifo->lots[lot].returned += back;
}

void fifo_compute(const struct account *account, struct fifo *fifo) {
    struct walk w; /* too large to be cleared first */
    w.ring = ring_of(account);
    w.fifo = fifo;
    w.opening = account->opening_tiyn;
    w.oldest = w.part_count = 0;
    memset(fifo->lots, 0, account->count * sizeof *fifo->lots);
    for (w.at = 0; w.at < w.ring.count; w.at++) {
        const uint8_t bits = w.ring.bits[w.at];
        const int64_t amount = amount_of(w.ring.amount[w.at]);
        const bool in = (w.ring.kind[w.at] & KIND_IN) != 0;
        if ((bits & BIT_ATTEMPT) != 0) continue;
        if ((bits & BIT_REVERSAL) != 0 && in)
            take_back(&w, w.at, amount);
        else if ((bits & BIT_REVERSAL) != 0)
            give_back(&w, w.at, amount);
        else if (in)
            fifo->lots[w.at].left = amount;
        else
            debit(&w, w.at, amount);
    }
}

/* What a lot is asked about, as all or no bits, so that sums need no branch: what an event is
 * cannot be foretold. */
struct asked {
    int64_t day, three_days, p2p_day, p2p_three_days;
};

static struct asked asked_of(const struct ring *r, uint32_t slot, int64_t second) {
    const int64_t at_s = r->second[slot];
    const uint8_t bits = r->bits[slot];
    const bool credit = (bits & (BIT_CREDIT | BIT_REVERSAL)) == BIT_CREDIT && at_s <= second;
    const bool day = credit && at_s > second - SECONDS_24H;
    const bool three_days = credit && at_s > second - SECONDS_72H;
    const int64_t p2p = -(int64_t)((bits & BIT_P2P) != 0);
    return (struct asked){-(int64_t)day, -(int64_t)three_days, -(int64_t)day & p2p,
                          -(int64_t)three_days & p2p};
}

/* The lots as they are. */
static void ask_lots(const struct account *a, int64_t second, struct fifo_answer *answer) {
    const struct ring r = ring_of(a);
    struct fifo fifo;
    fifo_compute(a, &fifo);
    for (uint32_t i = 0; i < r.count; i++) {
        const struct asked asked = asked_of(&r, i, second);
        const struct fifo_lot *lot = &fifo.lots[i];
        answer->day_10m += lot->gone_10m & asked.day;
        answer->day_1h += lot->gone_1h & asked.day;
        answer->three_days += lot->gone & asked.three_days;
        answer->p2p_day_cash += lot->gone_cash & asked.p2p_day;
        answer->p2p_day_p2p += lot->gone_p2p & asked.p2p_day;
        answer->p2p_three_days_cash += lot->gone_cash & asked.p2p_three_days;
        answer->p2p_three_days_p2p += lot->gone_p2p & asked.p2p_three_days;
    }
}

/* Without reversals, all money that ever came is one line: the opening lot, then each credit's
 * stretch. Debits take it from the left, each a stretch, never beyond what has come. So lots and
 * debits are two sorted lists of ends, and what a debit took of a lot is where both overlap. Only
 * the stretches from the first lot that is asked about on are laid out. */
struct stretch {
    int64_t end;
    uint32_t second;
    uint32_t what; /* of a lot: LOT_…; of a debit: DEBIT_… */
};
enum { LOT_DAY = 1, LOT_THREE_DAYS = 2, LOT_P2P = 4 };
enum { DEBIT_P2P = 1, DEBIT_CASH = 2 };

struct line {
    struct stretch lots[RING_MAX + 1], debits[RING_MAX + 1]; /* one more is written to */
    uint32_t lot_count, debit_count;
    int64_t start; /* where the first lot begins */
};

/* More than all debits of a ring together. */
#define PLENTY_TIYN (INT64_C(1) << 55)

/* What moved in or out with an event; the other is 0. No branch on what an event is: that cannot be
 * foretold. */
struct move {
    int64_t in, out;
    uint32_t is_in, is_out;
};

static struct move move_of(const struct ring *r, uint32_t slot) {
    const int64_t amount = amount_of(r->amount[slot]);
    const uint32_t moved = (r->bits[slot] & BIT_ATTEMPT) == 0;
    const uint32_t in = moved & ((r->kind[slot] & KIND_IN) != 0), out = moved & ~in;
    return (struct move){amount & -(int64_t)in, amount & -(int64_t)out, in, out};
}

static uint32_t lot_kind(const struct ring *r, uint32_t slot, int64_t second) {
    const int64_t at_s = r->second[slot];
    const uint32_t bits = r->bits[slot], credit = bits & BIT_CREDIT & (at_s <= second);
    const uint32_t day = credit & (at_s > second - SECONDS_24H);
    const uint32_t three_days = credit & (at_s > second - SECONDS_72H);
    return day | three_days << 1 | (bits & BIT_P2P);
}

static void lay_out(struct line *line, const struct account *a, const struct ring *r,
                    const struct fifo_question *q) {
    uint32_t lots = 0, debits = 0, i = 0;
    int64_t money = smaller(a->opening_tiyn, PLENTY_TIYN), spent = 0;
    for (; i < q->first; i++) {
        const struct move move = move_of(r, i);
        money += move.in;
        spent = smaller(spent + move.out, money);
    }
    line->start = money;
    for (; i < r->count; i++) {
        const struct move move = move_of(r, i);
        money += move.in;
        spent = smaller(spent + move.out, money);
        line->lots[lots] = (struct stretch){money, r->second[i], lot_kind(r, i, q->second)};
        lots += move.is_in;
        line->debits[debits] = (struct stretch){spent, r->second[i], r->bits[i] >> 2 & 3};
        debits += move.is_out;
    }
    line->lot_count = lots;
    line->debit_count = debits;
}

/* All bits where a flag is set, else none. */
static int64_t all_if(uint32_t flags, uint32_t flag) {
    return -(int64_t)((flags & flag) != 0);
}

/* NOLINTBEGIN(clang-analyzer-core.*): lay_out fills as many stretches as it counts. */
static void ask_line(const struct account *a, const struct fifo_question *q,
                     struct fifo_answer *answer) {
    const struct ring r = ring_of(a);
    struct line line; /* too large to be cleared first */
    struct fifo_answer sum = {0};
    uint32_t lot = 0, debit = 0;
    lay_out(&line, a, &r, q);
    int64_t at = line.start;
    while (lot < line.lot_count && debit < line.debit_count) {
        const struct stretch l = line.lots[lot], d = line.debits[debit];
        const int64_t end = smaller(l.end, d.end), gone = end > at ? end - at : 0;
        const int64_t age_s = (int64_t)d.second - (int64_t)l.second;
        const int64_t day = gone & all_if(l.what, LOT_DAY);
        const int64_t three_days = gone & all_if(l.what, LOT_THREE_DAYS);
        const int64_t cash = all_if(l.what, LOT_P2P) & all_if(d.what, DEBIT_CASH);
        const int64_t p2p = all_if(l.what, LOT_P2P) & all_if(d.what, DEBIT_P2P);
        sum.day_10m += day & -(int64_t)(age_s <= SECONDS_10M);
        sum.day_1h += day & -(int64_t)(age_s <= SECONDS_1H);
        sum.three_days += three_days;
        sum.p2p_day_cash += day & cash;
        sum.p2p_day_p2p += day & p2p;
        sum.p2p_three_days_cash += three_days & cash;
        sum.p2p_three_days_p2p += three_days & p2p;
        at += gone;
        lot += l.end <= at;
        debit += d.end <= at;
    }
    *answer = sum;
}
/* NOLINTEND(clang-analyzer-core.*) */

void fifo_ask(const struct account *account, const struct fifo_question *question, bool reversals,
              struct fifo_answer *answer) {
    *answer = (struct fifo_answer){0};
    if (reversals)
        ask_lots(account, question->second, answer);
    else
        ask_line(account, question, answer);
}
