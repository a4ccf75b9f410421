/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is refused while a snapshot is loaded says nothing of the snapshot: the start fails,
 * and the next one, which has it, begins with the same snapshot. */
#include "tests/snapshot_stand.h"
#include "tests/support.h"

#include "detector/account_numbers.h"
#include "detector/base/pages.h"

static struct {
    int refused; /* a reservation of this start, counted from 1; 0: none */
    int reserved;
    bool numbers;
} memory;

void *__real_pages_reserve(size_t size);
void *__wrap_pages_reserve(size_t size);
bool __real_account_numbers_reserve(struct account_numbers *numbers, uint32_t number);
bool __wrap_account_numbers_reserve(struct account_numbers *numbers, uint32_t number);

void *__wrap_pages_reserve(size_t size) {
    return ++memory.reserved == memory.refused ? NULL : __real_pages_reserve(size);
}

bool __wrap_account_numbers_reserve(struct account_numbers *numbers, uint32_t number) {
    return !memory.numbers && __real_account_numbers_reserve(numbers, number);
}

static int setup_with_snapshots(void **state) {
    memset(&memory, 0, sizeof memory);
    if (setup(state) != 0) return -1;
    send_crowd(*state, 0, RECORDS / 2);
    must_run(*state);
    return 0;
}

static void must_begin_with_a_snapshot(struct stand *stand) {
    memset(&memory, 0, sizeof memory);
    must_run(stand);
    assert_int_equal(replayed(), 0);
}

static void any_reservation_may_be_refused(void **state) {
    struct stand *stand = *state;
    struct error error;
    bool while_loading = false;
    const size_t snapshots = list_of(stand->disk).count;
    assert_true(snapshots > 0);
    for (memory.refused = 1;; memory.refused++) {
        memory.reserved = 0;
        if (run_stand(stand, &error)) break;
        assert_int_equal(error.code, ERROR_FAILED);
        while_loading |= strstr(error.text, "no memory to load the accounts") != NULL;
        assert_int_equal(list_of(stand->disk).count, snapshots);
    }
    assert_true(memory.reserved < memory.refused);
    assert_true(while_loading);
    must_begin_with_a_snapshot(stand);
}

static void the_numbers_of_the_accounts_may_be_refused(void **state) {
    struct stand *stand = *state;
    const size_t snapshots = list_of(stand->disk).count;
    memory.numbers = true;
    must_fail(stand, ERROR_FAILED, "no memory to load the accounts");
    assert_int_equal(list_of(stand->disk).count, snapshots);
    must_begin_with_a_snapshot(stand);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_with_snapshots, teardown)
    const struct CMUnitTest tests[] = {
        TEST(any_reservation_may_be_refused),
        TEST(the_numbers_of_the_accounts_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
