/* SPDX-License-Identifier: Apache-2.0 */
/* From the policy document to struct policy. */
#include "detector/policy_private.h"

#include "models/document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { HOUR_S = 3600, MINUTE_S = 60 };

/* Actions. */

const char *const policy_actions[ACTION_COUNT] = {
#define X(name) #name,
    ACTION_TABLE(X)
#undef X
};
const char *const policy_priorities[POLICY_PRIORITY_COUNT] = {
#define X(name) #name,
    PRIORITY_TABLE(X)
#undef X
};
const char *const policy_starts[POLICY_START_COUNT] = {"ISSUE_DAY", "NEXT_WORKING_DAY"};

static bool read_threshold(const struct policy *policy, const struct place *place,
                           const json_t *object, const struct model *model, double *threshold,
                           struct error *error) {
    double probability;
    if (!document_number(place, object, "probability", &probability, error)) return false;
    const struct place at = place_key(place, "probability");
    if (!(probability > 0 && probability < 1))
        return place_refuse(&at, error, "must lie between 0 and 1, both excluded");
    *threshold = model_logit(model, probability);
    return isfinite(*threshold) || policy->offline ||
           place_refuse(&at, error, "the model \"%s\" never gives a probability of %g",
                        model_id(model), probability);
}

/* What every rule has, whatever it is reached by. */
static bool read_caps(const struct place *place, const json_t *object, struct policy_rule *rule,
                      struct error *error) {
    const bool capped = json_object_get(object, "per_hour_per_bank") != NULL;
    int64_t per_hour, per_bank = UINT32_MAX;
    size_t priority;
    if (!document_integer(place, object, "per_hour", 0, INT32_MAX, &per_hour, error) ||
        (capped &&
         !document_integer(place, object, "per_hour_per_bank", 0, INT32_MAX, &per_bank, error)) ||
        !document_choice(place, object, "priority", policy_priorities + 1,
                         POLICY_PRIORITY_COUNT - 1, &priority, error))
        return false;
    rule->per_hour = (uint32_t)per_hour;
    rule->per_hour_per_bank = (uint32_t)per_bank;
    rule->priority = (enum priority)(priority + 1);
    return true;
}

static bool read_rule(const struct policy *policy, const struct place *place, const json_t *object,
                      const struct model *model, struct policy_rule *rule, struct error *error) {
    static const char *const known[] = {"probability", "per_hour", "per_hour_per_bank", "priority"};
    return document_known(place, object, known, COUNT_OF(known), error) &&
           read_threshold(policy, place, object, model, &rule->threshold, error) &&
           read_caps(place, object, rule, error);
}

static bool check_rising(const struct policy *policy, const struct place *place,
                         struct error *error) {
    int milder = -1;
    for (int a = 0; a < ACTION_COUNT; a++) {
        if (!policy->used[a]) continue;
        if (milder >= 0 && isfinite(policy->rules[a].threshold) &&
            policy->rules[a].threshold <= policy->rules[milder].threshold)
            return place_refuse(place, error,
                                "%s is stronger than %s, so its probability must be higher",
                                policy_actions[a], policy_actions[milder]);
        milder = a;
    }
    return milder >= 0 || place_refuse(place, error, "at least one action is needed");
}

static bool read_actions(struct policy *policy, const struct place *root, const struct model *model,
                         struct error *error) {
    const json_t *actions = document_member(root, policy->document, "actions", JSON_OBJECT, error);
    if (actions == NULL) return false;
    const struct place place = place_key(root, "actions");
    const char *name;
    const json_t *object;
    json_object_foreach((json_t *)actions, name, object) {
        const struct place at = place_key(&place, name);
        size_t i;
        if (!document_name(&at, name, "action", policy_actions + 1, ACTION_COUNT - 1, &i, error))
            return false;
        if (!json_is_object(object)) return place_refuse(&at, error, "must be an object");
        if (!read_rule(policy, &at, object, model, &policy->rules[i + 1], error)) return false;
        policy->used[i + 1] = true;
    }
    return check_rising(policy, &place, error);
}

/* The paying side. */

static bool read_payer_rule(const struct place *place, const json_t *object, enum action *from,
                            struct policy_rule *rule, struct error *error) {
    static const char *const known[] = {"payee_action", "per_hour", "per_hour_per_bank",
                                        "priority"};
    size_t payee;
    if (!document_known(place, object, known, COUNT_OF(known), error) ||
        !document_choice(place, object, "payee_action", policy_actions + POLICY_PAYEE_FIRST,
                         POLICY_PAYEE_COUNT, &payee, error) ||
        !read_caps(place, object, rule, error))
        return false;
    *from = (enum action)(POLICY_PAYEE_FIRST + payee);
    return true;
}

