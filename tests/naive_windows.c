/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_inside.h"

#include <math.h>

/* Selections. */

bool naive_within(const struct question *q, const struct entry *e, int64_t window) {
    const int64_t low = q->now - window;
    const bool above =
        e->second > low || (q->mutation == NAIVE_window_closed_below && e->second == low);
    const bool upto = q->mutation == NAIVE_window_open_above   ? e->second < q->now
                      : q->mutation == NAIVE_later_events_seen ? true
                                                               : e->second <= q->now;
    return above && upto;
}

bool naive_is_cash(enum event_type type) {
    return type == EVENT_TYPE_CASH_WITHDRAWAL || type == EVENT_TYPE_CRYPTO_PURCHASE;
}

static bool belongs(const struct question *q, const struct entry *e, enum family family) {
    if (e->happening == ATTEMPTED) return false;
    if (e->type == EVENT_TYPE_OWN_TRANSFER && q->mutation != NAIVE_own_transfers_flow) return false;
    if (e->credit != (family == IN || family == P2P_IN)) return false;
    if (family == P2P_IN || family == P2P_OUT) return e->type == EVENT_TYPE_P2P_TRANSFER;
    return family == CASH_OUT ? naive_is_cash(e->type) : true;
}

bool naive_settled(const struct question *q, const struct entry *e, enum family family,
                   int64_t window) {
    return e->happening == MOVED && belongs(q, e, family) && naive_within(q, e, window);
}

bool naive_in_a_pane(const struct question *q, const struct entry *e, int64_t window) {
    const int64_t pane = e->second / PANE, start = pane * PANE;
    const int64_t slack = q->mutation == NAIVE_pane_by_its_start ? 0 : PANE / 2;
    if (window < PANE || q->mutation == NAIVE_panes_forgotten) return false;
    if (e->leaving == EXPIRED ? q->mutation != NAIVE_panes_of_expired : e->leaving != CROWDED_OUT)
        return false;
    if (q->newest_pane[pane % PLACES] > pane && q->mutation != NAIVE_panes_kept_for_ever)
        return false;
    return start > q->now - window - slack && start <= q->now;
}

void naive_find_panes(struct question *q) {
    for (size_t i = 0; i < q->person->left; i++) {
        const int64_t pane = q->person->entries[i].second / PANE;
        int64_t *newest = &q->newest_pane[pane % PLACES];
        if (q->person->entries[i].leaving == CROWDED_OUT && pane > *newest) *newest = pane;
    }
}

/* An entry of the ring in the window, or one that a pane of the window knows. */
static bool known_within(const struct question *q, const struct entry *e, int64_t window) {
    return e->leaving == NOT_LEFT ? naive_within(q, e, window) : naive_in_a_pane(q, e, window);
}

/* An own transfer belongs nowhere; a mutant takes it in once it has left. */
static bool belongs_in_pane(const struct question *q, const struct entry *e, enum family family) {
    struct entry other = *e;
    const bool own = e->type == EVENT_TYPE_OWN_TRANSFER && e->leaving != NOT_LEFT;
    if (own && q->mutation == NAIVE_pane_of_own_transfers) other.type = EVENT_TYPE_OTHER;
    return belongs(q, &other, family);
}

int naive_count_of(const struct question *q, enum family family, int64_t window) {
    int count = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (!known_within(q, e, window) || !belongs_in_pane(q, e, family)) continue;
        count += e->happening == MOVED || q->mutation == NAIVE_reversal_counts;
    }
    return count;
}

int64_t naive_net_of(const struct question *q, enum family family, int64_t window) {
    int64_t net = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (!known_within(q, e, window) || !belongs_in_pane(q, e, family)) continue;
        if (e->happening == MOVED) net += e->amount;
        if (e->happening == REVERSED && q->mutation != NAIVE_reversal_moves_nothing)
            net -= e->amount;
    }
    return net < 0 && q->mutation != NAIVE_reversal_below_zero ? 0 : net;
}

double naive_tiyn_of(int64_t tiyn) {
    return (double)tiyn;
}

double naive_largest(const struct question *q, enum family family, int64_t window) {
    int64_t most = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->happening != MOVED || e->amount <= most || !known_within(q, e, window)) continue;
        if (e->leaving != NOT_LEFT && q->mutation == NAIVE_pane_without_largest) continue;
        if (belongs_in_pane(q, e, family)) most = e->amount;
    }
    return naive_tiyn_of(most);
}

