/* SPDX-License-Identifier: Apache-2.0 */
/* One account record: what its ring keeps, marks and forgets. */
#include "tests/one_account.h"
#include "tests/support.h"

#include "detector/account_record.h"
#include "detector/feature_table.h"
#include "detector/transaction.h"

#include <math.h>

enum { START_S = 1767225600, DAY_S = 86400 };

static struct account *account;

static int set_up(void **state) {
    (void)state;
    account = one_account();
    return 0;
}

static struct ring_event event(uint8_t bits, uint32_t counterparty, int64_t second) {
    return (struct ring_event){.second = START_S + second,
                               .amount_tiyn = 1000,
                               .ordinal = (UINT64_C(3) << 32) + (uint64_t)second,
                               .counterparty = counterparty,
                               .tx_hash = (uint32_t)second,
                               .bits = bits,
                               .kind = (bits & BIT_CREDIT) != 0 ? KIND_IN : 0,
                               .event_type = EVENT_TYPE_P2P_TRANSFER,
                               .channel = CHANNEL_OTHER,
                               .rail = RAIL_OTHER};
}

static void insert(struct ring_event e) {
    one_account_insert(e);
}

/* Bits of the i-th oldest event. */
static uint8_t bits(uint32_t i) {
    return ring_of(account).bits[i];
}

static void an_amount_is_exact_up_to_31_bits_then_the_nearest_65536(void **state) {
    (void)state;
    static const int64_t cases[][2] = {
        {0, 0},
        {1, 1},
        {INT64_C(2147483647), INT64_C(2147483647)},
        {INT64_C(2147483648), INT64_C(2147483648)},
        {INT64_C(2147483648) + 32767, INT64_C(2147483648)},
        {INT64_C(2147483648) + 32768, INT64_C(2147483648) + 65536},
        {INT64_C(2147483647) * 65536, INT64_C(2147483647) * 65536},
        {INT64_C(2147483648) * 65536, INT64_C(2147483647) * 65536},
        {INT64_MAX, INT64_C(2147483647) * 65536},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(amount_of(quantise_amount(cases[i][0])), cases[i][1]);
}

static void history_tells_what_a_slot_knows_oldest_first(void **state) {
    (void)state;
    struct account_event history[ACCOUNT_EVENTS_MAX];
    for (int i = 0; i < RING_MAX + 8; i++)
        insert(event(i % 2 == 0 ? BIT_CREDIT | BIT_P2P : BIT_DEBIT | BIT_P2P, 5, i));
    assert_int_equal(account_history(account, history), RING_MAX);
    for (int i = 0; i < RING_MAX; i++) {
        assert_int_equal(history[i].ordinal, (UINT64_C(3) << 32) + 8 + (uint64_t)i);
        assert_int_equal(history[i].second, START_S + 8 + i);
        assert_int_equal(history[i].amount_tiyn, 1000);
        assert_int_equal(history[i].channel, CHANNEL_OTHER);
        assert_int_equal(history[i].rail, RAIL_OTHER);
    }
}

static void the_newest_event_of_a_counterparty_carries_the_mark(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_CREDIT, 6, 1));
    insert(event(BIT_CREDIT, 5, 2));
    assert_false(bits(0) & BIT_NEWEST);
    assert_true(bits(1) & BIT_NEWEST);
    assert_true(bits(2) & BIT_NEWEST);
}

static void an_older_event_does_not_take_the_mark_and_an_equal_one_does(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 100));
    insert(event(BIT_CREDIT, 5, 99));
    assert_true(bits(0) & BIT_NEWEST);
    assert_false(bits(1) & BIT_NEWEST);
    insert(event(BIT_CREDIT, 5, 100));
    assert_false(bits(0) & BIT_NEWEST);
    assert_true(bits(2) & BIT_NEWEST);
}

static void payers_and_payees_are_marked_apart(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_DEBIT, 5, 1));
    assert_true(bits(0) & BIT_NEWEST);
    assert_true(bits(1) & BIT_NEWEST);
}

static void attempts_reversals_and_nobody_are_not_marked(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_CREDIT | BIT_REVERSAL, 5, 1));
    insert(event(BIT_ATTEMPT, 5, 2));
    insert(event(BIT_DEBIT, 0, 3));
    assert_true(bits(0) & BIT_NEWEST);
    for (uint32_t i = 1; i < 4; i++)
        assert_false(bits(i) & BIT_NEWEST);
}

