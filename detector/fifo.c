/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/fifo.h"

#include "detector/feature_table.h"

#include <string.h>

struct walk {
    const struct account *account;
    struct fifo *fifo;
    int64_t opening;
    uint32_t oldest; /* no lot before this one has anything left */
    uint32_t at;     /* the event being walked over */
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void spend(struct walk *w, uint32_t lot, int64_t amount, uint32_t debit_slot) {
    const struct account *a = w->account;
    struct fifo *f = w->fifo;
    const int64_t age_s = (int64_t)a->second[debit_slot] - (int64_t)a->second[ring_slot(a, lot)];
    f->left[lot] -= amount;
    f->gone[lot] += amount;
    if (age_s <= SECONDS_10M) f->gone_10m[lot] += amount;
    if (age_s <= SECONDS_1H) f->gone_1h[lot] += amount;
    if ((a->bits[debit_slot] & BIT_CASH) != 0) f->gone_cash[lot] += amount;
    if ((a->bits[debit_slot] & BIT_P2P) != 0) f->gone_p2p[lot] += amount;
}

static void debit(struct walk *w, uint32_t slot, int64_t amount) {
    const int64_t first = smaller(w->opening, amount);
    w->opening -= first;
    amount -= first;
    while (amount > 0 && w->oldest < w->at) {
        const int64_t part = smaller(w->fifo->left[w->oldest], amount);
        if (part > 0) spend(w, w->oldest, part, slot);
        amount -= part;
        if (amount > 0) w->oldest++;
    }
}

/* Money given back goes to the newest lot; it may be spent again. */
static void give_back(struct walk *w, int64_t amount) {
    for (uint32_t i = w->at; i > 0; i--) {
        const uint8_t bits = w->account->bits[ring_slot(w->account, i - 1)];
        const bool lot = (w->account->tags[ring_slot(w->account, i - 1)] & TAG_IN) != 0 &&
                         (bits & (BIT_REVERSAL | BIT_ATTEMPT)) == 0;
        if (!lot) continue;
        w->fifo->left[i - 1] += amount;
        if (i - 1 < w->oldest) w->oldest = i - 1;
        return;
    }
    w->opening += amount;
}

/* A reversed credit leaves from the lot of its transaction, else from the newest. */
static void take_back(struct walk *w, uint32_t slot, int64_t amount) {
    const struct account *a = w->account;
    int newest = -1, own = -1;
    for (uint32_t i = 0; i < w->at; i++) {
        const uint32_t s = ring_slot(a, i);
        if ((a->tags[s] & TAG_IN) == 0 || (a->bits[s] & (BIT_REVERSAL | BIT_ATTEMPT)) != 0)
            continue;
        newest = (int)i;
        if (a->tx_hash[s] == a->tx_hash[slot]) own = (int)i;
    }
    const int lot = own >= 0 ? own : newest;
    int64_t *left = lot >= 0 ? &w->fifo->left[lot] : &w->opening;
    *left -= smaller(*left, amount);
}

void fifo_compute(const struct account *account, struct fifo *fifo) {
    struct walk w = {.account = account, .fifo = fifo, .opening = account->opening_tiyn};
    memset(fifo, 0, sizeof *fifo);
    for (w.at = 0; w.at < account->count; w.at++) {
        const uint32_t slot = ring_slot(account, w.at);
        const int64_t amount = amount_of(account->amount[slot]);
        const bool in = (account->tags[slot] & TAG_IN) != 0;
        if ((account->bits[slot] & BIT_ATTEMPT) != 0) continue;
        if ((account->bits[slot] & BIT_REVERSAL) != 0 && in)
            take_back(&w, slot, amount);
        else if ((account->bits[slot] & BIT_REVERSAL) != 0)
            give_back(&w, amount);
        else if (in)
            fifo->left[w.at] = amount;
        else
            debit(&w, slot, amount);
    }
}
