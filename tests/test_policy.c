/* SPDX-License-Identifier: Apache-2.0 */
/* The policy document: what is taken, what is refused, and what it then says. */
#include "tests/support.h"

#include "detector/base/calendar.h"
#include "detector/feature_table.h"
#include "detector/policy.h"

#include <stdio.h>
#include <string.h>

static struct model *model;

static int open_model(void **unused) {
    (void)unused;
    char json[1024];
    struct error error = {0};
    (void)snprintf(json, sizeof json,
                   "{\"format\": \"saqshy-model/1\", \"id\": \"m\", \"features_sha256\": \"%s\", "
                   "\"intercept\": 0, \"transforms\": {}, \"terms\": [], \"provenance\": {}, "
                   "\"calibration\": {\"type\": \"table\", \"points\": [[-4, 0], [4, 0.96]]}}",
                   feature_table_sha256());
    model = model_parse(json, strlen(json), "m", &error);
    return model == NULL;
}

static int close_model(void **unused) {
    (void)unused;
    model_free(model);
    return 0;
}

static const char right[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"test\",\n"
    "\"actions\": {\"REVIEW_ONLY\": {\"probability\": 0.48, \"per_hour\": 3, \"priority\": "
    "\"LOW\"},\n"
    "\"HOLD_AMOUNT\": {\"probability\": 0.72, \"per_hour\": 2, \"priority\": \"HIGH\"}},\n"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 30, \"max_hold_business_days\": 2,\n"
    "\"hold_counts_from\": \"NEXT_WORKING_DAY\", \"protected_flows\": [\"PENSION\", \"WAGE\"],\n"
    "\"allow\": [{\"account_token\": \"market\", \"reason\": \"known seller\", \"author\": "
    "\"asel\", \"expires\": \"2026-07-01\"},\n"
    "{\"account_token\": \"fund\", \"reason\": \"charity\", \"author\": \"marat\", \"expires\": "
    "\"2026-08-01\"}],\n"
    "\"holidays\": [\"2026-07-06\"], \"working_weekends\": [\"2026-07-04\"], \"provenance\": {}}";

static const char *spoilt(const char *from, const char *to) {
    static char out[sizeof right + 2048];
    const char *at = strstr(right, from);
    assert_non_null(at);
    (void)snprintf(out, sizeof out, "%.*s%s%s", (int)(at - right), right, to, at + strlen(from));
    return out;
}

static struct policy *parse(const char *json) {
    struct error error = {0};
    struct policy *policy = policy_parse(json, strlen(json), "p.json", model, &error);
    if (policy == NULL) fail_msg("%s", error.text);
    return policy;
}

static void assert_refused(const char *json, const char *said) {
    struct error error = {0};
    assert_null(policy_parse(json, strlen(json), "p.json", model, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, said) == NULL) fail_msg("\"%s\" is not in: %s", said, error.text);
}

static int64_t second_of(const char *day, int hour) {
    int32_t number;
    assert_true(calendar_parse(day, &number));
    return calendar_day_start_s(number) + hour * 3600;
}

static void test_thresholds_are_logits_of_the_model(void **unused) {
    (void)unused;
    struct policy *policy = parse(right);
    assert_true(policy_rule(policy, ACTION_REVIEW_ONLY)->threshold == 0);
    assert_true(policy_rule(policy, ACTION_HOLD_AMOUNT)->threshold == 2);
    assert_null(policy_rule(policy, ACTION_ASK_PAYER));
    assert_int_equal(policy_rule(policy, ACTION_HOLD_AMOUNT)->per_hour, 2);
    assert_int_equal(policy_rule(policy, ACTION_HOLD_AMOUNT)->priority, PRIORITY_HIGH);
    policy_free(policy);
}

static void test_a_cap_for_each_bank_may_be_given(void **unused) {
    (void)unused;
    struct policy *policy =
        parse(spoilt("\"per_hour\": 2", "\"per_hour\": 2, \"per_hour_per_bank\": 7"));
    assert_int_equal(policy_rule(policy, ACTION_HOLD_AMOUNT)->per_hour_per_bank, 7);
    assert_true(policy_rule(policy, ACTION_REVIEW_ONLY)->per_hour_per_bank == UINT32_MAX);
    policy_free(policy);
    assert_refused(spoilt("\"per_hour\": 2", "\"per_hour\": 2, \"per_hour_per_bank\": -1"),
                   "$.actions.HOLD_AMOUNT.per_hour_per_bank: must be between 0 and");
    assert_refused(spoilt("\"per_hour\": 2", "\"per_hour\": 2, \"per_hour_per_bank\": true"),
                   "$.actions.HOLD_AMOUNT.per_hour_per_bank: must be a whole number");
}

static void test_the_strongest_action_that_is_reached(void **unused) {
    (void)unused;
    struct policy *policy = parse(right);
    assert_int_equal(policy_action(policy, -0x1p-36), ACTION_UNKNOWN);
    assert_int_equal(policy_action(policy, 0), ACTION_REVIEW_ONLY);
    assert_int_equal(policy_action(policy, 2 - 0x1p-36), ACTION_REVIEW_ONLY);
    assert_int_equal(policy_action(policy, 2), ACTION_HOLD_AMOUNT);
    policy_free(policy);
}

static const char *with_payer_side(const char *value) {
    char to[1024];
    (void)snprintf(to, sizeof to, "\"payer_side\": %s,\n\"cool_down_hours\"", value);
    return spoilt("\"cool_down_hours\"", to);
}

#define ASK                                                                                        \
    "\"ASK_PAYER\": {\"payee_action\": \"HOLD_AMOUNT\", \"per_hour\": 3, \"priority\": \"HIGH\"}"
#define SUSPEND(from)                                                                              \
    "\"SUSPEND_INSTRUCTION\": {\"payee_action\": \"" from                                          \
    "\", \"per_hour\": 2, \"per_hour_per_bank\": 1, \"priority\": \"URGENT\"}"

static void test_the_paying_side_is_advised_by_the_action_on_the_payee(void **unused) {
    (void)unused;
    struct policy *policy = parse(with_payer_side("{" ASK ", " SUSPEND("SUSPEND_EBANKING") "}"));
    assert_int_equal(policy_payer_action(policy, ACTION_SUSPEND_INSTRUCTION), ACTION_UNKNOWN);
    assert_int_equal(policy_payer_action(policy, ACTION_HOLD_AMOUNT), ACTION_ASK_PAYER);
    assert_int_equal(policy_payer_action(policy, ACTION_SUSPEND_EBANKING),
                     ACTION_SUSPEND_INSTRUCTION);
    assert_int_equal(policy_payer_action(policy, ACTION_REFUSE_TO_PAYEE),
                     ACTION_SUSPEND_INSTRUCTION);
    const struct policy_rule *rule = policy_payer_rule(policy, ACTION_SUSPEND_INSTRUCTION);
    assert_int_equal(rule->per_hour, 2);
    assert_int_equal(rule->per_hour_per_bank, 1);
    assert_int_equal(rule->priority, PRIORITY_URGENT);
    assert_null(policy_payer_rule(policy, ACTION_HOLD_AMOUNT));
    assert_null(policy_rule(policy, ACTION_ASK_PAYER));
    policy_free(policy);
}

static void test_a_policy_may_suspend_at_once_or_leave_the_paying_side_alone(void **unused) {
    (void)unused;
    struct policy *policy = parse(with_payer_side("{" SUSPEND("HOLD_AMOUNT") "}"));
    assert_int_equal(policy_payer_action(policy, ACTION_HOLD_AMOUNT), ACTION_SUSPEND_INSTRUCTION);
    assert_null(policy_payer_rule(policy, ACTION_ASK_PAYER));
    policy_free(policy);
    policy = parse(with_payer_side("{}"));
    assert_int_equal(policy_payer_action(policy, ACTION_REFUSE_TO_PAYEE), ACTION_UNKNOWN);
    policy_free(policy);
    policy = parse(right);
    assert_int_equal(policy_payer_action(policy, ACTION_REFUSE_TO_PAYEE), ACTION_UNKNOWN);
    policy_free(policy);
}

static void test_what_is_wrong_with_the_paying_side_is_named(void **unused) {
    (void)unused;
    assert_refused(with_payer_side("true"), "p.json:4: $.payer_side: must be an object");
    assert_refused(with_payer_side("{\"ASK_PAYERS\": {}}"),
                   "$.payer_side.ASK_PAYERS: \"ASK_PAYERS\" is no action; did you mean "
                   "\"ASK_PAYER\"?");
    assert_refused(with_payer_side("{\"HOLD_AMOUNT\": {}}"), "\"HOLD_AMOUNT\" is no action");
    assert_refused(with_payer_side("{\"ASK_PAYER\": 1}"),
                   "$.payer_side.ASK_PAYER: must be an object");
    assert_refused(with_payer_side("{\"ASK_PAYER\": {\"per_hour\": 1, \"priority\": \"LOW\"}}"),
                   "$.payer_side.ASK_PAYER: the key \"payee_action\" is missing");
    assert_refused(with_payer_side("{" SUSPEND("REVIEW_ONLY") "}"),
                   "$.payer_side.SUSPEND_INSTRUCTION.payee_action: \"REVIEW_ONLY\"");
    assert_refused(
        with_payer_side("{\"ASK_PAYER\": {\"payee_action\": \"HOLD_AMOUNT\", "
                        "\"probability\": 0.5, \"per_hour\": 1, \"priority\": \"LOW\"}}"),
        "\"probability\" is no key that is known here");
    assert_refused(with_payer_side("{" ASK ", " SUSPEND("HOLD_AMOUNT") "}"),
                   "$.payer_side: SUSPEND_INSTRUCTION is stronger than ASK_PAYER");
}

static void test_an_allowed_account_until_its_day(void **unused) {
    (void)unused;
    struct policy *policy = parse(right);
    const int64_t day = second_of("2026-07-01", 0);
    assert_true(policy_allows(policy, text_of("market"), day - 1));
    assert_false(policy_allows(policy, text_of("market"), day));
    assert_true(policy_allows(policy, text_of("fund"), day));
    assert_false(policy_allows(policy, text_of("marke"), day - 1));
    assert_false(policy_allows(policy, text_of("markets"), day - 1));
    assert_false(policy_allows(policy, (struct text){"fund\0x", 6}, day - 1));
    policy_free(policy);
}

static void test_a_hold_ends_with_its_last_working_day(void **unused) {
    (void)unused;
    struct policy *policy = parse(right);
    /* Thursday evening: Friday, and the Saturday that is a working day. */
    assert_int_equal(policy_valid_until_s(policy, second_of("2026-07-02", 20)),
                     second_of("2026-07-05", 0));
    /* Friday: that Saturday; Sunday and the holiday on Monday do not count, Tuesday does. */
    assert_int_equal(policy_valid_until_s(policy, second_of("2026-07-03", 10)),
                     second_of("2026-07-08", 0));
    assert_int_equal(policy_decide_within_s(policy), 1800);
    assert_int_equal(policy_hold_business_days(policy), 2);
    assert_int_equal(policy_cool_down_s(policy), 86400);
    policy_free(policy);
    policy = parse(spoilt("NEXT_WORKING_DAY", "ISSUE_DAY"));
    assert_int_equal(policy_valid_until_s(policy, second_of("2026-07-02", 20)),
                     second_of("2026-07-04", 0));
    policy_free(policy);
}

static void test_what_may_be_left_out(void **unused) {
    (void)unused;
    struct policy *policy = parse(spoilt(", \"working_weekends\": [\"2026-07-04\"], "
                                         "\"provenance\": {}",
                                         ""));
    assert_int_equal(policy_valid_until_s(policy, second_of("2026-07-02", 20)),
                     second_of("2026-07-08", 0));
    policy_free(policy);
    policy = parse(spoilt("\"hold_counts_from\": \"NEXT_WORKING_DAY\", ", ""));
    assert_int_equal(policy_valid_until_s(policy, second_of("2026-07-02", 20)),
                     second_of("2026-07-05", 0));
    policy_free(policy);
    assert_refused(spoilt("\"provenance\": {}", "\"provenance\": 1"),
                   "$.provenance: must be an object");
}

static void test_the_shipped_policy_loads(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *shipped = model_shipped(&error);
    if (shipped == NULL) fail_msg("%s", error.text);
    struct policy *policy = policy_shipped(shipped, &error);
    if (policy == NULL) fail_msg("%s", error.text);
    uint32_t flows = 0;
    assert_string_equal(policy_protected_flows(policy, &flows)[0], "PENSION");
    assert_int_equal(flows, 3);
    assert_int_equal(policy_hold_business_days(policy), 5);
    assert_int_equal(strlen(policy_sha256(policy)), 64);
    model_free(shipped);
    policy_free(policy);
    policy_free(NULL);
}

static void test_names_that_are_wrong_are_refused_with_the_nearest(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"HOLD_AMOUNT\"", "\"HOLD_AMOUNTS\""),
                   "$.actions.HOLD_AMOUNTS: \"HOLD_AMOUNTS\" is no action; did you mean "
                   "\"HOLD_AMOUNT\"?");
    assert_refused(spoilt("\"cool_down_hours\"", "\"cool_down_hour\""),
                   "did you mean \"cool_down_hours\"?");
    assert_refused(spoilt("\"LOW\"", "\"LO\""), "$.actions.REVIEW_ONLY.priority: \"LO\"");
    assert_refused(spoilt("\"HOLD_AMOUNT\"", "\"UNKNOWN\""), "\"UNKNOWN\" is no action");
    assert_refused(spoilt("\"id\"", "id"), "p.json: line 1, column");
}

