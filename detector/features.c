/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/features.h"

#include "detector/fifo.h"
#include "detector/recommendation.h"
#include "models/exact_math.h"

#include <math.h>
#include <string.h>

enum {
    WINDOWS = 6,
    FAMILIES = 5,
    FIVE = 5,
    LOCAL_OFFSET_S = 5 * 3600,
    DAY_S = 86400,
    NIGHT_HOURS = 6
};
/* Each window lies within the next. */
enum { W_10M, W_1H, W_6H, W_24H, W_72H, W_7D };
static const int32_t width_s[WINDOWS] = {SECONDS_10M, SECONDS_1H,  SECONDS_6H,
                                         SECONDS_24H, SECONDS_72H, SECONDS_7D};
static const int five[FIVE] = {W_10M, W_1H, W_24H, W_72H, W_7D};
enum { F_IN, F_OUT, F_P2P_IN, F_P2P_OUT, F_CASH_OUT };
#define MEAN_LIFE_S (14.0 * 86400.0 / 0.6931471805599453)
#define FLOOR_TIYN 100000

/* What the parts of the vector share. */
struct view {
    const struct account *account;
    const struct transaction *tx;
    const struct kernels *kernels;
    enum side_role role;
    int64_t second;
    uint32_t extent, used;      /* slots read; slots in use, as a mask */
    uint32_t level[RING_SLOTS]; /* windows that have the slot */
    uint32_t window[WINDOWS];   /* slots in the window, attempts included */
    uint32_t family[FAMILIES];  /* slots of the family, reversals left out */
    uint32_t planes[8];         /* of bits[] */
    int64_t tiyn[RING_SLOTS];
    int64_t sum[FAMILIES][WINDOWS];    /* less what was reversed, not below 0 */
    uint32_t count[FAMILIES][WINDOWS]; /* without reversals */
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
    uint32_t low[WINDOWS], *p = v->planes, *f = v->family;
    for (int w = 0; w < WINDOWS; w++)
        low[w] = low_of(v->second, width_s[w]);
    v->extent = ring_extent(a);
    v->used = ring_used(a);
    v->kernels->windows(a->second, v->extent, low, WINDOWS, (uint32_t)v->second, v->window,
                        v->level);
    v->kernels->planes(a->bits, p);
    v->kernels->amounts(a->amount, v->extent, v->tiyn);
    for (int w = 0; w < WINDOWS; w++)
        v->window[w] &= v->used;
    const uint32_t settled = ~p[PLANE_REVERSAL];
    f[F_IN] = p[PLANE_CREDIT] & settled;
    f[F_OUT] = p[PLANE_DEBIT] & settled;
    f[F_P2P_IN] = f[F_IN] & p[PLANE_P2P];
    f[F_P2P_OUT] = f[F_OUT] & p[PLANE_P2P];
    f[F_CASH_OUT] = f[F_OUT] & p[PLANE_CASH];
}

/* What a family is made of, as the low four of bits[]. */
enum { WAYS = 16, LEVELS = WINDOWS + 1 };
enum {
    WAY_IN = BIT_CREDIT,
    WAY_P2P_IN = BIT_CREDIT | BIT_P2P,
    WAY_CASH_IN = BIT_CREDIT | BIT_CASH,
    WAY_OUT = BIT_DEBIT,
    WAY_P2P_OUT = BIT_DEBIT | BIT_P2P,
    WAY_CASH_OUT = BIT_DEBIT | BIT_CASH,
};

/* Each amount goes once to its way and level; windows are sums of levels. No branch on what an
 * event is: that cannot be foretold. */
static void sum_up(struct view *v) {
    const struct account *a = v->account;
    int64_t net[LEVELS][WAYS] = {{0}}, sum[FAMILIES] = {0};
    for (uint32_t slot = 0; slot < a->count; slot++) {
        const int64_t reversed = -(int64_t)(a->bits[slot] >> 7);
        net[v->level[slot]][a->bits[slot] % WAYS] += (v->tiyn[slot] ^ reversed) - reversed;
    }
    for (int w = 0; w < WINDOWS; w++) {
        const int64_t *n = net[WINDOWS - w];
        sum[F_IN] += n[WAY_IN] + n[WAY_P2P_IN] + n[WAY_CASH_IN];
        sum[F_OUT] += n[WAY_OUT] + n[WAY_P2P_OUT] + n[WAY_CASH_OUT];
        sum[F_P2P_IN] += n[WAY_P2P_IN];
        sum[F_P2P_OUT] += n[WAY_P2P_OUT];
        sum[F_CASH_OUT] += n[WAY_CASH_OUT];
        for (int f = 0; f < FAMILIES; f++) {
            v->sum[f][w] = sum[f] > 0 ? sum[f] : 0;
            v->count[f][w] = bits_of(v->family[f] & v->window[w]);
        }
    }
}

