/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/features.h"

#include "detector/fifo.h"
#include "detector/recommendation.h"
#include "models/exact_math.h"

#include <math.h>
#include <string.h>

enum { WINDOWS = 6, FAMILIES = 5, FIVE = 5, LOCAL_OFFSET_S = 5 * 3600, DAY_S = 86400 };
enum { W_10M, W_1H, W_24H, W_72H, W_7D, W_6H };
static const int32_t width_s[WINDOWS] = {SECONDS_10M, SECONDS_1H, SECONDS_24H,
                                         SECONDS_72H, SECONDS_7D, SECONDS_6H};
enum { F_IN, F_OUT, F_P2P_IN, F_P2P_OUT, F_CASH_OUT };
static const uint8_t family_bits[FAMILIES] = {BIT_CREDIT, BIT_DEBIT, BIT_CREDIT | BIT_P2P,
                                              BIT_DEBIT | BIT_P2P, BIT_DEBIT | BIT_CASH};
#define MEAN_LIFE_S (14.0 * 86400.0 / 0.6931471805599453)
#define FLOOR_TIYN 100000
#define KZT(tiyn) ((double)(tiyn) / 100.0)

/* What the parts of the vector share. */
struct view {
    const struct account *account;
    const struct transaction *tx;
    const struct kernels *kernels;
    enum side_role role;
    int64_t second;
    uint32_t used;             /* slots in use: a ring that is not full starts at slot 0 */
    uint32_t window[WINDOWS];  /* slots in the window, attempts included */
    uint32_t family[FAMILIES]; /* slots of the family, neither attempts nor reversals */
    uint32_t attempts, reversals;
    int64_t tiyn[RING_SLOTS];
    int64_t sum[FAMILIES][WINDOWS];
    uint32_t count[FAMILIES][WINDOWS];
    double *out;
};

static uint32_t bits_of(uint32_t mask) {
    return (uint32_t)__builtin_popcount(mask);
}

static uint32_t low_of(int64_t second, int32_t window_s) {
    return second <= window_s ? 0 : (uint32_t)(second - window_s);
}

static void look(struct view *v) {
    const struct account *a = v->account;
    const struct kernels *k = v->kernels;
    v->used = a->count == RING_SLOTS ? UINT32_MAX : (UINT32_C(1) << a->count) - 1;
    for (int w = 0; w < WINDOWS; w++)
        v->window[w] =
            v->used & k->window(a->second, low_of(v->second, width_s[w]), (uint32_t)v->second);
    v->attempts = k->select(a->bits, BIT_ATTEMPT);
    v->reversals = k->select(a->bits, BIT_REVERSAL);
    k->amounts(a->amount, v->tiyn);
    for (int f = 0; f < FAMILIES; f++)
        v->family[f] = k->select(a->bits, family_bits[f]) & ~v->attempts;
}

/* Sums less what was reversed, not below 0; counts without reversals. */
static void sum_up(struct view *v) {
    uint32_t masks[2 * FAMILIES * WINDOWS];
    int64_t sums[2 * FAMILIES * WINDOWS];
    size_t n = 0;
    for (int f = 0; f < FAMILIES; f++)
        for (int w = 0; w < WINDOWS; w++) {
            const uint32_t mask = v->family[f] & v->window[w];
            masks[n++] = mask & ~v->reversals;
            masks[n++] = mask & v->reversals;
        }
    v->kernels->sums(v->tiyn, masks, n, sums);
    for (int f = 0; f < FAMILIES; f++)
        for (int w = 0; w < WINDOWS; w++) {
            const size_t i = 2 * ((size_t)f * WINDOWS + (size_t)w);
            v->sum[f][w] = sums[i] > sums[i + 1] ? sums[i] - sums[i + 1] : 0;
            v->count[f][w] = bits_of(masks[i]);
        }
}

static void families(struct view *v) {
    for (int f = 0; f < FAMILIES; f++)
        for (int w = 0; w < FIVE; w++) {
            v->out[FEATURE_in_count_10m + 2 * FIVE * f + w] = v->count[f][w];
            v->out[FEATURE_in_amount_10m + 2 * FIVE * f + w] = KZT(v->sum[f][w]);
        }
}

