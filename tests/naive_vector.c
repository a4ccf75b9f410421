/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_inside.h"

#include <math.h>

static void counts_and_amounts(const struct question *q) {
    static const int64_t windows[] = {10 * MINUTE, HOUR, DAY, 3 * DAY, WEEK};
    static const int counts[] = {FEATURE_in_count_10m, FEATURE_out_count_10m,
                                 FEATURE_p2p_in_count_10m, FEATURE_p2p_out_count_10m,
                                 FEATURE_cash_out_count_10m};
    static const int amounts[] = {FEATURE_in_amount_10m, FEATURE_out_amount_10m,
                                  FEATURE_p2p_in_amount_10m, FEATURE_p2p_out_amount_10m,
                                  FEATURE_cash_out_amount_10m};
    for (int f = IN; f <= CASH_OUT; f++)
        for (int w = 0; w < 5; w++) {
            q->out[counts[f] + w] = naive_count_of(q, (enum family)f, windows[w]);
            q->out[amounts[f] + w] = naive_tiyn_of(naive_net_of(q, (enum family)f, windows[w]));
        }
    q->out[FEATURE_in_max_24h] = naive_largest(q, IN, DAY);
    q->out[FEATURE_out_max_24h] = naive_largest(q, OUT, DAY);
    q->out[FEATURE_payers_1h] = naive_distinct(q, IN, HOUR);
    q->out[FEATURE_payers_24h] = naive_distinct(q, IN, DAY);
    q->out[FEATURE_payers_7d] = naive_distinct(q, IN, WEEK);
    q->out[FEATURE_payees_1h] = naive_distinct(q, OUT, HOUR);
    q->out[FEATURE_payees_24h] = naive_distinct(q, OUT, DAY);
    q->out[FEATURE_payees_7d] = naive_distinct(q, OUT, WEEK);
    q->out[FEATURE_new_payer_share_24h] = naive_new_payer_share(q, DAY);
    q->out[FEATURE_new_payer_share_7d] = naive_new_payer_share(q, WEEK);
}

/* Debits over credits, at most 10; null below 1,000 KZT of credits. */
static double through(const struct question *q, enum family out, enum family in, int64_t window) {
    const int64_t credits = naive_net_of(q, in, window);
    if (credits < 100000) return NAN;
    const double ratio = naive_share(naive_net_of(q, out, window), credits);
    return ratio > 10 ? 10 : ratio;
}

static void ratios(const struct question *q) {
    double *o = q->out;
    const double rate = naive_credit_rate(q);
    o[FEATURE_inbound_burst_1h] = naive_burst(q, rate, HOUR);
    o[FEATURE_inbound_burst_24h] = naive_burst(q, rate, DAY);
    o[FEATURE_pass_through_1h] = through(q, OUT, IN, HOUR);
    o[FEATURE_pass_through_24h] = through(q, OUT, IN, DAY);
    o[FEATURE_pass_through_7d] = through(q, OUT, IN, WEEK);
    o[FEATURE_cash_out_ratio_6h] = through(q, CASH_OUT, P2P_IN, 6 * HOUR);
    o[FEATURE_cash_out_ratio_24h] = through(q, CASH_OUT, P2P_IN, DAY);
    const int64_t hour = naive_net_of(q, IN, HOUR) + naive_net_of(q, OUT, HOUR);
    const int64_t week = naive_net_of(q, IN, WEEK) + naive_net_of(q, OUT, WEEK);
    o[FEATURE_turnover_acceleration] = 168.0 * naive_share(hour, week);
    const struct party *party = q->payee ? &q->tx->payee : &q->tx->payer;
    o[FEATURE_balance_ratio] = NAN;
    if (!party->balance_after_present || week == 0) return;
    const long double ratio = (long double)party->balance_after_minor / ((long double)week / 7.0L);
    o[FEATURE_balance_ratio] = ratio > 100 ? 100 : (double)ratio;
}