/* The late event is the older one, but it stays when the marked one goes. */
static void the_mark_is_inherited_when_its_event_leaves_the_ring(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 1000));
    insert(event(BIT_CREDIT, 5, 10));
    insert(event(BIT_CREDIT, 5, 20));
    for (int i = 0; i < RING_MAX - 3; i++)
        insert(event(BIT_DEBIT, 7, 2000 + i));
    assert_true(bits(0) & BIT_NEWEST);
    insert(event(BIT_DEBIT, 7, 3000));
    assert_false(bits(0) & BIT_NEWEST);
    assert_true(bits(1) & BIT_NEWEST);
}

static void a_counterparty_is_a_stranger_unless_the_ring_knows_it_from_the_week(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_DEBIT, 5, 7 * DAY_S - 1)); /* on whichever side */
    insert(event(BIT_CREDIT, 5, 14 * DAY_S - 1));
    insert(event(BIT_CREDIT, 0, 14 * DAY_S)); /* nobody is no stranger */
    assert_true(bits(0) & BIT_STRANGER);
    assert_false(bits(1) & BIT_STRANGER);
    assert_true(bits(2) & BIT_STRANGER);
    assert_false(bits(3) & BIT_STRANGER);
}

static void a_late_event_is_not_known_by_what_came_after_it(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 1000));
    insert(event(BIT_CREDIT, 5, 0));
    assert_true(bits(1) & BIT_STRANGER);
}

static void a_full_ring_asks_every_slot(void **state) {
    for (uint32_t back = 1; back < RING_MAX; back++) {
        set_up(state);
        for (int i = 0; i < 3 * RING_MAX; i++)
            insert(event(BIT_CREDIT, (uint32_t)(100 + i), i));
        const uint32_t known = ring_of(account).counterparty[RING_MAX - back];
        insert(event(BIT_CREDIT, known, 3 * RING_MAX));
        assert_false(bits(RING_MAX - 1) & BIT_STRANGER);
    }
}

static void the_credit_rate_halves_in_14_days(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    assert_true(account_credit_rate(account, START_S) == 1.0);
    assert_true(fabs(account_credit_rate(account, START_S + 14 * DAY_S) - 0.5) < 1e-12);
    insert(event(BIT_CREDIT, 5, 14 * DAY_S));
    assert_true(fabs(account_credit_rate(account, START_S + 28 * DAY_S) - 0.75) < 1e-12);
}

static void a_late_credit_counts_whole_and_turns_no_clock_back(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, DAY_S));
    insert(event(BIT_CREDIT, 5, 0));
    assert_true(account_credit_rate(account, START_S + DAY_S) == 2.0);
    assert_true(account_credit_rate(account, START_S) == 2.0);
    assert_int_equal(account->newest_s, START_S + DAY_S);
}

static void reversals_and_attempts_are_no_credits_of_the_rate(void **state) {
    (void)state;
    insert(event(BIT_CREDIT | BIT_REVERSAL, 5, 0));
    insert(event(BIT_ATTEMPT, 5, 0));
    insert(event(BIT_DEBIT, 5, 0));
    assert_true(account_credit_rate(account, START_S) == 0.0);
}

static void evidence_is_what_the_feature_looked_at_newest_first(void **state) {
    (void)state;
    uint32_t slots[8];
    insert(event(BIT_CREDIT | BIT_P2P, 5, 0)); /* outside the hour */
    insert(event(BIT_CREDIT | BIT_P2P, 5, 3600));
    insert(event(BIT_DEBIT | BIT_P2P, 6, 3601));
    insert(event(BIT_CREDIT, 5, 3602));
    insert(event(BIT_CREDIT | BIT_P2P, 5, 3603));
    insert(event(BIT_CREDIT | BIT_P2P, 5, 9999)); /* after */
    assert_int_equal(account_evidence(account, FEATURE_p2p_in_count_1h, START_S + 3603, slots, 8),
                     2);
    assert_int_equal(slots[0], 4);
    assert_int_equal(slots[1], 1);
    assert_int_equal(account_evidence(account, FEATURE_in_count_1h, START_S + 3603, slots, 2), 2);
    assert_int_equal(slots[0], 4);
    assert_int_equal(slots[1], 3);
}

