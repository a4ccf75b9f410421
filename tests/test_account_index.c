/* SPDX-License-Identifier: Apache-2.0 */
/* The index beside a model: growing, removing, tombstones, keys that collide. */
#include "tests/support.h"

#include "detector/account_index.h"
#include "tests/chance.h"

#include <stdlib.h>

struct bench {
    struct slabs slabs;
    struct account_index index;
};

static void open_bench(struct bench *bench, uint32_t buckets) {
    struct error error;
    assert_true(slabs_open(&bench->slabs, (uint64_t)256 << 20, &error));
    assert_true(account_index_open(&bench->index, &bench->slabs, buckets, &error));
}

static void close_bench(struct bench *bench) {
    account_index_close(&bench->index);
    slabs_close(&bench->slabs);
}

static struct account_key key_of(uint64_t i) {
    struct chance chance = {i};
    const uint64_t low = chance_bits(&chance);
    return (struct account_key){low, chance_bits(&chance)};
}

static uint32_t add(struct bench *bench, struct account_key key, uint32_t number) {
    const uint32_t reference = slabs_take(&bench->slabs, CLASS_HEAD);
    *slabs_at(&bench->slabs, reference) = (struct account){.key = key.low, .number = number};
    account_index_add(&bench->index, key, reference);
    return reference;
}

static void drop(struct bench *bench, struct account_key key) {
    const uint32_t reference = (uint32_t)*account_index_find(&bench->index, key);
    account_index_remove(&bench->index, key.low, reference);
    slabs_free(&bench->slabs, reference);
}

static uint32_t find(const struct bench *bench, struct account_key key) {
    const uint64_t *place = account_index_find(&bench->index, key);
    return place == NULL ? 0 : (uint32_t)*place;
}

static void grow_step(struct bench *bench, uint64_t buckets) {
    const bool settled = account_index_migrate(&bench->index, buckets);
    if (settled && account_index_full(&bench->index, 64))
        assert_true(account_index_grow(&bench->index));
}

/* Everything that was added is looked up after each of the first steps, later a part of it. */
static void all_is_found_at_every_step_of_growing(void **state) {
    enum { COUNT = 60000, STEP = 64 };
    static uint32_t references[COUNT];
    struct bench bench;
    (void)state;
    open_bench(&bench, 64);
    uint32_t growths = 0, migrating = 0;
    for (uint32_t count = 0; count < COUNT; count += STEP) {
        for (uint32_t i = count; i < count + STEP && i < COUNT; i++) {
            assert_int_equal(find(&bench, key_of(i)), 0);
            references[i] = add(&bench, key_of(i), i + 1);
        }
        const uint32_t before = bench.index.now.count;
        grow_step(&bench, STEP);
        growths += bench.index.now.count != before;
        migrating += bench.index.old.count != 0;
        assert_false(account_index_full(&bench.index, 0));
        const uint32_t stride = count < 4096 ? 1 : 37;
        for (uint32_t i = 0; i < count + STEP && i < COUNT; i += stride)
            assert_int_equal(find(&bench, key_of(i)), references[i]);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(find(&bench, key_of(i)), references[i]);
        assert_int_equal(account_index_numbered(&bench.index, key_of(i).low, i + 1), references[i]);
        assert_int_equal(account_index_numbered(&bench.index, key_of(i).low, i + 2), 0);
    }
    assert_int_equal(bench.index.count, COUNT);
    assert_true(growths > 15);
    assert_true(migrating > growths);
    /* 0.6 full after a growth, 0.75 before the next. */
    assert_true((double)COUNT > 0.59 * BUCKET_ENTRIES * bench.index.now.count);
    close_bench(&bench);
}

static void the_guess_is_the_record_wherever_a_migration_stands(void **state) {
    enum { COUNT = 3000 };
    struct bench bench;
    uint32_t right = 0;
    (void)state;
    open_bench(&bench, 512);
    for (uint32_t i = 0; i < COUNT; i++)
        add(&bench, key_of(i), i + 1);
    assert_true(account_index_grow(&bench.index));
    account_index_migrate(&bench.index, 256);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t guess = account_index_guess(&bench.index, key_of(i));
        account_index_prefetch(&bench.index, key_of(i));
        right += guess == find(&bench, key_of(i));
    }
    assert_int_equal(account_index_guess(&bench.index, key_of(COUNT + 1)), 0);
    assert_true(right > COUNT * 9 / 10);
    close_bench(&bench);
}

