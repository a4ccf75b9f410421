/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody's text steers a terminal. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/base/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect(const char *text, size_t size, const char *due) {
    char *shown = NULL;
    size_t shown_size = 0;
    FILE *out = open_memstream(&shown, &shown_size);
    assert_non_null(out);
    printable_put_text((struct text){text, (uint32_t)size}, out);
    fclose(out);
    assert_string_equal(shown, due);
    free(shown);
}

#define EXPECT(text, due) expect(text, sizeof(text) - 1, due)

static void what_people_write_stays(void **state) {
    (void)state;
    EXPECT("", "");
    EXPECT("a~ Я қ € 𐍈", "a~ Я қ € 𐍈");
}

static void control_characters_do_not(void **state) {
    (void)state;
    EXPECT("\x1b[31m\r\n\t\x7f\a", "?[31m?????");
    EXPECT("a\0b", "a?b");
    EXPECT("\xc2\x9b"
           "2J\xc2\xa0",
           "?2J\xc2\xa0");
}

static void what_turns_the_direction_of_a_text_does_not(void **state) {
    (void)state;
    EXPECT("a\u061c\u200e\u200fb", "a???b");
    EXPECT("\u2028\u2029\u202a\u202b\u202c\u202d\u202e1", "???????1");
    EXPECT("\u2066\u2067\u2068\u2069", "????");
    EXPECT("\u0619\u061d\u200d\u2010\u2027\u202f\u2065\u206a",
           "\u0619\u061d\u200d\u2010\u2027\u202f\u2065\u206a");
    EXPECT("שלום", "שלום");
}

static void control_is_found_wherever_it_is(void **state) {
    (void)state;
    assert_true(printable_has_control(text_of("a\n")));
    assert_true(printable_has_control(text_of("\x7f")));
    assert_true(printable_has_control((struct text){"a\0b", 3}));
    assert_true(printable_has_control(text_of("a\xc2\x80")));
    assert_true(printable_has_control(text_of("\xc2\x9f.")));
    assert_false(printable_has_control(text_of("a\xc2\xa0Я€𐍈\xd0\x9b")));
    assert_false(printable_has_control((struct text){"a\xc2\x9b", 2}));
    assert_false(printable_has_control(text_of("")));
}

static void nor_do_bytes_that_are_no_character(void **state) {
    (void)state;
    EXPECT("\x9b"
           "2J\xff",
           "?2J?");
    EXPECT("\xd0", "?");
    EXPECT("\xe2\x82", "??");
    EXPECT("\xe2\x82\x1b", "???");
    EXPECT("\xc1\x9b", "??"); /* ESC, overlong, or CSI to who reads bytes */
    EXPECT("\xf0\x90\x8d", "???");
    EXPECT("\xf5\x80\x80\x80", "????");
}

/* What log_write puts on stderr. */
static void a_line_of_the_log_is_one_line(void **state) {
    char line[256] = "";
    int ends[2];
    const int kept = dup(STDERR_FILENO);
    (void)state;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_warn("event=x author=\"%s\"", "a\nlevel=warn\x1b[2J\xc2\x9b\xffЯ");
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    const ssize_t got = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    assert_true(got > 0);
    assert_string_equal(strstr(line, " level="),
                        " level=warn event=x author=\"a?level=warn?[2J???Я\"\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_stays),
        cmocka_unit_test(control_characters_do_not),
        cmocka_unit_test(what_turns_the_direction_of_a_text_does_not),
        cmocka_unit_test(control_is_found_wherever_it_is),
        cmocka_unit_test(a_line_of_the_log_is_one_line),
        cmocka_unit_test(nor_do_bytes_that_are_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
