/* SPDX-License-Identifier: Apache-2.0 */
/* The account table: what a row sees of it, and what is done between rows that no row may see. */
#include "tests/account_table.h"
#include "tests/chance.h"
#include "tests/support.h"

static void numbers_are_given_in_the_order_of_touch_and_found_again(void **state) {
    enum { COUNT = 100000 };
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        account_place *place = accounts_locate(accounts, key_of(i));
        assert_int_equal(accounts_at(accounts, place)->number, 0);
        assert_int_equal(accounts_touch(accounts, place, START_S)->number, i + 1);
        if (i % 1024 == 0) accounts_maintain(accounts, START_S);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        accounts_prefetch_index(accounts, key_of(i));
        const uint32_t guess = accounts_guess(accounts, key_of(i));
        assert_int_not_equal(guess, 0);
        accounts_prefetch_records(accounts, &guess, 1);
        const account_place *place = accounts_locate(accounts, key_of(i));
        assert_int_equal(account_number(accounts_at(accounts, place)), i + 1);
        assert_int_equal(accounts_at(accounts, place)->key, key_of(i).low);
    }
    const struct accounts_counts counts = accounts_count(accounts);
    assert_int_equal(counts.accounts, COUNT);
    assert_int_equal(counts.by_class[CLASS_HEAD], COUNT);
    assert_int_equal(counts.numbered, COUNT);
    accounts_close(accounts);
}

static void places_stay_and_old_blocks_can_be_read_until_the_table_is_maintained(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    account_place *place = accounts_locate(accounts, key_of(0));
    accounts_touch(accounts, place, START_S);
    const struct account *olds[5] = {accounts_at(accounts, place)};
    for (uint32_t i = 0; i < 40; i++) {
        put_event(accounts, place, START_S + i);
        if (i % 10 == 9) olds[1 + i / 10] = accounts_at(accounts, place);
        accounts_locate(accounts, key_of(100 + i));
    }
    assert_ptr_equal(accounts_locate(accounts, key_of(0)), place);
    assert_int_equal(accounts_at(accounts, place)->count, 40);
    assert_int_equal(olds[0]->count, 0);
    assert_int_equal(olds[0]->size_class, CLASS_HEAD);
    assert_true(olds[1]->count >= 10);
    assert_int_equal(ring_of(olds[1]).second[9], START_S + 9);
    accounts_maintain(accounts, START_S);
    const struct account *account = look_up(accounts, 0);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(ring_of(account).second[i], START_S + i);
    accounts_close(accounts);
}

static void an_account_without_an_event_for_the_dormancy_comes_back_as_a_new_one(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    const int64_t dormancy_s = 180 * DAY_S;
    for (uint32_t i = 0; i < 2; i++)
        play(accounts, i, START_S, START_S)->opening_tiyn = 77;
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s - 1)->number, 1);
    place = accounts_locate(accounts, key_of(1));
    const struct account *account = accounts_touch(accounts, place, START_S + dormancy_s);
    assert_int_equal(account->number, 3);
    assert_null(accounts_numbered(accounts, 2));
    assert_ptr_equal(accounts_numbered(accounts, 3), account);
    assert_ptr_equal(accounts_find(accounts, key_of(1)), account);
    assert_null(accounts_find(accounts, key_of(2)));
    assert_int_equal(account->key, key_of(1).low);
    assert_int_equal(account->flags, 0);
    assert_int_equal(account->opening_tiyn, 0);
    assert_int_equal(account->count, 0);
    assert_int_equal(accounts_count(accounts).forgotten, 1);
    for (int i = 0; i < 3; i++)
        accounts_maintain(accounts, START_S + dormancy_s);
    assert_null(look_up(accounts, 0));
    assert_int_equal(look_up(accounts, 1)->number, 3);
    assert_int_equal(accounts_count(accounts).forgotten, 2);
    accounts_close(accounts);
}