/* Seconds since the latest settled credit of a family that is large enough; null without one. */
static double since_credit(const struct question *q, enum family family, int64_t window,
                           int64_t twice_amount) {
    double best = NAN;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!naive_settled(q, e, family, window) || 2 * e->amount < twice_amount) continue;
        const double gap = (double)(q->now - e->second);
        if (isnan(best) || gap < best) best = gap;
    }
    return best;
}

static void gaps(const struct question *q) {
    const struct transaction *tx = q->tx;
    const bool debit = tx->tx_status == TX_STATUS_SETTLED && !q->payee;
    const int64_t amount = naive_in_a_slot(tx->amount_tiyn, q->mutation);
    q->out[FEATURE_credit_debit_gap] =
        debit && tx->event_type != EVENT_TYPE_OWN_TRANSFER ? since_credit(q, IN, DAY, amount) : NAN;
    q->out[FEATURE_cash_gap] = debit && naive_is_cash((enum event_type)tx->event_type)
                                   ? since_credit(q, P2P_IN, WEEK, 0)
                                   : NAN;
}

static void attempts(const struct question *q) {
    int hour = 0, day = 0, new_hour = 0, new_day = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (e->happening != ATTEMPTED) continue;
        hour += naive_within(q, e, HOUR);
        day += naive_within(q, e, DAY);
        new_hour += naive_within(q, e, HOUR) && e->stranger;
        new_day += naive_within(q, e, DAY) && e->stranger;
    }
    for (size_t i = 0; i < q->person->left; i++)
        day += q->person->entries[i].happening == ATTEMPTED &&
               naive_in_a_pane(q, &q->person->entries[i], DAY);
    q->out[FEATURE_attempts_1h] = hour;
    q->out[FEATURE_attempts_24h] = day;
    q->out[FEATURE_attempts_new_payee_1h] = new_hour;
    q->out[FEATURE_attempts_new_payee_24h] = new_day;
}

static void ways(const struct question *q) {
    int64_t out = 0, abroad = 0, crypto = 0;
    int in = 0, phone = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (naive_settled(q, e, OUT, DAY)) {
            out += e->amount;
            if (e->abroad) abroad += e->amount;
            if (e->type == EVENT_TYPE_CRYPTO_PURCHASE) crypto += e->amount;
        }
        if (!naive_settled(q, e, P2P_IN, DAY)) continue;
        in++;
        phone += e->to_phone;
    }
    q->out[FEATURE_foreign_out_share_24h] = naive_share(abroad, out);
    q->out[FEATURE_crypto_out_share_24h] = naive_share(crypto, out);
    q->out[FEATURE_alias_phone_share_24h] = naive_share(phone, in);
}

static void habits(const struct question *q) {
    const int64_t zone = q->mutation == NAIVE_night_in_utc ? 0 : ZONE;
    bool active[24] = {false};
    int all = 0, night = 0, round = 0, hours = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!naive_within(q, e, DAY)) continue;
        const int64_t hour = (e->second + zone) % DAY / HOUR;
        all++;
        night += hour < 6;
        round += e->exact % 100000 == 0;
        hours += !active[hour];
        active[hour] = true;
    }
    q->out[FEATURE_active_hours_24h] = hours;
    q->out[FEATURE_night_share_24h] = naive_share(night, all);
    q->out[FEATURE_round_amount_share_24h] = naive_share(round, all);
}

/* From the latest known time before the last day to the earliest of the last day. */
static double dormancy(const struct question *q) {
    int64_t older = INT64_MIN, recent = q->now;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (naive_within(q, e, DAY)) {
            if (e->second < recent) recent = e->second;
        } else if (e->second <= q->now && e->second > older) {
            older = e->second;
        }
    }
    const int64_t left = naive_left_second(q->person, q->mutation);
    if (left != 0 && left <= q->now - DAY && left > older &&
        q->mutation != NAIVE_dormancy_by_the_ring_alone)
        older = left;
    return older == INT64_MIN ? NAN : (double)(recent - older);
}

