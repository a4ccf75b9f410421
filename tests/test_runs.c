/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support.h"

#include "detector/runs.h"

#include <stdlib.h>

static const struct inputs inputs = {{"transactions", "signals"}};
static const char topic[] = "transactions", other[] = "signals";

static void assert_position(const struct runs *runs, uint64_t ordinal, const char *name,
                            int32_t partition, int64_t offset) {
    struct run_position position;
    assert_true(runs_find(runs, ordinal, &position));
    assert_string_equal(position.topic, name);
    assert_int_equal(position.partition, partition);
    assert_int_equal(position.offset, offset);
}

static void test_nothing_is_found_in_an_empty_table(void **unused) {
    (void)unused;
    struct runs *runs = runs_new(&inputs, 4);
    struct run_position position;
    assert_false(runs_find(runs, 0, &position));
    runs_free(runs);
    runs_free(NULL);
}

static void test_every_ordinal_finds_its_record(void **unused) {
    (void)unused;
    struct runs *runs = runs_new(&inputs, 8);
    uint64_t ordinal = 0;
    for (int64_t offset = 10; offset < 15; offset++)
        runs_add(runs, ordinal++, INPUT_TRANSACTIONS, 0, offset);
    for (int64_t offset = 100; offset < 103; offset++)
        runs_add(runs, ordinal++, INPUT_TRANSACTIONS, 1, offset);
    runs_add(runs, ordinal++, INPUT_SIGNALS, 1, 103);
    assert_position(runs, 0, topic, 0, 10);
    assert_position(runs, 4, topic, 0, 14);
    assert_position(runs, 5, topic, 1, 100);
    assert_position(runs, 7, topic, 1, 102);
    assert_position(runs, 8, other, 1, 103);
    struct run_position position;
    assert_false(runs_find(runs, 9, &position));
    runs_free(runs);
}

static void test_a_gap_in_the_offsets_splits_a_run(void **unused) {
    (void)unused;
    struct runs *runs = runs_new(&inputs, 8);
    runs_add(runs, 0, INPUT_TRANSACTIONS, 0, 7);
    runs_add(runs, 1, INPUT_TRANSACTIONS, 0, 9);
    runs_add(runs, 2, INPUT_TRANSACTIONS, 0, 10);
    assert_position(runs, 0, topic, 0, 7);
    assert_position(runs, 1, topic, 0, 9);
    assert_position(runs, 2, topic, 0, 10);
    runs_free(runs);
}

static void test_the_oldest_runs_are_forgotten_first(void **unused) {
    (void)unused;
    enum { ROOM = 3, RUNS = 10 };
    struct runs *runs = runs_new(&inputs, ROOM);
    for (uint64_t i = 0; i < RUNS; i++)
        runs_add(runs, i, INPUT_TRANSACTIONS, (int32_t)(i % 2), (int64_t)i);
    struct run_position position;
    for (uint64_t i = 0; i < RUNS - ROOM; i++)
        assert_false(runs_find(runs, i, &position));
    for (uint64_t i = RUNS - ROOM; i < RUNS; i++)
        assert_position(runs, i, topic, (int32_t)(i % 2), (int64_t)i);
    runs_free(runs);
}

static void test_an_epoch_may_be_entered_in_the_middle(void **unused) {
    (void)unused;
    struct runs *runs = runs_new(&inputs, 4);
    runs_add(runs, 1000, INPUT_TRANSACTIONS, 2, 5);
    assert_position(runs, 1000, topic, 2, 5);
    struct run_position position;
    assert_false(runs_find(runs, 999, &position));
    runs_free(runs);
}

/* Both topics have a partition 0, and offsets that would go on from each other. */
static void test_a_saved_table_knows_topics_apart(void **unused) {
    (void)unused;
    struct runs *runs = runs_new(&inputs, 8), *loaded = runs_new(&inputs, 8);
    struct pack head = {0}, rest = {0};
    struct runs_save save;
    for (uint64_t i = 0; i < 6; i++)
        runs_add(runs, i, i % 3 == 0 ? INPUT_SIGNALS : INPUT_TRANSACTIONS, 0, (int64_t)i);
    runs_save_begin(runs, &save, &head);
    assert_int_equal(runs_save_step(runs, &save, 16, &rest), 4);
    struct unpack in = {head.data, head.data + head.size, false};
    runs_load_head(loaded, &in);
    in = (struct unpack){rest.data, rest.data + rest.size, false};
    assert_true(runs_load(loaded, &in));
    for (uint64_t i = 0; i < 6; i++)
        assert_position(loaded, i, i % 3 == 0 ? other : topic, 0, (int64_t)i);
    rest.data[rest.size - 1] = INPUT_KINDS;
    in = (struct unpack){rest.data, rest.data + rest.size, false};
    assert_false(runs_load(loaded, &in));
    free(head.data);
    free(rest.data);
    runs_free(runs);
    runs_free(loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_found_in_an_empty_table),
        cmocka_unit_test(test_every_ordinal_finds_its_record),
        cmocka_unit_test(test_a_gap_in_the_offsets_splits_a_run),
        cmocka_unit_test(test_the_oldest_runs_are_forgotten_first),
        cmocka_unit_test(test_an_epoch_may_be_entered_in_the_middle),
        cmocka_unit_test(test_a_saved_table_knows_topics_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
