/* SPDX-License-Identifier: Apache-2.0 */
/* The body of finish.h, for one tier: the file that includes this defines FINISH_TIER and is
 * compiled for its processor. Loops over LANES without a branch, which the compiler makes vectors
 * of. */
#include "detector/feature_table.h"
#include "detector/finish_tiers.h"
#include "models/exact_inline.h"

#include <math.h>
#include <string.h>

enum { FIVE_WINDOWS = 5, DAY_S = 86400, HOURS_OF_WEEK = 168, WEEK_DAYS = 7 };
#define MEAN_LIFE_S (14.0 * DAY_S / 0.6931471805599453)
#define FLOOR_TIYN 100000
#define EACH_SIDE for (int i = 0; i < LANES; i++)

/* Where the columns go. */
struct table {
    double *columns;
    size_t stride;
};

/* Values are worked out in an array of their own, which nothing else can point to: so compilers see
 * that the sides do not depend on one another. */
static void put(const struct table *t, int feature, const double values[LANES]) {
    memcpy(t->columns + (size_t)feature * t->stride, values, LANES * sizeof *values);
}

static double real_of(int64_t whole) {
    return whole == RAW_NULL ? NAN : (double)whole;
}

static int64_t not_negative(int64_t whole) {
    return whole < 0 ? 0 : whole;
}

static void families(const struct raw_columns *raw, const struct table *t) {
    for (int f = 0; f < RING_FAMILIES; f++)
        for (int w = 0; w < FIVE_WINDOWS; w++) {
            double count[LANES], amount[LANES];
            EACH_SIDE count[i] = (double)raw->count[f][w][i];
            EACH_SIDE amount[i] = (double)not_negative(raw->sum[f][w][i]);
            put(t, FEATURE_in_count_10m + 2 * FIVE_WINDOWS * f + w, count);
            put(t, FEATURE_in_amount_10m + 2 * FIVE_WINDOWS * f + w, amount);
        }
}

static void as_they_are(const struct raw_columns *raw, const struct table *t) {
    static const int features[] = {
#define X(name) FEATURE_##name,
        RAW_AS_IS(X)
#undef X
    };
    for (size_t w = 0; w < sizeof features / sizeof *features; w++) {
        double out[LANES];
        EACH_SIDE out[i] = real_of(raw->whole[w][i]);
        put(t, features[w], out);
    }
}

/* part / whole; null without a whole. */
static void ratio(const struct table *t, int feature, const int64_t part[LANES],
                  const int64_t whole[LANES]) {
    double out[LANES];
    EACH_SIDE out[i] = (double)part[i] / (whole[i] > 0 ? (double)whole[i] : NAN);
    put(t, feature, out);
}

/* Debits over credits, at most 10; null below the floor. */
static void through(const struct raw_columns *raw, const struct table *t, int feature, int out,
                    int in, int lane) {
    double to[LANES];
    const int64_t *credits = raw->sum[in][lane], *debits = raw->sum[out][lane];
    EACH_SIDE {
        const double whole = credits[i] >= FLOOR_TIYN ? (double)credits[i] : NAN;
        const double part = (double)not_negative(debits[i]) / whole;
        to[i] = part > 10.0 ? 10.0 : part;
    }
    put(t, feature, to);
}

/* Credits over what the decayed rate expects, as a logarithm. */
static void burst(const struct raw_columns *raw, const struct table *t, int feature, int lane,
                  double window_s) {
    double out[LANES];
    const double share = window_s / MEAN_LIFE_S;
    EACH_SIDE {
        const double seen = (double)raw->count[FAMILY_IN][lane][i] + 0.5;
        out[i] = seen / (raw->real[RAW_credit_rate][i] * share + 0.5);
    }
    EACH_SIDE out[i] = exact_log_inline(out[i]);
    put(t, feature, out);
}

static void flows(const struct raw_columns *raw, const struct table *t) {
    burst(raw, t, FEATURE_inbound_burst_1h, LANE_1H, SECONDS_1H);
    burst(raw, t, FEATURE_inbound_burst_24h, LANE_24H, SECONDS_24H);
    through(raw, t, FEATURE_pass_through_1h, FAMILY_OUT, FAMILY_IN, LANE_1H);
    through(raw, t, FEATURE_pass_through_24h, FAMILY_OUT, FAMILY_IN, LANE_24H);
    through(raw, t, FEATURE_pass_through_7d, FAMILY_OUT, FAMILY_IN, LANE_7D);
    through(raw, t, FEATURE_cash_out_ratio_6h, FAMILY_CASH_OUT, FAMILY_P2P_IN, LANE_6H);
    through(raw, t, FEATURE_cash_out_ratio_24h, FAMILY_CASH_OUT, FAMILY_P2P_IN, LANE_24H);
}

