/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out, on single records. Amounts are small, so that a slot says them exactly. */
#include "tests/one_account.h"
#include "tests/support.h"

#include "detector/account_record.h"
#include "detector/feature_table.h"
#include "detector/fifo.h"
#include "detector/transaction.h"

enum { START_S = 1767225600, MINUTE = 60 };

static struct account *account;
static struct fifo fifo;
static uint32_t next_hash;

static int set_up(void **state) {
    (void)state;
    account = one_account();
    next_hash = 1;
    return 0;
}

static struct ring_event event(uint8_t bits, uint8_t kind, int64_t second, int64_t amount) {
    return (struct ring_event){.second = START_S + second,
                               .amount_tiyn = amount,
                               .tx_hash = next_hash++,
                               .bits = bits,
                               .kind = kind,
                               .event_type = EVENT_TYPE_P2P_TRANSFER};
}

static void insert(struct ring_event e) {
    one_account_insert(e);
    fifo_compute(account, &fifo);
}

/* Returns the tx hash. */
static uint32_t credit(int64_t second, int64_t amount) {
    insert(event(BIT_CREDIT | BIT_P2P, KIND_IN, second, amount));
    return next_hash - 1;
}

static uint32_t debit(int64_t second, int64_t amount, uint8_t way) {
    insert(event(BIT_DEBIT | way, 0, second, amount));
    return next_hash - 1;
}

static void reverse(uint32_t tx_hash, uint8_t side, int64_t second, int64_t amount) {
    struct ring_event e =
        event(side | BIT_P2P | BIT_REVERSAL, side == BIT_CREDIT ? KIND_IN : 0, second, amount);
    e.tx_hash = tx_hash;
    insert(e);
}

#define assert_lot(i, is_left, is_gone)                                                            \
    do {                                                                                           \
        assert_int_equal(fifo.lots[i].left, is_left);                                              \
        assert_int_equal(fifo.lots[i].gone, is_gone);                                              \
    } while (0)

static void the_oldest_money_leaves_first(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 100);
    debit(20, 130, BIT_P2P);
    assert_lot(0, 0, 100);
    assert_lot(1, 70, 30);
}

static void order_is_that_of_arrival_not_of_event_time(void **state) {
    (void)state;
    credit(500, 100);
    credit(10, 100); /* late */
    debit(600, 100, BIT_P2P);
    assert_lot(0, 0, 100);
    assert_lot(1, 100, 0);
}

static void the_balance_before_first_sight_is_the_oldest_lot(void **state) {
    (void)state;
    struct ring_event first = event(BIT_CREDIT | BIT_P2P, KIND_IN, 0, 100);
    first.balance_present = true;
    first.balance_before_tiyn = 40;
    insert(first);
    debit(10, 60, BIT_CASH);
    assert_lot(0, 80, 20);
}

static void a_balance_given_later_is_not_an_opening_one(void **state) {
    (void)state;
    credit(0, 100);
    struct ring_event second = event(BIT_CREDIT | BIT_P2P, KIND_IN, 10, 100);
    second.balance_present = true;
    second.balance_before_tiyn = 1000;
    insert(second);
    debit(20, 60, BIT_CASH);
    assert_lot(0, 40, 60);
}

static void a_debit_beyond_all_lots_spends_unseen_money(void **state) {
    (void)state;
    credit(0, 100);
    debit(10, 500, BIT_P2P);
    credit(20, 100); /* owes nothing */
    assert_lot(0, 0, 100);
    assert_lot(2, 100, 0);
}

static void what_leaves_is_told_by_age_and_way(void **state) {
    (void)state;
    credit(0, 1000);
    debit(10 * MINUTE, 100, BIT_CASH);
    debit(10 * MINUTE + 1, 10, BIT_P2P);
    debit(60 * MINUTE + 1, 1, 0);
    assert_int_equal(fifo.lots[0].gone, 111);
    assert_int_equal(fifo.lots[0].gone_10m, 100);
    assert_int_equal(fifo.lots[0].gone_1h, 110);
    assert_int_equal(fifo.lots[0].gone_cash, 100);
    assert_int_equal(fifo.lots[0].gone_p2p, 10);
}

static void an_age_is_never_negative(void **state) {
    (void)state;
    credit(5000, 100);
    debit(10, 100, BIT_P2P);
    assert_int_equal(fifo.lots[0].gone_10m, 100);
}

static void attempts_move_nothing(void **state) {
    (void)state;
    credit(0, 100);
    insert(event(BIT_ATTEMPT, 0, 10, 100));
    assert_lot(0, 100, 0);
}

static void a_reversed_debit_gives_back_to_the_lots_it_spent(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 100);
    const uint32_t spent = debit(20, 150, BIT_CASH);
    credit(30, 100);
    reverse(spent, BIT_DEBIT, 40, 150);
    assert_lot(0, 100, 0);
    assert_lot(1, 100, 0);
    assert_lot(3, 100, 0);
    assert_int_equal(fifo.lots[0].gone_cash, 0);
    assert_int_equal(fifo.lots[0].gone_10m, 0);
    debit(50, 100, BIT_P2P); /* the oldest again */
    assert_lot(0, 0, 100);
    assert_int_equal(fifo.lots[0].gone_p2p, 100);
}