static void test_a_refusal_begins_with_file_line_and_path(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"HOLD_AMOUNT\"", "\"HOLD_AMOUNTS\""),
                   "p.json:3: $.actions.HOLD_AMOUNTS: \"HOLD_AMOUNTS\" is no action; did you mean "
                   "\"HOLD_AMOUNT\"?");
    assert_refused(spoilt("\"cool_down_hours\"", "\"cool_down_hour\""),
                   "p.json:4: $.cool_down_hour: \"cool_down_hour\" is no key that is known here; "
                   "did you mean \"cool_down_hours\"?");
    assert_refused(spoilt("\"per_hour\": 2", "\"per_hour\":\n \"2\""),
                   "p.json:3: $.actions.HOLD_AMOUNT.per_hour: must be a whole number");
    assert_refused(spoilt("\"2026-08-01\"", "8"), "p.json:7: $.allow[1].expires: must be a day");
    assert_refused(spoilt("[\"PENSION\"", "[\n\n3"), "p.json:7: $.protected_flows[0]: must be");
}

static void test_what_is_missing_is_missing_on_the_line_of_what_should_hold_it(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"per_hour\": 2, ", ""),
                   "p.json:3: $.actions.HOLD_AMOUNT: the key \"per_hour\" is missing; it must be a "
                   "whole number");
    assert_refused(spoilt(", \"expires\": \"2026-08-01\"", ""),
                   "p.json:7: $.allow[1].expires: must be a day");
    char json[sizeof right + 520] = " \n\n";
    (void)strcat(json, spoilt("\"cool_down_hours\": 24, ", ""));
    assert_refused(json, "p.json:3: $: the key \"cool_down_hours\" is missing");
}

