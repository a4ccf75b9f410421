/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of block numbers: a range that is added at once is what its numbers are one by one. */
#include "tests/support.h"

#include "detector/holes.h"
#include "tests/chance.h"

#include <string.h>

enum { NUMBERS = 300000, TRIALS = 200 };

static void assert_same(const struct holes *a, const struct holes *b) {
    assert_int_equal(a->count, b->count);
    for (int l = 0; l < HOLES_LEVELS; l++) {
        assert_int_equal(a->words[l], b->words[l]);
        assert_memory_equal(a->levels[l], b->levels[l], a->words[l] * sizeof *a->levels[l]);
    }
}

static void range_equals_its_numbers(uint32_t from, uint32_t to) {
    struct holes a = {.count = 0}, b = {.count = 0};
    assert_true(holes_reserve(&a, NUMBERS) && holes_reserve(&b, NUMBERS));
    holes_add_range(&a, from, to);
    for (uint32_t number = from; number <= to; number++)
        holes_add(&b, number);
    assert_same(&a, &b);
    assert_int_equal(holes_smallest(&a), from);
    holes_free(&a);
    holes_free(&b);
}

static void a_range_is_all_its_numbers(void **unused) {
    (void)unused;
    static const uint32_t edges[] = {0, 1, 63, 64, 65, 127, 128, 4095, 4096, 4097, NUMBERS - 1};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (int i = 0; i < EDGES; i++)
        for (int j = i; j < EDGES; j++)
            range_equals_its_numbers(edges[i], edges[j]);
}

/* What is there already stays. */
static void ranges_side_by_side_are_one(void **unused) {
    (void)unused;
    struct chance chance = {1};
    for (int trial = 0; trial < TRIALS; trial++) {
        struct holes a = {.count = 0}, b = {.count = 0};
        assert_true(holes_reserve(&a, NUMBERS) && holes_reserve(&b, NUMBERS));
        const uint32_t last = 1 + chance_below(&chance, NUMBERS - 1);
        const uint32_t middle = chance_below(&chance, last);
        holes_add_range(&a, middle + 1, last);
        holes_add_range(&a, 0, middle);
        holes_add_range(&b, 0, last);
        assert_same(&a, &b);
        holes_free(&a);
        holes_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_all_its_numbers),
        cmocka_unit_test(ranges_side_by_side_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