/* Whatever the way: its name has cash_out in it. */
static void evidence_of_rapid_cash_out_is_every_debit(void **state) {
    (void)state;
    uint32_t slots[8];
    insert(event(BIT_CREDIT | BIT_P2P, 5, 0));
    insert(event(BIT_DEBIT | BIT_P2P, 6, 1));
    insert(event(BIT_DEBIT | BIT_CASH, 0, 2));
    assert_int_equal(account_evidence(account, FEATURE_rapid_cash_out_1h, START_S + 2, slots, 8),
                     2);
}

static void unspent_is_p2p_money_of_the_day_that_has_not_left(void **state) {
    (void)state;
    insert(event(BIT_CREDIT | BIT_P2P, 5, 0));
    insert(event(BIT_CREDIT, 5, 1));
    insert(event(BIT_CREDIT | BIT_P2P, 5, 2));
    assert_int_equal(account_unspent(account, START_S + 3).p2p_tiyn, 2000);
    struct ring_event spent = event(BIT_DEBIT, 6, 3);
    spent.amount_tiyn = 2500;
    insert(spent);
    assert_int_equal(account_unspent(account, START_S + 3).p2p_tiyn, 500);
    assert_int_equal(account_unspent(account, START_S + 2 + DAY_S).p2p_tiyn, 0);
}

static void wages_are_money_apart(void **state) {
    (void)state;
    struct ring_event wage = event(BIT_CREDIT, 5, 0);
    wage.event_type = EVENT_TYPE_SALARY_OR_BENEFIT;
    insert(wage);
    insert(event(BIT_CREDIT | BIT_P2P, 5, 1));
    assert_int_equal(account_unspent(account, START_S + 2).protected_tiyn, 1000);
    assert_int_equal(account_unspent(account, START_S + 2).p2p_tiyn, 1000);
    struct ring_event spent = event(BIT_DEBIT, 6, 3);
    spent.amount_tiyn = 300;
    insert(spent);
    assert_int_equal(account_unspent(account, START_S + 3).protected_tiyn, 700);
    assert_int_equal(account_unspent(account, START_S + 3).p2p_tiyn, 1000);
}

/* Size classes. */

static void a_class_has_room_for_twice_what_the_one_below_has(void **state) {
    (void)state;
    static const uint8_t wanted[][2] = {{0, CLASS_HEAD}, {1, CLASS_4},    {4, CLASS_4},
                                        {5, 2},          {8, 2},          {9, 3},
                                        {64, 5},         {65, CLASS_128}, {128, CLASS_128}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_int_equal(class_for(wanted[i][0]), wanted[i][1]);
    assert_int_equal(class_bytes(CLASS_HEAD), 64);
    assert_int_equal(class_bytes(CLASS_4), 160);
    assert_int_equal(class_bytes(CLASS_128), 3136);
}

static void events_of_eight_days_ago_leave_from_the_old_end_into_old_money(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_CREDIT, 5, 9 * DAY_S));
    insert(event(BIT_CREDIT, 5, 100)); /* behind a younger one: stays with it */
    account_expire(account, START_S + 100);
    assert_int_equal(account->count, 2);
    assert_int_equal(account->opening_tiyn, 1000);
    assert_int_equal(account->left_s, START_S);
    account_expire(account, START_S + 9 * DAY_S);
    assert_int_equal(account->count, 0);
    assert_int_equal(account->first, 0);
    assert_int_equal(account->opening_tiyn, 3000);
    assert_int_equal(account->left_s, START_S + 9 * DAY_S);
}

static void what_was_bounded_is_over_after_two_turns_or_with_the_last_event(void **state) {
    (void)state;
    insert(event(BIT_CREDIT, 5, 0));
    insert(event(BIT_CREDIT, 5, 40 * DAY_S)); /* ahead of the clock: the ring does not empty */
    const int64_t turn_s = START_S - START_S % RING_KEEP_S;
    account->flags |= bounded_at(turn_s);
    account_expire(account, turn_s + RING_KEEP_S - 1);
    assert_int_equal(account->flags & ACCOUNT_BOUNDED, bounded_at(turn_s));
    account_expire(account, turn_s + RING_KEEP_S);
    assert_int_equal(account->flags & ACCOUNT_BOUNDED, 0);
    account->flags |= bounded_at(START_S + 48 * DAY_S);
    account_expire(account, START_S + 40 * DAY_S);
    assert_int_equal(account->count, 0);
    assert_int_equal(account->flags & ACCOUNT_BOUNDED, 0);
}