/* Texts that look like keys, a key as a value, brackets and quotes in texts, lines of Windows. */
static void test_the_line_is_that_of_the_key_and_of_nothing_that_looks_like_it(void **unused) {
    (void)unused;
    const char *const looks_like_it =
        "{\"format\": \"saqshy-policy/1\",\r\n"
        "\"id\": \"\\\"cool_down_hours\\\": 1 }]{\", \"provenance\":\r\n"
        "{\"cool_down_hours\": [\"cool_down_hours\", {}, []], \"b\": \"\\\\\"},\r\n"
        "\"actions\": {\"REVIEW_ONLY\": {\"probability\": 0.5, \"per_hour\": 1,\r\n"
        "\"priority\": \"LOW\"}},\r\n"
        "\"cool_down\\u005fhours\" :\r\n -1, \"decide_within_minutes\": 1}";
    assert_refused(looks_like_it, "p.json:6: $.cool_down_hours: must be between 0 and 8784");
}

static void test_thresholds_must_make_sense(void **unused) {
    (void)unused;
    assert_refused(spoilt("0.72", "0.48"), "HOLD_AMOUNT is stronger than REVIEW_ONLY");
    assert_refused(spoilt("0.72", "0.97"), "never gives a probability of 0.97");
    assert_refused(spoilt("0.72", "1"), "must lie between 0 and 1");
    assert_refused(spoilt("\"per_hour\": 2", "\"per_hour\": -2"), "must be between 0 and");
}

