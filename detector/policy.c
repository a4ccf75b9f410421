/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/policy.h"

#include "detector/policy_private.h"
#include "models/document.h"

#include <stdlib.h>
#include <string.h>

extern const unsigned char embedded_policy[];
extern const size_t embedded_policy_size;

static struct policy *parse(const char *json, size_t size, const char *origin,
                            const struct model *model, bool offline, struct error *error) {
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the policy");
        return NULL;
    }
    digest_sha256_hex(json, size, policy->sha256);
    policy->json = document_copy(json, size);
    policy->json_size = size;
    policy->offline = offline;
    policy->document = document_parse(json, size, origin, POLICY_FORMAT, error);
    if (policy->document != NULL && policy_read(policy, origin, model, error)) return policy;
    policy_free(policy);
    return NULL;
}

static struct policy *load(const char *path, const struct model *model, bool offline,
                           struct error *error) {
    size_t size;
    char *json = document_read(path, ERROR_CONFIG, &size, error);
    if (json == NULL) return NULL;
    struct policy *policy = parse(json, size, path, model, offline, error);
    free(json);
    return policy;
}

static struct policy *shipped(const struct model *model, bool offline, struct error *error) {
    return parse((const char *)embedded_policy, embedded_policy_size, "the shipped policy", model,
                 offline, error);
}

struct policy *policy_parse(const char *json, size_t size, const char *origin,
                            const struct model *model, struct error *error) {
    return parse(json, size, origin, model, false, error);
}

struct policy *policy_load(const char *path, const struct model *model, struct error *error) {
    return load(path, model, false, error);
}

struct policy *policy_shipped(const struct model *model, struct error *error) {
    return shipped(model, false, error);
}

struct policy *policy_load_offline(const char *path, const struct model *model,
                                   struct error *error) {
    return path[0] == '\0' ? shipped(model, true, error) : load(path, model, true, error);
}

void policy_free(struct policy *policy) {
    if (policy == NULL) return;
    json_decref(policy->document);
    free(policy->json);
    free(policy->allowed);
    free(policy->holidays);
    free(policy->working_weekends);
    free(policy);
}

const char *policy_id(const struct policy *policy) {
    return policy->id;
}

const char *policy_sha256(const struct policy *policy) {
    return policy->sha256;
}

const char *policy_json(const struct policy *policy, size_t *size) {
    *size = policy->json_size;
    return policy->json;
}

const struct policy_rule *policy_rule(const struct policy *policy, enum action action) {
    return policy->used[action] ? &policy->rules[action] : NULL;
}

enum action policy_action(const struct policy *policy, double logit) {
    for (int a = ACTION_COUNT - 1; a > ACTION_UNKNOWN; a--)
        if (policy->used[a] && logit >= policy->rules[a].threshold) return (enum action)a;
    return ACTION_UNKNOWN;
}

const struct policy_rule *policy_payer_rule(const struct policy *policy, enum action action) {
    return policy->payer_from[action] == ACTION_UNKNOWN ? NULL : &policy->payer_rules[action];
}

enum action policy_payer_action(const struct policy *policy, enum action payee_action) {
    for (int a = ACTION_COUNT - 1; a > ACTION_UNKNOWN; a--)
        if (policy->payer_from[a] != ACTION_UNKNOWN && payee_action >= policy->payer_from[a])
            return (enum action)a;
    return ACTION_UNKNOWN;
}

static int compare_token(const void *key, const void *entry) {
    const struct text *token = key;
    const struct text listed = text_of(((const struct policy_allowed *)entry)->account_token);
    const uint32_t common = token->size < listed.size ? token->size : listed.size;
    const int order = memcmp(token->data, listed.data, common);
    return order != 0 ? order : (token->size > listed.size) - (token->size < listed.size);
}

bool policy_allows(const struct policy *policy, struct text account_token, int64_t clock_s) {
    const struct policy_allowed *found =
        bsearch(&account_token, policy->allowed, policy->allowed_count, sizeof *policy->allowed,
                compare_token);
    return found != NULL && clock_s < found->until_s;
}

size_t policy_allowed_count(const struct policy *policy) {
    return policy->allowed_count;
}

const struct policy_allowed *policy_allowed_at(const struct policy *policy, size_t number) {
    return &policy->allowed[number];
}

int64_t policy_cool_down_s(const struct policy *policy) {
    return policy->cool_down_s;
}

int64_t policy_decide_within_s(const struct policy *policy) {
    return policy->decide_within_s;
}

int64_t policy_valid_until_s(const struct policy *policy, int64_t issued_s) {
    return calendar_after_working_days_s(&policy->calendar, issued_s, policy->hold_days,
                                         policy->issue_day_counts);
}

int32_t policy_hold_business_days(const struct policy *policy) {
    return policy->hold_days;
}

int64_t policy_left_available_tiyn(const struct policy *policy) {
    return policy->left_available_tiyn;
}

const char *const *policy_protected_flows(const struct policy *policy, uint32_t *count) {
    *count = policy->protected_count;
    return policy->protected_flows;
}