static double largest(const struct view *v, uint32_t mask) {
    int64_t most = 0;
    for (; mask != 0; mask &= mask - 1) {
        const int64_t tiyn = v->tiyn[__builtin_ctz(mask)];
        if (tiyn > most) most = tiyn;
    }
    return KZT(most);
}

/* For a time older than the ring's newest, the NEWEST bits may stand on events after it. */
static uint32_t distinct_slow(const struct view *v, uint32_t mask) {
    uint32_t found = 0;
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        bool again = false;
        for (uint32_t rest = mask & (mask - 1); rest != 0; rest &= rest - 1)
            again |=
                v->account->counterparty[__builtin_ctz(rest)] == v->account->counterparty[slot];
        found += !again && v->account->counterparty[slot] != 0;
    }
    return found;
}

static double distinct(const struct view *v, int family, int window) {
    const uint32_t mask = v->family[family] & v->window[window] & ~v->reversals;
    if (v->second < v->account->newest_s) return distinct_slow(v, mask);
    return bits_of(mask & v->kernels->select(v->account->bits, BIT_NEWEST));
}

static void counterparties(struct view *v) {
    double *o = v->out;
    o[FEATURE_in_max_24h] = largest(v, v->family[F_IN] & v->window[W_24H] & ~v->reversals);
    o[FEATURE_out_max_24h] = largest(v, v->family[F_OUT] & v->window[W_24H] & ~v->reversals);
    o[FEATURE_payers_1h] = distinct(v, F_IN, W_1H);
    o[FEATURE_payers_24h] = distinct(v, F_IN, W_24H);
    o[FEATURE_payers_7d] = distinct(v, F_IN, W_7D);
    o[FEATURE_payees_1h] = distinct(v, F_OUT, W_1H);
    o[FEATURE_payees_24h] = distinct(v, F_OUT, W_24H);
    o[FEATURE_payees_7d] = distinct(v, F_OUT, W_7D);
}

static double ratio(int64_t part, int64_t whole) {
    return whole <= 0 ? NAN : (double)part / (double)whole;
}

static double capped(double value, double most) {
    return value > most ? most : value;
}

static double stranger_share(const struct view *v, int window) {
    const uint32_t credits = v->family[F_IN] & v->window[window] & ~v->reversals;
    const uint32_t masks[2] = {credits & v->kernels->select(v->account->bits, BIT_STRANGER),
                               credits};
    int64_t sums[2];
    v->kernels->sums(v->tiyn, masks, 2, sums);
    return ratio(sums[0], sums[1]);
}

/* log((count + 0.5) / (expected + 0.5)). */
static double burst(const struct view *v, double rate, int window) {
    const double expected = rate * (double)width_s[window] / MEAN_LIFE_S;
    return exact_log((v->count[F_IN][window] + 0.5) / (expected + 0.5));
}

static double through(const struct view *v, int out, int in, int window) {
    if (v->sum[in][window] < FLOOR_TIYN) return NAN;
    return capped(ratio(v->sum[out][window], v->sum[in][window]), 10.0);
}

static void flow_ratios(struct view *v) {
    double *o = v->out;
    o[FEATURE_new_payer_share_24h] = stranger_share(v, W_24H);
    o[FEATURE_new_payer_share_7d] = stranger_share(v, W_7D);
    const double rate = account_credit_rate(v->account, v->second);
    o[FEATURE_inbound_burst_1h] = burst(v, rate, W_1H);
    o[FEATURE_inbound_burst_24h] = burst(v, rate, W_24H);
    o[FEATURE_pass_through_1h] = through(v, F_OUT, F_IN, W_1H);
    o[FEATURE_pass_through_24h] = through(v, F_OUT, F_IN, W_24H);
    o[FEATURE_pass_through_7d] = through(v, F_OUT, F_IN, W_7D);
    o[FEATURE_cash_out_ratio_6h] = through(v, F_CASH_OUT, F_P2P_IN, W_6H);
    o[FEATURE_cash_out_ratio_24h] = through(v, F_CASH_OUT, F_P2P_IN, W_24H);
    const int64_t turnover_1h = v->sum[F_IN][W_1H] + v->sum[F_OUT][W_1H];
    const int64_t turnover_7d = v->sum[F_IN][W_7D] + v->sum[F_OUT][W_7D];
    o[FEATURE_turnover_acceleration] = ratio(turnover_1h * 168, turnover_7d);
    const struct party *party = v->role == SIDE_PAYER ? &v->tx->payer : &v->tx->payee;
    o[FEATURE_balance_ratio] =
        party->balance_after_present && turnover_7d > 0
            ? capped((double)party->balance_after_minor * 7.0 / (double)turnover_7d, 100.0)
            : NAN;
}

