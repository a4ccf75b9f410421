/* SPDX-License-Identifier: Apache-2.0 */
/* Apply: what enters which ring, in which order, and what each side sees. */
#include "tests/support.h"

#include "detector/account.h"
#include "detector/recommendation.h"
#include "tests/fed.h"
#include "tests/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STREAM = 300, DAY_S = 86400 };

static struct transaction with_status(struct transaction tx, enum tx_status status) {
    tx.tx_status = (uint8_t)status;
    return tx;
}

static struct transaction with_type(struct transaction tx, enum event_type type) {
    tx.event_type = (uint8_t)type;
    return tx;
}

#define assert_value(role, name, expected)                                                         \
    assert_true(fed_value(role, FEATURE_##name) == (double)(expected))
#define assert_absent(role, name) assert_true(isnan(fed_value(role, FEATURE_##name)))

/* Sides. */

static void both_sides_are_scored_the_payer_first(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "boris", 0, 500));
    assert_int_equal(fed.batch->sides, 2);
    assert_int_equal(fed.batch->side[0].role, SIDE_PAYER);
    assert_int_equal(fed.batch->side[1].role, SIDE_PAYEE);
    assert_value(SIDE_PAYER, out_amount_1h, 500);
    assert_value(SIDE_PAYEE, in_amount_1h, 500);
    assert_value(SIDE_PAYER, in_count_1h, 0);
}

static void cash_has_one_side(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "anna", 0, 500));
    assert_int_equal(fed.batch->sides, 1);
    assert_value(SIDE_PAYER, cash_out_count_1h, 1);
    assert_value(SIDE_PAYER, payees_24h, 0);
}

static void of_a_transfer_to_oneself_the_debit_comes_before_the_credit(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "anna", 0, 500000));
    assert_int_equal(fed.batch->sides, 2);
    assert_value(SIDE_PAYER, in_count_1h, 0);
    assert_value(SIDE_PAYER, out_count_1h, 1);
    assert_value(SIDE_PAYEE, in_count_1h, 1);
    assert_value(SIDE_PAYEE, out_count_1h, 1);
    assert_value(SIDE_PAYEE, rapid_cash_out_1h, 0); /* the debit could not spend this credit */
}

static void own_transfers_are_no_flow_but_move_money(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "boris", "anna", 0, 500000));
    fed_take(
        with_type(sample_transfer("t2", "anna", "savings", 60, 500000), EVENT_TYPE_OWN_TRANSFER));
    assert_value(SIDE_PAYER, out_count_1h, 0);
    assert_value(SIDE_PAYER, out_amount_1h, 0);
    assert_value(SIDE_PAYER, payees_24h, 0);
    assert_value(SIDE_PAYER, rapid_cash_out_10m, 1);
    assert_absent(SIDE_PAYER, credit_debit_gap);
    assert_value(SIDE_PAYEE, in_count_1h, 0);
    assert_value(SIDE_PAYEE, payers_24h, 0);
}

/* Duplicates. */

static void the_same_transaction_is_applied_once_whatever_its_time(void **state) {
    (void)state;
    assert_int_equal(fed_take(sample_transfer("t1", "anna", "boris", 0, 500)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(sample_transfer("t1", "anna", "boris", 90, 500)), VERDICT_DUPLICATE);
    assert_int_equal(fed.batch->sides, 0);
    fed_take(sample_transfer("t2", "anna", "boris", 100, 500));
    assert_value(SIDE_PAYER, out_count_1h, 2);
}

static void another_amount_counterparty_or_kind_is_no_duplicate(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500);
    assert_int_equal(fed_take(tx), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(sample_transfer("t1", "anna", "boris", 0, 501)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(sample_transfer("t1", "anna", "vera", 0, 500)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(sample_transfer("t1", "boris", "anna", 0, 500)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(with_type(tx, EVENT_TYPE_OTHER)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_REVERSED)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_REFUSED)), VERDICT_ACCEPTED);
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_REVERSED)), VERDICT_DUPLICATE);
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_ATTEMPTED)), VERDICT_DUPLICATE);
}

/* Boris's ring has forgotten it, Anna's has not. */
static void either_sides_ring_tells_a_duplicate_and_then_neither_side_is_applied(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500);
    char id[16];
    fed_take(tx);
    for (int i = 0; i < 140; i++) {
        snprintf(id, sizeof id, "c%d", i);
        fed_take(sample_cash(id, "boris", i, 100));
    }
    assert_int_equal(fed_take(tx), VERDICT_DUPLICATE);
    assert_int_equal(fed.batch->sides, 0);
    fed_take(sample_cash("last", "boris", 160, 100));
    assert_value(SIDE_PAYER, in_count_1h, 0);
}

