/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of size classes: holes, deferred release, packing from the top, memory given back. */
#include "tests/support.h"

#include "detector/slabs.h"
#include "tests/chance.h"

enum { LIMIT = 64 << 20 };

static void open_slabs(struct slabs *slabs) {
    struct error error;
    assert_true(slabs_open(slabs, LIMIT, &error));
}

static uint32_t take(struct slabs *slabs, uint8_t size_class, uint64_t key) {
    const uint32_t reference = slabs_take(slabs, size_class);
    *slabs_at(slabs, reference) = (struct account){.key = key, .size_class = size_class};
    return reference;
}

static void references_name_class_and_number_and_are_never_zero(void **state) {
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    for (uint8_t c = 0; c < SIZE_CLASSES; c++)
        for (uint32_t n = 1; n <= 3; n++) {
            const uint32_t reference = take(&slabs, c, n);
            assert_int_not_equal(reference, 0);
            assert_int_equal(slabs_class(reference), c);
            assert_int_equal(slabs_number(reference), n);
        }
    slabs_close(&slabs);
}

static void blocks_do_not_overlap_and_what_is_behind_the_last_can_be_read(void **state) {
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    for (uint8_t c = 0; c < SIZE_CLASSES; c++) {
        enum { BLOCKS = 3000 };
        uint32_t last = 0;
        for (uint32_t n = 1; n <= BLOCKS; n++) {
            last = slabs_take(&slabs, c);
            memset(slabs_at(&slabs, last), (int)(n % 251), class_bytes(c));
        }
        const volatile uint8_t *end = (const uint8_t *)slabs_at(&slabs, last) + class_bytes(c);
        assert_int_equal(end[SLAB_SLACK - 1], 0);
        for (uint32_t n = 1; n <= BLOCKS; n++) {
            const uint8_t *block = (uint8_t *)slabs_at(&slabs, slabs_reference(c, n));
            assert_int_equal(block[0], n % 251);
            assert_int_equal(block[class_bytes(c) - 1], n % 251);
        }
    }
    slabs_close(&slabs);
}

static void holes_are_taken_first(void **state) {
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    for (uint32_t n = 1; n <= 10; n++)
        take(&slabs, CLASS_4, n);
    slabs_free(&slabs, slabs_reference(CLASS_4, 3));
    slabs_free(&slabs, slabs_reference(CLASS_4, 7));
    assert_true(slabs_is_hole(&slabs, slabs_reference(CLASS_4, 3)));
    assert_int_equal(slabs_live(&slabs, CLASS_4), 8);
    assert_int_equal(slabs_number(take(&slabs, CLASS_4, 1)), 3);
    assert_int_equal(slabs_number(take(&slabs, CLASS_4, 1)), 7);
    assert_int_equal(slabs_number(take(&slabs, CLASS_4, 1)), 11);
    slabs_close(&slabs);
}

static void a_deferred_block_can_be_read_and_is_not_taken_until_it_is_settled(void **state) {
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    const uint32_t old = take(&slabs, CLASS_4, 42);
    slabs_defer(&slabs, old);
    assert_int_equal(slabs_live(&slabs, CLASS_4), 0);
    const uint32_t next = take(&slabs, CLASS_4, 43);
    assert_int_not_equal(next, old);
    assert_int_equal(slabs_at(&slabs, old)->key, 42);
    slabs_settle(&slabs);
    assert_true(slabs_is_hole(&slabs, old));
    assert_int_equal(take(&slabs, CLASS_4, 44), old);
    slabs_close(&slabs);
}

/* A model beside it: the keys that are in use. */
static void packing_closes_all_holes_and_loses_nothing(void **state) {
    enum { BLOCKS = 5000 };
    static uint32_t references[BLOCKS];
    struct chance chance = {7};
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    for (uint32_t i = 0; i < BLOCKS; i++)
        references[i] = take(&slabs, CLASS_4, i);
    uint32_t live = BLOCKS;
    for (uint32_t i = 0; i < BLOCKS; i++)
        if (chance_is(&chance, 70) || i > BLOCKS - 10) {
            slabs_free(&slabs, references[i]);
            references[i] = 0;
            live--;
        }
    uint32_t from, to;
    while (slabs.classes[CLASS_4].holes.count > 0) {
        if (!slabs_pack(&slabs, CLASS_4, &from, &to)) continue;
        const uint64_t key = slabs_at(&slabs, to)->key;
        assert_int_equal(references[key], from);
        references[key] = to;
    }
    assert_int_equal(slabs.classes[CLASS_4].top, live);
    assert_int_equal(slabs_bytes_live(&slabs), slabs_bytes_held(&slabs));
    for (uint32_t i = 0; i < BLOCKS; i++)
        if (references[i] != 0) assert_int_equal(slabs_at(&slabs, references[i])->key, i);
    slabs_close(&slabs);
}

static void memory_above_the_top_goes_back_but_for_what_was_prefaulted(void **state) {
    enum { BLOCKS = 100000 };
    struct slabs slabs;
    (void)state;
    open_slabs(&slabs);
    assert_non_null(slabs_prefault(&slabs, 16 << 20));
    for (uint32_t i = 0; i < BLOCKS; i++)
        take(&slabs, CLASS_4, i);
    const size_t most = slabs.classes[CLASS_4].high;
    assert_true(most >= BLOCKS * class_bytes(CLASS_4));
    for (uint32_t i = BLOCKS; i > 0; i--)
        slabs_free(&slabs, slabs_reference(CLASS_4, i));
    uint32_t from, to;
    for (int i = 0; i < 100; i++) {
        assert_false(slabs_pack(&slabs, CLASS_4, &from, &to));
        slabs_give_back(&slabs);
    }
    assert_int_equal(slabs.classes[CLASS_4].top, 0);
    assert_int_equal(slabs.classes[CLASS_4].high, slabs.classes[CLASS_4].floor);
    assert_int_equal(slabs.classes[CLASS_4].floor, 8 << 20);
    for (uint32_t i = 0; i < BLOCKS; i++)
        assert_int_equal(slabs_number(take(&slabs, CLASS_4, i)), i + 1);
    slabs_close(&slabs);
}

static void a_limit_beyond_the_address_space_is_an_error(void **state) {
    struct slabs slabs;
    struct error error;
    (void)state;
    /* Every class is cut at 2^29 blocks: 2^29 × 64 bytes of heads fit, all classes do not. */
    const bool opened = slabs_open(&slabs, UINT64_MAX / 2, &error);
    if (!opened) assert_non_null(strstr(error.text, "memory.limit.mib"));
    for (uint8_t c = 0; c < SIZE_CLASSES; c++)
        assert_true(slabs.classes[c].reserved <= (size_t)8 << 40);
    slabs_close(&slabs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_name_class_and_number_and_are_never_zero),
        cmocka_unit_test(blocks_do_not_overlap_and_what_is_behind_the_last_can_be_read),
        cmocka_unit_test(holes_are_taken_first),
        cmocka_unit_test(a_deferred_block_can_be_read_and_is_not_taken_until_it_is_settled),
        cmocka_unit_test(packing_closes_all_holes_and_loses_nothing),
        cmocka_unit_test(memory_above_the_top_goes_back_but_for_what_was_prefaulted),
        cmocka_unit_test(a_limit_beyond_the_address_space_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
