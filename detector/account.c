/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/account.h"

#include "detector/account_record.h"
#include "detector/decay.h"
#include "detector/feature_table.h"
#include "detector/fifo.h"
#include "detector/panes.h"
#include "detector/transaction.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct account) == 64, "the head is one line");
_Static_assert(EVENT_TYPE_OTHER < 16 && CHANNEL_OTHER < 16 && RAIL_OTHER < 16, "four bits each");
_Static_assert((int)ACCOUNT_EVENTS_MAX == (int)RING_MAX, "a history is the ring");

#define MEAN_WEIGHT 0.0625
#define COARSE UINT32_C(0x80000000)
enum { COARSE_SHIFT = 16, AMOUNTS_MAX = 255 };
/* No window of an event that may still come reaches panes that began so long before the clock. */
enum { PANES_KEEP_S = 15 * 86400 };

uint32_t account_number(const struct account *a) {
    return a->number;
}

uint32_t quantise_amount(int64_t tiyn) {
    if (tiyn < COARSE) return (uint32_t)tiyn;
    const int64_t units = (tiyn >> COARSE_SHIFT) + ((tiyn >> (COARSE_SHIFT - 1)) & 1);
    return COARSE | (units >= COARSE ? COARSE - 1 : (uint32_t)units);
}

/* Size classes. */

size_t class_bytes(uint8_t size_class) {
    const size_t ring = (size_t)RING_EVENT_BYTES * class_room(size_class);
    return sizeof(struct account) + ring + (size_class == CLASS_PANES ? sizeof(struct panes) : 0);
}

uint8_t class_for(uint32_t count) {
    uint8_t size_class = count == 0 ? CLASS_HEAD : CLASS_4;
    while (class_room(size_class) < count)
        size_class++;
    return size_class;
}

/* A smaller class has an eighth of its room to spare, so that a record does not go to and fro. */
uint8_t class_wanted(const struct account *a, int64_t clock_s) {
    const bool panes = a->size_class == CLASS_PANES;
    if (panes && !panes_past(panes_of(a), clock_s - PANES_KEEP_S)) return CLASS_PANES;
    const uint32_t room = panes ? RING_MAX : class_room(a->size_class);
    if (a->count == 0) return CLASS_HEAD;
    const uint32_t more = (8u * a->count + 6) / 7;
    return panes || 16u * a->count <= 7 * room ? class_for(more < RING_MAX ? more : RING_MAX)
                                               : a->size_class;
}

/* The columns of a ring, to where another ring's are. */
static void move_columns(const struct ring *from, const struct ring *to) {
    const size_t count = from->count;
    memmove(to->second, from->second, count * sizeof *to->second);
    memmove(to->amount, from->amount, count * sizeof *to->amount);
    memmove(to->counterparty, from->counterparty, count * sizeof *to->counterparty);
    memmove(to->bits, from->bits, count);
    memmove(to->kind, from->kind, count);
    memmove(to->way, from->way, count);
    memmove(to->print, from->print, count);
    memmove(to->cold, from->cold, count * sizeof *to->cold);
}

void account_move(const struct account *from, struct account *to, uint8_t size_class) {
    assert(from->count <= class_room(size_class));
    *to = *from;
    to->size_class = size_class;
    to->first = 0;
    const struct ring old = ring_of(from), new = ring_of(to);
    move_columns(&old, &new);
    if (size_class != CLASS_PANES) return;
    if (from->size_class == CLASS_PANES)
        *panes_of(to) = *panes_of(from);
    else
        memset(panes_of(to), 0, sizeof(struct panes));
}

/* Columns of one width lie behind one another with as much room each, so that moving all that they
 * take together moves each of them. */
void account_compact(struct account *a) {
    const struct ring from = ring_of(a);
    const size_t room = class_room(a->size_class), first = a->first;
    a->first = 0;
    const struct ring to = ring_of(a);
    memmove(to.second, from.second, (3 * room - first) * sizeof *to.second);
    memmove(to.bits, from.bits, 4 * room - first);
    memmove(to.cold, from.cold, from.count * sizeof *to.cold);
}

/* Looking. */

/* Which of an account's counterparties an event counts among. */
static uint8_t side_bits(uint8_t bits) {
    return bits & (BIT_CREDIT | BIT_DEBIT);
}

static bool counts_as_counterparty(uint8_t bits, uint32_t counterparty) {
    return counterparty != 0 && side_bits(bits) != 0 && (bits & (BIT_ATTEMPT | BIT_REVERSAL)) == 0;
}

