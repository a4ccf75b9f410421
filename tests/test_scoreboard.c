/* SPDX-License-Identifier: Apache-2.0 */
/* Recommendations against labels. */
#include "tests/support.h"

#include "detector/commands/scoreboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct scoreboard *board;
static char path[64];

static int setup(void **state) {
    (void)state;
    board = scoreboard_new();
    snprintf(path, sizeof path, "/tmp/saqshy-labels-XXXXXX");
    const int descriptor = mkstemp(path);
    return descriptor < 0 || close(descriptor) != 0;
}

static int teardown(void **state) {
    (void)state;
    scoreboard_free(board);
    unlink(path);
    return 0;
}

static void write_labels(const char *csv) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(csv, file);
    fclose(file);
}

static void must_load(const char *csv) {
    struct error error;
    write_labels(csv);
    if (!scoreboard_load_labels(board, path, &error)) fail_msg("%s", error.text);
}

static void must_refuse(const char *csv, const char *line) {
    struct error error = {.code = ERROR_NONE};
    write_labels(csv);
    assert_false(scoreboard_load_labels(board, path, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    if (strstr(error.text, line) == NULL) fail_msg("%s does not name %s", error.text, line);
}

static void recommend(const char *account, int64_t second) {
    const struct recommendation recommendation = {.target_account_token = text_of(account),
                                                  .issued_at_us = second * 1000000};
    scoreboard_take(board, &recommendation);
}

static void an_empty_board_knows_no_median(void **state) {
    (void)state;
    const struct scoreboard_result result = scoreboard_result(board);
    assert_int_equal(result.recommendations, 0);
    assert_int_equal(result.accounts, 0);
    assert_int_equal(result.found, 0);
    assert_int_equal(result.median_minutes, -1);
}

static void revisions_count_as_recommendations_of_one_account(void **state) {
    (void)state;
    recommend("a", 100);
    recommend("a", 200);
    recommend("b", 300);
    const struct scoreboard_result result = scoreboard_result(board);
    assert_int_equal(result.recommendations, 3);
    assert_int_equal(result.accounts, 2);
}

static void labels_of_gen_are_read_and_found(void **state) {
    (void)state;
    must_load("account_id,typology,first_bad_time\na,forwarder,1000\n\"b\",operator,2000\n"
              "c,card_farm,3000\n");
    recommend("a", 1000 + 600);
    recommend("b", 2000 + 3600);
    recommend("honest", 50);
    const struct scoreboard_result result = scoreboard_result(board);
    assert_int_equal(result.labelled, 3);
    assert_int_equal(result.found, 2);
    assert_int_equal(result.accounts, 3);
}

static void the_median_is_of_first_recommendations_of_those_found(void **state) {
    (void)state;
    must_load("account_id,typology,first_bad_time\na,x,1000\nb,x,1000\nc,x,1000\n");
    recommend("a", 1000 + 60);
    recommend("b", 1000 + 600);
    recommend("b", 1000 + 90000);
    recommend("c", 1000 + 6000);
    recommend("d", 1000 + 60000);
    assert_int_equal(scoreboard_result(board).median_minutes, 10);
}

static void a_file_without_a_time_is_refused_with_its_line(void **state) {
    (void)state;
    must_refuse("account\na\nb\n", ":1:");
    must_refuse("account_id\na\nb\n", ":1:");
}

/* Both sides of events x and y; x is bad, and its payee got it. */
static void labels_of_events_name_the_accounts_of_a_run(void **state) {
    (void)state;
    struct error error;
    must_load("event_id,label\nx,1\ny,0\n");
    struct batch *batch = batch_new();
    assert_non_null(batch);
    for (uint32_t i = 0; i < 4; i++) {
        batch->side[i] =
            (struct side){.event = i / 2, .role = i % 2 == 0 ? SIDE_PAYER : SIDE_PAYEE};
        batch->tx[i / 2] =
            (struct transaction){.event_id = text_of(i < 2 ? "x" : "y"),
                                 .event_time_s = 100 + i / 2,
                                 .payer.account_token = text_of("ann"),
                                 .payee.account_token = text_of(i < 2 ? "bob" : "cid")};
    }
    batch->sides = 4;
    assert_true(scoreboard_note_batch(board, batch, &error));
    batch_free(batch);
    recommend("ann", 700);
    recommend("bob", 700);
    recommend("cid", 700);
    const struct scoreboard_result result = scoreboard_result(board);
    assert_int_equal(result.labelled, 1);
    assert_int_equal(result.found, 1);
    assert_int_equal(result.median_minutes, 10);
}

static void times_of_labels_may_have_a_fraction(void **state) {
    (void)state;
    must_load("account_id,first_illicit_ts\na,1000.999\n");
    recommend("a", 1000 + 120);
    assert_int_equal(scoreboard_result(board).median_minutes, 2);
}

static void one_account_labelled_twice_counts_once(void **state) {
    (void)state;
    must_load("account_id,first_bad_time\na,10\na,20\n");
    assert_int_equal(scoreboard_result(board).labelled, 1);
}

static void a_row_with_too_few_fields_is_refused_with_its_line(void **state) {
    (void)state;
    must_refuse("account_id,typology,first_bad_time\na,x,1\nb\n", ":3:");
}

static void a_time_that_is_no_number_is_refused_with_its_line(void **state) {
    (void)state;
    must_refuse("account_id,first_bad_time\na,1\nb,2\nc,soon\n", ":4:");
    must_refuse("account_id,first_bad_time\na,\n", ":2:");
}

static void an_empty_account_is_refused_with_its_line(void **state) {
    (void)state;
    must_refuse("account_id,first_bad_time\n,1\n", ":2:");
}

static void a_broken_quote_is_refused_with_its_line(void **state) {
    (void)state;
    must_refuse("account_id,first_bad_time\na,1\n\"b\"x,2\n", ":3:");
}

static void an_empty_file_is_refused(void **state) {
    (void)state;
    must_refuse("", ":1:");
}

static void a_missing_file_is_an_io_error(void **state) {
    (void)state;
    struct error error = {.code = ERROR_NONE};
    assert_false(scoreboard_load_labels(board, "/nonexistent/labels.csv", &error));
    assert_int_equal(error.code, ERROR_IO);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(an_empty_board_knows_no_median),
        CASE(revisions_count_as_recommendations_of_one_account),
        CASE(labels_of_gen_are_read_and_found),
        CASE(the_median_is_of_first_recommendations_of_those_found),
        CASE(a_file_without_a_time_is_refused_with_its_line),
        CASE(labels_of_events_name_the_accounts_of_a_run),
        CASE(times_of_labels_may_have_a_fraction),
        CASE(one_account_labelled_twice_counts_once),
        CASE(a_row_with_too_few_fields_is_refused_with_its_line),
        CASE(a_time_that_is_no_number_is_refused_with_its_line),
        CASE(an_empty_account_is_refused_with_its_line),
        CASE(a_broken_quote_is_refused_with_its_line),
        CASE(an_empty_file_is_refused),
        CASE(a_missing_file_is_an_io_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
