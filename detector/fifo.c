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
    return (a->tags[slot] & TAG_IN) != 0 && (a->bits[slot] & (BIT_REVERSAL | BIT_ATTEMPT)) == 0;
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
        const bool in = (account->tags[slot] & TAG_IN) != 0;
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
