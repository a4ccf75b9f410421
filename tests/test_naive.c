/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin itself, on histories small or plain enough to be worked out by hand. */
#include "tests/support.h"

#include "tests/naive_features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, PANE = 6 * HOUR, RING = 128, PLACES = 32 };
/* A pane begins here, at a midnight. */
#define START_S (INT64_C(1767225600) / PANE * PANE)
#define TENGE 100

struct log {
    struct naive *naive;
    int events;
    char ids[1024][16];
    unsigned sides;
    struct naive_side side[2]; /* of the last event */
};

static int set_up(void **state) {
    static struct log log;
    log.events = 0;
    log.naive = naive_new(NAIVE_none, 180 * (int64_t)DAY);
    *state = &log;
    return 0;
}

static int tear_down(void **state) {
    struct log *log = *state;
    naive_free(log->naive);
    return 0;
}

/* A settled transfer at a second after START_S. */
static struct transaction transfer(struct log *log, const char *payer, const char *payee,
                                   int64_t second, int64_t amount) {
    assert_true(log->events < 1024);
    snprintf(log->ids[log->events], sizeof *log->ids, "t%d", log->events);
    struct transaction tx = {.tx_id = text_of(log->ids[log->events++]),
                             .tx_status = TX_STATUS_SETTLED,
                             .event_type = EVENT_TYPE_P2P_TRANSFER,
                             .event_time_s = START_S + second,
                             .amount_tiyn = amount};
    tx.payer.account_token = text_of(payer);
    tx.payee.account_token = text_of(payee);
    return tx;
}

static void take_at(struct log *log, const struct transaction *tx, int64_t clock) {
    log->sides = naive_take(log->naive, tx, START_S + clock, NULL, log->side);
}

/* Taken when it happens. */
static void take(struct log *log, const struct transaction *tx) {
    take_at(log, tx, tx->event_time_s - START_S);
}

static void pay(struct log *log, const char *payer, const char *payee, int64_t second,
                int64_t amount) {
    const struct transaction tx = transfer(log, payer, payee, second, amount);
    take(log, &tx);
}

/* Vera is credited by nobody known, so many times, a second apart. */
static void fill_ring(struct log *log, int64_t second, int count) {
    for (int i = 0; i < count; i++)
        pay(log, "", "vera", second + i, 1);
}

#define assert_value(log, feature, expected)                                                       \
    assert_true((log)->side[(log)->sides - 1].features[FEATURE_##feature] == (double)(expected))
#define assert_null_value(log, feature)                                                            \
    assert_true(isnan((log)->side[(log)->sides - 1].features[FEATURE_##feature]))

static int64_t approximate_before(const struct log *log) {
    const int64_t second = log->side[log->sides - 1].approximate_before_s;
    return second == 0 ? 0 : second - START_S;
}

/* The ring. */

static void the_129th_event_crowds_the_first_out(void **state) {
    struct log *log = *state;
    for (int i = 0; i < RING; i++)
        pay(log, "anna", "vera", MINUTE * i, 1000 * TENGE);
    assert_value(log, in_count_24h, RING);
    assert_int_equal(approximate_before(log), 0);
    pay(log, "anna", "vera", MINUTE * RING, 1000 * TENGE);
    pay(log, "anna", "vera", MINUTE * (RING + 1), 1000 * TENGE);
    assert_value(log, in_count_24h, RING + 2); /* two by their pane */
    assert_value(log, in_amount_24h, (RING + 2) * 1000 * TENGE);
    assert_value(log, in_count_1h, 60);
    assert_value(log, night_share_24h, 58.0 / RING); /* of the ring alone, until 6 o'clock */
    assert_value(log, payers_24h, 1);
    assert_int_equal(approximate_before(log), MINUTE);
}

static void a_counterparty_that_was_crowded_out_is_new_and_not_distinct(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1);
    fill_ring(log, 1, RING - 1);
    assert_value(log, payers_24h, 1);
    pay(log, "boris", "vera", RING, 1);
    assert_value(log, payers_24h, 1);
    pay(log, "anna", "vera", RING + 1, 1);
    assert_value(log, payers_24h, 2);
    assert_value(log, new_payer_share_24h, 2.0 / RING);
}

static void the_event_that_is_crowded_out_is_no_longer_known_to_the_next(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1);
    fill_ring(log, 1, RING - 1);
    pay(log, "anna", "vera", RING, 1); /* the 129th: the first has left before it is asked */
    assert_value(log, new_payer_share_24h, 1.0 / RING);
}

static void events_of_eight_days_by_the_clock_leave(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1000 * TENGE);
    struct transaction late = transfer(log, "boris", "vera", 2 * DAY, 1);
    take_at(log, &late, 8 * DAY - 1);
    assert_value(log, in_count_7d, 2);
    late = transfer(log, "boris", "vera", 2 * DAY, 2);
    take_at(log, &late, 8 * DAY);
    assert_value(log, in_count_7d, 2); /* both of Boris's, and no pane */
    assert_int_equal(approximate_before(log), 0);
    assert_true(log->side[1].approximate_before_s == START_S);
}

static void expiry_stops_at_the_first_that_stays(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 6 * DAY, 1);
    const struct transaction late = transfer(log, "anna", "vera", DAY, 1);
    take_at(log, &late, 6 * DAY);
    const struct transaction last = transfer(log, "anna", "vera", 8 * DAY - 1, 1);
    take_at(log, &last, 10 * DAY); /* the one of day 1 is older than 8 days, and stays */
    assert_value(log, in_count_7d, 3);
    assert_true(log->side[1].approximate_before_s == 0);
}

static void what_expired_is_no_duplicate(void **state) {
    struct log *log = *state;
    struct transaction tx = transfer(log, "anna", "vera", 0, 1);
    take(log, &tx);
    tx.event_time_s += 8 * DAY - 1;
    take(log, &tx);
    assert_int_equal(log->sides, 0);
    tx.event_time_s += 1;
    take(log, &tx);
    assert_int_equal(log->sides, 2);
}

static void what_left_is_money_that_was_there_before(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1000);
    pay(log, "vera", "", 1, 1500); /* takes what there is */
    pay(log, "anna", "vera", 2, 300);
    pay(log, "anna", "vera", 9 * DAY, 100); /* 300 are folded */
    pay(log, "vera", "", 9 * DAY + 1, 350);
    assert_value(log, rapid_cash_out_10m, 0.5);
}

