/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/policy_schema.h"

#include "detector/policy_private.h"
#include "models/schema_parts.h"

enum { RULE_KEYS = 3, PAYER_KEYS = 3, ALLOW_KEYS = 4, OBLIGATORY_KEYS = 8 };

static json_t *rule(void) {
    json_t *probability = json_pack("{s:s, s:i, s:i}", "type", "number", "exclusiveMinimum", 0,
                                    "exclusiveMaximum", 1);
    json_t *properties = json_pack("{s:o, s:o, s:o}", "probability", probability, "per_hour",
                                   schema_whole(0, INT32_MAX), "priority",
                                   schema_choice(policy_priorities + 1, POLICY_PRIORITY_COUNT - 1));
    json_object_set_new(properties, "per_hour_per_bank", schema_whole(0, INT32_MAX));
    return schema_object(properties, RULE_KEYS);
}

static json_t *actions(void) {
    json_t *map = schema_map(policy_actions + 1, ACTION_COUNT - 1, rule());
    json_object_set_new(map, "minProperties", json_integer(1));
    return map;
}

static json_t *payer_side(void) {
    json_t *properties =
        json_pack("{s:o, s:o, s:o, s:o}", "payee_action",
                  schema_choice(policy_actions + POLICY_PAYEE_FIRST, POLICY_PAYEE_COUNT),
                  "per_hour", schema_whole(0, INT32_MAX), "priority",
                  schema_choice(policy_priorities + 1, POLICY_PRIORITY_COUNT - 1),
                  "per_hour_per_bank", schema_whole(0, INT32_MAX));
    json_t *rule = schema_object(properties, PAYER_KEYS);
    return schema_map(policy_actions + POLICY_PAYER_FIRST, POLICY_PAYER_COUNT, rule);
}

static json_t *day(void) {
    return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
}

static json_t *list(json_t *item) {
    return json_pack("{s:s, s:o}", "type", "array", "items", item);
}

/* Characters, where the program counts bytes. */
static json_t *bounded(int max) {
    json_t *text = schema_text();
    json_object_set_new(text, "maxLength", json_integer(max));
    json_object_set_new(text, "description", json_sprintf("in UTF-8, at most %d bytes", max));
    return text;
}

static json_t *allow(void) {
    json_t *properties = json_pack("{s:o, s:o, s:o, s:o}", "account_token", schema_text(), "reason",
                                   bounded(POLICY_REASON_BYTES_MAX), "expires", day(), "author",
                                   bounded(POLICY_AUTHOR_BYTES_MAX));
    return list(schema_object(properties, ALLOW_KEYS));
}

/* The obligatory ones first. */
static json_t *properties(void) {
    json_t *keys =
        json_pack("{s:{s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format", "const", POLICY_FORMAT,
                  "id", schema_id(), "actions", actions(), "cool_down_hours",
                  schema_whole(0, POLICY_COOL_DOWN_HOURS_MAX), "decide_within_minutes",
                  schema_whole(1, POLICY_DECIDE_MINUTES_MAX), "max_hold_business_days",
                  schema_whole(1, POLICY_HOLD_DAYS_MAX), "protected_flows",
                  schema_list(schema_text(), 0, PROTECTED_FLOWS_MAX), "allow", allow());
    json_object_set_new(keys, "payer_side", payer_side());
    json_object_set_new(keys, "hold_counts_from", schema_choice(policy_starts, POLICY_START_COUNT));
    json_object_set_new(keys, "left_available_minor", schema_whole(0, POLICY_LEFT_AVAILABLE_MAX));
    json_object_set_new(keys, "holidays", list(day()));
    json_object_set_new(keys, "working_weekends", list(day()));
    json_object_set_new(keys, "provenance", json_pack("{s:s}", "type", "object"));
    return keys;
}

void policy_schema_print(FILE *out) {
    schema_print(POLICY_FORMAT,
                 "The policy document; made by `saqshy docs policy-schema`, do not edit. "
                 "models/README.md says what it means.",
                 schema_object(properties(), OBLIGATORY_KEYS), out);
}
