/* SPDX-License-Identifier: Apache-2.0 */
/* A change of the documents as bytes: what is written is read back, anything else is refused with
 * its reason. */
#include "tests/support.h"

#include "detector/policy_change.h"

#include <stdio.h>
#include <stdlib.h>

static struct bytes bytes_of(const char *text) {
    return (struct bytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void must_refuse(const char *json, const char *why) {
    struct policy_change change;
    struct error error = {.code = ERROR_NONE};
    assert_false(policy_change_read(&change, bytes_of(json), &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, why) == NULL) fail_msg("%s: %s", json, error.text);
}

static void what_is_written_is_read_back(void **state) {
    static const char policy[] = "{\n  \"id\": \"жаңа \\u2116 1\"\n}\n", model[] = "{\"a\":[1,2]}";
    const struct policy_change written = {.author = "Асел",
                                          .approver = "Марат",
                                          .reason = "more thefts by QR",
                                          .policy = policy,
                                          .policy_size = sizeof policy - 1,
                                          .model = model,
                                          .model_size = sizeof model - 1};
    struct policy_change read;
    struct error error;
    size_t size = 0;
    (void)state;
    char *json = policy_change_write(&written, &size, &error);
    assert_non_null(json);
    assert_true(policy_change_read(&read, (struct bytes){(uint8_t *)json, (uint32_t)size}, &error));
    assert_string_equal(read.author, written.author);
    assert_string_equal(read.approver, written.approver);
    assert_string_equal(read.reason, written.reason);
    assert_int_equal(read.policy_size, written.policy_size);
    assert_memory_equal(read.policy, policy, read.policy_size);
    assert_memory_equal(read.model, model, read.model_size);
    policy_change_free(&read);
    free(json);
}

static void what_was_not_named_is_not_there(void **state) {
    struct policy_change change;
    struct error error;
    (void)state;
    assert_true(policy_change_read(
        &change, bytes_of("{\"format\":\"saqshy-change/1\",\"author\":\"a\",\"model\":\"{}\"}"),
        &error));
    assert_null(change.policy);
    assert_string_equal(change.approver, "");
    assert_string_equal(change.reason, "");
    policy_change_free(&change);
}

/* It is refused by who reads the document, not lost on the way. */
static void an_empty_document_is_written_as_one(void **state) {
    const struct policy_change written = {.author = "asel",
                                          .approver = "",
                                          .reason = "",
                                          .policy = "",
                                          .model = "{}",
                                          .model_size = 2};
    struct policy_change read;
    struct error error;
    size_t size = 0;
    (void)state;
    char *json = policy_change_write(&written, &size, &error);
    assert_non_null(json);
    assert_true(policy_change_read(&read, (struct bytes){(uint8_t *)json, (uint32_t)size}, &error));
    assert_string_equal(read.policy, "");
    policy_change_free(&read);
    free(json);
}

static void anything_else_is_refused_with_its_reason(void **state) {
    (void)state;
    must_refuse("", "line 1");
    must_refuse("[]", "must be an object");
    must_refuse("{\"format\":\"saqshy-policy/1\"}", "must be \"saqshy-change/1\"");
    must_refuse("{\"format\":\"saqshy-change/1\",\"policy\":\"{}\"}", "who made it");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\"}",
                "neither a policy nor a model");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":7,\"policy\":\"{}\"}",
                "must be a text");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\",\"policy\":{}}",
                "must be a text");
    must_refuse("{\"format\":\"saqshy-change/1\",\"autor\":\"a\"}", "did you mean \"author\"");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\",\"author\":\"b\"}", "duplicate");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\\u0000b\"}", "\\u0000");
}

/* They end in log lines and on screens. */
static void names_are_plain_and_short(void **state) {
    char json[1024], name[256];
    (void)state;
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\\nevent=live\",\"policy\":\"{}\"}",
                "no control characters");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\"a\\\"\",\"policy\":\"{}\"}",
                "no quotation marks");
    must_refuse("{\"format\":\"saqshy-change/1\",\"author\":\" a\",\"policy\":\"{}\"}", "a space");
    memset(name, 'n', POLICY_WHO_BYTES_MAX + 1);
    name[POLICY_WHO_BYTES_MAX + 1] = '\0';
    snprintf(json, sizeof json, "{\"format\":\"saqshy-change/1\",\"author\":\"%s\"}", name);
    must_refuse(json, "128 bytes at most");
}

/* None is left out: an approver who is not written has not approved. */
static void a_name_that_is_no_utf8_is_said_and_nothing_written(void **state) {
    static const struct {
        struct policy_change change;
        const char *why;
    } cases[] = {
        {{.author = "\xff", .approver = "", .reason = ""}, "author is no UTF-8"},
        {{.author = "asel", .approver = "\xff", .reason = ""}, "approver is no UTF-8"},
        {{.author = "asel", .approver = "", .reason = "\xc0\xaf"}, "reason is no UTF-8"},
    };
    struct error error;
    size_t size = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_change change = cases[i].change;
        change.policy = "{}";
        change.policy_size = 2;
        assert_null(policy_change_write(&change, &size, &error));
        assert_int_equal(error.code, ERROR_CONFIG);
        if (strstr(error.text, cases[i].why) == NULL) fail_msg("%s", error.text);
    }
}

static void two_persons_are_two(void **state) {
    struct policy_change change = {.author = "asel", .approver = ""};
    struct error error;
    (void)state;
    assert_false(policy_change_by_two(&change, &error));
    change.approver = "Asel";
    assert_false(policy_change_by_two(&change, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    change.approver = "marat";
    assert_true(policy_change_by_two(&change, &error));
}

static void an_acknowledgement_is_known_by_its_key(void **state) {
    const struct bytes none = {NULL, 0};
    (void)state;
    assert_true(policy_change_is_note(bytes_of("ack/saqshy-0/p1"), bytes_of("{}")));
    assert_true(policy_change_is_note(bytes_of("p1"), none));
    assert_false(policy_change_is_note(bytes_of("ack"), bytes_of("{}")));
    assert_false(policy_change_is_note(none, bytes_of("{}")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_was_not_named_is_not_there),
        cmocka_unit_test(an_empty_document_is_written_as_one),
        cmocka_unit_test(anything_else_is_refused_with_its_reason),
        cmocka_unit_test(names_are_plain_and_short),
        cmocka_unit_test(a_name_that_is_no_utf8_is_said_and_nothing_written),
        cmocka_unit_test(two_persons_are_two),
        cmocka_unit_test(an_acknowledgement_is_known_by_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