static bool check_payer_rising(const struct policy *policy, const struct place *place,
                               struct error *error) {
    const enum action ask = policy->payer_from[ACTION_ASK_PAYER];
    const enum action suspend = policy->payer_from[ACTION_SUSPEND_INSTRUCTION];
    return ask == ACTION_UNKNOWN || suspend == ACTION_UNKNOWN || suspend > ask ||
           place_refuse(place, error,
                        "SUSPEND_INSTRUCTION is stronger than ASK_PAYER, so its payee_action must "
                        "be stronger");
}

/* None where the key is absent. */
static bool read_payer_side(struct policy *policy, const struct place *root, struct error *error) {
    if (json_object_get(policy->document, "payer_side") == NULL) return true;
    const json_t *side = document_member(root, policy->document, "payer_side", JSON_OBJECT, error);
    if (side == NULL) return false;
    const struct place place = place_key(root, "payer_side");
    const char *name;
    const json_t *object;
    json_object_foreach((json_t *)side, name, object) {
        const struct place at = place_key(&place, name);
        size_t i;
        if (!document_name(&at, name, "action", policy_actions + POLICY_PAYER_FIRST,
                           POLICY_PAYER_COUNT, &i, error))
            return false;
        if (!json_is_object(object)) return place_refuse(&at, error, "must be an object");
        i += POLICY_PAYER_FIRST;
        if (!read_payer_rule(&at, object, &policy->payer_from[i], &policy->payer_rules[i], error))
            return false;
    }
    return check_payer_rising(policy, &place, error);
}

/* Days and the allow-list. */

static bool read_day(const struct place *place, const json_t *value, int32_t *day,
                     struct error *error) {
    if (json_is_string(value) && calendar_parse(json_string_value(value), day)) return true;
    return place_refuse(place, error, "must be a day like \"2027-01-31\"");
}

/* The days of array `key`, allocated; none when the key is absent. */
static bool read_days(const struct policy *policy, const struct place *root, const char *key,
                      int32_t **days, size_t *count, struct error *error) {
    if (json_object_get(policy->document, key) == NULL) return true;
    const json_t *array = document_member(root, policy->document, key, JSON_ARRAY, error);
    if (array == NULL) return false;
    const struct place list = place_key(root, key);
    const size_t size = json_array_size(array);
    *days = calloc(size + 1, sizeof **days);
    if (*days == NULL) return error_set(error, ERROR_FAILED, "no memory for the calendar");
    for (; *count < size; ++*count) {
        const struct place at = place_item(&list, *count);
        if (!read_day(&at, json_array_get(array, *count), *days + *count, error)) return false;
    }
    return true;
}

static bool read_calendar(struct policy *policy, const struct place *root, struct error *error) {
    struct calendar *calendar = &policy->calendar;
    if (!read_days(policy, root, "holidays", &policy->holidays, &calendar->holiday_count, error) ||
        !read_days(policy, root, "working_weekends", &policy->working_weekends,
                   &calendar->working_weekend_count, error))
        return false;
    calendar->holidays = policy->holidays;
    calendar->working_weekends = policy->working_weekends;
    return true;
}

static bool read_bounded(const struct place *place, const json_t *object, const char *key, int max,
                         const char **out, struct error *error) {
    if (!document_text(place, object, key, out, error)) return false;
    const struct place at = place_key(place, key);
    return strlen(*out) <= (size_t)max || place_refuse(&at, error, "must be at most %d bytes", max);
}

static bool read_allowed(const struct place *place, const json_t *object,
                         struct policy_allowed *allowed, struct error *error) {
    static const char *const known[] = {"account_token", "reason", "expires", "author"};
    int32_t day = 0;
    if (!json_is_object(object)) return place_refuse(place, error, "must be an object");
    if (!document_known(place, object, known, COUNT_OF(known), error) ||
        !document_text(place, object, "account_token", &allowed->account_token, error) ||
        !read_bounded(place, object, "reason", POLICY_REASON_BYTES_MAX, &allowed->reason, error) ||
        !read_bounded(place, object, "author", POLICY_AUTHOR_BYTES_MAX, &allowed->author, error))
        return false;
    const struct place at = place_key(place, "expires");
    if (!read_day(&at, json_object_get(object, "expires"), &day, error)) return false;
    allowed->until_s = calendar_day_start_s(day);
    return true;
}

