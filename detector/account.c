/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/account.h"

#include "detector/account_record.h"
#include "detector/feature_table.h"
#include "detector/fifo.h"
#include "detector/transaction.h"
#include "models/exact_math.h"

_Static_assert(sizeof(struct account) == 14 * 64, "two lines of header, twelve of ring");
_Static_assert(EVENT_TYPE_OTHER < 16 && CHANNEL_OTHER < 16 && RAIL_OTHER < 16, "four bits each");
_Static_assert((int)ACCOUNT_EVENTS_MAX == (int)RING_SLOTS, "a history is the ring");

#define HALF_LIFE_S (14.0 * 86400.0)
#define LN_2 0.6931471805599453
#define MEAN_WEIGHT 0.0625
#define COARSE UINT32_C(0x80000000)
enum { COARSE_SHIFT = 16 };

uint32_t account_number(const struct account *a) {
    return a->number;
}

uint32_t quantise_amount(int64_t tiyn) {
    if (tiyn < COARSE) return (uint32_t)tiyn;
    const int64_t units = (tiyn >> COARSE_SHIFT) + ((tiyn >> (COARSE_SHIFT - 1)) & 1);
    return COARSE | (units >= COARSE ? COARSE - 1 : (uint32_t)units);
}

int64_t amount_of(uint32_t coded) {
    const int64_t low = coded & (COARSE - 1);
    return (coded & COARSE) != 0 ? low << COARSE_SHIFT : low;
}

/* Side bits: which of an account's counterparties an event counts among. */
static uint8_t side_bits(uint8_t bits) {
    return bits & (BIT_CREDIT | BIT_DEBIT);
}

static bool counts_as_counterparty(uint8_t bits, uint32_t counterparty) {
    return counterparty != 0 && side_bits(bits) != 0 && (bits & (BIT_ATTEMPT | BIT_REVERSAL)) == 0;
}

/* A ring that is not full starts at slot 0, so slots in use are `ring_used`. */
bool account_holds(const struct account *a, const struct ring_event *event,
                   const struct kernels *k) {
    const uint32_t amount = quantise_amount(event->amount_tiyn);
    const uint8_t bits = BIT_ATTEMPT | BIT_REVERSAL, kind = KIND_EVENT_TYPE | KIND_IN;
    uint32_t mask = k->equal(a->tx_hash, ring_extent(a), event->tx_hash) & ring_used(a);
    for (; mask != 0; mask &= mask - 1) {
        const int s = __builtin_ctz(mask);
        if (a->amount[s] == amount && a->counterparty[s] == event->counterparty &&
            ((a->bits[s] ^ event->bits) & bits) == 0 &&
            ((a->kind[s] ^ (event->kind | event->event_type)) & kind) == 0)
            return true;
    }
    return false;
}

/* Of slots with the counterparty: the latest event of a side by event time, the later arrived one
 * of equals; -1: none. Where a slot of them carries NEWEST, it is that one. */
static int find_newest(const struct account *a, uint32_t mask, uint8_t side) {
    int found = -1;
    uint32_t found_age = 0;
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t s = (uint32_t)__builtin_ctz(mask);
        const uint32_t age = (s + RING_SLOTS - a->head) % RING_SLOTS;
        if (side_bits(a->bits[s]) != side ||
            !counts_as_counterparty(a->bits[s], a->counterparty[s]))
            continue;
        const bool later = found < 0 || a->second[s] > a->second[found] ||
                           (a->second[s] == a->second[found] && age > found_age);
        if (!later) continue;
        found = (int)s;
        found_age = age;
    }
    return found;
}

static uint8_t stranger_bit(const struct account *a, const struct ring_event *event,
                            uint32_t same) {
    for (uint32_t mask = same; mask != 0; mask &= mask - 1) {
        const int64_t second = a->second[__builtin_ctz(mask)];
        if (second <= event->second && second > event->second - SECONDS_7D) return 0;
    }
    return event->counterparty == 0 ? 0 : BIT_STRANGER;
}

