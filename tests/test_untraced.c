/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says of reports whose transfers are not there, and how often. */
#include "detector/untraced.h"

#include "tests/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is said at a time. */
static const char *said(struct untraced *u, int64_t now_ms) {
    static char text[2048];
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    untraced_say(u, now_ms);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void it_is_said_at_once_and_then_once_a_minute(void **state) {
    struct untraced u = {.count = 0};
    (void)state;
    assert_string_equal(said(&u, 1000), "");
    untraced_note(&u, text_of("a"));
    assert_non_null(strstr(said(&u, 1000), "event=incidents_untraced count=1 first=\"a\" "));
    assert_string_equal(said(&u, 1000), "");
    untraced_note(&u, text_of("b"));
    untraced_note(&u, text_of("c"));
    assert_string_equal(said(&u, 60999), "");
    assert_non_null(strstr(said(&u, 61000), "count=2 first=\"b,c\" "));
}

static void the_first_five_are_named_whatever_their_length(void **state) {
    struct untraced u = {.count = 0};
    char id[2 * SIGNAL_ID_SIZE];
    (void)state;
    for (int i = 0; i < 7; i++) {
        memset(id, 'a' + i, sizeof id);
        untraced_note(&u, (struct text){id, sizeof id});
    }
    const char *line = said(&u, 0);
    assert_non_null(strstr(line, "count=7 first=\"a"));
    assert_non_null(strstr(line, "d,e"));
    assert_non_null(strstr(line, "e\" next="));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_at_once_and_then_once_a_minute),
        cmocka_unit_test(the_first_five_are_named_whatever_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
