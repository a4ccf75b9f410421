/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to each odd input: late and too late, twice, taken back, from the future, at the same
 * second, from and to oneself, one-sided, as large as numbers go. */
#include "tests/support.h"

#include "detector/admit.h"
#include "tests/fed.h"
#include "tests/sample.h"

#include <math.h>
#include <stdio.h>

enum { MINUTE = 60, DAY = 86400, WEEK = 7 * DAY, RING = 128 };
#define LARGEST_IN_A_SLOT (INT64_C(2147483647) * 65536)

static enum verdict transfer(const char *id, const char *payer, const char *payee, int64_t second,
                             int64_t amount) {
    return fed_take(sample_transfer(id, payer, payee, second, amount));
}

static struct transaction reversed(struct transaction tx) {
    tx.tx_status = TX_STATUS_REVERSED;
    return tx;
}

/* Of the last side of the last row. */
static double value(int feature) {
    assert_true(fed.batch->sides > 0);
    return fed.batch->features[feature][fed.batch->sides - 1];
}

#define assert_value(name, expected) assert_true(value(FEATURE_##name) == (double)(expected))
#define assert_absent(name) assert_true(isnan(value(FEATURE_##name)))

/* Late. */

static void seven_days_behind_is_applied_where_it_belongs(void **state) {
    (void)state;
    transfer("t1", "anna", "vera", WEEK, 500);
    assert_int_equal(transfer("t2", "boris", "vera", 0, 300), VERDICT_ACCEPTED);
    assert_value(in_amount_7d, 300); /* nothing after it is seen */
    transfer("t3", "boris", "vera", WEEK - 1, 1);
    assert_value(in_amount_7d, 301);
    assert_value(payers_7d, 1);
}

static void a_second_later_is_too_late_and_changes_nothing(void **state) {
    (void)state;
    transfer("t1", "anna", "vera", WEEK, 500);
    assert_int_equal(transfer("t2", "boris", "vera", -1, 300), VERDICT_LATE);
    assert_int_equal(fed.batch->sides, 0);
    assert_true(fed.batch->clock_s[0] == SAMPLE_START_S + WEEK);
    transfer("t3", "gleb", "vera", WEEK, 1);
    assert_int_equal(fed.batch->side[0].account_number, 3); /* Boris has none */
}

/* Twice. */

static void what_comes_twice_moves_the_clock_and_nothing_else(void **state) {
    (void)state;
    transfer("t1", "anna", "vera", 0, 500);
    assert_int_equal(transfer("t1", "anna", "vera", DAY, 500), VERDICT_DUPLICATE);
    assert_int_equal(fed.batch->sides, 0);
    assert_true(fed.batch->clock_s[0] == SAMPLE_START_S + DAY);
    transfer("t2", "anna", "vera", DAY - 1, 1);
    assert_value(in_count_24h, 2);
    assert_value(in_count_7d, 2);
}

/* Taken back. */

static void what_is_taken_back_twice_is_taken_back_once(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "vera", 0, 500);
    fed_take(tx);
    assert_int_equal(fed_take(reversed(tx)), VERDICT_ACCEPTED);
    assert_value(in_amount_24h, 0);
    assert_value(in_count_24h, 1);
    assert_int_equal(fed_take(reversed(tx)), VERDICT_DUPLICATE);
}

static void a_reversal_before_its_payment_is_not_below_zero(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "vera", 0, 500);
    assert_int_equal(fed_take(reversed(tx)), VERDICT_ACCEPTED);
    assert_value(in_amount_24h, 0);
    assert_value(in_count_24h, 0);
    assert_int_equal(fed_take(tx), VERDICT_ACCEPTED);
    assert_value(in_amount_24h, 0);
    transfer("t2", "anna", "vera", 1, 700);
    assert_value(in_amount_24h, 700);
}

/* From the future. */

static void what_is_ahead_of_its_ingest_or_record_is_not_admitted(void **state) {
    (void)state;
    const char *why;
    struct transaction tx = sample_transfer("t1", "anna", "vera", 0, 500);
    tx.ingest_time_s = tx.event_time_s - 300;
    assert_int_equal(admit(&tx, INT64_MIN, &why), VERDICT_ACCEPTED);
    tx.ingest_time_s--;
    assert_int_equal(admit(&tx, INT64_MIN, &why), VERDICT_FUTURE_TIME);
    tx.event_time_s = tx.ingest_time_s = SAMPLE_START_S + 90 * 365 * (int64_t)DAY;
    assert_int_equal(admit(&tx, INT64_MIN, &why), VERDICT_BAD_TIME);
    tx.event_time_s = tx.ingest_time_s = SAMPLE_START_S + 365 * (int64_t)DAY;
    assert_int_equal(admit_clock(&tx, SAMPLE_START_S * INT64_C(1000), &why), VERDICT_FUTURE_TIME);
}

/* Up to 5 minutes ahead of the clock: it sees itself, and those before it do not see it. */
static void a_little_ahead_of_the_clock_is_seen_by_those_after(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t1", "anna", "vera", 300, 500);
    tx.ingest_time_s = SAMPLE_START_S;
    fed_take(tx);
    assert_value(in_count_10m, 1);
    assert_true(fed.batch->clock_s[0] == SAMPLE_START_S);
    transfer("t2", "anna", "vera", 299, 1);
    assert_value(in_count_10m, 1);
    transfer("t3", "anna", "vera", 300, 1);
    assert_value(in_count_10m, 3);
}

/* At the same second. */

