/* SPDX-License-Identifier: Apache-2.0 */
/* A token that is shown does not give itself away. */
#include "tests/support.h"

#include "detector/commands/masked.h"

static const char *mask(const char *token) {
    static char out[MASKED_SIZE];
    return masked(text_of(token), out);
}

static void the_ends_of_a_long_token_are_shown(void **state) {
    (void)state;
    assert_string_equal(mask("t1bb9c3a565498111d0ae8053af933062f"), "t1bb…062f");
    assert_string_equal(mask("abcdefgh"), "ab…gh");
}

static void at_most_half_is_shown(void **state) {
    (void)state;
    assert_string_equal(mask("abcd"), "a…d");
    assert_string_equal(mask("ann"), "…");
    assert_string_equal(mask(""), "…");
    assert_string_equal(mask(NULL), "");
}

static void what_is_not_printable_is_a_question_mark(void **state) {
    (void)state;
    assert_string_equal(mask("\x1b[1m5678Я234567\n"), "?[1m…567?");
    assert_string_equal(mask("Я345678\xff"), "??…8?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_a_long_token_are_shown),
        cmocka_unit_test(at_most_half_is_shown),
        cmocka_unit_test(what_is_not_printable_is_a_question_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
