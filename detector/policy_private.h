/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as loaded. Private to policy*.c. Texts are borrowed from `document`. */
#pragma once

#include "detector/base/calendar.h"
#include "detector/base/digest.h"
#include "detector/policy.h"

#include <jansson.h>

struct policy {
    json_t *document;
    const char *id;
    char sha256[DIGEST_HEX_SIZE];
    char *json; /* the document's bytes */
    size_t json_size;
    bool offline; /* a threshold may be infinite */
    bool used[ACTION_COUNT];
    struct policy_rule rules[ACTION_COUNT];
    /* By action on the instruction; ACTION_UNKNOWN: it is not used. */
    enum action payer_from[ACTION_COUNT];
    struct policy_rule payer_rules[ACTION_COUNT];
    int64_t cool_down_s, decide_within_s;
    int32_t hold_days;
    bool issue_day_counts;
    int64_t left_available_tiyn;
    struct policy_allowed *allowed; /* by token */
    size_t allowed_count;
    int32_t *holidays, *working_weekends;
    struct calendar calendar;
    const char *protected_flows[PROTECTED_FLOWS_MAX];
    uint32_t protected_count;
};

/* What the reader goes by; policy_schema.c makes the schema of it. */
#define POLICY_FORMAT "saqshy-policy/1"
enum {
    POLICY_COOL_DOWN_HOURS_MAX = 8784,
    POLICY_DECIDE_MINUTES_MAX = 10080,
    POLICY_HOLD_DAYS_MAX = 5,
    POLICY_LEFT_AVAILABLE_MAX = 1000000000, /* tiyn */
    POLICY_START_COUNT = 2,
    POLICY_AUTHOR_BYTES_MAX = 128,
    POLICY_REASON_BYTES_MAX = 1024,
};
extern const char *const policy_actions[ACTION_COUNT]; /* by enum action; the first is none */
/* What can be advised to the paying side, and the payee's actions that it can begin at. */
enum {
    POLICY_PAYER_FIRST = ACTION_ASK_PAYER,
    POLICY_PAYER_COUNT = ACTION_SUSPEND_INSTRUCTION - ACTION_ASK_PAYER + 1,
    POLICY_PAYEE_FIRST = ACTION_HOLD_AMOUNT,
    POLICY_PAYEE_COUNT = ACTION_REFUSE_TO_PAYEE - ACTION_HOLD_AMOUNT + 1,
};
extern const char *const policy_starts[POLICY_START_COUNT]; /* of a hold */
enum { POLICY_PRIORITY_COUNT = PRIORITY_URGENT + 1 };
extern const char *const policy_priorities[POLICY_PRIORITY_COUNT]; /* the first is none */

/* Fills everything but sha256 from `document`. False: ERROR_CONFIG. */
bool policy_read(struct policy *policy, const char *origin, const struct model *model,
                 struct error *error);
