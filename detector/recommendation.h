/* SPDX-License-Identifier: Apache-2.0 */
/* A freeze recommendation before it is encoded: the fields of schemas/FreezeRecommendation.avsc.
 * Texts are borrowed and live until the next recommendation is asked for. Money in tiyn, times in
 * UTC microseconds where the contract says so (…_us). */
#pragma once

#include "detector/base/bytes.h"

#include <stdint.h>

/* clang-format off */
#define ACTION_TABLE(X)                                                                            \
    X(UNKNOWN)                                                                                     \
    X(REVIEW_ONLY) X(ASK_PAYER) X(SUSPEND_INSTRUCTION) X(HOLD_AMOUNT) X(SUSPEND_EBANKING)          \
        X(REFUSE_TO_PAYEE)
#define RECOMMENDATION_STATE_TABLE(X) X(UNKNOWN) X(ISSUED) X(AMENDED) X(WITHDRAWN) X(EXPIRED)
#define MODE_TABLE(X) X(UNKNOWN) X(LIVE) X(SHADOW)
#define PRIORITY_TABLE(X) X(UNKNOWN) X(LOW) X(NORMAL) X(HIGH) X(URGENT)
#define QUALITY_TABLE(X) X(UNKNOWN) X(EXACT) X(APPROXIMATE) X(COLD_START) X(LATE)
/* clang-format on */

#define X(name) ACTION_##name,
enum action { ACTION_TABLE(X) ACTION_COUNT };
#undef X
#define X(name) RECOMMENDATION_##name,
enum recommendation_state { RECOMMENDATION_STATE_TABLE(X) };
#undef X
#define X(name) MODE_##name,
enum mode { MODE_TABLE(X) };
#undef X
#define X(name) PRIORITY_##name,
enum priority { PRIORITY_TABLE(X) };
#undef X
#define X(name) QUALITY_##name,
enum quality { QUALITY_TABLE(X) };
#undef X

enum {
    REASONS_MAX = 16,
    EVIDENCE_MAX = 8,
    TARGET_TX_MAX = 4,
    MONEY_TRAIL_MAX = 8,
    PROTECTED_FLOWS_MAX = 4,
    CHANGED_FIELDS_MAX = 6,
    SIGNAL_IDS_MAX = 8,
    RECOMMENDATION_ID_SIZE = 32 /* hexadecimal digits of 128 bits */
};

/* The numbers of a chain. None comes near the end of its type, so that who has read one can count
 * on. */
#define RECOMMENDATION_SEQUENCE_MAX (INT64_MAX / 2)

/* Why a number that was read is none: a static text; NULL: it is one. */
static inline const char *recommendation_sequence_fault(int64_t sequence) {
    if (sequence < 0) return "its number is below 0";
    return sequence > RECOMMENDATION_SEQUENCE_MAX ? "its number is beyond all that are counted to"
                                                  : NULL;
}

struct evidence {
    struct text tx_id; /* null unless it is the triggering event */
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t event_time_us;
    int64_t amount_minor;
};

struct reason {
    const char *code;    /* stable, from the feature table */
    const char *feature; /* name in the feature table; empty for the intercept */
    double value;        /* NaN: null */
    double baseline;     /* NaN: none */
    const char *unit;
    int32_t window_s;    /* 0: no window */
    double contribution; /* the contributions of all reasons add up to the score exactly */
    const char *text_ru, *text_kk, *text_en;
    enum quality quality;
    uint32_t evidence_count;
    struct evidence evidence[EVIDENCE_MAX];
};

struct trail_hop {
    int32_t hop;
    struct text tx_id, from, to;
    int64_t amount_minor;
    int64_t event_time_us;
};

/* What a revision changed, and why. */
struct changed {
    const char *why; /* stable code; NULL: the first revision changes nothing */
    uint32_t what_count;
    const char *what[CHANGED_FIELDS_MAX]; /* names of fields of the contract */
    struct text signal_id;                /* null: it follows no signal */
};

struct recommendation {
    char id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision; /* from 1 */
    enum recommendation_state state;
    enum mode mode;
    enum action action;
    enum priority priority;
    struct text addressee_bic; /* null: unknown */
    struct text target_account_token;
    struct text target_tx_ids[TARGET_TX_MAX];
    uint32_t target_tx_count;
    bool hold_amount_present;
    int64_t hold_amount_kzt_minor;
    int64_t at_risk_kzt_minor;
    int64_t issued_at_us, decide_by_us, valid_until_us;
    int32_t max_hold_business_days;
    double score; /* the logit */
    double probability;
    double threshold; /* logit of the action's threshold */
    uint32_t reason_count;
    struct reason reasons[REASONS_MAX];
    uint32_t trail_count;
    struct trail_hop money_trail[MONEY_TRAIL_MAX];
    uint32_t signal_id_count;
    struct text signal_ids[SIGNAL_IDS_MAX];
    uint32_t protected_count;
    const char *protected_flows[PROTECTED_FLOWS_MAX];
    const char *model_id, *policy_id;
    struct text build;
    char model_sha256[65], policy_sha256[65];
    uint32_t feature_count;
    const double *feature_vector; /* NaN is null on the wire too (null branch) */
    const char *input_topic;
    int32_t input_partition;
    int64_t input_offset;
    struct changed change;
    struct text payee_id; /* of the recommendation that advice to the paying side rests on; null */
    struct text traceparent, tracestate; /* headers of the triggering event; null: none */
    /* Filled by publish: */
    int64_t sequence;          /* per shard and output partition, from 0 */
    uint8_t previous_hash[32]; /* SHA-256 of the previous value without its frame; zeros at sequence
                                  0 */
};