static void a_record_wants_a_smaller_class_when_it_fits_there_with_room_to_spare(void **state) {
    (void)state;
    static _Alignas(64) uint8_t memory[4096];
    struct account *small = (struct account *)(void *)memory;
    for (int i = 0; i < 9; i++)
        insert(event(BIT_CREDIT, 5, i * DAY_S));
    assert_int_equal(class_wanted(account, START_S), 3); /* no panes; nine and two to spare */
    account_move(account, small, CLASS_128);
    assert_int_equal(class_wanted(small, START_S), 3);
    small->size_class = 4;
    assert_int_equal(class_wanted(small, START_S), 3); /* nine of 32 */
    small->size_class = 3;
    assert_int_equal(class_wanted(small, START_S), 3); /* nine of 16 */
    account_expire(account, START_S + 8 * DAY_S);
    assert_int_equal(class_wanted(account, START_S), CLASS_HEAD);
}

static void a_hot_record_keeps_its_panes_while_they_can_be_asked(void **state) {
    (void)state;
    for (int i = 0; i <= RING_MAX; i++)
        insert(event(BIT_CREDIT, 5, i));
    account_expire(account, START_S + DAY_S);
    assert_int_equal(account->count, 0);
    assert_int_equal(class_wanted(account, START_S + 8 * DAY_S), CLASS_PANES);
    assert_int_equal(class_wanted(account, START_S + 16 * DAY_S), CLASS_HEAD);
}

static void a_record_says_the_same_in_another_class(void **state) {
    (void)state;
    static _Alignas(64) uint8_t memory[4096];
    struct account *moved = (struct account *)(void *)memory;
    for (int i = 0; i < 20; i++)
        insert(event(BIT_CREDIT, (uint32_t)i, i));
    account_expire(account, START_S + 3);
    account_move(account, moved, 3);
    const struct ring a = ring_of(account), b = ring_of(moved);
    assert_int_equal(b.count, 16);
    assert_int_equal(moved->first, 0);
    assert_memory_equal(a.second, b.second, 16 * sizeof *a.second);
    assert_memory_equal(a.amount, b.amount, 16 * sizeof *a.amount);
    assert_memory_equal(a.counterparty, b.counterparty, 16 * sizeof *a.counterparty);
    assert_memory_equal(a.bits, b.bits, 16);
    assert_memory_equal(a.kind, b.kind, 16);
    assert_memory_equal(a.way, b.way, 16);
    assert_memory_equal(a.print, b.print, 16);
    assert_memory_equal(a.cold, b.cold, 16 * sizeof *a.cold);
}

static void an_amount_beyond_a_slot_is_marked_like_one_that_left(void **state) {
    (void)state;
    struct ring_event e = event(BIT_CREDIT, 5, 77);
    e.amount_tiyn = INT64_MAX;
    insert(e);
    assert_int_equal(account->left_s, START_S + 77);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_amount_is_exact_up_to_31_bits_then_the_nearest_65536),
        TEST(history_tells_what_a_slot_knows_oldest_first),
        TEST(the_newest_event_of_a_counterparty_carries_the_mark),
        TEST(an_older_event_does_not_take_the_mark_and_an_equal_one_does),
        TEST(payers_and_payees_are_marked_apart),
        TEST(attempts_reversals_and_nobody_are_not_marked),
        TEST(the_mark_is_inherited_when_its_event_leaves_the_ring),
        TEST(a_counterparty_is_a_stranger_unless_the_ring_knows_it_from_the_week),
        TEST(a_late_event_is_not_known_by_what_came_after_it),
        TEST(a_full_ring_asks_every_slot),
        TEST(the_credit_rate_halves_in_14_days),
        TEST(a_late_credit_counts_whole_and_turns_no_clock_back),
        TEST(reversals_and_attempts_are_no_credits_of_the_rate),
        TEST(evidence_is_what_the_feature_looked_at_newest_first),
        TEST(evidence_of_rapid_cash_out_is_every_debit),
        TEST(unspent_is_p2p_money_of_the_day_that_has_not_left),
        TEST(wages_are_money_apart),
        TEST(a_class_has_room_for_twice_what_the_one_below_has),
        TEST(events_of_eight_days_ago_leave_from_the_old_end_into_old_money),
        TEST(what_was_bounded_is_over_after_two_turns_or_with_the_last_event),
        TEST(a_record_wants_a_smaller_class_when_it_fits_there_with_room_to_spare),
        TEST(a_hot_record_keeps_its_panes_while_they_can_be_asked),
        TEST(a_record_says_the_same_in_another_class),
        TEST(an_amount_beyond_a_slot_is_marked_like_one_that_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
