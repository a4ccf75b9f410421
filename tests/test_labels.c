/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of accounts and of events: both kinds of file, and every way one can be wrong. */
#include "tests/support.h"

#include "detector/commands/labels.h"
#include "tests/chance.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct labels *read_labels(const char *text, struct error *error) {
    char path[] = "/tmp/saqshy-labels-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    struct labels *labels = labels_open(path, error);
    unlink(path);
    return labels;
}

static struct labels *good(const char *text) {
    struct error error = {.code = ERROR_NONE};
    struct labels *labels = read_labels(text, &error);
    if (labels == NULL) fail_msg("%s", error.text);
    return labels;
}

static void expect_bad(const char *text, const char *part) {
    struct error error = {.code = ERROR_NONE};
    assert_null(read_labels(text, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    if (strstr(error.text, part) == NULL) fail_msg("%s\nlacks: %s", error.text, part);
}

static int64_t first_bad(const struct labels *labels, const char *account) {
    return labels_first_bad(labels, account, strlen(account));
}

static void a_time_is_seconds_or_rfc_3339_and_floored(void **state) {
    (void)state;
    struct labels *labels = good("account_id,first_illicit_ts\n"
                                 "a,1755995615.999\n"
                                 "b,1755995615\r\n"
                                 "\"c,d\",2025-08-24T05:33:35.75+05:00\n"
                                 "e,1970-01-01\n");
    assert_int_equal(first_bad(labels, "a"), 1755995615);
    assert_int_equal(first_bad(labels, "b"), 1755995615);
    assert_int_equal(first_bad(labels, "c,d"), 1755995615);
    assert_int_equal(first_bad(labels, "e"), 0);
    assert_int_equal(first_bad(labels, "z"), INT64_MAX);
    assert_int_equal(labels_accounts(labels), 4);
    assert_false(labels_by_event(labels));
    labels_close(labels);
}

static void an_event_with_both_labels_is_bad_and_counted(void **state) {
    (void)state;
    struct labels *labels =
        good("event_id,label\na,0\na,1\nb,1\nb,0\nb,1\nc,0\nc,0\nd,1\nd,true\n");
    assert_int_equal(labels_contradicted(labels), 2);
    static const char *const events[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        labels_note(labels, text_of(events[i]), true, text_of(events[i]), 5);
    assert_int_equal(first_bad(labels, "a"), 5);
    assert_int_equal(first_bad(labels, "b"), 5);
    assert_int_equal(first_bad(labels, "c"), INT64_MAX);
    assert_int_equal(first_bad(labels, "d"), 5);
    labels_close(labels);
}

static void the_earliest_of_a_repeated_account_counts(void **state) {
    (void)state;
    struct labels *labels = good("account_id,t\na,30\na,10\nb,5\na,20\n");
    assert_int_equal(first_bad(labels, "a"), 10);
    assert_int_equal(first_bad(labels, "b"), 5);
    assert_int_equal(labels_accounts(labels), 2);
    labels_close(labels);
}

static void among_more_columns_the_time_is_named_first(void **state) {
    (void)state;
    struct labels *labels = good("account_id,typology,first_bad_time\na,fan,10\n");
    assert_int_equal(first_bad(labels, "a"), 10);
    labels_close(labels);
    expect_bad("account_id,typology,time\na,fan,10\n", ":1: ");
    expect_bad("account_id\na\n", "none is the time");
}

static void only_the_size_given_is_the_account(void **state) {
    (void)state;
    struct labels *labels = good("account_id,t\nabc,10\n");
    assert_int_equal(labels_first_bad(labels, "abcd", 3), 10);
    assert_int_equal(labels_first_bad(labels, "abcd", 4), INT64_MAX);
    labels_close(labels);
}

static void note(struct labels *labels, const char *event, bool marks, const char *account,
                 int64_t time_s) {
    labels_note(labels, text_of(event), marks, text_of(account), time_s);
}

static void a_labelled_event_marks_its_payee_from_its_earliest_time(void **state) {
    (void)state;
    struct labels *labels = good("event_id,label\ne1,1\ne2,0\ne3,True\ne4,false\n");
    assert_true(labels_by_event(labels));
    assert_int_equal(labels_accounts(labels), 0);
    note(labels, "e1", false, "payer", 50);
    note(labels, "e1", true, "payee", 50);
    note(labels, "e3", true, "payee", 40);
    note(labels, "e2", true, "honest", 10);
    note(labels, "e4", true, "honest", 10);
    note(labels, "unknown", true, "honest", 10);
    assert_int_equal(first_bad(labels, "payee"), 40);
    assert_int_equal(first_bad(labels, "payer"), INT64_MAX);
    assert_int_equal(first_bad(labels, "honest"), INT64_MAX);
    assert_int_equal(labels_accounts(labels), 1);
    labels_close(labels);
}

static void labelled_events_may_come_one_by_one(void **state) {
    (void)state;
    struct labels *labels = labels_of_events();
    assert_true(labels_by_event(labels));
    assert_null(labels_event(labels, text_of("e1"), "0"));
    assert_null(labels_event(labels, text_of("e2"), "True"));
    assert_null(labels_event(labels, text_of("e2"), "0"));
    assert_string_equal(labels_event(labels, text_of("e3"), "mule"),
                        "the label is none of 0, 1, true, false");
    assert_string_equal(labels_event(labels, text_of(""), "1"), "the event is empty");
    assert_int_equal(labels_accounts(labels), 0);
    note(labels, "e1", true, "honest", 5);
    note(labels, "e2", true, "mule", 7);
    note(labels, "e3", true, "unsaid", 9);
    assert_int_equal(first_bad(labels, "mule"), 7);
    assert_int_equal(labels_accounts(labels), 1);
    labels_close(labels);
}

/* By number; what a table of them must say. */
struct told {
    bool bad, good;
};

static void name_event(uint32_t number, char out[40]) {
    snprintf(out, 40, "%08x-0000-4000-8000-%012x", number * 2654435761u, number);
}

static void many_labelled_events_are_told_apart(void **state) {
    (void)state;
    enum { EVENTS = 40000, ROWS = 100000 };
    struct labels *labels = labels_of_events();
    struct told *told = calloc(EVENTS, sizeof *told);
    struct chance chance = {11};
    char name[40];
    for (int row = 0; row < ROWS; row++) {
        const uint32_t event = chance_below(&chance, EVENTS);
        const bool bad = chance_is(&chance, 30);
        name_event(event, name);
        assert_null(labels_event(labels, text_of(name), bad ? "1" : "0"));
        told[event].bad |= bad;
        told[event].good |= !bad;
    }
    size_t contradicted = 0;
    for (uint32_t event = 0; event < EVENTS; event++) {
        name_event(event, name);
        note(labels, name, true, name, event);
        assert_int_equal(first_bad(labels, name), told[event].bad ? event : INT64_MAX);
        contradicted += told[event].bad && told[event].good;
    }
    assert_true(contradicted > 1000);
    assert_int_equal(labels_contradicted(labels), contradicted);
    free(told);
    labels_close(labels);
}

static size_t allocated(void) {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A sanitizer's allocator tells nothing, so that it holds there by itself. */
static void a_labelled_event_takes_48_bytes_at_most(void **state) {
    (void)state;
    enum { EVENTS = 200000, BYTES_MAX = 48 };
    char name[40];
    const size_t before = allocated();
    struct labels *labels = labels_of_events();
    for (uint32_t event = 0; event < EVENTS; event++) {
        name_event(event, name);
        assert_null(labels_event(labels, text_of(name), "0"));
    }
    const size_t taken = allocated() - before;
    print_message("%.1f bytes an event\n", (double)taken / EVENTS);
    assert_true(taken < (size_t)EVENTS * BYTES_MAX);
    labels_close(labels);
}

static void events_mean_nothing_to_labels_of_accounts(void **state) {
    (void)state;
    struct labels *labels = good("account_id,t\na,10\n");
    note(labels, "a", true, "b", 5);
    note(labels, "a", true, "a", 5);
    assert_int_equal(first_bad(labels, "a"), 10);
    assert_int_equal(labels_accounts(labels), 1);
    labels_close(labels);
}

static void empty_lines_are_passed_over(void **state) {
    (void)state;
    struct labels *labels = good("account_id,t\n\na,10\n\n");
    assert_int_equal(labels_accounts(labels), 1);
    labels_close(labels);
}

static void a_bad_line_is_named(void **state) {
    (void)state;
    expect_bad("account_id,t\na,10\nb,soon\n", ":3: the time is neither seconds");
    expect_bad("account_id,t\na,10\nb\n", ":3: as many fields");
    expect_bad("account_id,t\na,1,2\n", ":2: as many fields");
    expect_bad("account_id,t\n,10\n", ":2: the account is empty");
    expect_bad("account_id,t\na,\n", ":2: the time is neither");
    expect_bad("account_id,t\na,-1\n", ":2: the time is not within");
    expect_bad("account_id,t\na,1755995615000\n", "due in seconds");
    expect_bad("account_id,t\n\"a,10\n", "never closed");
    expect_bad("event_id,label\ne,yes\n", ":2: the label is none of");
    expect_bad("event_id,label\n,1\n", ":2: the event is empty");
}

static void a_file_without_a_label_is_bad(void **state) {
    (void)state;
    expect_bad("", "no row follows");
    expect_bad("\n\n", "no row follows");
    expect_bad("account_id,t\n", "no row follows");
    expect_bad("event_id,label\n", "no row follows");
}

static void another_head_line_is_bad(void **state) {
    (void)state;
    expect_bad("account,t\na,10\n", ":1: the head line is neither");
    expect_bad("event_id,label,more\ne,1,2\n", ":1: the head line is neither");
    expect_bad("event_id,is_fraud\ne,1\n", ":1: the head line is neither");
}

static void a_file_that_is_not_there_is_no_input(void **state) {
    (void)state;
    struct error error = {.code = ERROR_NONE};
    assert_null(labels_open("/nowhere/labels.csv", &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_null(labels_open("/tmp", &error));
    assert_int_equal(error.code, ERROR_IO);
    labels_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_seconds_or_rfc_3339_and_floored),
        cmocka_unit_test(the_earliest_of_a_repeated_account_counts),
        cmocka_unit_test(an_event_with_both_labels_is_bad_and_counted),
        cmocka_unit_test(among_more_columns_the_time_is_named_first),
        cmocka_unit_test(only_the_size_given_is_the_account),
        cmocka_unit_test(a_labelled_event_marks_its_payee_from_its_earliest_time),
        cmocka_unit_test(labelled_events_may_come_one_by_one),
        cmocka_unit_test(many_labelled_events_are_told_apart),
        cmocka_unit_test(a_labelled_event_takes_48_bytes_at_most),
        cmocka_unit_test(events_mean_nothing_to_labels_of_accounts),
        cmocka_unit_test(empty_lines_are_passed_over),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(a_file_without_a_label_is_bad),
        cmocka_unit_test(another_head_line_is_bad),
        cmocka_unit_test(a_file_that_is_not_there_is_no_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