static void an_attempt_behind_its_money_is_told(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500);
    char id[16];
    fed_take(with_status(tx, TX_STATUS_ATTEMPTED));
    assert_false(fed.batch->moved[0]);
    fed_take(with_status(tx, TX_STATUS_SUSPENDED));
    assert_false(fed.batch->moved[0]);
    fed_take(tx);
    assert_false(fed.batch->moved[0]);
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_SUSPENDED)), VERDICT_DUPLICATE);
    assert_true(fed.batch->moved[0]);
    fed_take(with_status(sample_transfer("t1", "anna", "boris", 0, 501), TX_STATUS_SUSPENDED));
    assert_true(fed.batch->moved[0]);
    fed_take(with_status(sample_transfer("t2", "anna", "boris", 0, 500), TX_STATUS_SUSPENDED));
    assert_false(fed.batch->moved[0]);
    fed_take(with_status(sample_transfer("t1", "anna", "vera", 0, 500), TX_STATUS_SUSPENDED));
    assert_false(fed.batch->moved[0]);
    for (int i = 0; i < 140; i++) { /* anna's ring forgets it */
        snprintf(id, sizeof id, "c%d", i);
        fed_take(sample_cash(id, "anna", i, 100));
    }
    assert_int_equal(fed_take(with_status(tx, TX_STATUS_SUSPENDED)), VERDICT_ACCEPTED);
    assert_true(fed.batch->moved[0]);
}

static void a_duplicate_within_a_batch_is_one_too(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500);
    rows_add(fed.batch, &tx, 0);
    rows_add(fed.batch, &tx, 1);
    apply_batch(fed.apply, fed.batch);
    assert_int_equal(fed.batch->verdict[0], VERDICT_ACCEPTED);
    assert_int_equal(fed.batch->verdict[1], VERDICT_DUPLICATE);
    assert_int_equal(fed.batch->sides, 2);
}

/* Attempts. */

static void an_attempt_is_scored_as_it_stands_and_remembered_by_the_payer(void **state) {
    (void)state;
    const struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500000);
    fed_take(with_status(tx, TX_STATUS_ATTEMPTED));
    assert_int_equal(fed.batch->sides, 2);
    assert_value(SIDE_PAYER, attempts_1h, 0);
    assert_value(SIDE_PAYER, out_count_1h, 0);
    fed_take(with_status(sample_transfer("t2", "anna", "boris", 10, 500000), TX_STATUS_REFUSED));
    assert_value(SIDE_PAYER, attempts_1h, 1);
    assert_value(SIDE_PAYER, attempts_new_payee_1h, 1);
    assert_value(SIDE_PAYER, out_amount_1h, 0);
    assert_value(SIDE_PAYEE, attempts_1h, 0);
    assert_value(SIDE_PAYEE, in_count_1h, 0);
}

static void an_attempt_to_a_known_payee_is_none_to_a_new_one(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "boris", 0, 500));
    fed_take(with_status(sample_transfer("t2", "anna", "boris", 10, 700), TX_STATUS_ATTEMPTED));
    fed_take(with_status(sample_transfer("t3", "anna", "vera", 20, 700), TX_STATUS_ATTEMPTED));
    fed_take(sample_cash("t4", "anna", 30, 100));
    assert_value(SIDE_PAYER, attempts_24h, 2);
    assert_value(SIDE_PAYER, attempts_new_payee_24h, 1);
}

static void neither_side_of_an_attempt_to_oneself_sees_it(void **state) {
    (void)state;
    fed_take(with_status(sample_transfer("t1", "anna", "anna", 0, 500), TX_STATUS_SUSPENDED));
    assert_value(SIDE_PAYER, attempts_1h, 0);
    assert_value(SIDE_PAYEE, attempts_1h, 0);
}

static void an_attempt_gives_no_amount_to_the_mean(void **state) {
    (void)state;
    char id[16];
    fed_take(with_status(sample_cash("a", "anna", 0, 90000000), TX_STATUS_ATTEMPTED));
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, "c%d", i);
        fed_take(sample_cash(id, "anna", i + 1, i % 2 == 0 ? 10000 : 20000));
        assert_absent(SIDE_PAYER, amount_z); /* fewer than five amounts before */
    }
    fed_take(sample_cash("last", "anna", 10, 100000000));
    assert_value(SIDE_PAYER, amount_z, 20);
}

/* Reversals. */

