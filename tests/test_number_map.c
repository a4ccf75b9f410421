/* SPDX-License-Identifier: Apache-2.0 */
/* A map of numbers is held to an array over random additions and removals. */
#include "tests/support.h"

#include "detector/base/number_map.h"
#include "tests/chance.h"

enum { KEYS = 97, MAX = 60, STEPS = 200000 };

static void it_holds_what_was_added_and_not_removed(void **state) {
    struct number_map map;
    struct chance chance = {1};
    uint32_t values[KEYS + 1] = {0}, held = 0;
    (void)state;
    assert_true(number_map_open(&map, MAX));
    for (uint32_t step = 1; step <= STEPS; step++) {
        const uint32_t key = 1 + chance_below(&chance, KEYS);
        if (values[key] != 0) {
            number_map_remove(&map, (uint64_t)key << 20);
            values[key] = 0;
            held--;
        } else if (held < MAX) {
            number_map_add(&map, (uint64_t)key << 20, step);
            values[key] = step;
            held++;
        }
        for (uint32_t i = 1; step % 16 == 0 && i <= KEYS; i++)
            assert_int_equal(number_map_get(&map, (uint64_t)i << 20), values[i]);
    }
    number_map_close(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_holds_what_was_added_and_not_removed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
