/* SPDX-License-Identifier: Apache-2.0 */
/* The tier is that of the processor, as the kernel sees it; a limit only takes away. */
#include "tests/support.h"

#include "detector/base/cpu.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void test_no_limit_is_the_best_tier(void **unused) {
    (void)unused;
    assert_int_equal(cpu_tier("auto"), cpu_best());
    print_message("tier %s\n", cpu_tier_name(cpu_best()));
}

/* Whether the kernel names all of these among the processor's flags. */
static bool kernel_sees(const char *const *flags, size_t count) {
    static char text[1 << 16];
    FILE *file = fopen("/proc/cpuinfo", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < count; i++)
        if (strstr(text, flags[i]) == NULL) return false;
    return true;
}

/* Otherwise the tests of the tiers would run fewer than there are. */
static void test_no_tier_of_the_processor_is_missed(void **unused) {
    (void)unused;
    const char *const avx2[] = {" avx2 "};
    const char *const avx512[] = {" avx2 ",     " avx512f ",  " avx512dq ",
                                  " avx512vl ", " avx512bw ", " avx512_vpopcntdq "};
    enum cpu_tier expected = CPU_SCALAR;
    if (TIERS_ARE_BUILT && kernel_sees(avx2, 1)) expected = CPU_AVX2;
    if (TIERS_ARE_BUILT && kernel_sees(avx512, sizeof avx512 / sizeof *avx512))
        expected = CPU_AVX512;
    assert_int_equal(cpu_best(), expected);
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
        cmocka_unit_test(test_no_tier_of_the_processor_is_missed),
        cmocka_unit_test(test_a_limit_takes_away_what_is_above_it),
        cmocka_unit_test(test_names_are_those_of_the_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
