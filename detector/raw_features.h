/* SPDX-License-Identifier: Apache-2.0 */
/* What one side's features are made of, before anything is divided or converted: whole numbers that
 * the kernels and features.c count and sum, and a few reals. Eight sides at a time are turned into
 * columns and finished together (finish.h). Private to features.c and finish*. */
#pragma once

#include "detector/kernels.h"

#include <stdint.h>

/* Lanes of a window; the last two are of their own (features.c, more_lanes). */
enum raw_lane { LANE_10M, LANE_1H, LANE_24H, LANE_72H, LANE_7D, LANE_6H, LANE_A, LANE_B };
enum raw_family { FAMILY_IN, FAMILY_OUT, FAMILY_P2P_IN, FAMILY_P2P_OUT, FAMILY_CASH_OUT };

/* Null, for those that may be. */
#define RAW_NULL INT64_MIN

/* Those that are a feature as they are bear its name; X(name). Of the others money is tiyn, ages
 * are seconds but for account_age. */
/* clang-format off */
#define RAW_AS_IS(X)                                                                               \
    X(in_max_24h) X(out_max_24h)                                                                   \
    X(payers_1h) X(payers_24h) X(payers_7d) X(payees_1h) X(payees_24h) X(payees_7d)                \
    X(passed_amount_cash_24h) X(passed_amount_p2p_24h)                                             \
    X(passed_amount_cash_72h) X(passed_amount_p2p_72h)                                             \
    X(credit_debit_gap) X(cash_gap)                                                                \
    X(attempts_1h) X(attempts_24h) X(attempts_new_payee_1h) X(attempts_new_payee_24h)              \
    X(dormancy_gap) X(active_hours_24h)                                                            \
    X(active_call) X(remote_access) X(phone_owner_mismatch) X(fraud_call) X(flagged_payers_24h)    \
    X(taint_amount_72h) X(taint_hop) X(collector_fan_in_24h)
#define RAW_OTHERS(X)                                                                              \
    X(credited_24h) X(credited_72h) X(credited_7d) X(debited_24h)                                  \
    X(gone_10m) X(gone_1h) X(gone_72h)                                                             \
    X(p2p_24h) X(phone_24h) X(events_24h) X(night_24h) X(round_24h)                                \
    X(balance) X(account_age_days) X(living_age) X(credential_age)                                 \
    X(amount)
/* clang-format on */

enum raw_whole {
#define X(name) RAW_##name,
    RAW_AS_IS(X) RAW_OTHERS(X)
#undef X
        RAW_WHOLE_COUNT
};
/* `variance` is NaN where there is no deviation to speak of. */
enum raw_real { RAW_credit_rate, RAW_mean, RAW_variance, RAW_list_evidence, RAW_REAL_COUNT };

enum { RAW_VALUES = 2 * RING_FAMILIES * LANES + RAW_WHOLE_COUNT + RAW_REAL_COUNT };
enum { RAW_ROW = (RAW_VALUES + LANES - 1) / LANES * LANES };

/* One side. Sums are net of reversals, but for the lanes A and B. */
struct raw_row {
    int64_t count[RING_FAMILIES][LANES];
    int64_t sum[RING_FAMILIES][LANES];
    int64_t whole[RAW_WHOLE_COUNT];
    double real[RAW_REAL_COUNT];
    int64_t unused[RAW_ROW - RAW_VALUES];
};

/* The same of LANES sides, as columns. */
struct raw_columns {
    int64_t count[RING_FAMILIES][LANES][LANES];
    int64_t sum[RING_FAMILIES][LANES][LANES];
    int64_t whole[RAW_WHOLE_COUNT][LANES];
    double real[RAW_REAL_COUNT][LANES];
    int64_t unused[RAW_ROW - RAW_VALUES][LANES];
};
