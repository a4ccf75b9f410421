/* SPDX-License-Identifier: Apache-2.0 */
/* One decoded FraudSignal: what somebody outside the stream knows.
 *
 * As in transaction.h: texts point into the record's own bytes, money is int64 tiyn, seconds are
 * floored, an unknown symbol is UNKNOWN. Source: schemas/FraudSignal.avsc. What a signal means and
 * which are refused: docs/SIGNALS.md. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/verdict.h"

#include <stdint.h>

/* clang-format off */
#define SIGNAL_KIND_TABLE(X)                                                                       \
    X(UNKNOWN)                                                                                     \
    X(INCIDENT) X(LIST_ENTRY) X(BOT_REPORT) X(SIM_BOX) X(FRAUD_CALL) X(MULTI_LOAN_APPLICATION)     \
        X(OUTCOME) X(WITHDRAWAL)
#define SIGNAL_SOURCE_TABLE(X)                                                                     \
    X(UNKNOWN)                                                                                     \
    X(BANK) X(MFO) X(PAYMENT_ORG) X(MOBILE_OPERATOR) X(POLICE) X(PROSECUTOR) X(HUB)                \
        X(CREDIT_BUREAU) X(CITIZEN_BOT) X(FIU)
#define SUBJECT_TYPE_TABLE(X)                                                                      \
    X(UNKNOWN)                                                                                     \
    X(ACCOUNT) X(CARD) X(PERSON) X(PHONE) X(DEVICE) X(IMEI) X(IP) X(URL) X(TERMINAL) X(OTHER)
#define SUBJECT_ROLE_TABLE(X)                                                                      \
    X(UNKNOWN) X(VICTIM) X(BENEFICIARY) X(DROPPER) X(CALLER) X(ORGANISER) X(OTHER)
#define LIST_COLOUR_TABLE(X) X(UNKNOWN) X(GREY) X(BLACK)
#define CONFIDENCE_TABLE(X) X(UNKNOWN) X(REPORTED) X(CORROBORATED) X(CONFIRMED) X(REJECTED)
#define OUTCOME_RESULT_TABLE(X)                                                                    \
    X(UNKNOWN)                                                                                     \
    X(HELD) X(PARTLY_HELD) X(NO_FUNDS) X(DECLINED) X(RELEASED) X(REFUNDED) X(CONFIRMED_FRAUD)      \
        X(FALSE_POSITIVE)
/* clang-format on */

#define X(name) SIGNAL_##name,
enum signal_kind { SIGNAL_KIND_TABLE(X) SIGNAL_KIND_COUNT };
#undef X
#define X(name) SOURCE_##name,
enum signal_source { SIGNAL_SOURCE_TABLE(X) SOURCE_COUNT };
#undef X
#define X(name) SUBJECT_##name,
enum subject_type { SUBJECT_TYPE_TABLE(X) SUBJECT_TYPE_COUNT };
#undef X
#define X(name) ROLE_##name,
enum subject_role { SUBJECT_ROLE_TABLE(X) ROLE_COUNT };
#undef X
#define X(name) COLOUR_##name,
enum list_colour { LIST_COLOUR_TABLE(X) COLOUR_NULL };
#undef X
#define X(name) CONFIDENCE_##name,
enum confidence { CONFIDENCE_TABLE(X) CONFIDENCE_COUNT };
#undef X
#define X(name) OUTCOME_##name,
enum outcome_result { OUTCOME_RESULT_TABLE(X) OUTCOME_COUNT };
#undef X

/* The symbols of an enum of a signal, by number. */
extern const char *const signal_kind_symbols[SIGNAL_KIND_COUNT];
extern const char *const signal_source_symbols[SOURCE_COUNT];
extern const char *const subject_type_symbols[SUBJECT_TYPE_COUNT];
extern const char *const subject_role_symbols[ROLE_COUNT];
extern const char *const list_colour_symbols[COLOUR_NULL];
extern const char *const confidence_symbols[CONFIDENCE_COUNT];
extern const char *const outcome_result_symbols[OUTCOME_COUNT];

/* Of one signal; a record with more is malformed. */
enum { SIGNAL_SUBJECTS_MAX = 32, SIGNAL_TX_IDS_MAX = 64 };

struct signal_subject {
    struct text token;
    uint8_t type; /* enum subject_type */
    uint8_t role; /* enum subject_role */
};

struct signal {
    struct text signal_id;
    struct text category;
    struct text withdraws_signal_id;
    struct text telecom_operator;
    struct text called_phone_token;
    struct text recommendation_id;
    int64_t amount_kzt_minor;
    int64_t held_amount_kzt_minor;
    int64_t occurred_at_us, occurred_at_s;
    int64_t reported_at_us, reported_at_s;
    int64_t valid_from_us, valid_from_s;
    int64_t valid_until_us, valid_until_s;
    int32_t revision;
    int32_t telecom_slots;
    uint32_t subject_count;
    uint32_t tx_id_count;
    bool amount_present;
    bool held_amount_present;
    bool occurred_at_present;
    bool valid_until_present;
    bool telecom_present;
    bool telecom_slots_present;
    bool outcome_present;
    uint8_t kind;           /* enum signal_kind */
    uint8_t source;         /* enum signal_source */
    uint8_t list_colour;    /* enum list_colour; COLOUR_NULL: not given */
    uint8_t confidence;     /* enum confidence */
    uint8_t outcome_result; /* enum outcome_result */
    struct signal_subject subjects[SIGNAL_SUBJECTS_MAX];
    struct text related_tx_ids[SIGNAL_TX_IDS_MAX];
};

enum {
    SIGNAL_FUTURE_S = 300,               /* how far ahead of its moment a signal may be */
    SIGNAL_TERM_MAX_S = 5 * 366 * 86400, /* valid_until − valid_from at most; and where
                                            valid_until is absent */
};

/* Whether the signal can be used. `now_s` is the later of the engine clock and the time stamp of
 * the signal's own record (0: neither is known). *why: a static text, also in docs/SIGNALS.md. */
enum verdict signal_admit(const struct signal *signal, int64_t now_s, const char **why);

/* When it ends: valid_until, or the longest term. */
int64_t signal_until_s(const struct signal *signal);
/* A citizen's report, whoever passes it on and however sure it says it is. */
bool signal_is_citizens(const struct signal *signal);
