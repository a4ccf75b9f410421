/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out. */
#include "tests/naive_inside.h"

#include <assert.h>
#include <string.h>

enum { BEFORE = -1 }; /* a lot: what was there before the ring */

enum { SPENDS_MAX = RING * (RING + 1) };

struct spend {
    int lot; /* index into the ring; BEFORE */
    int debit;
    int64_t amount;
};

struct purse {
    int64_t before, owed;
    int64_t left[RING]; /* of each credit of the ring */
    int64_t back[RING]; /* by reversals of its own */
    struct spend spends[SPENDS_MAX];
    int spend_count;
};

/* Money that was there before the first entry of the ring. */
static int64_t money_before(const struct question *q) {
    const struct entry *first = q->person->entries;
    const size_t folded = q->person->left;
    __int128 money = 0;
    if (q->person->count == 0) return 0;
    if (first->balance_known && first->balance_before > 0) money = first->balance_before;
    if (q->mutation == NAIVE_opening_balance_after_the_event && first->balance_known)
        money = first->balance_after > 0 ? first->balance_after : 0;
    if (q->mutation == NAIVE_opening_balance_ignored) money = 0;
    for (size_t i = 0; i < folded && q->mutation != NAIVE_folded_events_forgotten; i++) {
        const struct entry *e = &first[i];
        if (e->happening == ATTEMPTED) continue;
        money += e->credit == (e->happening == MOVED) ? e->amount : -e->amount;
        if (money < 0) money = 0;
        if (money > INT64_MAX) money = INT64_MAX;
    }
    return (int64_t)money;
}

static void note_spend(struct purse *p, int lot, int debit, int64_t amount) {
    if (amount == 0) return;
    assert(p->spend_count < SPENDS_MAX);
    p->spends[p->spend_count++] = (struct spend){lot, debit, amount};
}

static void add_before(struct purse *p, int64_t amount) {
    const __int128 sum = (__int128)p->before + amount;
    p->before = sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

static void pay(const struct question *q, struct purse *p, int debit) {
    int64_t amount = q->ring[debit].amount;
    const int64_t first = amount < p->before ? amount : p->before;
    p->before -= first;
    note_spend(p, BEFORE, debit, first);
    amount -= first;
    for (int k = 0; k < debit; k++) {
        const int lot = q->mutation == NAIVE_last_in_first_out ? debit - 1 - k : k;
        const int64_t part = amount < p->left[lot] ? amount : p->left[lot];
        p->left[lot] -= part;
        note_spend(p, lot, debit, part);
        amount -= part;
    }
    p->owed += amount;
}

static bool is_credit(const struct entry *e) {
    return e->credit && e->happening == MOVED;
}

static int newest_credit(const struct question *q, int before) {
    for (int i = before - 1; i >= 0; i--)
        if (is_credit(&q->ring[i])) return i;
    return BEFORE;
}

static void debit_reversed(const struct question *q, struct purse *p, int reversal) {
    int64_t amount = q->ring[reversal].amount;
    for (int i = p->spend_count - 1; i >= 0; i--) {
        struct spend *s = &p->spends[i];
        if (strcmp(q->ring[s->debit].tx_id, q->ring[reversal].tx_id) != 0) continue;
        if (q->mutation == NAIVE_reversal_gives_back_to_newest) continue;
        const int64_t back = amount < s->amount ? amount : s->amount;
        s->amount -= back;
        amount -= back;
        if (s->lot == BEFORE)
            add_before(p, back);
        else
            p->left[s->lot] += back;
    }
    const int newest = newest_credit(q, reversal);
    if (newest == BEFORE)
        add_before(p, amount);
    else
        p->left[newest] += amount;
}

static void credit_reversed(const struct question *q, struct purse *p, int reversal) {
    int lot = newest_credit(q, reversal);
    for (int i = 0; i < reversal; i++)
        if (is_credit(&q->ring[i]) && strcmp(q->ring[i].tx_id, q->ring[reversal].tx_id) == 0)
            lot = i;
    int64_t *left = lot == BEFORE ? &p->before : &p->left[lot];
    const int64_t back = q->ring[reversal].amount < *left ? q->ring[reversal].amount : *left;
    *left -= back;
    if (lot != BEFORE && strcmp(q->ring[lot].tx_id, q->ring[reversal].tx_id) == 0)
        p->back[lot] += back;
}

static void fill_purse(const struct question *q, struct purse *p) {
    p->before = money_before(q);
    p->owed = 0;
    p->spend_count = 0;
    memset(p->left, 0, sizeof p->left);
    memset(p->back, 0, sizeof p->back);
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool nothing = e->happening == ATTEMPTED && q->mutation != NAIVE_attempt_moves_money;
        if (nothing) continue;
        if (e->happening == REVERSED && e->credit) {
            credit_reversed(q, p, i);
        } else if (e->happening == REVERSED) {
            debit_reversed(q, p, i);
        } else if (e->credit) {
            p->left[i] = e->amount;
            if (q->mutation != NAIVE_unseen_money_owed) continue;
            const int64_t due = p->owed < e->amount ? p->owed : e->amount;
            p->owed -= due;
            p->left[i] -= due;
        } else {
            pay(q, p, i);
        }
    }
}

