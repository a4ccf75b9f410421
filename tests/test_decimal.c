/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text to whole numbers of a unit, to the last digit. */
#include "tests/support.h"

#include "detector/import/decimal.h"

static void is(const char *text, int64_t unit, int64_t expected) {
    int64_t value = -777;
    if (decimal_scale(text, '.', unit, false, &value) != DECIMAL_OK || value != expected)
        fail_msg("%s × %lld gave %lld", text, (long long)unit, (long long)value);
}

static void is_floored(const char *text, int64_t unit, int64_t expected) {
    int64_t value = -777;
    if (decimal_scale(text, '.', unit, true, &value) != DECIMAL_OK || value != expected)
        fail_msg("%s × %lld gave %lld", text, (long long)unit, (long long)value);
}

static void refused(const char *text, int64_t unit, enum decimal_outcome outcome) {
    int64_t value = -777;
    if (decimal_scale(text, '.', unit, false, &value) != outcome || value != -777)
        fail_msg("%s × %lld gave %lld", text, (long long)unit, (long long)value);
}

static void money_is_exact_where_a_double_is_not(void **state) {
    (void)state;
    is("0.29", 100, 29); /* 0.29 * 100 is 28.999… in double */
    is("1.15", 100, 115);
    is("4503599627370497.01", 100, INT64_C(450359962737049701));
    is("92233720368547758.07", 100, INT64_MAX);
    is("-92233720368547758.08", 100, INT64_MIN);
    is("14.26", 47000, 670220);
}

static void plain_forms_are_taken(void **state) {
    (void)state;
    is("0", 100, 0);
    is("-0", 100, 0);
    is("+7", 100, 700);
    is(".5", 100, 50);
    is("5.", 100, 500);
    is("  12.30 ", 100, 1230);
    is("000000000000000000000000000001", 1, 1);
    is("1.0000000000000000000000000000", 100, 100);
}

static void what_is_no_plain_number_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",    " ",     "-",   ".",   "1e5", "1,5", "1 000", "--1",
                                        "0x1", "1.2.3", "NaN", "inf", "12a", "a12", "1_0"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        refused(texts[i], 100, DECIMAL_NO_NUMBER);
}

static void a_fraction_of_the_unit_is_refused(void **state) {
    (void)state;
    refused("0.001", 100, DECIMAL_NOT_WHOLE);
    refused("1.005", 100, DECIMAL_NOT_WHOLE);
    refused("0.00000000000000000000001", 100, DECIMAL_NOT_WHOLE);
    is("0.005", 1000, 5);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    refused("92233720368547758.08", 100, DECIMAL_TOO_LARGE);
    refused("-92233720368547758.09", 100, DECIMAL_TOO_LARGE);
    refused("9223372036854775808", 1, DECIMAL_TOO_LARGE);
    refused("99999999999999999999999999999999999999999999999999", 100, DECIMAL_TOO_LARGE);
}

static void times_are_floored_also_before_zero(void **state) {
    (void)state;
    is_floored("1735689600.387", 1000000, INT64_C(1735689600387000));
    is_floored("1735689600.3870009", 1000000, INT64_C(1735689600387000));
    is_floored("-0.0000001", 1000000, -1);
    is_floored("-1.5", 1, -2);
    is_floored("0.00000000000000000000001", 1000000, 0);
    is_floored("-0.00000000000000000000001", 1000000, -1);
}

static void the_mark_can_be_a_comma(void **state) {
    (void)state;
    int64_t value = 0;
    assert_int_equal(decimal_scale("3,50", ',', 100, false, &value), DECIMAL_OK);
    assert_int_equal(value, 350);
    assert_int_equal(decimal_scale("3.50", ',', 100, false, &value), DECIMAL_NO_NUMBER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_exact_where_a_double_is_not),
        cmocka_unit_test(plain_forms_are_taken),
        cmocka_unit_test(what_is_no_plain_number_is_refused),
        cmocka_unit_test(a_fraction_of_the_unit_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(times_are_floored_also_before_zero),
        cmocka_unit_test(the_mark_can_be_a_comma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