/* Takes the highest slot out of a mask; -1: it is empty. */
static int take_latest(uint64_t mask[2]) {
    const int word = mask[1] != 0;
    if (mask[word] == 0) return -1;
    const int bit = 63 - __builtin_clzll(mask[word]);
    mask[word] &= ~(UINT64_C(1) << bit);
    return 64 * word + bit;
}

static bool is_same(const struct ring *r, int slot, const struct ring_event *event) {
    const uint8_t bits = BIT_ATTEMPT | BIT_REVERSAL, kind = KIND_EVENT_TYPE | KIND_IN;
    return r->cold[slot] >> ORDINAL_BITS == event->tx_hash >> 8 &&
           r->amount[slot] == event->amount && r->counterparty[slot] == event->counterparty &&
           ((r->bits[slot] ^ event->bits) & bits) == 0 &&
           ((r->kind[slot] ^ (event->kind | event->event_type)) & kind) == 0;
}

bool account_holds(const struct account *a, const struct ring_event *event,
                   const struct kernels *k) {
    const struct ring r = ring_of(a);
    uint64_t mask[2];
    k->match_bytes(r.print, r.count, (uint8_t)event->tx_hash, mask);
    for (int slot; (slot = take_latest(mask)) >= 0;)
        if (is_same(&r, slot, event)) return true;
    return false;
}

bool account_has_moved(const struct account *a, const struct ring_event *event,
                       const struct kernels *k) {
    const struct ring r = ring_of(a);
    uint64_t mask[2];
    k->match_bytes(r.print, r.count, (uint8_t)event->tx_hash, mask);
    for (int slot; (slot = take_latest(mask)) >= 0;)
        if (ring_is_tx(&r, (uint32_t)slot, event->tx_hash) &&
            r.counterparty[slot] == event->counterparty && (r.bits[slot] & BIT_ATTEMPT) == 0)
            return true;
    return false;
}

/* Of the slots in a mask, the one with NEWEST on this side; -1: none. */
static int newest_holder(const struct ring *r, const uint64_t same[2], uint8_t side) {
    uint64_t mask[2] = {same[0], same[1]};
    int slot;
    while ((slot = take_latest(mask)) >= 0)
        if (r->bits[slot] & BIT_NEWEST && side_bits(r->bits[slot]) == side) break;
    return slot;
}

/* Leaving. */

static void fold(struct account *a, const struct ring *r) {
    const int64_t amount = amount_of(*r->amount);
    if (*r->second > a->left_s) {
        a->left_s = *r->second;
        a->flags &= (uint8_t)~ACCOUNT_COLD; /* from there on all is known */
    }
    if ((*r->bits & BIT_ATTEMPT) != 0) return;
    const bool in = (*r->kind & KIND_IN) != 0;
    const bool adds = in != ((*r->bits & BIT_REVERSAL) != 0);
    a->opening_tiyn = adds ? lot_sum(a->opening_tiyn, amount)
                           : (amount < a->opening_tiyn ? a->opening_tiyn - amount : 0);
}

/* NEWEST goes to the latest event of the counterparty on this side by event time, the later arrived
 * of equals. */
static void pass_on_newest(const struct ring *r, uint32_t counterparty, uint8_t side) {
    int heir = -1;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->counterparty[i] != counterparty || side_bits(r->bits[i]) != side ||
            !counts_as_counterparty(r->bits[i], counterparty))
            continue;
        if (heir < 0 || r->second[i] >= r->second[heir]) heir = (int)i;
    }
    if (heir >= 0) r->bits[heir] |= BIT_NEWEST;
}

/* The oldest event goes. Where all came in the order of their times, nobody inherits from it. */
static void leave(struct account *a, const struct ring *r) {
    fold(a, r);
    a->first++;
    a->count--;
    if ((*r->bits & BIT_NEWEST) == 0 || (a->flags & ACCOUNT_LATE) == 0) return;
    const struct ring rest = ring_of(a);
    pass_on_newest(&rest, *r->counterparty, side_bits(*r->bits));
}

/* Turns that are not seen go by only while the ring empties. */
static bool is_bound_over(const struct account *a, int64_t until_s) {
    const uint8_t bounded = a->flags & ACCOUNT_BOUNDED;
    return bounded != bounded_at(until_s) && bounded != bounded_at(until_s + RING_KEEP_S);
}