static void mark_inexact(struct account *a, int64_t second) {
    if (second > a->inexact_s) a->inexact_s = second;
}

static void fold(struct account *a, uint32_t slot) {
    const int64_t amount = amount_of(a->amount[slot]);
    if ((a->bits[slot] & BIT_ATTEMPT) != 0) return;
    const bool in = (a->kind[slot] & KIND_IN) != 0;
    const bool adds = in != ((a->bits[slot] & BIT_REVERSAL) != 0);
    a->opening_tiyn = adds ? lot_sum(a->opening_tiyn, amount)
                           : (amount < a->opening_tiyn ? a->opening_tiyn - amount : 0);
}

/* The oldest event leaves; its slot is the one that the next event takes. */
static void evict(struct account *a, const struct kernels *k) {
    const uint32_t slot = a->head, others = ~(UINT32_C(1) << slot);
    fold(a, slot);
    mark_inexact(a, a->second[slot]);
    a->head = (uint8_t)((a->head + 1) % RING_SLOTS);
    a->count--;
    if ((a->bits[slot] & BIT_NEWEST) == 0) return;
    const uint32_t same = others & k->equal(a->counterparty, RING_SLOTS, a->counterparty[slot]);
    const int heir = find_newest(a, same, side_bits(a->bits[slot]));
    if (heir >= 0) a->bits[heir] |= BIT_NEWEST;
}

/* Gives NEWEST to the event unless a later one of its counterparty is there. */
static uint8_t newest_bit(struct account *a, const struct ring_event *event, uint32_t same) {
    if (!counts_as_counterparty(event->bits, event->counterparty)) return 0;
    const int holder = find_newest(a, same, side_bits(event->bits));
    if (holder >= 0 && a->second[holder] > event->second) return 0;
    if (holder >= 0) a->bits[holder] &= (uint8_t)~BIT_NEWEST;
    return BIT_NEWEST;
}

double account_credit_rate(const struct account *a, int64_t second) {
    const int64_t age_s = second - a->decayed_s;
    if (age_s <= 0 || a->credit_rate == 0) return a->credit_rate;
    return a->credit_rate * exact_exp(-LN_2 * (double)age_s / HALF_LIFE_S);
}

static void decay(struct account *a, const struct ring_event *event) {
    a->credit_rate = account_credit_rate(a, event->second);
    if (event->second > a->decayed_s) a->decayed_s = event->second;
    const bool credit = (event->bits & BIT_CREDIT) != 0 && (event->bits & BIT_REVERSAL) == 0;
    if (credit) a->credit_rate += 1.0;
}