static void families(struct view *v) {
    for (int f = 0; f < FAMILIES; f++)
        for (int w = 0; w < FIVE; w++) {
            v->out[FEATURE_in_count_10m + 2 * FIVE * f + w] = v->count[f][five[w]];
            v->out[FEATURE_in_amount_10m + 2 * FIVE * f + w] = (double)v->sum[f][five[w]];
        }
}

static double largest(const struct view *v, uint32_t mask) {
    int64_t most = 0;
    for (; mask != 0; mask &= mask - 1) {
        const int64_t tiyn = v->tiyn[__builtin_ctz(mask)];
        if (tiyn > most) most = tiyn;
    }
    return (double)most;
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
    const uint32_t mask = v->family[family] & v->window[window];
    if (v->second < v->account->newest_s) return distinct_slow(v, mask);
    return bits_of(mask & v->planes[PLANE_NEWEST]);
}

static void counterparties(struct view *v) {
    double *o = v->out;
    o[FEATURE_in_max_24h] = largest(v, v->family[F_IN] & v->window[W_24H]);
    o[FEATURE_out_max_24h] = largest(v, v->family[F_OUT] & v->window[W_24H]);
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

/* By amount, of credits from payers that were not in the ring. */
static void stranger_shares(struct view *v) {
    const uint32_t credits = v->family[F_IN], strangers = credits & v->planes[PLANE_STRANGER];
    const uint32_t masks[4] = {strangers & v->window[W_24H], credits & v->window[W_24H],
                               strangers & v->window[W_7D], credits & v->window[W_7D]};
    int64_t sums[4];
    v->kernels->sums(v->tiyn, v->extent, masks, 4, sums);
    v->out[FEATURE_new_payer_share_24h] = ratio(sums[0], sums[1]);
    v->out[FEATURE_new_payer_share_7d] = ratio(sums[2], sums[3]);
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

static void fifo_features(struct view *v) {
    double *o = v->out;
    const uint32_t in = v->family[F_IN], p2p = v->family[F_P2P_IN];
    const struct fifo_question question = {
        .day = in & v->window[W_24H],
        .three_days = in & v->window[W_72H],
        .p2p_day = p2p & v->window[W_24H],
        .p2p_three_days = p2p & v->window[W_72H],
    };
    struct fifo_answer gone;
    fifo_ask(v->account, v->tiyn, &question, (v->used & v->planes[PLANE_REVERSAL]) != 0, &gone);
    const uint32_t masks[2] = {question.day, question.three_days};
    int64_t credited[2];
    v->kernels->sums(v->tiyn, v->extent, masks, 2, credited);
    o[FEATURE_rapid_cash_out_10m] = ratio(gone.day_10m, credited[0]);
    o[FEATURE_rapid_cash_out_1h] = ratio(gone.day_1h, credited[0]);
    o[FEATURE_retained_share] = 1.0 - ratio(gone.three_days, credited[1]);
    o[FEATURE_passed_amount_cash_24h] = (double)gone.p2p_day_cash;
    o[FEATURE_passed_amount_p2p_24h] = (double)gone.p2p_day_p2p;
    o[FEATURE_passed_amount_cash_72h] = (double)gone.p2p_three_days_cash;
    o[FEATURE_passed_amount_p2p_72h] = (double)gone.p2p_three_days_p2p;
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
    const uint32_t in = v->family[F_IN], p2p = v->family[F_P2P_IN];
    v->out[FEATURE_credit_debit_gap] =
        settled && !own ? since_latest(v, in & v->window[W_24H], (amount + 1) / 2) : NAN;
    v->out[FEATURE_cash_gap] = settled && cash ? since_latest(v, p2p & v->window[W_7D], 0) : NAN;
}

static void attempts(struct view *v) {
    const uint32_t all = v->planes[PLANE_ATTEMPT], strangers = all & v->planes[PLANE_STRANGER];
    v->out[FEATURE_attempts_1h] = bits_of(all & v->window[W_1H]);
    v->out[FEATURE_attempts_24h] = bits_of(all & v->window[W_24H]);
    v->out[FEATURE_attempts_new_payee_1h] = bits_of(strangers & v->window[W_1H]);
    v->out[FEATURE_attempts_new_payee_24h] = bits_of(strangers & v->window[W_24H]);
}

static double not_negative(double value) {
    return value < 0 ? 0 : value;
}

/* Slots that were never used say second 0, which is before everything. */
static double dormancy(const struct view *v) {
    const uint32_t *second = v->account->second, now = (uint32_t)v->second;
    uint32_t before = 0, first = now;
    for (uint32_t i = 0; i < v->extent; i++) {
        const bool within = v->level[i] >= WINDOWS - W_24H;
        const uint32_t old = within || second[i] > now ? 0 : second[i];
        const uint32_t recent = within ? second[i] : now;
        before = old > before ? old : before;
        first = recent < first ? recent : first;
    }
    return before == 0 ? NAN : (double)(first - before);
}

static void ways_of_paying(struct view *v, const uint32_t planes[8]) {
    const uint32_t out = v->family[F_OUT] & v->window[W_24H];
    const uint32_t p2p_in = v->family[F_P2P_IN] & v->window[W_24H];
    uint32_t crypto = 0;
    for (uint32_t mask = out & v->planes[PLANE_CASH]; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        const uint8_t type = v->account->kind[slot] & KIND_EVENT_TYPE;
        crypto |= (uint32_t)(type == EVENT_TYPE_CRYPTO_PURCHASE) << slot;
    }
    const uint32_t masks[3] = {out, out & planes[PLANE_FOREIGN], crypto};
    int64_t sums[3];
    v->kernels->sums(v->tiyn, v->extent, masks, 3, sums);
    v->out[FEATURE_foreign_out_share_24h] = ratio(sums[1], sums[0]);
    v->out[FEATURE_crypto_out_share_24h] = ratio(sums[2], sums[0]);
    v->out[FEATURE_alias_phone_share_24h] =
        ratio(bits_of(p2p_in & planes[PLANE_PHONE]), bits_of(p2p_in));
}

static void habits(struct view *v) {
    const uint32_t day = v->window[W_24H];
    uint32_t hours = 0, night = 0, planes[8];
    v->kernels->planes(v->account->kind, planes);
    for (uint32_t mask = day; mask != 0; mask &= mask - 1) {
        const uint32_t slot = (uint32_t)__builtin_ctz(mask);
        const uint32_t hour = (v->account->second[slot] + LOCAL_OFFSET_S) % DAY_S / 3600;
        hours |= UINT32_C(1) << hour;
        night += hour < NIGHT_HOURS;
    }
    v->out[FEATURE_active_hours_24h] = bits_of(hours);
    v->out[FEATURE_night_share_24h] = ratio(night, bits_of(day));
    v->out[FEATURE_round_amount_share_24h] =
        ratio(bits_of(day & planes[PLANE_ROUND]), bits_of(day));
    ways_of_paying(v, planes);
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
    const double tiyn = (double)amount_of(quantise_amount(amount_tiyn));
    if (a->amounts < 5 || a->amount_variance <= 0) return NAN;
    const double z = (tiyn - a->amount_mean) / sqrt(a->amount_variance);
    return z < -20.0 ? -20.0 : capped(z, 20.0);
}

void features_compute(const struct account *account, const struct transaction *tx,
                      enum side_role role, double amount_z, const struct kernels *kernels,
                      double out[FEATURE_COUNT]) {
    struct view v; /* too large to be cleared first */
    v.account = account;
    v.tx = tx;
    v.kernels = kernels;
    v.role = role;
    v.second = tx->event_time_s;
    v.out = out;
    look(&v);
    sum_up(&v);
    families(&v);
    counterparties(&v);
    flow_ratios(&v);
    stranger_shares(&v);
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