/* What left of the credits of a mask. */
static struct fifo_lot over(const struct view *v, const struct fifo *fifo, uint32_t mask) {
    struct fifo_lot sum = {0};
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        const struct fifo_lot *lot =
            &fifo->lots[(slot + RING_SLOTS - v->account->head) % RING_SLOTS];
        sum.gone += lot->gone;
        sum.gone_10m += lot->gone_10m;
        sum.gone_1h += lot->gone_1h;
        sum.gone_cash += lot->gone_cash;
        sum.gone_p2p += lot->gone_p2p;
    }
    return sum;
}

static int64_t credited(const struct view *v, uint32_t mask) {
    int64_t sum;
    v->kernels->sums(v->tiyn, &mask, 1, &sum);
    return sum;
}

static void fifo_features(struct view *v) {
    struct fifo fifo;
    double *o = v->out;
    fifo_compute(v->account, &fifo);
    const uint32_t in = v->family[F_IN] & ~v->reversals, p2p = v->family[F_P2P_IN] & ~v->reversals;
    const uint32_t day = v->window[W_24H], three = v->window[W_72H];
    const struct fifo_lot in_day = over(v, &fifo, in & day), in_three = over(v, &fifo, in & three),
                          p2p_day = over(v, &fifo, p2p & day),
                          p2p_three = over(v, &fifo, p2p & three);
    o[FEATURE_rapid_cash_out_10m] = ratio(in_day.gone_10m, credited(v, in & day));
    o[FEATURE_rapid_cash_out_1h] = ratio(in_day.gone_1h, credited(v, in & day));
    o[FEATURE_retained_share] = 1.0 - ratio(in_three.gone, credited(v, in & three));
    o[FEATURE_passed_amount_cash_24h] = KZT(p2p_day.gone_cash);
    o[FEATURE_passed_amount_p2p_24h] = KZT(p2p_day.gone_p2p);
    o[FEATURE_passed_amount_cash_72h] = KZT(p2p_three.gone_cash);
    o[FEATURE_passed_amount_p2p_72h] = KZT(p2p_three.gone_p2p);
}

/* Seconds from the latest event of a mask with at least `least` tiyn; NaN without one. */
static double since_latest(const struct view *v, uint32_t mask, int64_t least) {
    int64_t latest = -1;
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        if (v->tiyn[slot] >= least && v->account->second[slot] > latest)
            latest = v->account->second[slot];
    }
    return latest < 0 ? NAN : (double)(v->second - latest);
}

static void gaps(struct view *v) {
    const bool settled = v->tx->tx_status == TX_STATUS_SETTLED && v->role == SIDE_PAYER;
    const bool own = v->tx->event_type == EVENT_TYPE_OWN_TRANSFER;
    const bool cash = v->tx->event_type == EVENT_TYPE_CASH_WITHDRAWAL ||
                      v->tx->event_type == EVENT_TYPE_CRYPTO_PURCHASE;
    const int64_t amount = amount_of(quantise_amount(v->tx->amount_tiyn));
    const uint32_t in = v->family[F_IN] & ~v->reversals, p2p = v->family[F_P2P_IN] & ~v->reversals;
    v->out[FEATURE_credit_debit_gap] =
        settled && !own ? since_latest(v, in & v->window[W_24H], (amount + 1) / 2) : NAN;
    v->out[FEATURE_cash_gap] = settled && cash ? since_latest(v, p2p & v->window[W_7D], 0) : NAN;
}

static void attempts(struct view *v) {
    const uint32_t strangers = v->attempts & v->kernels->select(v->account->bits, BIT_STRANGER);
    v->out[FEATURE_attempts_1h] = bits_of(v->attempts & v->window[W_1H]);
    v->out[FEATURE_attempts_24h] = bits_of(v->attempts & v->window[W_24H]);
    v->out[FEATURE_attempts_new_payee_1h] = bits_of(strangers & v->window[W_1H]);
    v->out[FEATURE_attempts_new_payee_24h] = bits_of(strangers & v->window[W_24H]);
}