void account_expire(struct account *a, int64_t until_s) {
    if ((a->flags & ACCOUNT_BOUNDED) != 0 && is_bound_over(a, until_s))
        a->flags &= (uint8_t)~ACCOUNT_BOUNDED;
    while (a->count > 0) {
        const struct ring r = ring_of(a);
        if (*r.second > until_s) return;
        leave(a, &r);
    }
    a->first = 0;
    a->flags &= (uint8_t) ~(ACCOUNT_LATE | ACCOUNT_BOUNDED);
}

/* The oldest event makes room for the next one. */
static void give_way(struct account *a) {
    assert(a->size_class == CLASS_PANES);
    const struct ring r = ring_of(a);
    panes_add(panes_of(a), *r.second, *r.amount, *r.bits);
    leave(a, &r);
}

/* Entering. */

static uint8_t stranger_bit(const struct ring *r, const struct ring_event *event,
                            const uint64_t same[2]) {
    uint64_t mask[2] = {same[0], same[1]};
    for (int slot; (slot = take_latest(mask)) >= 0;) {
        const int64_t second = r->second[slot];
        if (second <= event->second && second > event->second - SECONDS_7D) return 0;
    }
    return event->counterparty == 0 ? 0 : BIT_STRANGER;
}

bool account_is_stranger(const struct account *a, const struct ring_event *event,
                         const struct kernels *k) {
    const struct ring r = ring_of(a);
    uint64_t same[2];
    k->match(r.counterparty, r.count, event->counterparty, same);
    return stranger_bit(&r, event, same) != 0;
}

/* Gives NEWEST to the event unless a later one of its counterparty is there. */
static uint8_t newest_bit(const struct ring *r, const struct ring_event *event,
                          const uint64_t same[2]) {
    if (!counts_as_counterparty(event->bits, event->counterparty)) return 0;
    const int holder = newest_holder(r, same, side_bits(event->bits));
    if (holder < 0) return BIT_NEWEST;
    if (r->second[holder] > event->second) return 0;
    r->bits[holder] &= (uint8_t)~BIT_NEWEST;
    return BIT_NEWEST;
}

double account_credit_rate(const struct account *a, int64_t second) {
    return second <= a->newest_s ? a->credit_rate
                                 : a->credit_rate * decay_factor((uint32_t)(second - a->newest_s));
}

static void learn_amount(struct account *a, int64_t amount_tiyn) {
    const double tiyn = (double)amount_tiyn;
    const bool first = a->amounts == 0;
    if (a->amounts < AMOUNTS_MAX) a->amounts++;
    if (first) {
        a->amount_mean = tiyn;
        return;
    }
    const double off = tiyn - a->amount_mean;
    a->amount_mean += MEAN_WEIGHT * off;
    a->amount_variance = (1.0 - MEAN_WEIGHT) * (a->amount_variance + MEAN_WEIGHT * off * off);
}

static bool is_living(const struct ring_event *event) {
    const uint8_t type = event->event_type;
    return (event->bits & (BIT_ATTEMPT | BIT_REVERSAL)) == 0 &&
           (type == EVENT_TYPE_TAX_OR_UTILITY || type == EVENT_TYPE_C2B_PAYMENT ||
            type == EVENT_TYPE_SALARY_OR_BENEFIT);
}

static void update_head(struct account *a, const struct ring_event *event) {
    const uint32_t second = (uint32_t)event->second;
    const bool credit = (event->bits & BIT_CREDIT) != 0 && (event->bits & BIT_REVERSAL) == 0;
    const bool first = (a->flags & ACCOUNT_SEEN) == 0;
    if (first && event->balance_present && event->balance_before_tiyn > 0)
        a->opening_tiyn = event->balance_before_tiyn;
    if (first && (a->flags & ACCOUNT_COLD) == 0) a->left_s = 0;
    a->flags |= ACCOUNT_SEEN;
    a->credit_rate = account_credit_rate(a, event->second) + credit;
    if ((event->bits & BIT_ATTEMPT) == 0) learn_amount(a, amount_of(event->amount));
    if (is_living(event) && second > a->last_living_s) a->last_living_s = second;
    if (second < a->newest_s) a->flags |= ACCOUNT_LATE;
    if (second > a->newest_s) a->newest_s = second;
    if (event->amount == UINT32_MAX && second > a->left_s) a->left_s = second;
}

