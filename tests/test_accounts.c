/* SPDX-License-Identifier: Apache-2.0 */
/* The account table: exact, dense, bounded. */
#include "tests/support.h"

#include "detector/account_record.h"
#include "detector/accounts.h"

#include <stdio.h>

static struct accounts *open_table(uint32_t capacity) {
    struct error error;
    struct accounts *accounts = accounts_open(capacity, &error);
    assert_non_null(accounts);
    return accounts;
}

static struct account_key key_of(uint32_t i) {
    char token[32];
    snprintf(token, sizeof token, "account-%u", i);
    return account_key_of(text_of(token));
}

static void every_account_is_found_again_under_its_own_number(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    struct accounts *accounts = open_table(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_null(accounts_find(accounts, key_of(i)));
        assert_int_equal(account_number(accounts_take(accounts, key_of(i))), i + 1);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct account *account = accounts_take(accounts, key_of(i));
        assert_int_equal(account_number(account), i + 1);
        assert_ptr_equal(accounts_find(accounts, key_of(i)), account);
        assert_int_equal(account->key.low, key_of(i).low);
    }
    assert_int_equal(accounts_count(accounts), COUNT);
    accounts_close(accounts);
}

/* Equal bucket and tag: only the whole key tells them apart. */
static void keys_that_share_bucket_and_tag_are_different_accounts(void **state) {
    (void)state;
    enum { COUNT = 50 };
    struct accounts *accounts = open_table(COUNT);
    for (uint64_t i = 0; i < COUNT; i++)
        accounts_take(accounts, (struct account_key){.low = 1, .high = UINT64_C(7) << 40 | i});
    assert_int_equal(accounts_count(accounts), COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        const struct account_key key = {.low = 1, .high = UINT64_C(7) << 40 | i};
        accounts_prefetch_index(accounts, key);
        accounts_prefetch_record(accounts, key);
        assert_int_equal(account_number(accounts_find(accounts, key)), i + 1);
    }
    accounts_close(accounts);
}

static void a_key_of_zeros_is_a_key(void **state) {
    (void)state;
    struct accounts *accounts = open_table(4);
    const struct account_key zero = {0, 0};
    assert_null(accounts_find(accounts, zero));
    accounts_prefetch_record(accounts, zero);
    assert_int_equal(account_number(accounts_take(accounts, zero)), 1);
    assert_int_equal(account_number(accounts_find(accounts, zero)), 1);
    accounts_close(accounts);
}

static void a_full_table_still_finds_but_adds_nothing(void **state) {
    (void)state;
    struct accounts *accounts = open_table(8);
    for (uint32_t i = 0; i < 8; i++)
        assert_non_null(accounts_take(accounts, key_of(i)));
    assert_null(accounts_take(accounts, key_of(8)));
    assert_null(accounts_find(accounts, key_of(8)));
    assert_int_equal(account_number(accounts_take(accounts, key_of(3))), 4);
    assert_int_equal(accounts_count(accounts), 8);
    accounts_close(accounts);
}

static void a_record_never_moves(void **state) {
    (void)state;
    struct accounts *accounts = open_table(1000);
    const struct account *first = accounts_take(accounts, key_of(0));
    for (uint32_t i = 1; i < 1000; i++)
        accounts_take(accounts, key_of(i));
    assert_ptr_equal(accounts_find(accounts, key_of(0)), first);
    accounts_close(accounts);
}

static void bytes_grow_with_the_accounts_held(void **state) {
    (void)state;
    struct accounts *accounts = open_table(1000);
    const size_t empty = accounts_bytes(accounts);
    accounts_take(accounts, key_of(0));
    const size_t one = accounts_bytes(accounts) - empty;
    accounts_take(accounts, key_of(1));
    assert_true(one > 0);
    assert_int_equal(accounts_bytes(accounts), empty + 2 * one);
    accounts_close(accounts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_account_is_found_again_under_its_own_number),
        cmocka_unit_test(keys_that_share_bucket_and_tag_are_different_accounts),
        cmocka_unit_test(a_key_of_zeros_is_a_key),
        cmocka_unit_test(a_full_table_still_finds_but_adds_nothing),
        cmocka_unit_test(a_record_never_moves),
        cmocka_unit_test(bytes_grow_with_the_accounts_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
