/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes as they were known at a time: a later revision, or a withdrawal, of a signal hides
 * nothing of what was known before it. */
#include "detector/commands/outcomes.h"
#include "schemas/encode.h"
#include "tests/a_signal.h"
#include "tests/support.h"

#define ADVICE "0123456789abcdef0123456789abcdef"
enum { MICROS = 1000000 };

struct stand {
    struct encoder *encoder;
    struct signal_book *book;
    struct error error;
};

static int setup(void **state) {
    static struct stand stand;
    stand = (struct stand){.encoder = encoder_open(&stand.error)};
    *state = &stand;
    return stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    signal_book_close(stand->book);
    encoder_close(stand->encoder);
    return 0;
}

static void take(const struct stand *stand, const struct signal *signal) {
    struct error error;
    struct port_record record = {.offset = 0};
    assert_true(encode_signal(stand->encoder, signal, &record.value, &error));
    assert_true(signal_book_take_record(stand->book, 0, &record, &error));
}

static void take_outcome(const struct stand *stand, int32_t revision, enum outcome_result result,
                         int64_t second) {
    struct signal s = a_signal("s", SUBJECT_ACCOUNT, "a", second);
    s.kind = SIGNAL_OUTCOME;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.revision = revision;
    s.outcome_present = true;
    s.recommendation_id = text_of(ADVICE);
    s.outcome_result = (uint8_t)result;
    take(stand, &s);
}

/* HELD at 100 s, RELEASED at 200 s, withdrawn at 300 s; OUTCOME_UNKNOWN: there is none. */
static enum outcome_result known_at(struct stand *stand, int64_t until_us) {
    const struct signal_book_options options = {
        .topic = "t", .schema_dir = "", .value_bytes_max = 1 << 20, .until_us = until_us};
    struct signal withdrawal = a_withdrawal("w", "s", SOURCE_BANK);
    signal_book_close(stand->book);
    stand->book = signal_book_open(&options, &stand->error);
    assert_non_null(stand->book);
    take_outcome(stand, 1, OUTCOME_HELD, 100);
    take_outcome(stand, 2, OUTCOME_RELEASED, 200);
    signal_times(&withdrawal, SIGNALS_START_S + 300, SIGNALS_START_S + 86400);
    take(stand, &withdrawal);
    struct outcomes *outcomes = outcomes_open(stand->book, NULL);
    const struct outcome *found = outcomes_find(outcomes, text_of(ADVICE));
    const enum outcome_result result = found == NULL ? OUTCOME_UNKNOWN : found->result;
    outcomes_close(outcomes);
    return result;
}

static int64_t after(int64_t second) {
    return (SIGNALS_START_S + second) * MICROS;
}

static void what_came_later_hides_nothing(void **state) {
    struct stand *stand = *state;
    assert_int_equal(known_at(stand, after(100) - 1), OUTCOME_UNKNOWN);
    assert_int_equal(known_at(stand, after(100)), OUTCOME_HELD);
    assert_int_equal(known_at(stand, after(200) - 1), OUTCOME_HELD);
    assert_int_equal(known_at(stand, after(200)), OUTCOME_RELEASED);
    assert_int_equal(known_at(stand, after(300) - 1), OUTCOME_RELEASED);
    assert_int_equal(known_at(stand, after(300)), OUTCOME_UNKNOWN);
    assert_int_equal(known_at(stand, 0), OUTCOME_UNKNOWN);
    assert_int_equal(known_at(stand, INT64_MAX), OUTCOME_UNKNOWN);
}

static void what_is_passed_over_is_not_told(void **state) {
    struct stand *stand = *state;
    known_at(stand, after(250));
    assert_int_equal(signal_book_useless(stand->book), 0);
    assert_int_equal(signal_book_count(stand->book), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_came_later_hides_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_passed_over_is_not_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