/* The payee of an attempt has a number and no event. */
static void an_account_that_never_had_an_event_is_as_old_as_its_number(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    const int64_t dormancy_s = 180 * DAY_S;
    accounts_touch(accounts, accounts_locate(accounts, key_of(0)), START_S);
    accounts_touch(accounts, accounts_locate(accounts, key_of(1)), START_S);
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s - 1)->number, 1);
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s)->number, 3);
    accounts_maintain(accounts, START_S + dormancy_s);
    assert_null(look_up(accounts, 1));
    assert_int_equal(look_up(accounts, 0)->number, 3);
    accounts_close(accounts);
}

static void panes_are_forgotten_with_the_account(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    account_place *place = accounts_locate(accounts, key_of(0));
    accounts_touch(accounts, place, START_S);
    put_event(accounts, place, START_S);
    struct account *account = accounts_resize(accounts, place, CLASS_PANES);
    memset(panes_of(account), 0xff, 64);
    account = accounts_touch(accounts, place, START_S + 400 * (int64_t)DAY_S);
    assert_int_equal(account->number, 2);
    assert_int_equal(account->size_class, CLASS_4);
    accounts_close(accounts);
}

static void a_ring_that_has_emptied_shrinks_at_a_touch_and_does_not_flap(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (int i = 0; i < 60; i++)
        play(accounts, 0, START_S, START_S);
    assert_int_equal(look_up(accounts, 0)->size_class, class_for(60));
    const int64_t later_s = START_S + RING_KEEP_S;
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, later_s)->size_class, CLASS_4);
    const struct account *account = accounts_at(accounts, place);
    assert_int_equal(account->count, 0);
    assert_int_equal(account->opening_tiyn, 60);
    assert_int_equal(account->left_s, START_S);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(play(accounts, 0, later_s, later_s), account);
        assert_ptr_equal(accounts_touch(accounts, place, later_s), account);
    }
    accounts_close(accounts);
}

static void what_rests_is_a_head_alone_and_memory_goes_back(void **state) {
    enum { COUNT = 20000 };
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        for (int event = 0; event < 6; event++)
            play(accounts, i, START_S, START_S);
        if (i % 300 == 0) accounts_maintain(accounts, START_S);
    }
    const struct accounts_counts before = accounts_count(accounts);
    assert_int_equal(before.by_class[class_for(6)], COUNT);
    for (int i = 0; i < 400; i++)
        accounts_maintain(accounts, START_S + RING_KEEP_S);
    const struct accounts_counts after = accounts_count(accounts);
    assert_int_equal(after.by_class[CLASS_HEAD], COUNT);
    assert_int_equal(after.accounts, COUNT);
    assert_true(after.bytes - after.index_bytes < (before.bytes - before.index_bytes) / 3);
    assert_true(accounts->slabs.classes[class_for(6)].high <= 2 * (2 << 20));
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(look_up(accounts, i)->number, i + 1);
        assert_int_equal(look_up(accounts, i)->opening_tiyn, 6);
    }
    accounts_close(accounts);
}

static void accounts_of_rows_that_were_turned_away_are_swept_away(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < 50; i++)
        accounts_locate(accounts, key_of(i));
    play(accounts, 50, START_S, START_S);
    accounts_maintain(accounts, START_S);
    assert_int_equal(accounts_count(accounts).accounts, 1);
    assert_int_equal(accounts_count(accounts).forgotten, 0);
    assert_int_equal(look_up(accounts, 50)->number, 1);
    accounts_close(accounts);
}

static void assert_same(const struct account *a, const struct account *b) {
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->newest_s, b->newest_s);
    assert_int_equal(a->left_s, b->left_s);
    assert_int_equal(a->opening_tiyn, b->opening_tiyn);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(ring_of(a).second, ring_of(b).second, 4 * (size_t)a->count);
}

/* Two tables and the same rows: one is maintained every 1,024, the other never. Quiet stretches of
 * many days make accounts rest, and some of them dormant. */