/* Panes. */

static void a_pane_counts_while_its_middle_is_in_the_window(void **state) {
    struct log *log = *state;
    pay(log, "", "vera", PANE - 1, 7 * TENGE);
    fill_ring(log, PANE, RING);
    assert_value(log, in_count_24h, RING + 1);
    pay(log, "boris", "vera", PANE / 2 + DAY - 1, 1);
    assert_value(log, in_count_24h, RING + 2); /* another one has left, of the next pane */
    assert_value(log, in_max_24h, 7 * TENGE);
    pay(log, "boris", "vera", PANE / 2 + DAY, 1);
    assert_value(log, in_count_24h, RING + 2);
    assert_value(log, in_max_24h, 1);
    assert_value(log, in_count_72h, RING + 3);
}

static void a_pane_that_begins_later_is_not_seen(void **state) {
    struct log *log = *state;
    fill_ring(log, PANE, RING + 1); /* one of them has left */
    const struct transaction late = transfer(log, "", "vera", PANE - 1, 1);
    take_at(log, &late, PANE + RING);
    assert_value(log, in_count_24h, 1);
    const struct transaction next = transfer(log, "", "vera", PANE, 1);
    take_at(log, &next, PANE + RING);
    assert_value(log, in_count_24h, 1 + 1 + 3); /* itself, the late one; three in the pane */
}

static void panes_know_families_reversals_and_attempts(void **state) {
    struct log *log = *state;
    struct transaction tx = transfer(log, "", "vera", 0, 500 * TENGE);
    tx.event_type = EVENT_TYPE_OWN_TRANSFER;
    take(log, &tx);
    tx = transfer(log, "vera", "", 0, 300 * TENGE);
    tx.event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    take(log, &tx);
    tx.tx_status = TX_STATUS_REVERSED;
    tx.amount_tiyn = 100 * TENGE;
    take(log, &tx);
    tx = transfer(log, "vera", "boris", 0, 900 * TENGE);
    tx.tx_status = TX_STATUS_REFUSED;
    take(log, &tx);
    fill_ring(log, 1, RING);
    assert_value(log, in_count_24h, RING);
    assert_value(log, in_amount_24h, RING);
    assert_value(log, in_max_24h, 1);
    assert_value(log, out_count_24h, 1);
    assert_value(log, out_amount_24h, 200 * TENGE);
    assert_value(log, cash_out_amount_72h, 200 * TENGE);
    assert_value(log, out_max_24h, 300 * TENGE);
    assert_value(log, out_count_1h, 0);
    assert_value(log, attempts_24h, 1);
    assert_value(log, attempts_1h, 0);
    assert_value(log, attempts_new_payee_24h, 0);
}

/* Panes p and p + 32 share a place. */
static void a_later_pane_takes_the_place_of_an_older_one(void **state) {
    struct log *log = *state;
    const int64_t later = (int64_t)PLACES * PANE;
    fill_ring(log, 2 * DAY, RING + 1); /* pane 8 has one */
    struct transaction tx = transfer(log, "", "vera", 2 * DAY + HOUR, 1);
    take_at(log, &tx, 9 * DAY);
    assert_value(log, in_count_7d, RING + 2);
    fill_ring(log, 2 * DAY + later,
              RING + 1); /* the ring gives all it had to pane 8, then its own */
    tx = transfer(log, "", "vera", 4 * DAY, 1);
    take_at(log, &tx, 2 * DAY + later + RING);
    assert_value(log, in_count_7d, 1);
}

/* Silence. */