static double at_least_0(double value) {
    return value < 0 ? 0 : value;
}

static double days_since_living(const struct question *q) {
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->happening != MOVED) continue;
        if (e->type != EVENT_TYPE_TAX_OR_UTILITY && e->type != EVENT_TYPE_C2B_PAYMENT &&
            e->type != EVENT_TYPE_SALARY_OR_BENEFIT)
            continue;
        if (e->second > last || q->mutation == NAIVE_living_payment_by_log_order) last = e->second;
    }
    return last == INT64_MIN ? NAN : at_least_0((double)(q->now - last) / DAY);
}

static double flag(uint8_t tristate) {
    return tristate == TRISTATE_NULL ? NAN : tristate == TRISTATE_TRUE ? 1 : 0;
}

static double fraud_call(const struct question *q) {
    const struct transaction *tx = q->tx;
    const int64_t ago = q->now - q->known->called_s;
    if (q->payee || q->known->called_s == 0) return 0;
    if (tx->event_type == EVENT_TYPE_OWN_TRANSFER || tx->tx_status == TX_STATUS_REVERSED) return 0;
    if (ago < 0 && q->mutation != NAIVE_call_after_the_payment) return 0;
    if (ago >= DAY && !(ago == DAY && q->mutation == NAIVE_call_of_a_day_ago)) return 0;
    return q->to_stranger || q->mutation == NAIVE_call_before_any_payment;
}

static void circumstances(const struct question *q) {
    const struct party *p = q->payee ? &q->tx->payee : &q->tx->payer;
    double *o = q->out;
    o[FEATURE_dormancy_gap] = dormancy(q);
    o[FEATURE_days_since_living_payment] = days_since_living(q);
    o[FEATURE_account_age] = p->account_opened_on_present
                                 ? at_least_0((double)(q->now / DAY - p->account_opened_on_day))
                                 : NAN;
    o[FEATURE_credential_age] =
        p->credential_changed_at_present
            ? at_least_0((double)(q->now - p->credential_changed_at_s) / DAY)
            : NAN;
    o[FEATURE_phone_owner_mismatch] = flag(p->phone_owner_mismatch);
    o[FEATURE_active_call] = q->payee ? NAN : flag(q->tx->active_call);
    o[FEATURE_remote_access] = q->payee ? NAN : flag(q->tx->remote_access);
    o[FEATURE_fraud_call] = fraud_call(q);
    o[FEATURE_list_evidence] = q->known->weight[q->payee];
    o[FEATURE_flagged_payers_24h] = naive_flagged_payers(q);
    o[FEATURE_taint_amount_72h] = o[FEATURE_collector_fan_in_24h] = 0;
    o[FEATURE_taint_hop] = NAN;
}

void naive_answer(enum naive_mutation mutation, const struct person *person,
                  const struct beside *beside, double z, struct naive_side *side) {
    const struct transaction *tx = beside->tx;
    struct question q = {
        .mutation = mutation,
        .person = person,
        .ring = person->count == 0 ? NULL : person->entries + person->left,
        .ring_count = (int)(person->count - person->left),
        .tx = tx,
        .payee = side->payee,
        .known = beside->known,
        .to_stranger = beside->to_stranger,
        .now = tx->event_time_s,
        .out = side->features,
    };
    naive_find_panes(&q);
    side->account_number = person->number;
    side->traced = 0;
    side->approximate_before_s = naive_left_second(person, mutation);
    for (int f = 0; f < FEATURE_COUNT; f++)
        side->features[f] = INFINITY; /* what is forgotten is seen */
    counts_and_amounts(&q);
    ratios(&q);
    naive_fifo(&q, side);
    gaps(&q);
    attempts(&q);
    habits(&q);
    ways(&q);
    circumstances(&q);
    side->features[FEATURE_amount_z] = z;
}
