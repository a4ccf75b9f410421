/* SPDX-License-Identifier: Apache-2.0 */
/* When records of a replay are due. */
#include "tests/support.h"

#include "detector/commands/pace.h"

static void without_a_pace_everything_is_due(void **state) {
    (void)state;
    struct pace pace = {0};
    assert_false(pace_is_set(&pace));
    assert_int_equal(pace_next_us(&pace, 1000, 5), 0);
    assert_int_equal(pace_next_us(&pace, 999000, 5), 0);
}

static void a_rate_spaces_records_evenly(void **state) {
    (void)state;
    struct pace pace = {.per_s = 4};
    assert_true(pace_is_set(&pace));
    assert_int_equal(pace_next_us(&pace, 0, 1000000), 0);
    assert_int_equal(pace_next_us(&pace, 0, 1000000), 250000);
    assert_int_equal(pace_next_us(&pace, 0, 1100000), 400000);
    assert_int_equal(pace_next_us(&pace, 0, 9000000), 0); /* late: at once */
}

static void a_speed_follows_the_recorded_times(void **state) {
    (void)state;
    struct pace pace = {.speed = 60};
    assert_int_equal(pace_next_us(&pace, 1000000, 500), 0);
    assert_int_equal(pace_next_us(&pace, 1060000, 500), 1000000);
    assert_int_equal(pace_next_us(&pace, 1000000, 500), 1000000); /* out of order: with its kind */
    assert_int_equal(pace_next_us(&pace, 1120000, 500), 2000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_pace_everything_is_due),
        cmocka_unit_test(a_rate_spaces_records_evenly),
        cmocka_unit_test(a_speed_follows_the_recorded_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
