/* SPDX-License-Identifier: Apache-2.0 */
/* One decoded TransactionEvent: the columns that the decode plan fills.
 *
 * Texts point into the record's own bytes and live as long as its batch. Money is int64 tiyn, time
 * is whole UTC seconds (floored at decode). Enum numbers are ours: the plan maps symbols by name,
 * and an unknown symbol becomes UNKNOWN. Source: schemas/TransactionEvent.avsc. */
#pragma once

#include "detector/base/bytes.h"

#include <stdint.h>

/* clang-format off */
#define TX_STATUS_TABLE(X) X(UNKNOWN) X(ATTEMPTED) X(SUSPENDED) X(REFUSED) X(SETTLED) X(REVERSED)
#define EVENT_TYPE_TABLE(X)                                                                        \
    X(UNKNOWN)                                                                                     \
    X(P2P_TRANSFER) X(C2B_PAYMENT) X(CASH_WITHDRAWAL) X(CASH_DEPOSIT) X(LOAN_DISBURSEMENT)         \
        X(SALARY_OR_BENEFIT) X(TAX_OR_UTILITY) X(OWN_TRANSFER) X(CRYPTO_PURCHASE) X(OTHER)
#define RAIL_TABLE(X)                                                                              \
    X(UNKNOWN)                                                                                     \
    X(ON_US) X(INSTANT_INTERBANK) X(MSPD) X(CLEARING) X(CARD) X(ATM) X(QR) X(EWALLET) X(XBORDER)   \
        X(OTHER)
#define CHANNEL_TABLE(X)                                                                           \
    X(UNKNOWN)                                                                                     \
    X(MOBILE_APP) X(WEB) X(BRANCH) X(ATM) X(POS) X(ECOM) X(API) X(USSD) X(CALL_CENTER) X(OTHER)
#define ACCOUNT_TYPE_TABLE(X)                                                                      \
    X(UNKNOWN)                                                                                     \
    X(CURRENT) X(CARD) X(SAVINGS) X(DEPOSIT) X(EWALLET) X(LOAN) X(MERCHANT) X(CORRESPONDENT)       \
        X(OTHER)
#define PERSON_TYPE_TABLE(X) X(UNKNOWN) X(NATURAL) X(LEGAL) X(SOLE_TRADER)
#define AGE_BAND_TABLE(X)                                                                          \
    X(UNKNOWN) X(UNDER_18) X(FROM_18) X(FROM_25) X(FROM_45) X(FROM_60) X(FROM_75)
#define ALIAS_TYPE_TABLE(X) X(UNKNOWN) X(NONE) X(PHONE) X(CARD) X(IBAN) X(QR) X(OTHER)
/* clang-format on */

#define ENUM_OF(prefix, table) enum prefix { table }
#define X(name) TX_STATUS_##name,
ENUM_OF(tx_status, TX_STATUS_TABLE(X));
#undef X
#define X(name) EVENT_TYPE_##name,
ENUM_OF(event_type, EVENT_TYPE_TABLE(X));
#undef X
#define X(name) RAIL_##name,
ENUM_OF(rail, RAIL_TABLE(X));
#undef X
#define X(name) CHANNEL_##name,
ENUM_OF(channel, CHANNEL_TABLE(X));
#undef X
#define X(name) ACCOUNT_TYPE_##name,
ENUM_OF(account_type, ACCOUNT_TYPE_TABLE(X));
#undef X
#define X(name) PERSON_TYPE_##name,
ENUM_OF(person_type, PERSON_TYPE_TABLE(X));
#undef X
#define X(name) AGE_BAND_##name,
ENUM_OF(age_band, AGE_BAND_TABLE(X));
#undef X
#define X(name) ALIAS_TYPE_##name,
ENUM_OF(alias_type, ALIAS_TYPE_TABLE(X));
#undef X

/* A nullable number is given with `..._present`; a nullable bool is a tristate. */
enum tristate { TRISTATE_FALSE, TRISTATE_TRUE, TRISTATE_NULL };

struct party {
    struct text account_token; /* null: cash or an external side */
    struct text person_token;
    struct text phone_token;
    struct text bank_bic;
    int64_t balance_after_minor;
    int64_t credential_changed_at_us;
    int64_t credential_changed_at_s;
    int32_t account_opened_on_day; /* days since 1970-01-01 */
    bool balance_after_present;
    bool credential_changed_at_present;
    bool account_opened_on_present;
    uint8_t account_type;         /* enum account_type */
    uint8_t person_type;          /* enum person_type */
    uint8_t age_band;             /* enum age_band */
    uint8_t phone_owner_mismatch; /* enum tristate */
};

struct transaction {
    struct text event_id;
    struct text tx_id;
    struct text status_reason;
    struct text currency; /* ISO 4217 */
    struct text device_token;
    struct text ip_token;
    struct text terminal_id;
    struct text country_to; /* ISO 3166-1 alpha-2 */
    struct text reporter_bic;
    struct text token_key_id;
    struct text trace_id;
    struct party payer;
    struct party payee;
    int64_t event_time_s;
    int64_t ingest_time_s; /* 0 with ingest_time_present false: absent */
    int64_t event_time_us;
    int64_t ingest_time_us;
    int64_t amount_minor;
    int64_t amount_kzt_minor;
    int32_t mcc;
    bool ingest_time_present;
    bool amount_kzt_present;
    bool mcc_present;
    uint8_t tx_status;        /* enum tx_status */
    uint8_t event_type;       /* enum event_type */
    uint8_t rail;             /* enum rail */
    uint8_t channel;          /* enum channel */
    uint8_t payee_alias_type; /* enum alias_type */
    uint8_t active_call;      /* enum tristate */
    uint8_t remote_access;    /* enum tristate */
    int64_t amount_tiyn;      /* set by admission: the amount the engine works with, ≥ 0 */
};

/* The key of its Kafka record: the payer's account, else the payee's. */
static inline struct bytes transaction_key(const struct transaction *tx) {
    const struct text token =
        tx->payer.account_token.data != NULL ? tx->payer.account_token : tx->payee.account_token;
    return (struct bytes){(const uint8_t *)token.data, token.size};
}
