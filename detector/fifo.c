/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/fifo.h"

#include "detector/feature_table.h"

#include <assert.h>
#include <string.h>

/* Every debit spends each lot before it, and the opening one, at most once: with n debits among the
 * events of a ring that is n · (RING_SLOTS − n + 1) parts, the most where n is half of the ring. */
enum { OPENING = RING_SLOTS, PARTS_MAX = (RING_SLOTS / 2) * (RING_SLOTS / 2 + 1) };

/* What one debit took from one lot and was not given back. */
struct part {
    int64_t amount;
    uint32_t lot;  /* or OPENING */
    uint32_t slot; /* of the debit */
};

struct walk {
    const struct account *account;
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
    const struct account *a = w->account;
    struct fifo_lot *l = &w->fifo->lots[lot];
    const int64_t age_s = (int64_t)a->second[debit_slot] - (int64_t)a->second[ring_slot(a, lot)];
    l->left -= amount;
    l->gone += amount;
    if (age_s <= SECONDS_10M) l->gone_10m += amount;
    if (age_s <= SECONDS_1H) l->gone_1h += amount;
    if ((a->bits[debit_slot] & BIT_CASH) != 0) l->gone_cash += amount;
    if ((a->bits[debit_slot] & BIT_P2P) != 0) l->gone_p2p += amount;
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

static bool is_lot(const struct account *a, uint32_t slot) {
    return (a->kind[slot] & KIND_IN) != 0 && (a->bits[slot] & (BIT_REVERSAL | BIT_ATTEMPT)) == 0;
}

/* The newest lot, or OPENING. */
static uint32_t newest_lot(const struct walk *w) {
    for (uint32_t i = w->at; i > 0; i--)
        if (is_lot(w->account, ring_slot(w->account, i - 1))) return i - 1;
    return OPENING;
}

static void refill(struct walk *w, uint32_t lot) {
    if (lot < w->oldest) w->oldest = lot;
}

static void give_back(struct walk *w, uint32_t slot, int64_t amount) {
    const uint32_t *tx_hash = w->account->tx_hash;
    for (uint32_t i = w->part_count; i > 0 && amount > 0; i--) {
        struct part *part = &w->parts[i - 1];
        if (tx_hash[part->slot] != tx_hash[slot]) continue;
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
    const struct account *a = w->account;
    uint32_t lot = newest_lot(w);
    for (uint32_t i = 0; i < w->at; i++) {
        const uint32_t s = ring_slot(a, i);
        if (is_lot(a, s) && a->tx_hash[s] == a->tx_hash[slot]) lot = i;
    }
    int64_t *left = lot == OPENING ? &w->opening : &w->fifo->lots[lot].left;
    *left -= smaller(*left, amount);
}

void fifo_compute(const struct account *account, struct fifo *fifo) {
    struct walk w;
    w.account = account;
    w.fifo = fifo;
    w.opening = account->opening_tiyn;
    w.oldest = w.part_count = 0;
    memset(fifo->lots, 0, account->count * sizeof *fifo->lots);
    for (w.at = 0; w.at < account->count; w.at++) {
        const uint32_t slot = ring_slot(account, w.at);
        const int64_t amount = amount_of(account->amount[slot]);
        const bool in = (account->kind[slot] & KIND_IN) != 0;
        if ((account->bits[slot] & BIT_ATTEMPT) != 0) continue;
        if ((account->bits[slot] & BIT_REVERSAL) != 0 && in)
            take_back(&w, slot, amount);
        else if ((account->bits[slot] & BIT_REVERSAL) != 0)
            give_back(&w, slot, amount);
        else if (in)
            fifo->lots[w.at].left = amount;
        else
            debit(&w, slot, amount);
    }
}

/* The lots as they are. */
static void ask_lots(const struct account *a, const struct fifo_question *q,
                     struct fifo_answer *answer) {
    struct fifo fifo;
    fifo_compute(a, &fifo);
    for (uint32_t i = 0; i < a->count; i++) {
        const uint32_t slot = ring_slot(a, i);
        const struct fifo_lot *lot = &fifo.lots[i];
        if ((q->day >> slot & 1) != 0) answer->day_10m += lot->gone_10m;
        if ((q->day >> slot & 1) != 0) answer->day_1h += lot->gone_1h;
        if ((q->three_days >> slot & 1) != 0) answer->three_days += lot->gone;
        if ((q->p2p_day >> slot & 1) != 0) answer->p2p_day_cash += lot->gone_cash;
        if ((q->p2p_day >> slot & 1) != 0) answer->p2p_day_p2p += lot->gone_p2p;
        if ((q->p2p_three_days >> slot & 1) != 0) answer->p2p_three_days_cash += lot->gone_cash;
        if ((q->p2p_three_days >> slot & 1) != 0) answer->p2p_three_days_p2p += lot->gone_p2p;
    }
}

/* Without reversals, all money that ever came is one line: the opening lot, then each credit's
 * stretch. Debits take it from the left, each a stretch, never beyond what has come. So lots and
 * debits are two sorted lists of ends, and what a debit took of a lot is where both overlap. */
struct stretch {
    int64_t end;
    uint32_t slot;
};

struct line {
    struct stretch lots[RING_SLOTS + 1], debits[RING_SLOTS + 1]; /* one more is written to */
    uint32_t lot_count, debit_count;
    int64_t opening;
};

/* More than all debits of a ring together. */
#define PLENTY_TIYN (INT64_C(1) << 53)

/* No branch on what an event is: that cannot be foretold. */
static void lay_out(struct line *line, const struct account *a, const int64_t tiyn[RING_SLOTS]) {
    uint32_t lots = 0, debits = 0;
    int64_t money = smaller(a->opening_tiyn, PLENTY_TIYN), spent = 0;
    line->opening = money;
    for (uint32_t i = 0; i < a->count; i++) {
        const uint32_t slot = ring_slot(a, i);
        const uint32_t moved = (a->bits[slot] & BIT_ATTEMPT) == 0;
        const uint32_t in = moved & ((a->kind[slot] & KIND_IN) != 0), out = moved & ~in;
        money += tiyn[slot] & -(int64_t)in;
        line->lots[lots] = (struct stretch){money, slot};
        lots += in;
        spent = smaller(spent + (tiyn[slot] & -(int64_t)out), money);
        line->debits[debits] = (struct stretch){spent, slot};
        debits += out;
    }
    line->lot_count = lots;
    line->debit_count = debits;
}

static int64_t chosen(int64_t amount, uint32_t mask, uint32_t slot) {
    return amount & -(int64_t)(mask >> slot & 1);
}

static void add_overlap(const struct account *a, const struct fifo_question *q, uint32_t lot,
                        uint32_t debit, int64_t amount, struct fifo_answer *answer) {
    const int64_t age_s = (int64_t)a->second[debit] - (int64_t)a->second[lot];
    const int64_t day = chosen(amount, q->day, lot), p2p_day = chosen(amount, q->p2p_day, lot);
    const int64_t p2p_three = chosen(amount, q->p2p_three_days, lot);
    const int64_t cash = -(int64_t)((a->bits[debit] & BIT_CASH) != 0);
    const int64_t p2p = -(int64_t)((a->bits[debit] & BIT_P2P) != 0);
    answer->day_10m += day & -(int64_t)(age_s <= SECONDS_10M);
    answer->day_1h += day & -(int64_t)(age_s <= SECONDS_1H);
    answer->three_days += chosen(amount, q->three_days, lot);
    answer->p2p_day_cash += p2p_day & cash;
    answer->p2p_day_p2p += p2p_day & p2p;
    answer->p2p_three_days_cash += p2p_three & cash;
    answer->p2p_three_days_p2p += p2p_three & p2p;
}

/* NOLINTBEGIN(clang-analyzer-core.*): lay_out fills as many stretches as it counts. */
static void ask_line(const struct account *a, const int64_t tiyn[RING_SLOTS],
                     const struct fifo_question *q, struct fifo_answer *answer) {
    struct line line; /* too large to be cleared first */
    struct fifo_answer sum = {0};
    uint32_t lot = 0, debit = 0;
    lay_out(&line, a, tiyn);
    int64_t at = line.opening;
    for (; lot < line.lot_count && (q->three_days >> line.lots[lot].slot & 1) == 0; lot++)
        at = line.lots[lot].end;
    while (lot < line.lot_count && debit < line.debit_count) {
        const struct stretch l = line.lots[lot], d = line.debits[debit];
        const int64_t end = smaller(l.end, d.end);
        add_overlap(a, q, l.slot, d.slot, end > at ? end - at : 0, &sum);
        at = end > at ? end : at;
        lot += l.end <= at;
        debit += d.end <= at;
    }
    *answer = sum;
}
/* NOLINTEND(clang-analyzer-core.*) */

void fifo_ask(const struct account *account, const int64_t tiyn[RING_SLOTS],
              const struct fifo_question *question, bool reversals, struct fifo_answer *answer) {
    *answer = (struct fifo_answer){0};
    if (question->three_days == 0) return;
    if (reversals)
        ask_lots(account, question, answer);
    else
        ask_line(account, tiyn, question, answer);
}