static void the_gap_begins_where_the_last_known_event_was(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1);
    assert_null_value(log, dormancy_gap);
    pay(log, "anna", "vera", 20 * DAY, 1); /* the first one has left by age */
    assert_value(log, dormancy_gap, 20 * DAY);
    pay(log, "anna", "vera", 20 * DAY + HOUR, 1);
    assert_value(log, dormancy_gap, 20 * DAY);
    pay(log, "anna", "vera", 21 * DAY, 1); /* the one of day 20 is older than a day now */
    assert_value(log, dormancy_gap, HOUR);
}

static void what_left_within_the_last_day_begins_no_gap(void **state) {
    struct log *log = *state;
    pay(log, "anna", "vera", 0, 1);
    fill_ring(log, 2 * DAY, RING + 1);
    assert_null_value(log, dormancy_gap); /* the one of day 0 is in a pane; a later one left too */
}

static void a_dormant_account_is_forgotten_and_gets_a_new_number(void **state) {
    struct log *log = *state;
    struct transaction tx = transfer(log, "anna", "vera", 0, 1000 * TENGE);
    tx.payee.balance_after_present = true;
    tx.payee.balance_after_minor = 1000 * TENGE;
    take(log, &tx);
    assert_int_equal(log->side[0].account_number, 1);
    assert_int_equal(log->side[1].account_number, 2);
    pay(log, "boris", "vera", 180 * DAY - 1, 1);
    assert_int_equal(log->side[0].account_number, 3);
    assert_int_equal(log->side[1].account_number, 2);
    pay(log, "vera", "anna", 180 * DAY, 1);
    assert_int_equal(log->side[0].account_number, 2);
    assert_int_equal(log->side[1].account_number, 4);
    assert_null_value(log, dormancy_gap);
    assert_true(log->side[1].approximate_before_s == 0);
    pay(log, "vera", "anna", 361 * DAY, 1);
    assert_int_equal(log->side[0].account_number, 5);
    assert_int_equal(log->side[1].account_number, 6);
}

static void an_account_that_was_only_named_in_an_attempt_keeps_its_number(void **state) {
    struct log *log = *state;
    struct transaction tx = transfer(log, "anna", "vera", 0, 1);
    tx.tx_status = TX_STATUS_REFUSED;
    take(log, &tx);
    pay(log, "anna", "vera", 1, 1);
    assert_int_equal(log->side[1].account_number, 2);
}

/* Marks and shares. */

static void an_amount_that_no_slot_can_say_is_marked(void **state) {
    struct log *log = *state;
    const int64_t most = INT64_C(2147483647) * 65536;
    pay(log, "anna", "vera", 1, most - 32769);
    assert_true(log->side[1].approximate_before_s == 0);
    pay(log, "anna", "vera", 2, most - 32768);
    assert_int_equal(approximate_before(log), 2);
    assert_value(log, in_max_24h, most);
}

static void shares_tell_how_money_left_and_came(void **state) {
    struct log *log = *state;
    struct transaction tx = transfer(log, "vera", "", 0, 100);
    take(log, &tx);
    assert_value(log, foreign_out_share_24h, 0);
    assert_null_value(log, alias_phone_share_24h);
    tx = transfer(log, "vera", "", 1, 300);
    tx.country_to = text_of("RU");
    tx.event_type = EVENT_TYPE_CRYPTO_PURCHASE;
    take(log, &tx);
    tx = transfer(log, "vera", "", 2, 600);
    tx.country_to = text_of("KZ");
    take(log, &tx);
    assert_value(log, foreign_out_share_24h, 0.3);
    assert_value(log, crypto_out_share_24h, 0.3);
    tx = transfer(log, "", "vera", 3, 1);
    tx.payee_alias_type = ALIAS_TYPE_PHONE;
    take(log, &tx);
    pay(log, "", "vera", 4, 1000);
    assert_value(log, alias_phone_share_24h, 0.5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_129th_event_crowds_the_first_out),
        TEST(a_counterparty_that_was_crowded_out_is_new_and_not_distinct),
        TEST(the_event_that_is_crowded_out_is_no_longer_known_to_the_next),
        TEST(events_of_eight_days_by_the_clock_leave),
        TEST(expiry_stops_at_the_first_that_stays),
        TEST(what_expired_is_no_duplicate),
        TEST(what_left_is_money_that_was_there_before),
        TEST(a_pane_counts_while_its_middle_is_in_the_window),
        TEST(a_pane_that_begins_later_is_not_seen),
        TEST(panes_know_families_reversals_and_attempts),
        TEST(a_later_pane_takes_the_place_of_an_older_one),
        TEST(the_gap_begins_where_the_last_known_event_was),
        TEST(what_left_within_the_last_day_begins_no_gap),
        TEST(a_dormant_account_is_forgotten_and_gets_a_new_number),
        TEST(an_account_that_was_only_named_in_an_attempt_keeps_its_number),
        TEST(an_amount_that_no_slot_can_say_is_marked),
        TEST(shares_tell_how_money_left_and_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