static double not_negative(double value) {
    return value < 0 ? 0 : value;
}

static double dormancy(const struct view *v) {
    int64_t before = -1, first = INT64_MAX;
    for (uint32_t mask = v->used; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        const int64_t at_s = v->account->second[slot];
        if (at_s > v->second) continue;
        if ((v->window[W_24H] >> slot & 1) != 0)
            first = at_s < first ? at_s : first;
        else
            before = at_s > before ? at_s : before;
    }
    if (first == INT64_MAX) first = v->second;
    return before < 0 ? NAN : (double)(first - before);
}

static void habits(struct view *v) {
    const uint32_t day = v->window[W_24H];
    uint32_t hours = 0, night = 0, round = 0;
    for (uint32_t mask = day; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        hours |= UINT32_C(1) << ((v->account->second[slot] + LOCAL_OFFSET_S) % DAY_S / 3600);
        night += (v->account->tags[slot] & TAG_NIGHT) != 0;
        round += (v->account->tags[slot] & TAG_ROUND) != 0;
    }
    v->out[FEATURE_active_hours_24h] = bits_of(hours);
    v->out[FEATURE_night_share_24h] = ratio(night, bits_of(day));
    v->out[FEATURE_round_amount_share_24h] = ratio(round, bits_of(day));
}

static double tristate(uint8_t value) {
    return value == TRISTATE_NULL ? NAN : value;
}

static void circumstances(struct view *v) {
    const bool payer = v->role == SIDE_PAYER;
    const struct party *p = payer ? &v->tx->payer : &v->tx->payee;
    double *o = v->out;
    o[FEATURE_account_age] =
        p->account_opened_on_present
            ? not_negative((double)(v->second / DAY_S) - (double)p->account_opened_on_day)
            : NAN;
    o[FEATURE_dormancy_gap] = dormancy(v);
    o[FEATURE_days_since_living_payment] =
        v->account->last_living_s == 0
            ? NAN
            : not_negative((double)(v->second - v->account->last_living_s) / DAY_S);
    o[FEATURE_active_call] = payer ? tristate(v->tx->active_call) : NAN;
    o[FEATURE_remote_access] = payer ? tristate(v->tx->remote_access) : NAN;
    o[FEATURE_phone_owner_mismatch] = tristate(p->phone_owner_mismatch);
    o[FEATURE_credential_age] =
        p->credential_changed_at_present
            ? not_negative((double)(v->second - p->credential_changed_at_s) / DAY_S)
            : NAN;
}

double features_amount_z(const struct account *a, int64_t amount_tiyn) {
    const double kzt = KZT(amount_of(quantise_amount(amount_tiyn)));
    if (a->amounts < 5 || a->amount_variance <= 0) return NAN;
    const double z = (kzt - a->amount_mean) / sqrt(a->amount_variance);
    return z < -20.0 ? -20.0 : capped(z, 20.0);
}

void features_compute(const struct account *account, const struct transaction *tx,
                      enum side_role role, double amount_z, const struct kernels *kernels,
                      double out[FEATURE_COUNT]) {
    struct view v = {.account = account,
                     .tx = tx,
                     .kernels = kernels,
                     .role = role,
                     .second = tx->event_time_s,
                     .out = out};
    look(&v);
    sum_up(&v);
    families(&v);
    counterparties(&v);
    flow_ratios(&v);
    fifo_features(&v);
    gaps(&v);
    attempts(&v);
    habits(&v);
    circumstances(&v);
    out[FEATURE_amount_z] = amount_z;
}

void features_quality(const struct account *a, int64_t second, int64_t first_s, struct side *side) {
    const int64_t since_s = second - SECONDS_7D;
    side->approximate_before_s = a->inexact_s;
    side->cold_before_s = first_s;
    side->quality = (since_s < a->inexact_s ? 1u << QUALITY_APPROXIMATE : 0) |
                    (since_s < first_s ? 1u << QUALITY_COLD_START : 0) |
                    (second < a->newest_s ? 1u << QUALITY_LATE : 0);
}