static void of_one_second_all_are_in_the_window_and_the_log_orders_the_money(void **state) {
    (void)state;
    transfer("t1", "vera", "boris", 0, 100); /* spends nothing: its credit comes after it */
    transfer("t2", "anna", "vera", 0, 100);
    assert_value(in_count_10m, 1);
    assert_value(out_count_10m, 1);
    assert_value(rapid_cash_out_10m, 0);
    fed_take(sample_cash("t3", "vera", 0, 100));
    assert_value(rapid_cash_out_10m, 1);
    assert_value(cash_gap, 0);
    assert_value(credit_debit_gap, 0);
    assert_absent(dormancy_gap);
}

static void of_one_second_a_counterparty_counts_once(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%d", i);
        assert_int_equal(transfer(id, "anna", "vera", 0, 100), VERDICT_ACCEPTED);
    }
    assert_value(in_count_10m, 5);
    assert_value(payers_1h, 1);
    assert_value(new_payer_share_24h, 0.2);
}

/* From and to oneself. */

static void a_transfer_to_ones_own_account_is_no_flow(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t1", "vera", "savings", 0, 500);
    tx.event_type = EVENT_TYPE_OWN_TRANSFER;
    fed_take(tx);
    assert_value(in_count_7d, 0);
    assert_value(in_amount_7d, 0);
    assert_value(in_max_24h, 0);
    assert_value(payers_7d, 0);
    assert_value(active_hours_24h, 1); /* but a sign of life */
}

static void payer_and_payee_may_be_one(void **state) {
    (void)state;
    assert_int_equal(transfer("t1", "vera", "vera", 0, 500), VERDICT_ACCEPTED);
    assert_int_equal(fed.batch->sides, 2);
    assert_int_equal(fed.batch->side[1].account_number, fed.batch->side[0].account_number);
    assert_value(in_count_1h, 1);
    assert_value(out_count_1h, 1);
    assert_int_equal(transfer("t1", "vera", "vera", 0, 500), VERDICT_DUPLICATE);
}

/* One-sided. */

static void cash_has_no_counterparty(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "vera", 0, 500));
    assert_int_equal(fed.batch->sides, 1);
    assert_value(cash_out_count_1h, 1);
    assert_value(payees_1h, 0);
    struct transaction deposit = sample_transfer("t2", NULL, "vera", 1, 700);
    deposit.event_type = EVENT_TYPE_CASH_DEPOSIT;
    assert_int_equal(fed_take(deposit), VERDICT_ACCEPTED);
    assert_int_equal(fed.batch->sides, 1);
    assert_int_equal(fed.batch->side[0].role, SIDE_PAYEE);
    assert_value(in_count_1h, 1);
    assert_value(p2p_in_count_1h, 0);
    assert_value(payers_1h, 0);
    assert_value(new_payer_share_24h, 0); /* nobody is no stranger */
}

/* As large as numbers go. */

static void the_largest_amounts_do_not_overflow(void **state) {
    (void)state;
    for (int i = 0; i < RING + 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%d", i);
        assert_int_equal(transfer(id, "anna", "vera", i, INT64_MAX), VERDICT_ACCEPTED);
    }
    assert_value(in_max_24h, LARGEST_IN_A_SLOT);
    assert_value(in_amount_7d, (RING + 10) * LARGEST_IN_A_SLOT);
    assert_true(fed.batch->side[1].approximate_before_s == SAMPLE_START_S + RING + 9);
    transfer("out", "vera", "boris", 2 * MINUTE + RING, INT64_MAX);
    transfer("in", "boris", "vera", 2 * MINUTE + RING + 1, 0);
    assert_value(out_amount_7d, LARGEST_IN_A_SLOT);
    assert_true(value(FEATURE_pass_through_7d) == 1.0 / (RING + 10));
}

static void a_balance_that_cannot_have_been_is_not_known(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t1", "anna", "vera", 0, INT64_MAX);
    tx.payee.balance_after_present = true;
    tx.payee.balance_after_minor = INT64_MIN; /* before it: less than there are numbers for */
    fed_take(tx);
    fed_take(sample_cash("t2", "vera", 1, 100000));
    assert_value(rapid_cash_out_10m, 100000.0 / LARGEST_IN_A_SLOT);
}

static void the_largest_balance_is_the_oldest_money(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t1", "anna", "vera", 0, 1000);
    tx.payee.balance_after_present = true;
    tx.payee.balance_after_minor = INT64_MAX;
    fed_take(tx);
    fed_take(sample_cash("t2", "vera", 1, INT64_MAX));
    assert_value(rapid_cash_out_10m, 0);
}

static void nothing_is_an_amount_too(void **state) {
    (void)state;
    assert_int_equal(transfer("t1", "anna", "vera", 0, 0), VERDICT_ACCEPTED);
    assert_value(in_count_10m, 1);
    assert_value(in_amount_10m, 0);
    assert_absent(new_payer_share_24h);
    assert_absent(pass_through_1h);
    assert_absent(turnover_acceleration);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fed_set_up, fed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(seven_days_behind_is_applied_where_it_belongs),
        TEST(a_second_later_is_too_late_and_changes_nothing),
        TEST(what_comes_twice_moves_the_clock_and_nothing_else),
        TEST(what_is_taken_back_twice_is_taken_back_once),
        TEST(a_reversal_before_its_payment_is_not_below_zero),
        TEST(what_is_ahead_of_its_ingest_or_record_is_not_admitted),
        TEST(a_little_ahead_of_the_clock_is_seen_by_those_after),
        TEST(of_one_second_all_are_in_the_window_and_the_log_orders_the_money),
        TEST(of_one_second_a_counterparty_counts_once),
        TEST(a_transfer_to_ones_own_account_is_no_flow),
        TEST(payer_and_payee_may_be_one),
        TEST(cash_has_no_counterparty),
        TEST(the_largest_amounts_do_not_overflow),
        TEST(a_balance_that_cannot_have_been_is_not_known),
        TEST(the_largest_balance_is_the_oldest_money),
        TEST(nothing_is_an_amount_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
