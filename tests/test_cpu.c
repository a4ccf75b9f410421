/* SPDX-License-Identifier: Apache-2.0 */
/* A limit only takes tiers away. */
#include "tests/support.h"

#include "detector/base/cpu.h"

static void test_no_limit_is_the_best_tier(void **unused) {
    (void)unused;
    assert_int_equal(cpu_tier("auto"), cpu_best());
    print_message("tier %s\n", cpu_tier_name(cpu_best()));
}

static void test_a_limit_takes_away_what_is_above_it(void **unused) {
    (void)unused;
    for (enum cpu_tier tier = CPU_SCALAR; tier < CPU_TIER_COUNT; tier++)
        assert_int_equal(cpu_tier(cpu_tier_name(tier)), tier < cpu_best() ? tier : cpu_best());
    assert_int_equal(cpu_tier("scalar"), CPU_SCALAR);
}

static void test_names_are_those_of_the_option(void **unused) {
    (void)unused;
    assert_string_equal(cpu_tier_name(CPU_SCALAR), "scalar");
    assert_string_equal(cpu_tier_name(CPU_AVX2), "avx2");
    assert_string_equal(cpu_tier_name(CPU_AVX512), "avx512");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit_is_the_best_tier),
        cmocka_unit_test(test_a_limit_takes_away_what_is_above_it),
        cmocka_unit_test(test_names_are_those_of_the_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