static void a_part_given_back_is_the_latest_part(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 100);
    const uint32_t spent = debit(20, 150, BIT_P2P);
    reverse(spent, BIT_DEBIT, 30, 60);
    assert_lot(0, 10, 90);
    assert_lot(1, 100, 0);
}

static void an_unknown_debit_reversed_gives_to_the_newest_lot(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 100);
    reverse(999, BIT_DEBIT, 20, 50);
    assert_lot(0, 100, 0);
    assert_lot(1, 150, 0);
}

static void without_a_lot_money_given_back_is_old_money(void **state) {
    (void)state;
    reverse(999, BIT_DEBIT, 0, 50);
    credit(10, 100);
    debit(20, 60, BIT_P2P);
    assert_lot(1, 90, 10);
}

static void a_reversed_credit_leaves_from_its_own_lot(void **state) {
    (void)state;
    const uint32_t first = credit(0, 100);
    credit(10, 100);
    reverse(first, BIT_CREDIT, 20, 100);
    assert_lot(0, 0, 0);
    assert_lot(1, 100, 0);
}

static void an_unknown_credit_reversed_leaves_from_the_newest_lot(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 100);
    reverse(999, BIT_CREDIT, 20, 30);
    assert_lot(0, 100, 0);
    assert_lot(1, 70, 0);
}

static void what_leaves_the_ring_becomes_the_oldest_lot(void **state) {
    (void)state;
    credit(0, 100);
    credit(10, 40);
    for (int i = 0; i < RING_MAX - 1; i++)
        insert(event(BIT_ATTEMPT, 0, 20 + i, 1));
    assert_int_equal(account->opening_tiyn, 100);
    debit(1000, 110, BIT_P2P); /* evicts the credit of 40, which is then old money too */
    assert_int_equal(account->opening_tiyn, 140);
    credit(1010, 50);
    debit(1020, 40, BIT_P2P);
    assert_lot(RING_MAX - 2, 40, 10); /* 30 were left of the old money */
}

static void old_money_stops_at_the_largest_number(void **state) {
    (void)state;
    struct ring_event first = event(BIT_CREDIT, KIND_IN, 0, INT64_MAX);
    first.balance_present = true;
    first.balance_before_tiyn = INT64_MAX;
    insert(first);
    for (int i = 0; i < 3 * RING_MAX; i++)
        credit(i, INT64_MAX);
    assert_int_equal(account->opening_tiyn, INT64_MAX);
    reverse(999, BIT_DEBIT, 1000, INT64_MAX);
}

/* A question over all lots equals their sums, with and without reversals in the ring. */
static void a_question_equals_the_sum_of_the_lots(void **state) {
    (void)state;
    uint64_t random = 5;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const int64_t amount = (int64_t)(random >> 40) % 300,
                      second = (int64_t)(random >> 33) % 5000;
        const uint8_t way = (random >> 20 & 1) != 0 ? BIT_P2P : BIT_CASH;
        if (i % 400 == 0) set_up(state);
        if ((random >> 10 & 1) != 0)
            credit(second, amount);
        else
            debit(second, amount, way);
        if (i % 800 > 400 && i % 7 == 0) reverse(next_hash - 1, BIT_DEBIT, second, amount / 2);
        bool reversals = false;
        int64_t gone = 0, gone_10m = 0, gone_cash = 0;
        for (uint32_t e = 0; e < account->count; e++)
            reversals |= (ring_of(account).bits[e] & BIT_REVERSAL) != 0;
        const struct fifo_question question = {0, START_S + 5000};
        struct fifo_answer answer;
        fifo_ask(account, &question, reversals, &answer);
        for (uint32_t e = 0; e < account->count; e++) {
            gone += fifo.lots[e].gone;
            gone_10m += fifo.lots[e].gone_10m;
            gone_cash += fifo.lots[e].gone_cash;
        }
        assert_int_equal(answer.three_days, gone);
        assert_int_equal(answer.day_10m, gone_10m);
        assert_int_equal(answer.p2p_day_cash, gone_cash);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_money_leaves_first),
        TEST(order_is_that_of_arrival_not_of_event_time),
        TEST(the_balance_before_first_sight_is_the_oldest_lot),
        TEST(a_balance_given_later_is_not_an_opening_one),
        TEST(a_debit_beyond_all_lots_spends_unseen_money),
        TEST(what_leaves_is_told_by_age_and_way),
        TEST(an_age_is_never_negative),
        TEST(attempts_move_nothing),
        TEST(a_reversed_debit_gives_back_to_the_lots_it_spent),
        TEST(a_part_given_back_is_the_latest_part),
        TEST(an_unknown_debit_reversed_gives_to_the_newest_lot),
        TEST(without_a_lot_money_given_back_is_old_money),
        TEST(a_reversed_credit_leaves_from_its_own_lot),
        TEST(an_unknown_credit_reversed_leaves_from_the_newest_lot),
        TEST(what_leaves_the_ring_becomes_the_oldest_lot),
        TEST(old_money_stops_at_the_largest_number),
        TEST(a_question_equals_the_sum_of_the_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