static void a_reversal_takes_its_amount_out_and_leaves_counts(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "boris", 0, 500));
    fed_take(sample_transfer("t2", "anna", "boris", 10, 300));
    fed_take(with_status(sample_transfer("t1", "anna", "boris", 20, 500), TX_STATUS_REVERSED));
    assert_value(SIDE_PAYER, out_amount_1h, 300);
    assert_value(SIDE_PAYER, out_count_1h, 2);
    assert_value(SIDE_PAYER, payees_1h, 1);
    assert_value(SIDE_PAYEE, in_amount_1h, 300);
    assert_value(SIDE_PAYEE, in_max_24h, 500);
}

/* The window holds the reversal's time, not that of what it reverses. */
static void a_window_with_the_reversal_alone_is_not_below_zero(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t1", "anna", "boris", 0, 500);
    fed_take(tx);
    fed_take(sample_cash("t2", "anna", 7100, 200));
    tx.event_time_s += 7200;
    tx.ingest_time_s += 7200;
    fed_take(with_status(tx, TX_STATUS_REVERSED));
    assert_value(SIDE_PAYER, out_amount_1h, 0);
    assert_value(SIDE_PAYER, out_amount_24h, 200);
}

/* Time. */

static void a_window_is_open_at_its_old_end(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "anna", 0, 100));
    fed_take(sample_cash("t2", "anna", 599, 100));
    assert_value(SIDE_PAYER, cash_out_count_10m, 2);
    fed_take(sample_cash("t3", "anna", 600, 100));
    assert_value(SIDE_PAYER, cash_out_count_10m, 2);
}

static void a_late_event_lands_where_it_belongs_and_sees_nothing_after_it(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "boris", "anna", 5000, 100));
    fed_take(sample_transfer("t2", "vera", "anna", 1000, 100));
    assert_value(SIDE_PAYEE, in_count_24h, 1);
    assert_value(SIDE_PAYEE, payers_24h, 1);
    assert_true((fed_side(SIDE_PAYEE)->quality & 1u << QUALITY_LATE) != 0);
    fed_take(sample_transfer("t3", "gleb", "anna", 5000, 100));
    assert_value(SIDE_PAYEE, in_count_24h, 3);
    assert_value(SIDE_PAYEE, in_count_1h, 2);
    assert_true((fed_side(SIDE_PAYEE)->quality & 1u << QUALITY_LATE) == 0);
}

static void a_counterparty_counts_by_its_newest_event_in_time(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "boris", "anna", 7000, 100));
    fed_take(sample_transfer("t2", "boris", "anna", 10, 100)); /* late: older than what is known */
    fed_take(sample_cash("t3", "anna", 7200, 100));
    assert_value(SIDE_PAYER, payers_1h, 1);
    assert_value(SIDE_PAYER, payers_24h, 1);
}

static void a_payer_is_new_when_the_ring_lacks_him_for_seven_days(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "boris", "anna", 0, 100));
    assert_value(SIDE_PAYEE, new_payer_share_24h, 1);
    fed_take(sample_transfer("t2", "boris", "anna", 604799, 100));
    assert_value(SIDE_PAYEE, new_payer_share_24h, 0);
    fed_take(sample_transfer("t3", "boris", "anna", 604799 + 604800, 100));
    assert_value(SIDE_PAYEE, new_payer_share_24h, 1);
}

static void night_is_between_0_and_6_oclock_in_kazakhstan(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "anna", 3600, 100)); /* 01:00 UTC is 06:00 */
    assert_value(SIDE_PAYER, night_share_24h, 0);
    fed_take(sample_cash("t2", "boris", 3599, 100));
    assert_value(SIDE_PAYER, night_share_24h, 1);
}

/* Amounts. */

static void large_amounts_are_told_in_units_of_65536_tiyn(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "anna", 0, INT64_C(2147483647)));
    assert_value(SIDE_PAYER, out_amount_1h, 2147483647);
    fed_take(sample_cash("t2", "boris", 0, INT64_C(1000000000001)));
    assert_value(SIDE_PAYER, out_amount_1h, INT64_C(15258789) * 65536);
}

/* Quality. */

static void the_first_week_of_an_epoch_is_a_cold_start(void **state) {
    (void)state;
    fed_take(sample_cash("t1", "anna", 0, 100));
    assert_int_equal(fed_side(SIDE_PAYER)->quality, 1u << QUALITY_COLD_START);
    fed_take(sample_cash("t2", "anna", 604800, 100));
    assert_int_equal(fed_side(SIDE_PAYER)->quality, 0);
}