static void retained(const struct table *t, const int64_t gone[LANES],
                     const int64_t credited[LANES]) {
    double out[LANES];
    EACH_SIDE out[i] = 1.0 - (double)gone[i] / (credited[i] > 0 ? (double)credited[i] : NAN);
    put(t, FEATURE_retained_share, out);
}

static void shares(const struct raw_columns *raw, const struct table *t) {
    const int64_t(*whole)[LANES] = raw->whole;
    ratio(t, FEATURE_new_payer_share_24h, raw->sum[FAMILY_IN][LANE_A], whole[RAW_credited_24h]);
    ratio(t, FEATURE_new_payer_share_7d, raw->sum[FAMILY_IN][LANE_B], whole[RAW_credited_7d]);
    ratio(t, FEATURE_foreign_out_share_24h, raw->sum[FAMILY_OUT][LANE_A], whole[RAW_debited_24h]);
    ratio(t, FEATURE_crypto_out_share_24h, raw->sum[FAMILY_OUT][LANE_B], whole[RAW_debited_24h]);
    ratio(t, FEATURE_rapid_cash_out_10m, whole[RAW_gone_10m], whole[RAW_credited_24h]);
    ratio(t, FEATURE_rapid_cash_out_1h, whole[RAW_gone_1h], whole[RAW_credited_24h]);
    retained(t, whole[RAW_gone_72h], whole[RAW_credited_72h]);
    ratio(t, FEATURE_alias_phone_share_24h, whole[RAW_phone_24h], whole[RAW_p2p_24h]);
    ratio(t, FEATURE_night_share_24h, whole[RAW_night_24h], whole[RAW_events_24h]);
    ratio(t, FEATURE_round_amount_share_24h, whole[RAW_round_24h], whole[RAW_events_24h]);
}

static void turnovers(const struct raw_columns *raw, const struct table *t) {
    double acceleration[LANES], balance[LANES];
    EACH_SIDE {
        const int64_t hour = not_negative(raw->sum[FAMILY_IN][LANE_1H][i]) +
                             not_negative(raw->sum[FAMILY_OUT][LANE_1H][i]);
        const int64_t week = not_negative(raw->sum[FAMILY_IN][LANE_7D][i]) +
                             not_negative(raw->sum[FAMILY_OUT][LANE_7D][i]);
        const double whole = week > 0 ? (double)week : NAN;
        const double ratio = real_of(raw->whole[RAW_balance][i]) * WEEK_DAYS / whole;
        acceleration[i] = (double)(hour * HOURS_OF_WEEK) / whole;
        balance[i] = ratio > 100.0 ? 100.0 : ratio;
    }
    put(t, FEATURE_turnover_acceleration, acceleration);
    put(t, FEATURE_balance_ratio, balance);
}

static void days(const struct raw_columns *raw, const struct table *t, int feature, int age) {
    double out[LANES];
    EACH_SIDE {
        const double seconds = real_of(raw->whole[age][i]);
        out[i] = seconds < 0.0 ? 0.0 : seconds / DAY_S;
    }
    put(t, feature, out);
}

static void ages(const struct raw_columns *raw, const struct table *t) {
    double account[LANES];
    EACH_SIDE {
        const double age = real_of(raw->whole[RAW_account_age_days][i]);
        account[i] = age < 0.0 ? 0.0 : age;
    }
    put(t, FEATURE_account_age, account);
    days(raw, t, FEATURE_days_since_living_payment, RAW_living_age);
    days(raw, t, FEATURE_credential_age, RAW_credential_age);
}

static void amount_z(const struct raw_columns *raw, const struct table *t) {
    double out[LANES];
    EACH_SIDE {
        const double off = (double)raw->whole[RAW_amount][i] - raw->real[RAW_mean][i];
        const double z = off / sqrt(raw->real[RAW_variance][i]);
        const double capped = z > 20.0 ? 20.0 : z;
        out[i] = capped < -20.0 ? -20.0 : capped;
    }
    put(t, FEATURE_amount_z, out);
}

static void outside(const struct raw_columns *raw, const struct table *t) {
    put(t, FEATURE_list_evidence, raw->real[RAW_list_evidence]);
}

void FINISH_TIER(const struct raw_columns *raw, double *columns, size_t stride) {
    const struct table t = {columns, stride};
    families(raw, &t);
    as_they_are(raw, &t);
    flows(raw, &t);
    shares(raw, &t);
    turnovers(raw, &t);
    ages(raw, &t);
    amount_z(raw, &t);
    outside(raw, &t);
}