static int by_token(const void *a, const void *b) {
    return strcmp(((const struct policy_allowed *)a)->account_token,
                  ((const struct policy_allowed *)b)->account_token);
}

static bool read_allow(struct policy *policy, const struct place *root, struct error *error) {
    const json_t *array = document_member(root, policy->document, "allow", JSON_ARRAY, error);
    if (array == NULL) return false;
    const struct place list = place_key(root, "allow");
    const size_t count = json_array_size(array);
    policy->allowed = calloc(count + 1, sizeof *policy->allowed);
    if (policy->allowed == NULL)
        return error_set(error, ERROR_FAILED, "no memory for the allow-list");
    for (; policy->allowed_count < count; policy->allowed_count++) {
        const size_t i = policy->allowed_count;
        const struct place at = place_item(&list, i);
        policy->allowed[i].index = i;
        if (!read_allowed(&at, json_array_get(array, i), &policy->allowed[i], error)) return false;
    }
    qsort(policy->allowed, count, sizeof *policy->allowed, by_token);
    for (size_t i = 1; i < count; i++)
        if (by_token(&policy->allowed[i - 1], &policy->allowed[i]) == 0)
            return place_refuse(&list, error, "an account is there twice");
    return true;
}

/* The whole. */

/* The day from which a hold is counted; the next working day when the key is absent. */
static bool read_start(struct policy *policy, const struct place *root, struct error *error) {
    const json_t *document = policy->document;
    size_t start;
    if (json_object_get(document, "hold_counts_from") == NULL) return true;
    if (!document_choice(root, document, "hold_counts_from", policy_starts, POLICY_START_COUNT,
                         &start, error))
        return false;
    policy->issue_day_counts = start == 0;
    return true;
}

static bool read_left(struct policy *policy, const struct place *root, struct error *error) {
    const json_t *document = policy->document;
    return json_object_get(document, "left_available_minor") == NULL ||
           document_integer(root, document, "left_available_minor", 0, POLICY_LEFT_AVAILABLE_MAX,
                            &policy->left_available_tiyn, error);
}

static bool read_hold(struct policy *policy, const struct place *root, struct error *error) {
    const json_t *document = policy->document;
    int64_t hours, minutes, days;
    if (!document_integer(root, document, "cool_down_hours", 0, POLICY_COOL_DOWN_HOURS_MAX, &hours,
                          error) ||
        !document_integer(root, document, "decide_within_minutes", 1, POLICY_DECIDE_MINUTES_MAX,
                          &minutes, error) ||
        !document_integer(root, document, "max_hold_business_days", 1, POLICY_HOLD_DAYS_MAX, &days,
                          error))
        return false;
    policy->cool_down_s = hours * HOUR_S;
    policy->decide_within_s = minutes * MINUTE_S;
    policy->hold_days = (int32_t)days;
    return read_start(policy, root, error) && read_left(policy, root, error);
}

static bool read_protected(struct policy *policy, const struct place *root, struct error *error) {
    const json_t *array =
        document_member(root, policy->document, "protected_flows", JSON_ARRAY, error);
    if (array == NULL) return false;
    const struct place list = place_key(root, "protected_flows");
    const size_t count = json_array_size(array);
    if (count > PROTECTED_FLOWS_MAX)
        return place_refuse(&list, error, "more than %d names", PROTECTED_FLOWS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct place at = place_item(&list, i);
        policy->protected_flows[i] = json_string_value(json_array_get(array, i));
        if (policy->protected_flows[i] == NULL || policy->protected_flows[i][0] == '\0')
            return place_refuse(&at, error, "must be a name");
        policy->protected_count++;
    }
    return true;
}

bool policy_read(struct policy *policy, const char *origin, const struct model *model,
                 struct error *error) {
    static const char *const known[] = {"format",
                                        "id",
                                        "actions",
                                        "payer_side",
                                        "cool_down_hours",
                                        "decide_within_minutes",
                                        "allow",
                                        "holidays",
                                        "working_weekends",
                                        "hold_counts_from",
                                        "left_available_minor",
                                        "max_hold_business_days",
                                        "protected_flows",
                                        "provenance"};
    const struct place root = place_root(origin, policy->json, policy->json_size);
    const json_t *document = policy->document;
    return document_known(&root, document, known, COUNT_OF(known), error) &&
           document_id(&root, document, &policy->id, error) &&
           read_actions(policy, &root, model, error) && read_payer_side(policy, &root, error) &&
           read_hold(policy, &root, error) && read_protected(policy, &root, error) &&
           read_allow(policy, &root, error) && read_calendar(policy, &root, error) &&
           document_provenance(&root, document, error);
}