static void test_holds_are_at_most_five_working_days(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"max_hold_business_days\": 2", "\"max_hold_business_days\": 6"),
                   "$.max_hold_business_days: must be between 1 and 5");
}

static void test_what_is_left_available_is_an_amount(void **unused) {
    (void)unused;
    struct policy *policy = parse(right);
    assert_int_equal(policy_left_available_tiyn(policy), 0);
    policy_free(policy);
    policy = parse(spoilt("\"allow\"", "\"left_available_minor\": 1200000, \"allow\""));
    assert_int_equal(policy_left_available_tiyn(policy), 1200000);
    policy_free(policy);
    assert_refused(spoilt("\"allow\"", "\"left_available_minor\": -1, \"allow\""),
                   "$.left_available_minor: must be between 0 and");
}

static void test_days_must_exist(void **unused) {
    (void)unused;
    assert_refused(spoilt("2026-07-06", "2026-02-29"), "$.holidays[0]: must be a day");
    assert_refused(spoilt("2026-07-01", "2026-7-1"), "$.allow[0].expires: must be a day");
    int32_t day;
    assert_true(calendar_parse("2028-02-29", &day));
    assert_false(calendar_parse("2027-02-29", &day));
    assert_false(calendar_parse("2027-13-01", &day));
    assert_false(calendar_parse("2027-01-011", &day));
    assert_true(calendar_parse("1970-01-02", &day) && day == 1);
    assert_int_equal(calendar_day(-18001), -1);
    assert_int_equal(calendar_day(86400 - 18000), 1);
}