/* Whether a later entry of the ring has said so of the same counterparty already. */
static bool met_later(const struct question *q, int at, enum family family, int64_t window) {
    for (int i = at + 1; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool says = q->mutation == NAIVE_counterparty_by_log_order
                              ? e->happening == MOVED && belongs(q, e, family)
                              : naive_settled(q, e, family, window);
        if (e->counterparty == q->ring[at].counterparty && says) return true;
    }
    return false;
}

int naive_distinct(const struct question *q, enum family family, int64_t window) {
    int count = 0;
    for (int i = 0; i < q->ring_count; i++) {
        if (!naive_settled(q, &q->ring[i], family, window)) continue;
        if (q->mutation == NAIVE_counterparties_not_distinct)
            count++;
        else
            count += q->ring[i].counterparty != NOBODY && !met_later(q, i, family, window);
    }
    return count;
}

/* Whether an entry of the ring is the payer's latest of the day by its time, then by the log. */
static bool is_latest_of_day(const struct question *q, int at) {
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i], *own = &q->ring[at];
        const bool later = e->second > own->second || (e->second == own->second && i > at);
        if (later && e->counterparty == own->counterparty && naive_settled(q, e, IN, DAY))
            return false;
    }
    return true;
}

/* As it is meant to be, of the latest credit of each. */
static bool flags(const struct question *q, int at) {
    const struct entry *e = &q->ring[at];
    if (!e->flagged || e->counterparty == NOBODY || !e->credit) return false;
    if (q->mutation == NAIVE_flagged_reversals && e->happening == REVERSED) return true;
    if (!naive_settled(q, e, IN, DAY)) return false;
    if (q->mutation == NAIVE_flags_not_distinct) return true;
    if (q->mutation != NAIVE_flagged_by_any_credit) return is_latest_of_day(q, at);
    for (int i = at + 1; i < q->ring_count; i++) {
        const struct entry *other = &q->ring[i];
        if (other->flagged && other->counterparty == e->counterparty &&
            naive_settled(q, other, IN, DAY))
            return false;
    }
    return true;
}

int naive_flagged_payers(const struct question *q) {
    int count = 0;
    for (int i = 0; i < q->ring_count; i++)
        count += flags(q, i);
    return count;
}

double naive_share(int64_t part, int64_t whole) {
    return whole == 0 ? NAN : (double)((long double)part / (long double)whole);
}

double naive_new_payer_share(const struct question *q, int64_t window) {
    int64_t all = 0, new = 0;
    for (int i = 0; i < q->ring_count; i++) {
        if (!naive_settled(q, &q->ring[i], IN, window)) continue;
        all += q->ring[i].amount;
        if (q->ring[i].stranger) new += q->ring[i].amount;
    }
    return naive_share(new, all);
}

/* Decayed figures over the whole statement. */

double naive_credit_rate(const struct question *q) {
    const long double half_life = 14.0L * DAY;
    long double rate = 0;
    int64_t clock = q->now;
    for (size_t i = 0; i < q->person->count; i++)
        if (q->person->entries[i].second > clock) clock = q->person->entries[i].second;
    int64_t at = INT64_MIN;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->second > at) at = e->second;
        if (e->happening != MOVED || !belongs(q, e, IN)) continue;
        rate += q->mutation == NAIVE_rate_not_decayed
                    ? 1.0L
                    : exp2l((long double)(at - clock) / half_life);
    }
    return (double)rate;
}

double naive_burst(const struct question *q, double rate, int64_t window) {
    const double expected = rate * (double)window * log(2.0) / (14.0 * DAY);
    return log((naive_count_of(q, IN, window) + 0.5) / (expected + 0.5));
}

double naive_amount_z(const struct person *person, int64_t amount) {
    long double mean = 0, variance = 0;
    int count = 0;
    for (size_t i = 0; i < person->count; i++) {
        if (person->entries[i].happening == ATTEMPTED) continue;
        const long double off = (long double)person->entries[i].amount - mean;
        if (count++ == 0) {
            mean = off;
            continue;
        }
        mean += off / 16.0L;
        variance = (variance + off * off / 16.0L) * 15.0L / 16.0L;
    }
    if (count < 5 || variance <= 0) return NAN;
    const long double z = ((long double)amount - mean) / sqrtl(variance);
    return (double)(z > 20 ? 20 : z < -20 ? -20 : z);
}
