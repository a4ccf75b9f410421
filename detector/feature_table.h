/* SPDX-License-Identifier: Apache-2.0 */
/* The feature table: one row a feature. Everything that names a feature is made from it: the
 * vector, the model's binding, reasons, docs/FEATURES.md. Source of the definitions: see the rows.
 */
#pragma once

#include <stdint.h>

#define SECONDS_10M 600
#define SECONDS_1H 3600
#define SECONDS_6H 21600
#define SECONDS_24H 86400
#define SECONDS_72H 259200
#define SECONDS_7D 604800

/* Row numbers: FEATURE_in_count_10m …, FEATURE_COUNT. The five windows of a family follow one
 * another. */
/* clang-format off */
#define FEATURE_WINDOWS_5(X, name) X(name##_10m) X(name##_1h) X(name##_24h) X(name##_72h) X(name##_7d)
#define FEATURE_IDS(X)                                                                             \
    FEATURE_WINDOWS_5(X, in_count)                                                                 \
    FEATURE_WINDOWS_5(X, in_amount)                                                                \
    FEATURE_WINDOWS_5(X, out_count)                                                                \
    FEATURE_WINDOWS_5(X, out_amount)                                                               \
    FEATURE_WINDOWS_5(X, p2p_in_count)                                                             \
    FEATURE_WINDOWS_5(X, p2p_in_amount)                                                            \
    FEATURE_WINDOWS_5(X, p2p_out_count)                                                            \
    FEATURE_WINDOWS_5(X, p2p_out_amount)                                                           \
    FEATURE_WINDOWS_5(X, cash_out_count)                                                           \
    FEATURE_WINDOWS_5(X, cash_out_amount)                                                          \
    X(in_max_24h) X(out_max_24h)                                                                   \
    X(payers_1h) X(payers_24h) X(payers_7d) X(payees_1h) X(payees_24h) X(payees_7d)                \
    X(new_payer_share_24h) X(new_payer_share_7d) X(inbound_burst_1h) X(inbound_burst_24h)          \
    X(pass_through_1h) X(pass_through_24h) X(pass_through_7d)                                      \
    X(rapid_cash_out_10m) X(rapid_cash_out_1h)                                                     \
    X(passed_amount_cash_24h) X(passed_amount_p2p_24h)                                             \
    X(passed_amount_cash_72h) X(passed_amount_p2p_72h)                                             \
    X(cash_out_ratio_6h) X(cash_out_ratio_24h) X(credit_debit_gap) X(cash_gap) X(retained_share)   \
    X(balance_ratio) X(turnover_acceleration)                                                      \
    X(attempts_1h) X(attempts_24h) X(attempts_new_payee_1h) X(attempts_new_payee_24h)              \
    X(account_age) X(dormancy_gap) X(days_since_living_payment) X(active_hours_24h)                \
    X(night_share_24h) X(round_amount_share_24h)                                                   \
    X(foreign_out_share_24h) X(crypto_out_share_24h) X(alias_phone_share_24h) X(amount_z)          \
    X(active_call) X(remote_access) X(credential_age) X(phone_owner_mismatch) X(fraud_call)        \
    X(list_evidence) X(flagged_payers_24h) X(taint_amount_72h) X(taint_hop) X(collector_fan_in_24h)
/* clang-format on */

enum feature_id {
#define X(name) FEATURE_##name,
    FEATURE_IDS(X)
#undef X
        FEATURE_COUNT
};

/* Which events of a ring are the evidence of a feature. */
enum feature_evidence {
    EVIDENCE_ANY,
    EVIDENCE_CREDITS,
    EVIDENCE_DEBITS,
    EVIDENCE_P2P_CREDITS,
    EVIDENCE_P2P_DEBITS,
    EVIDENCE_CASH_DEBITS, /* cash and crypto */
    EVIDENCE_ATTEMPTS,
    EVIDENCE_FLAGGED_CREDITS, /* of payers with evidence against them */
    EVIDENCE_TRACED,          /* none: a ring does not say which credits brought traced money */
};

/* What others report of a party, from this row on: that nobody did says nothing. */
enum { FEATURE_REPORTED_FIRST = FEATURE_fraud_call };

enum { FEATURE_LEVELS_MAX = 3 };

enum feature_direction { FEATURE_EITHER, FEATURE_RISES, FEATURE_FALLS };

struct feature {
    const char *name;
    const char *unit;                 /* count, tiyn, ratio, s, days … */
    int32_t window_s;                 /* 0: none */
    const char *definition;           /* one sentence */
    const char *null_rule;            /* when it is null */
    enum feature_direction direction; /* of the risk as the value rises */
    enum feature_evidence evidence;
    const char *reason_code;
    const char *text_en, *text_ru, *text_kk;
    const char *source; /* the published sign or paper that justifies it */
    /* Rising: what it stands at while what it tells of is new, and may fade from. The first is 0:
     * it is not of that kind. */
    double levels[FEATURE_LEVELS_MAX];
};

extern const struct feature feature_table[FEATURE_COUNT];

/* SHA-256 over names, units, windows and definitions in order, hexadecimal with NUL. */
const char *feature_table_sha256(void);