static void a_ring_that_lost_events_of_the_week_is_approximate(void **state) {
    (void)state;
    char id[16];
    fed_take(sample_cash("first", "boris", 0, 100));
    for (int i = 0; i < 129; i++) {
        snprintf(id, sizeof id, "c%d", i);
        fed_take(sample_cash(id, "anna", 700000 + i, 100));
        assert_int_equal(fed_side(SIDE_PAYER)->quality, i < 128 ? 0 : 1u << QUALITY_APPROXIMATE);
    }
    assert_int_equal(fed_side(SIDE_PAYER)->approximate_before_s, SAMPLE_START_S + 700000);
}

static void an_amount_beyond_a_slot_is_approximate(void **state) {
    (void)state;
    fed_take(sample_cash("first", "boris", 0, 100));
    fed_take(sample_cash("huge", "anna", 700000, INT64_MAX));
    assert_int_equal(fed_side(SIDE_PAYER)->quality, 1u << QUALITY_APPROXIMATE);
}

/* The table. */

static void an_account_at_rest_for_the_dormancy_is_another_one_when_it_returns(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "boris", 0, 100));
    fed_take(sample_transfer("t2", "vera", "boris", FED_DORMANCY_DAYS * DAY_S - 1, 100));
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 2);
    fed_take(sample_transfer("t3", "anna", "boris", FED_DORMANCY_DAYS * DAY_S, 100));
    assert_int_equal(fed_side(SIDE_PAYER)->account_number, 4);
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 2);
}

/* It has no history that could be approximate. */
static void the_payee_of_an_attempt_is_forgotten_after_the_dormancy(void **state) {
    (void)state;
    fed_take(with_status(sample_transfer("t1", "anna", "boris", 0, 100), TX_STATUS_ATTEMPTED));
    fed_take(with_status(sample_transfer("t2", "anna", "boris", 100, 100), TX_STATUS_ATTEMPTED));
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 2);
    assert_int_equal(fed_side(SIDE_PAYEE)->approximate_before_s, 0);
    fed_take(with_status(sample_transfer("t3", "anna", "boris", FED_DORMANCY_DAYS * DAY_S, 100),
                         TX_STATUS_ATTEMPTED));
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 3);
    fed_take(sample_transfer("t4", "anna", "boris", FED_DORMANCY_DAYS * DAY_S + 1, 100));
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 3);
    assert_int_equal(fed_side(SIDE_PAYEE)->approximate_before_s, 0);
}

static void accounts_are_numbered_in_order_of_appearance(void **state) {
    (void)state;
    fed_take(sample_transfer("t1", "anna", "boris", 0, 100));
    assert_int_equal(fed_side(SIDE_PAYER)->account_number, 1);
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 2);
    fed_take(sample_transfer("t2", "vera", "anna", 0, 100));
    assert_int_equal(fed_side(SIDE_PAYER)->account_number, 3);
    assert_int_equal(fed_side(SIDE_PAYEE)->account_number, 1);
}

/* Batches. */

static void a_row_keeps_seeing_the_account_as_it_stood(void **state) {
    (void)state;
    char ids[4][8];
    for (int i = 0; i < 4; i++) {
        snprintf(ids[i], sizeof ids[i], "t%d", i);
        struct transaction tx = sample_cash(ids[i], "anna", i, 100);
        if (i == 2) tx.tx_status = TX_STATUS_ATTEMPTED;
        rows_add(fed.batch, &tx, (uint64_t)i);
    }
    apply_batch(fed.apply, fed.batch);
    static const uint32_t events[] = {1, 2, 2, 4}; /* the attempt is entered after it was scored */
    for (uint32_t i = 0; i < 4; i++) {
        struct account_event history[ACCOUNT_EVENTS_MAX];
        assert_int_equal(account_history(fed.batch->side[i].account, history), events[i]);
        assert_int_equal(history[0].ordinal, 0);
    }
}

static void rows_that_are_not_accepted_are_left_alone(void **state) {
    (void)state;
    const struct transaction tx = sample_cash("t1", "anna", 0, 100);
    rows_add(fed.batch, &tx, 0);
    fed.batch->verdict[0] = VERDICT_LATE;
    apply_batch(fed.apply, fed.batch);
    assert_int_equal(fed.batch->sides, 0);
    assert_int_equal(fed.batch->verdict[0], VERDICT_LATE);
    assert_int_equal((int)accounts_count(apply_accounts(fed.apply)).accounts, 0);
}

