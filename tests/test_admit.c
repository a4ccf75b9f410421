/* SPDX-License-Identifier: Apache-2.0 */
/* Admission: which decoded transactions can be used. */
#include "tests/support.h"

#include "detector/admit.h"
#include "tests/sample.h"

#include <string.h>

static const int64_t no_clock = INT64_MIN;

static struct transaction transfer(void) {
    return sample_transfer("t1", "anna", "boris", 0, 500);
}

/* The verdict, and for another than ACCEPTED a sentence with `word` in it. */
static void expect(struct transaction tx, int64_t clock_s, enum verdict verdict, const char *word) {
    const char *why = "";
    assert_int_equal(admit(&tx, clock_s, &why), verdict);
    if (verdict != VERDICT_ACCEPTED) assert_non_null(strstr(why, word));
}

static void an_ordinary_transfer_is_accepted_with_its_tenge(void **state) {
    (void)state;
    const char *why;
    struct transaction tx = transfer();
    assert_int_equal(admit(&tx, no_clock, &why), VERDICT_ACCEPTED);
    assert_int_equal(tx.amount_tiyn, 500);
}

static void one_account_is_enough_and_none_is_not(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.payer.account_token = (struct text){0};
    expect(tx, no_clock, VERDICT_ACCEPTED, "");
    tx.payee.account_token = text_of("");
    expect(tx, no_clock, VERDICT_NO_ACCOUNT, "account");
}

static void an_empty_id_is_a_bad_value(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.tx_id = text_of("");
    expect(tx, no_clock, VERDICT_BAD_VALUE, "tx_id");
    tx = transfer();
    tx.event_id = text_of("");
    expect(tx, no_clock, VERDICT_BAD_VALUE, "event_id");
}

static void a_foreign_currency_needs_its_tenge(void **state) {
    (void)state;
    const char *why;
    struct transaction tx = transfer();
    tx.currency = text_of("USD");
    tx.amount_kzt_minor = 250000;
    assert_int_equal(admit(&tx, no_clock, &why), VERDICT_ACCEPTED);
    assert_int_equal(tx.amount_tiyn, 250000);
    tx.amount_kzt_present = false;
    expect(tx, no_clock, VERDICT_BAD_CURRENCY, "absent");
}

static void tenge_may_be_left_out_but_not_differ(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.amount_kzt_present = false;
    expect(tx, no_clock, VERDICT_ACCEPTED, "");
    tx.amount_kzt_present = true;
    tx.amount_kzt_minor = 501;
    expect(tx, no_clock, VERDICT_BAD_CURRENCY, "differ");
}

static void a_negative_amount_is_refused_and_zero_is_not(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.amount_minor = tx.amount_kzt_minor = 0;
    expect(tx, no_clock, VERDICT_ACCEPTED, "");
    tx.amount_minor = tx.amount_kzt_minor = -1;
    expect(tx, no_clock, VERDICT_BAD_AMOUNT, "negative");
    tx.currency = text_of("USD");
    tx.amount_kzt_minor = 5;
    expect(tx, no_clock, VERDICT_BAD_AMOUNT, "negative");
}

static void times_lie_in_the_years_2000_to_2099(void **state) {
    (void)state;
    static const struct {
        int64_t second;
        enum verdict verdict;
    } cases[] = {{0, VERDICT_BAD_TIME},
                 {INT64_C(946684799), VERDICT_BAD_TIME},
                 {INT64_C(946684800), VERDICT_ACCEPTED},
                 {INT64_C(4102444799), VERDICT_ACCEPTED},
                 {INT64_C(4102444800), VERDICT_BAD_TIME},
                 {INT64_MAX, VERDICT_BAD_TIME},
                 {INT64_MIN, VERDICT_BAD_TIME}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transaction tx = transfer();
        tx.event_time_s = tx.ingest_time_s = cases[i].second;
        expect(tx, no_clock, cases[i].verdict, "2000");
        tx.ingest_time_present = false;
        expect(tx, no_clock, cases[i].verdict, "2000");
    }
}

static void an_absurd_ingest_time_is_refused_too(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.ingest_time_s = 1;
    expect(tx, no_clock, VERDICT_BAD_TIME, "ingest_time");
}

static void the_future_begins_five_minutes_after_ingest(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.event_time_s = tx.ingest_time_s + 300;
    expect(tx, no_clock, VERDICT_ACCEPTED, "");
    tx.event_time_s++;
    expect(tx, no_clock, VERDICT_FUTURE_TIME, "5 minutes");
    tx.ingest_time_present = false; /* then the event's own time is all there is */
    expect(tx, no_clock, VERDICT_ACCEPTED, "");
}

static void late_is_older_than_seven_days_behind_the_clock(void **state) {
    (void)state;
    const struct transaction tx = transfer();
    expect(tx, tx.event_time_s + 7 * 86400, VERDICT_ACCEPTED, "");
    expect(tx, tx.event_time_s + 7 * 86400 + 1, VERDICT_LATE, "7 days");
}

static void the_records_own_time_is_ingest_else_event(void **state) {
    (void)state;
    struct transaction tx = transfer();
    tx.ingest_time_s += 9;
    assert_int_equal(admit_clock_s(&tx), SAMPLE_START_S + 9);
    tx.ingest_time_present = false;
    assert_int_equal(admit_clock_s(&tx), SAMPLE_START_S);
}

static void an_ingest_time_far_ahead_of_its_record_moves_no_clock(void **state) {
    (void)state;
    const char *why = "";
    const struct transaction tx = transfer();
    const int64_t ingest_ms = tx.ingest_time_s * 1000;
    const int64_t day_ms = INT64_C(86400000);
    assert_int_equal(admit_clock(&tx, ingest_ms - day_ms, &why), VERDICT_ACCEPTED);
    assert_int_equal(admit_clock(&tx, ingest_ms - day_ms - 1000, &why), VERDICT_FUTURE_TIME);
    assert_non_null(strstr(why, "time stamp"));
    assert_int_equal(admit_clock(&tx, ingest_ms + 400 * day_ms, &why), VERDICT_ACCEPTED);
    assert_int_equal(admit_clock(&tx, -1, &why), VERDICT_ACCEPTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_transfer_is_accepted_with_its_tenge),
        cmocka_unit_test(one_account_is_enough_and_none_is_not),
        cmocka_unit_test(an_empty_id_is_a_bad_value),
        cmocka_unit_test(a_foreign_currency_needs_its_tenge),
        cmocka_unit_test(tenge_may_be_left_out_but_not_differ),
        cmocka_unit_test(a_negative_amount_is_refused_and_zero_is_not),
        cmocka_unit_test(times_lie_in_the_years_2000_to_2099),
        cmocka_unit_test(an_absurd_ingest_time_is_refused_too),
        cmocka_unit_test(the_future_begins_five_minutes_after_ingest),
        cmocka_unit_test(late_is_older_than_seven_days_behind_the_clock),
        cmocka_unit_test(an_ingest_time_far_ahead_of_its_record_moves_no_clock),
        cmocka_unit_test(the_records_own_time_is_ingest_else_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