enum way { ANY_WAY, AS_CASH, BY_P2P };

/* What left, and how, of the credits of a family in a window, at most `age` after arriving. */
static int64_t gone(const struct question *q, const struct purse *p, enum family family,
                    int64_t window, enum way way, int64_t age) {
    int64_t sum = 0;
    for (int i = 0; i < p->spend_count; i++) {
        const struct spend *s = &p->spends[i];
        if (s->lot == BEFORE || !naive_settled(q, &q->ring[s->lot], family, window)) continue;
        const struct entry *debit = &q->ring[s->debit];
        int64_t after = debit->second - q->ring[s->lot].second;
        if (after < 0) after = q->mutation == NAIVE_negative_age_is_not_rapid ? INT64_MAX : 0;
        if (q->mutation == NAIVE_rapid_up_to_601_seconds && after == 601) after = 600;
        const bool fits = way == ANY_WAY || (way == AS_CASH && naive_is_cash(debit->type)) ||
                          (way == BY_P2P && debit->type == EVENT_TYPE_P2P_TRANSFER);
        if (fits && after <= age) sum += s->amount;
    }
    return sum;
}

static int64_t credited(const struct question *q, int64_t window) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++)
        if (naive_settled(q, &q->ring[i], IN, window)) sum += q->ring[i].amount;
    return sum;
}

static int64_t unspent_p2p(const struct question *q, const struct purse *p) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool transfer = is_credit(e) && e->type == EVENT_TYPE_P2P_TRANSFER;
        if (transfer && e->second > q->now - DAY) sum += p->left[i];
    }
    return sum;
}

static int64_t unspent_protected(const struct question *q, const struct purse *p) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++)
        if (is_credit(&q->ring[i]) && q->ring[i].type == EVENT_TYPE_SALARY_OR_BENEFIT)
            sum += p->left[i];
    return sum;
}

static int64_t unreturned_s(const struct question *q, const struct purse *p) {
    int64_t latest = naive_left_second(q->person, q->mutation);
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!is_credit(e) || e->type != EVENT_TYPE_P2P_TRANSFER) continue;
        if (p->left[i] > 0) return INT64_MAX;
        if (p->back[i] < e->amount && e->second > latest) latest = e->second;
    }
    return latest;
}

void naive_fifo(const struct question *q, struct naive_side *side) {
    struct purse purse;
    fill_purse(q, &purse);
    double *o = q->out;
    const int64_t ever = INT64_MAX;
    o[FEATURE_rapid_cash_out_10m] =
        naive_share(gone(q, &purse, IN, DAY, ANY_WAY, 10 * MINUTE), credited(q, DAY));
    o[FEATURE_rapid_cash_out_1h] =
        naive_share(gone(q, &purse, IN, DAY, ANY_WAY, HOUR), credited(q, DAY));
    o[FEATURE_retained_share] =
        1.0 - naive_share(gone(q, &purse, IN, 3 * DAY, ANY_WAY, ever), credited(q, 3 * DAY));
    o[FEATURE_passed_amount_cash_24h] = naive_tiyn_of(gone(q, &purse, P2P_IN, DAY, AS_CASH, ever));
    o[FEATURE_passed_amount_cash_72h] =
        naive_tiyn_of(gone(q, &purse, P2P_IN, 3 * DAY, AS_CASH, ever));
    o[FEATURE_passed_amount_p2p_24h] = naive_tiyn_of(gone(q, &purse, P2P_IN, DAY, BY_P2P, ever));
    o[FEATURE_passed_amount_p2p_72h] =
        naive_tiyn_of(gone(q, &purse, P2P_IN, 3 * DAY, BY_P2P, ever));
    side->unspent_p2p = unspent_p2p(q, &purse);
    side->unspent_protected = unspent_protected(q, &purse);
    side->unreturned_s = unreturned_s(q, &purse);
}
