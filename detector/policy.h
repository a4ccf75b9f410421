/* SPDX-License-Identifier: Apache-2.0 */
/* The policy document: what is done at which score. JSON, validated whole before use; read-only
 * afterwards, any thread. Texts live as long as the policy. */
#pragma once

#include "detector/base/error.h"
#include "detector/recommendation.h"
#include "models/model.h"

struct policy;

/* Thresholds are given as probabilities and compared as logits of `model`. Errors as model_parse.
 */
struct policy *policy_parse(const char *json, size_t size, const char *origin,
                            const struct model *model, struct error *error);
struct policy *policy_load(const char *path, const struct model *model, struct error *error);
struct policy *policy_shipped(const struct model *model, struct error *error);
/* Of a path, or the shipped one where that is empty, for judging offline: an action whose
 * probability the model never gives is not refused, its threshold is infinite. */
struct policy *policy_load_offline(const char *path, const struct model *model,
                                   struct error *error);
void policy_free(struct policy *policy);

const char *policy_id(const struct policy *policy);
const char *policy_sha256(const struct policy *policy);
/* The document's bytes. */
const char *policy_json(const struct policy *policy, size_t *size);

/* What a policy says of one action. */
struct policy_rule {
    double threshold;           /* logit; infinite, offline only: never reached */
    uint32_t per_hour;          /* recommendations in an hour of the engine clock */
    uint32_t per_hour_per_bank; /* of them to one bank; UINT32_MAX: no cap */
    enum priority priority;
};

/* NULL when the policy does not use the action. Thresholds rise with the order of enum action. */
const struct policy_rule *policy_rule(const struct policy *policy, enum action action);
/* The strongest action whose threshold the logit reaches; ACTION_UNKNOWN: none. */
enum action policy_action(const struct policy *policy, double logit);

/* Of ASK_PAYER or SUSPEND_INSTRUCTION; NULL when the policy has none for it. */
const struct policy_rule *policy_payer_rule(const struct policy *policy, enum action action);
/* The strongest action on an instruction whose payee is advised on with `payee_action`;
 * ACTION_UNKNOWN: none. */
enum action policy_payer_action(const struct policy *policy, enum action payee_action);

/* True when an entry of the allow-list is in force: until 00:00 (UTC+5) of its day `expires`. */
bool policy_allows(const struct policy *policy, struct text account_token, int64_t clock_s);

/* An entry of the allow-list. */
struct policy_allowed {
    const char *account_token, *reason;
    const char *author;
    int64_t until_s; /* from then on it holds no more */
    size_t index;    /* of the entry in the document */
};
size_t policy_allowed_count(const struct policy *policy);
/* By account token. */
const struct policy_allowed *policy_allowed_at(const struct policy *policy, size_t number);

int64_t policy_cool_down_s(const struct policy *policy);
int64_t policy_decide_within_s(const struct policy *policy);
/* The end of the last working day of a hold that is advised at `issued_s`. */
int64_t policy_valid_until_s(const struct policy *policy, int64_t issued_s);
int32_t policy_hold_business_days(const struct policy *policy);
/* Of a known balance no hold touches so much. */
int64_t policy_left_available_tiyn(const struct policy *policy);
/* At most PROTECTED_FLOWS_MAX names. */
const char *const *policy_protected_flows(const struct policy *policy, uint32_t *count);
