/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as loaded. Private to policy*.c. Texts are borrowed from `document`. */
#pragma once

#include "detector/base/digest.h"
#include "detector/calendar.h"
#include "detector/policy.h"

#include <jansson.h>

struct allowed {
    const char *token;
    int64_t until_s;
};

struct policy {
    json_t *document;
    const char *id;
    char sha256[DIGEST_HEX_SIZE];
    char *json; /* the document's bytes */
    size_t json_size;
    bool used[ACTION_COUNT];
    struct policy_rule rules[ACTION_COUNT];
    int64_t cool_down_s, decide_within_s;
    int32_t hold_days;
    bool issue_day_counts;
    struct allowed *allowed; /* by token */
    size_t allowed_count;
    int32_t *holidays, *working_weekends;
    struct calendar calendar;
    const char *protected_flows[PROTECTED_FLOWS_MAX];
    uint32_t protected_count;
};

/* Fills everything but sha256 from `document`. False: ERROR_CONFIG. */
bool policy_read(struct policy *policy, const char *origin, const struct model *model,
                 struct error *error);