static void learn_amount(struct account *a, int64_t amount_tiyn) {
    const double tiyn = (double)amount_tiyn;
    const bool first = a->amounts == 0;
    if (a->amounts < UINT32_MAX) a->amounts++;
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

static void update_header(struct account *a, const struct ring_event *event) {
    if (a->seen == 0 && event->balance_present && event->balance_before_tiyn > 0)
        a->opening_tiyn = event->balance_before_tiyn;
    decay(a, event);
    if ((event->bits & BIT_ATTEMPT) == 0)
        learn_amount(a, amount_of(quantise_amount(event->amount_tiyn)));
    if (is_living(event) && event->second > a->last_living_s) a->last_living_s = event->second;
    if (event->second > a->newest_s) a->newest_s = event->second;
    if (a->seen < UINT32_MAX) a->seen++;
}

void account_insert(struct account *a, const struct ring_event *event, const struct kernels *k) {
    const bool full = a->count == RING_SLOTS;
    if (full) evict(a, k);
    const uint32_t s = ring_slot(a, a->count);
    const uint32_t used = full ? ~(UINT32_C(1) << s) : ring_used(a);
    const uint32_t same = used & k->equal(a->counterparty, ring_extent(a), event->counterparty);
    const uint8_t stranger = stranger_bit(a, event, same);
    const uint8_t newest = newest_bit(a, event, same);
    update_header(a, event);
    a->count++;
    a->second[s] = (uint32_t)event->second;
    a->amount[s] = quantise_amount(event->amount_tiyn);
    if (a->amount[s] == UINT32_MAX) mark_inexact(a, event->second);
    a->bits[s] = event->bits | stranger | newest;
    a->kind[s] = event->kind | event->event_type;
    a->counterparty[s] = event->counterparty;
    a->tx_hash[s] = event->tx_hash;
    a->ordinal_low[s] = (uint32_t)event->ordinal;
    a->ordinal_high[s] = (uint8_t)(event->ordinal >> 32);
    a->way[s] = (uint8_t)(event->channel | event->rail << 4);
}

/* A ring that is half empty is read by half; the new event's ordinal and way are written. */
void account_prefetch(const struct account *a) {
    const uint32_t next = ring_slot(a, a->count);
    const bool whole = a->count >= RING_SLOTS / 2;
    const uint32_t *const columns[] = {a->second, a->amount, a->counterparty, a->tx_hash};
    __builtin_prefetch(&a->batch, 1);
    __builtin_prefetch(a->bits, 1);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        __builtin_prefetch(columns[i], 1);
        if (whole) __builtin_prefetch(columns[i] + RING_SLOTS / 2, 1);
    }
    __builtin_prefetch(&a->ordinal_low[next], 1);
    __builtin_prefetch(a->ordinal_high, 1);
}

uint32_t account_history(const struct account *a, struct account_event out[ACCOUNT_EVENTS_MAX]) {
    for (uint32_t i = 0; i < a->count; i++) {
        const uint32_t s = ring_slot(a, i);
        out[i] = (struct account_event){
            .ordinal = (uint64_t)a->ordinal_high[s] << 32 | a->ordinal_low[s],
            .second = a->second[s],
            .amount_tiyn = amount_of(a->amount[s]),
            .channel = a->way[s] & 15,
            .rail = a->way[s] >> 4,
        };
    }
    return a->count;
}

int64_t account_unspent_p2p(const struct account *a, int64_t second) {
    struct fifo fifo;
    fifo_compute(a, &fifo);
    int64_t unspent = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        const uint32_t s = ring_slot(a, i);
        const bool p2p_credit = (a->bits[s] & (BIT_CREDIT | BIT_P2P)) == (BIT_CREDIT | BIT_P2P);
        if (p2p_credit && (int64_t)a->second[s] > second - SECONDS_24H)
            unspent += fifo.lots[i].left;
    }
    return unspent;
}

static const uint8_t evidence_bits[] = {
    [EVIDENCE_ANY] = 0,
    [EVIDENCE_CREDITS] = BIT_CREDIT,
    [EVIDENCE_DEBITS] = BIT_DEBIT,
    [EVIDENCE_P2P_CREDITS] = BIT_CREDIT | BIT_P2P,
    [EVIDENCE_P2P_DEBITS] = BIT_DEBIT | BIT_P2P,
    [EVIDENCE_CASH_DEBITS] = BIT_DEBIT | BIT_CASH,
    [EVIDENCE_ATTEMPTS] = BIT_ATTEMPT,
};

uint32_t account_evidence(const struct account *a, int feature, int64_t second, uint32_t *slots,
                          uint32_t max) {
    const struct feature *f = &feature_table[feature];
    const uint8_t bits = evidence_bits[f->evidence];
    const int64_t window_s = f->window_s == 0 ? SECONDS_24H : f->window_s;
    uint32_t found = 0;
    for (uint32_t i = a->count; i > 0 && found < max; i--) {
        const uint32_t s = ring_slot(a, i - 1);
        const int64_t at_s = a->second[s];
        const bool inside = at_s > second - window_s && at_s <= second;
        if (inside && (a->bits[s] & bits) == bits) slots[found++] = i - 1;
    }
    return found;
}
