/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text that reads back as the same number. */
#include "tests/chance.h"
#include "tests/support.h"

#include "detector/base/number_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(double value) {
    static char out[NUMBER_TEXT_MAX + 1];
    const size_t size = number_text(value, out);
    assert_true(size <= NUMBER_TEXT_MAX);
    out[size] = '\0';
    return out;
}

static void reads_back(double value) {
    const double read = strtod(text(value), NULL);
    if (memcmp(&read, &value, sizeof read) != 0) fail_msg("%.17g became %s", value, text(value));
}

/* Both neighbours, too. */
static void all_read_back(double value) {
    reads_back(value);
    reads_back(-value);
    reads_back(nextafter(value, 0));
    reads_back(nextafter(value, DBL_MAX));
}

static void whole_numbers_have_no_point(void **state) {
    (void)state;
    assert_string_equal(text(0), "0");
    assert_string_equal(text(-0.0), "-0");
    assert_string_equal(text(7), "7");
    assert_string_equal(text(-1234567), "-1234567");
    assert_string_equal(text(1e15), "1000000000000000");
    assert_string_equal(text(9007199254740993.0), "9007199254740992");
    assert_string_equal(text(9223372036854774784.0), "9223372036854774784");
    char out[NUMBER_TEXT_MAX];
    assert_memory_equal(out, "-9223372036854775808", number_text_whole(INT64_MIN, out));
    assert_int_equal(number_text_whole(INT64_MAX, out), 19);
}

static void fractions_have_few_digits(void **state) {
    (void)state;
    assert_string_equal(text(0.5), "0.5");
    assert_string_equal(text(0.1), "0.1");
    assert_string_equal(text(-2.75), "-2.75");
    assert_string_equal(text(1.0 / 3), "0.3333333333333333");
    assert_string_equal(text(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(text(1e-5), "0.00001");
    assert_string_equal(text(1e-11), "0.00000000001");
    assert_string_equal(text(123456.789), "123456.789");
    assert_string_equal(text(4503599627370495.5), "4503599627370495.5");
}

static void random_doubles_read_back(void **state) {
    (void)state;
    struct chance chance = {.state = 5};
    for (int i = 0; i < 300000; i++) {
        const uint64_t bits = chance_bits(&chance);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) reads_back(value);
        /* The exponents that features have. */
        all_read_back(ldexp((double)(bits >> 11), -(int)chance_below(&chance, 100)));
    }
}

static void quotients_and_decimals_read_back(void **state) {
    (void)state;
    struct chance chance = {.state = 6};
    for (int i = 0; i < 300000; i++) {
        reads_back((double)chance_below(&chance, 100000) / (1 + chance_below(&chance, 100000)));
        const double decimal = (double)chance_below(&chance, 1000000000) / 1e6;
        char shortest[NUMBER_TEXT_MAX];
        snprintf(shortest, sizeof shortest, "%.15g", decimal);
        if (strchr(shortest, 'e') == NULL) assert_string_equal(text(decimal), shortest);
    }
}

static void powers_and_their_neighbours_read_back(void **state) {
    (void)state;
    for (int power = -1074; power < 1024; power++)
        all_read_back(ldexp(1, power));
    for (int power = -300; power <= 300; power++) {
        char decimal[16];
        snprintf(decimal, sizeof decimal, "1e%d", power);
        all_read_back(strtod(decimal, NULL));
    }
    all_read_back(DBL_MAX / 2);
    reads_back(DBL_MAX);
    reads_back(DBL_TRUE_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_have_no_point),
        cmocka_unit_test(fractions_have_few_digits),
        cmocka_unit_test(random_doubles_read_back),
        cmocka_unit_test(quotients_and_decimals_read_back),
        cmocka_unit_test(powers_and_their_neighbours_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