static void test_an_allowed_account_has_a_reason_and_is_there_once(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"known seller\"", "\"\""), "$.allow[0].reason: must not be empty");
    assert_refused(spoilt("\"fund\"", "\"market\""), "$.allow: an account is there twice");
}

static void test_an_allowed_account_names_its_author(void **unused) {
    (void)unused;
    struct policy *policy =
        parse(spoilt("\"charity\", \"author\": \"marat\"",
                     "\"two\\nlines \\u001b[31m\", \"author\": \"А. Аналитик\""));
    assert_int_equal(policy_allowed_count(policy), 2);
    const struct policy_allowed *fund = policy_allowed_at(policy, 0);
    assert_string_equal(fund->account_token, "fund");
    assert_string_equal(fund->author, "А. Аналитик");
    assert_string_equal(fund->reason, "two\nlines \x1b[31m");
    assert_int_equal(fund->index, 1);
    assert_int_equal(fund->until_s, second_of("2026-08-01", 0));
    const struct policy_allowed *market = policy_allowed_at(policy, 1);
    assert_string_equal(market->author, "asel");
    assert_string_equal(market->reason, "known seller");
    policy_free(policy);
}

/* `size` times x in quotes. */
static const char *quoted(size_t size) {
    static char out[2048];
    out[0] = '"';
    memset(out + 1, 'x', size);
    memcpy(out + 1 + size, "\"", 2);
    return out;
}

static void test_author_and_reason_are_bounded_texts(void **unused) {
    (void)unused;
    static const char *const wrong[] = {"\"\"", "7", "null", "[\"a\"]", "\"\\u0000\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_refused(spoilt("\"marat\"", wrong[i]), "p.json");
    }
    policy_free(parse(spoilt("\"marat\"", quoted(128))));
    assert_refused(spoilt("\"marat\"", quoted(129)),
                   "$.allow[1].author: must be at most 128 bytes");
    policy_free(parse(spoilt("\"charity\"", quoted(1024))));
    assert_refused(spoilt("\"charity\"", quoted(1025)),
                   "$.allow[1].reason: must be at most 1024 bytes");
    assert_refused(spoilt("\"author\": \"marat\", ", ""),
                   "p.json:7: $.allow[1]: the key \"author\" is missing");
    assert_refused(spoilt("\"author\": \"marat\"", "\"auther\": \"marat\""),
                   "did you mean \"author\"?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_are_logits_of_the_model),
        cmocka_unit_test(test_a_cap_for_each_bank_may_be_given),
        cmocka_unit_test(test_the_strongest_action_that_is_reached),
        cmocka_unit_test(test_the_paying_side_is_advised_by_the_action_on_the_payee),
        cmocka_unit_test(test_a_policy_may_suspend_at_once_or_leave_the_paying_side_alone),
        cmocka_unit_test(test_what_is_wrong_with_the_paying_side_is_named),
        cmocka_unit_test(test_an_allowed_account_until_its_day),
        cmocka_unit_test(test_a_hold_ends_with_its_last_working_day),
        cmocka_unit_test(test_what_may_be_left_out),
        cmocka_unit_test(test_the_shipped_policy_loads),
        cmocka_unit_test(test_names_that_are_wrong_are_refused_with_the_nearest),
        cmocka_unit_test(test_a_refusal_begins_with_file_line_and_path),
        cmocka_unit_test(test_what_is_missing_is_missing_on_the_line_of_what_should_hold_it),
        cmocka_unit_test(test_the_line_is_that_of_the_key_and_of_nothing_that_looks_like_it),
        cmocka_unit_test(test_thresholds_must_make_sense),
        cmocka_unit_test(test_holds_are_at_most_five_working_days),
        cmocka_unit_test(test_what_is_left_available_is_an_amount),
        cmocka_unit_test(test_days_must_exist),
        cmocka_unit_test(test_an_allowed_account_has_a_reason_and_is_there_once),
        cmocka_unit_test(test_an_allowed_account_names_its_author),
        cmocka_unit_test(test_author_and_reason_are_bounded_texts),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