/* The same bucket, and half of them the same tag too: the low half of the key tells them apart. */
static void keys_of_one_bucket_spill_and_come_back(void **state) {
    enum { COUNT = 100 };
    struct bench bench;
    (void)state;
    open_bench(&bench, 64);
    uint32_t references[COUNT];
    struct account_key keys[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        keys[i] = (struct account_key){i + 1, (uint64_t)(i % 2 == 0 ? 7 : i) << 32};
        references[i] = add(&bench, keys[i], i + 1);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(find(&bench, keys[i]), references[i]);
    for (uint32_t i = 0; i < COUNT; i += 3)
        drop(&bench, keys[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(find(&bench, keys[i]), i % 3 == 0 ? 0 : references[i]);
    assert_true(account_index_grow(&bench.index));
    while (!account_index_migrate(&bench.index, 1))
        for (uint32_t i = 0; i < COUNT; i++)
            assert_int_equal(find(&bench, keys[i]), i % 3 == 0 ? 0 : references[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        if (i % 3 != 0) drop(&bench, keys[i]);
    for (uint32_t b = 0; b < 64; b++)
        assert_int_equal(bench.index.now.passed[b], 0);
    close_bench(&bench);
}

static void a_key_of_zeros_is_a_key(void **state) {
    struct bench bench;
    const struct account_key zero = {0, 0};
    (void)state;
    open_bench(&bench, 64);
    assert_int_equal(find(&bench, zero), 0);
    assert_int_equal(account_index_guess(&bench.index, zero), 0);
    const uint32_t reference = add(&bench, zero, 1);
    assert_int_equal(find(&bench, zero), reference);
    assert_int_equal(account_index_guess(&bench.index, zero), reference);
    drop(&bench, zero);
    assert_int_equal(find(&bench, zero), 0);
    close_bench(&bench);
}

static uint64_t passed(const struct bench *bench) {
    uint64_t sum = 0;
    for (uint32_t b = 0; b < bench->index.now.count; b++)
        sum += bench->index.now.passed[b];
    return sum;
}

/* No line behind a bucket is read when nothing went past it: what was removed leaves no trace, and
 * entries lie about as near to their buckets as in a table that is filled anew. */
static void years_of_coming_and_going_leave_no_trace(void **state) {
    enum { LIVE = 1500, ROUNDS = 300000 };
    struct bench bench;
    struct chance chance = {3};
    static uint64_t names[LIVE];
    uint64_t next = 0;
    (void)state;
    open_bench(&bench, 256);
    for (; next < LIVE; next++) {
        names[next] = next;
        add(&bench, key_of(next), 1);
    }
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t i = chance_below(&chance, LIVE);
        drop(&bench, key_of(names[i]));
        names[i] = next++;
        add(&bench, key_of(names[i]), 1);
    }
    for (uint32_t i = 0; i < LIVE; i++)
        assert_int_not_equal(find(&bench, key_of(names[i])), 0);
    struct bench fresh;
    open_bench(&fresh, 256);
    for (uint32_t i = 0; i < LIVE; i++)
        add(&fresh, key_of(names[i]), 1);
    assert_true(passed(&fresh) > 0);
    assert_true(passed(&bench) <= 2 * passed(&fresh));
    close_bench(&fresh);
    for (uint32_t i = 0; i < LIVE; i++)
        drop(&bench, key_of(names[i]));
    for (uint32_t b = 0; b < bench.index.now.count + 32; b++)
        for (int i = 0; i < BUCKET_ENTRIES; i++)
            assert_int_equal(bench.index.now.buckets[b].entries[i], 0);
    close_bench(&bench);
}

/* Random adding, removing, moving and growing; the model is an array by name. */
static void it_is_what_a_plain_table_is(void **state) {
    enum { NAMES = 20000, STEPS = 400000 };
    uint32_t *references = calloc(NAMES, sizeof *references);
    struct bench bench;
    struct chance chance = {11};
    uint64_t live = 0;
    (void)state;
    open_bench(&bench, 64);
    for (int step = 0; step < STEPS; step++) {
        const uint32_t i = chance_below(&chance, NAMES);
        const struct account_key key = key_of(i);
        assert_int_equal(find(&bench, key), references[i]);
        if (references[i] == 0) {
            references[i] = add(&bench, key, i + 1);
            live++;
        } else if (chance_is(&chance, step / (STEPS / 4) % 2 == 0 ? 20 : 90)) {
            drop(&bench, key);
            references[i] = 0;
            live--;
        } else {
            const uint32_t to = slabs_take(&bench.slabs, CLASS_4);
            *slabs_at(&bench.slabs, to) = *slabs_at(&bench.slabs, references[i]);
            uint64_t *place = account_index_place(&bench.index, key.low, references[i]);
            *place = (*place & ~(uint64_t)UINT32_MAX) | to;
            slabs_free(&bench.slabs, references[i]);
            references[i] = to;
        }
        assert_int_equal(bench.index.count, live);
        if (step % 16 == 0) grow_step(&bench, 8);
    }
    for (uint32_t i = 0; i < NAMES; i++)
        assert_int_equal(find(&bench, key_of(i)), references[i]);
    close_bench(&bench);
    free(references);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_found_at_every_step_of_growing),
        cmocka_unit_test(the_guess_is_the_record_wherever_a_migration_stands),
        cmocka_unit_test(keys_of_one_bucket_spill_and_come_back),
        cmocka_unit_test(a_key_of_zeros_is_a_key),
        cmocka_unit_test(years_of_coming_and_going_leave_no_trace),
        cmocka_unit_test(it_is_what_a_plain_table_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