/* A stream with all kinds of rows. */
static struct transaction stream_row(uint32_t i, char id[16]) {
    static const char *const names[] = {"anna", "boris", "vera"};
    snprintf(id, 16, "t%u", i % 7 == 6 ? i - 6 : i);
    struct transaction tx =
        i % 5 == 0 ? sample_cash(id, names[i % 3], i * 97 % 5000, 100000 + i)
                   : sample_transfer(id, names[i % 3], names[i / 3 % 3], i * 97 % 5000, 90000 + i);
    if (i % 11 == 3) tx.tx_status = TX_STATUS_REFUSED;
    if (i % 13 == 4) tx.tx_status = TX_STATUS_REVERSED;
    return tx;
}

struct scored {
    double features[2 * STREAM][FEATURE_COUNT];
    uint32_t numbers[2 * STREAM], quality[2 * STREAM], sides;
    enum verdict verdicts[STREAM];
};

static void score_stream(uint32_t size, const char *tier, struct scored *out) {
    static char ids[STREAM][16];
    struct apply *a = engine_open(tier, NULL, (int64_t)FED_DORMANCY_DAYS * DAY_S);
    memset(out, 0, sizeof *out);
    for (uint32_t at = 0; at < STREAM; at += size) {
        rows_clear(fed.batch);
        for (uint32_t i = at; i < at + size && i < STREAM; i++) {
            const struct transaction tx = stream_row(i, ids[i]);
            rows_add(fed.batch, &tx, i);
        }
        apply_batch(a, fed.batch);
        memcpy(&out->verdicts[at], fed.batch->verdict,
               fed.batch->count * sizeof *fed.batch->verdict);
        for (uint32_t i = 0; i < fed.batch->sides; i++, out->sides++) {
            batch_vector(fed.batch, i, out->features[out->sides]);
            out->numbers[out->sides] = fed.batch->side[i].account_number;
            out->quality[out->sides] = fed.batch->side[i].quality;
        }
    }
    apply_close(a);
}

static void the_size_of_batches_changes_no_bit(void **state) {
    (void)state;
    static struct scored whole, split;
    score_stream(128, "auto", &whole);
    assert_true(whole.sides > STREAM);
    static const uint32_t sizes[] = {1, 7, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        score_stream(sizes[i], "auto", &split);
        assert_memory_equal(&whole, &split, sizeof whole);
    }
}

static void the_tier_changes_no_bit(void **state) {
    (void)state;
    static struct scored best, scalar;
    score_stream(128, "auto", &best);
    score_stream(128, "scalar", &scalar);
    assert_memory_equal(&best, &scalar, sizeof best);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fed_set_up, fed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(both_sides_are_scored_the_payer_first),
        TEST(cash_has_one_side),
        TEST(of_a_transfer_to_oneself_the_debit_comes_before_the_credit),
        TEST(own_transfers_are_no_flow_but_move_money),
        TEST(the_same_transaction_is_applied_once_whatever_its_time),
        TEST(another_amount_counterparty_or_kind_is_no_duplicate),
        TEST(either_sides_ring_tells_a_duplicate_and_then_neither_side_is_applied),
        TEST(an_attempt_behind_its_money_is_told),
        TEST(a_duplicate_within_a_batch_is_one_too),
        TEST(an_attempt_is_scored_as_it_stands_and_remembered_by_the_payer),
        TEST(an_attempt_to_a_known_payee_is_none_to_a_new_one),
        TEST(neither_side_of_an_attempt_to_oneself_sees_it),
        TEST(an_attempt_gives_no_amount_to_the_mean),
        TEST(a_reversal_takes_its_amount_out_and_leaves_counts),
        TEST(a_window_with_the_reversal_alone_is_not_below_zero),
        TEST(a_window_is_open_at_its_old_end),
        TEST(a_late_event_lands_where_it_belongs_and_sees_nothing_after_it),
        TEST(a_counterparty_counts_by_its_newest_event_in_time),
        TEST(a_payer_is_new_when_the_ring_lacks_him_for_seven_days),
        TEST(night_is_between_0_and_6_oclock_in_kazakhstan),
        TEST(large_amounts_are_told_in_units_of_65536_tiyn),
        TEST(the_first_week_of_an_epoch_is_a_cold_start),
        TEST(a_ring_that_lost_events_of_the_week_is_approximate),
        TEST(an_amount_beyond_a_slot_is_approximate),
        TEST(an_account_at_rest_for_the_dormancy_is_another_one_when_it_returns),
        TEST(the_payee_of_an_attempt_is_forgotten_after_the_dormancy),
        TEST(accounts_are_numbered_in_order_of_appearance),
        TEST(a_row_keeps_seeing_the_account_as_it_stood),
        TEST(rows_that_are_not_accepted_are_left_alone),
        TEST(the_size_of_batches_changes_no_bit),
        TEST(the_tier_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