void account_insert(struct account *a, const struct ring_event *event, const struct kernels *k) {
    if (a->count == RING_MAX) give_way(a);
    assert(account_has_room(a));
    const struct ring r = ring_of(a);
    const uint32_t s = r.count;
    uint64_t same[2];
    k->match(r.counterparty, r.count, event->counterparty, same);
    const uint8_t stranger = stranger_bit(&r, event, same);
    const uint8_t newest = newest_bit(&r, event, same);
    update_head(a, event);
    a->count++;
    r.second[s] = (uint32_t)event->second;
    r.amount[s] = event->amount;
    r.counterparty[s] = event->counterparty;
    r.bits[s] = event->bits | stranger | newest;
    r.kind[s] = event->kind | event->event_type;
    r.way[s] = (uint8_t)(event->channel | event->rail << 4);
    r.print[s] = (uint8_t)event->tx_hash;
    r.cold[s] = (event->ordinal & ORDINAL_MASK) | (uint64_t)(event->tx_hash >> 8) << ORDINAL_BITS;
}

/* For the later stages. */

uint32_t account_history(const struct account *a, struct account_event out[ACCOUNT_EVENTS_MAX]) {
    const struct ring r = ring_of(a);
    for (uint32_t i = 0; i < r.count; i++)
        out[i] = (struct account_event){
            .ordinal = ring_ordinal(&r, i),
            .second = r.second[i],
            .amount_tiyn = amount_of(r.amount[i]),
            .channel = r.way[i] & 15,
            .rail = r.way[i] >> 4,
        };
    return r.count;
}

/* When a P2P credit came that did not go back whole; 0: it did. */
static int64_t unreturned_s(const struct ring *r, uint32_t slot, const struct fifo_lot *lot) {
    if (lot->left > 0) return INT64_MAX;
    return lot->returned < amount_of(r->amount[slot]) ? r->second[slot] : 0;
}

struct account_unspent account_unspent(const struct account *a, int64_t second) {
    const uint8_t p2p_credit = BIT_CREDIT | BIT_P2P;
    const struct ring r = ring_of(a);
    struct account_unspent unspent = {.unreturned_s = a->left_s};
    struct fifo fifo;
    fifo_compute(a, &fifo);
    for (uint32_t i = 0; i < r.count; i++) {
        const int64_t left = fifo.lots[i].left;
        if ((r.bits[i] & (p2p_credit | BIT_REVERSAL)) == p2p_credit) {
            const int64_t at_s = unreturned_s(&r, i, &fifo.lots[i]);
            if ((int64_t)r.second[i] > second - SECONDS_24H) unspent.p2p_tiyn += left;
            if (at_s > unspent.unreturned_s) unspent.unreturned_s = at_s;
        }
        if ((r.kind[i] & KIND_EVENT_TYPE) == EVENT_TYPE_SALARY_OR_BENEFIT)
            unspent.protected_tiyn += left;
    }
    return unspent;
}

/* Bits and kind that an event has all of. */
static const struct {
    uint8_t bits, kind;
} evidence_marks[] = {
    [EVIDENCE_ANY] = {0, 0},
    [EVIDENCE_CREDITS] = {BIT_CREDIT, 0},
    [EVIDENCE_DEBITS] = {BIT_DEBIT, 0},
    [EVIDENCE_P2P_CREDITS] = {BIT_CREDIT | BIT_P2P, 0},
    [EVIDENCE_P2P_DEBITS] = {BIT_DEBIT | BIT_P2P, 0},
    [EVIDENCE_CASH_DEBITS] = {BIT_DEBIT | BIT_CASH, 0},
    [EVIDENCE_ATTEMPTS] = {BIT_ATTEMPT, 0},
    [EVIDENCE_FLAGGED_CREDITS] = {BIT_CREDIT, KIND_FLAGGED},
    [EVIDENCE_TRACED] = {0, 0},
};

uint32_t account_evidence(const struct account *a, int feature, int64_t second, uint32_t *slots,
                          uint32_t max) {
    const struct feature *f = &feature_table[feature];
    const struct ring r = ring_of(a);
    const uint8_t bits = evidence_marks[f->evidence].bits, kind = evidence_marks[f->evidence].kind;
    const int64_t window_s = f->window_s == 0 ? SECONDS_24H : f->window_s;
    uint32_t found = 0;
    if (f->evidence == EVIDENCE_TRACED) return 0;
    for (uint32_t i = r.count; i > 0 && found < max; i--) {
        const int64_t at_s = r.second[i - 1];
        const bool inside = at_s > second - window_s && at_s <= second;
        if (inside && (r.bits[i - 1] & bits) == bits && (r.kind[i - 1] & kind) == kind)
            slots[found++] = i - 1;
    }
    return found;
}
