/* SPDX-License-Identifier: Apache-2.0 */
/* Panes, by hand. */
#include "tests/support.h"

#include "detector/account_record.h"
#include "detector/panes.h"

#include <string.h>

enum { PANE = 80000, START = PANE * PANE_S, HOUR = 3600 };
static const int32_t widths[PANE_WINDOWS] = {6 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR};
enum { IN, OUT, P2P_IN, P2P_OUT, CASH_OUT };

static struct panes panes;
static struct panes_sum sum;

static int set_up(void **state) {
    (void)state;
    memset(&panes, 0, sizeof panes);
    return 0;
}

static void at(int64_t second) {
    panes_sum(&panes, START + second, widths, &sum);
}

static void an_event_is_summed_in_its_families(void **state) {
    (void)state;
    panes_add(&panes, START, 500, BIT_CREDIT | BIT_P2P);
    panes_add(&panes, START + 1, 30, BIT_DEBIT | BIT_CASH);
    panes_add(&panes, START + 2, 100, BIT_CREDIT | BIT_P2P | BIT_REVERSAL);
    panes_add(&panes, START + 3, 7, BIT_ATTEMPT);
    panes_add(&panes, START + 4, 9, 0); /* an own transfer */
    at(10);
    assert_int_equal(sum.count[IN][0], 1);
    assert_int_equal(sum.net[IN][0], 400);
    assert_int_equal(sum.net[P2P_IN][3], 400);
    assert_int_equal(sum.count[OUT][0], 1);
    assert_int_equal(sum.net[CASH_OUT][1], 30);
    assert_int_equal(sum.count[P2P_OUT][3], 0);
    assert_int_equal(sum.largest[0][0], 500);
    assert_int_equal(sum.largest[1][0], 30);
    assert_int_equal(sum.attempts[0], 1);
}

static void a_pane_counts_while_its_middle_is_in_the_window(void **state) {
    (void)state;
    panes_add(&panes, START, 1, BIT_CREDIT);
    at(9 * HOUR - 1);
    assert_int_equal(sum.count[IN][0], 1);
    at(9 * HOUR);
    assert_int_equal(sum.count[IN][0], 0);
    assert_int_equal(sum.count[IN][1], 1);
    at(171 * HOUR - 1);
    assert_int_equal(sum.count[IN][2], 0);
    assert_int_equal(sum.count[IN][3], 1);
    at(171 * HOUR);
    assert_int_equal(sum.count[IN][3], 0);
}

static void a_pane_that_has_not_begun_does_not_count(void **state) {
    (void)state;
    panes_add(&panes, START, 1, BIT_CREDIT);
    at(-1);
    assert_int_equal(sum.count[IN][3], 0);
}

static void a_newer_pane_takes_the_place_and_an_older_event_is_not_kept(void **state) {
    (void)state;
    panes_add(&panes, START, 1, BIT_CREDIT);
    panes_add(&panes, START + PANES * PANE_S, 2, BIT_CREDIT);
    panes_add(&panes, START, 4, BIT_CREDIT);
    at(PANES * PANE_S);
    assert_int_equal(sum.net[IN][3], 2);
}

static void sums_stop_before_they_would_not_fit(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++)
        panes_add(&panes, START, UINT32_MAX, BIT_CREDIT);
    at(0);
    assert_true(sum.net[IN][3] == INT64_C(1) << 56);
    for (int i = 0; i < 100000; i++)
        panes_add(&panes, START, UINT32_MAX, BIT_CREDIT | BIT_REVERSAL);
    at(0);
    assert_true(sum.net[IN][3] == -(INT64_C(1) << 56));
}

static void panes_are_past_when_all_began_before(void **state) {
    (void)state;
    assert_true(panes_past(&panes, START));
    panes_add(&panes, START + 5, 1, BIT_CREDIT);
    assert_false(panes_past(&panes, START));
    assert_true(panes_past(&panes, START + 1));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_summed_in_its_families),
        TEST(a_pane_counts_while_its_middle_is_in_the_window),
        TEST(a_pane_that_has_not_begun_does_not_count),
        TEST(a_newer_pane_takes_the_place_and_an_older_event_is_not_kept),
        TEST(sums_stop_before_they_would_not_fit),
        TEST(panes_are_past_when_all_began_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