static void no_row_can_tell_whether_the_table_has_been_swept(void **state) {
    enum { NAMES = 3000, ROWS = 120000 };
    struct chance chance = {5};
    int64_t clock_s = START_S;
    (void)state;
    struct accounts *swept = open_table(256 * MIB, NULL), *left = open_table(1024 * MIB, NULL);
    for (int row = 0; row < ROWS; row++) {
        if (chance_below(&chance, 1000) == 0) clock_s += chance_below(&chance, 30 * DAY_S);
        clock_s += chance_below(&chance, 60);
        uint32_t name = chance_below(&chance, NAMES);
        if (chance_is(&chance, 60)) name %= 1 + chance_below(&chance, 200);
        const int64_t second = clock_s - chance_below(&chance, 2 * DAY_S);
        account_place *a = accounts_locate(swept, key_of(name));
        account_place *b = accounts_locate(left, key_of(name));
        assert_same(accounts_touch(swept, a, clock_s), accounts_touch(left, b, clock_s));
        put_event(swept, a, second);
        put_event(left, b, second);
        if (row % ACCOUNTS_STRIDE == 0) accounts_maintain(swept, clock_s);
    }
    const struct accounts_counts a = accounts_count(swept), b = accounts_count(left);
    assert_int_equal(a.numbered, b.numbered);
    assert_true(a.numbered > NAMES);
    assert_true(a.forgotten > 100);
    assert_true(a.by_class[CLASS_HEAD] > b.by_class[CLASS_HEAD] + 100);
    assert_int_equal(accounts_count(left).looked_at, 0);
    accounts_close(swept);
    accounts_close(left);
}

/* The same rows in batches of another size, located before the first of them is touched. */
static void the_layout_does_not_depend_on_batches(void **state) {
    enum { NAMES = 20000, ROUNDS = 60 };
    (void)state;
    struct accounts *tables[2] = {open_table(256 * MIB, NULL), open_table(256 * MIB, NULL)};
    static const uint32_t sizes[2] = {128, 512};
    for (int t = 0; t < 2; t++) {
        struct chance chance = {9};
        for (int round = 0; round < ROUNDS; round++) {
            uint32_t names[ACCOUNTS_STRIDE];
            account_place *places[ACCOUNTS_STRIDE];
            const int64_t clock_s = START_S + round * (int64_t)DAY_S / 4;
            for (uint32_t i = 0; i < ACCOUNTS_STRIDE; i++)
                names[i] = chance_below(&chance, 1 + chance_below(&chance, NAMES));
            for (uint32_t from = 0; from < ACCOUNTS_STRIDE; from += sizes[t]) {
                for (uint32_t i = from; i < from + sizes[t]; i++)
                    places[i] = accounts_locate(tables[t], key_of(names[i]));
                for (uint32_t i = from; i < from + sizes[t]; i++) {
                    accounts_touch(tables[t], places[i], clock_s);
                    put_event(tables[t], places[i], clock_s);
                }
            }
            accounts_maintain(tables[t], clock_s);
        }
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        const uint64_t *a = account_index_find(&tables[0]->index, key_of(i));
        const uint64_t *b = account_index_find(&tables[1]->index, key_of(i));
        assert_int_equal(a == NULL, b == NULL);
        if (a != NULL) assert_int_equal(*a, *b);
    }
    check_numbers(tables[0]);
    accounts_close(tables[0]);
    accounts_close(tables[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_given_in_the_order_of_touch_and_found_again),
        cmocka_unit_test(places_stay_and_old_blocks_can_be_read_until_the_table_is_maintained),
        cmocka_unit_test(an_account_without_an_event_for_the_dormancy_comes_back_as_a_new_one),
        cmocka_unit_test(an_account_that_never_had_an_event_is_as_old_as_its_number),
        cmocka_unit_test(panes_are_forgotten_with_the_account),
        cmocka_unit_test(a_ring_that_has_emptied_shrinks_at_a_touch_and_does_not_flap),
        cmocka_unit_test(what_rests_is_a_head_alone_and_memory_goes_back),
        cmocka_unit_test(accounts_of_rows_that_were_turned_away_are_swept_away),
        cmocka_unit_test(no_row_can_tell_whether_the_table_has_been_swept),
        cmocka_unit_test(the_layout_does_not_depend_on_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
