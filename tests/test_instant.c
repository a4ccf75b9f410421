/* SPDX-License-Identifier: Apache-2.0 */
/* ISO 8601 text to microseconds. */
#include "tests/support.h"

#include "detector/base/instant.h"

#define NEW_YEAR_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
enum { ALMATY_S = 5 * 3600 };

static void is(const char *text, int32_t zone_s, int64_t expected) {
    int64_t micros = -1;
    if (!instant_parse(text, zone_s, &micros) || micros != expected)
        fail_msg("%s gave %lld", text, (long long)micros);
}

static void dates_and_times_in_their_usual_forms(void **state) {
    (void)state;
    is("2026-01-01", 0, NEW_YEAR_US);
    is("2026-01-01T00:00", 0, NEW_YEAR_US);
    is("2026-01-01T00:00:00Z", 0, NEW_YEAR_US);
    is("2026-01-01 00:00:01", 0, NEW_YEAR_US + 1000000);
    is("1970-01-01T00:00:00Z", 0, 0);
    is("2024-02-29T23:59:59Z", 0, INT64_C(1709251199000000));
}

static void fractions_are_kept_to_the_microsecond(void **state) {
    (void)state;
    is("2026-01-01T00:00:00.5Z", 0, NEW_YEAR_US + 500000);
    is("2026-01-01T00:00:00.000001Z", 0, NEW_YEAR_US + 1);
    is("2026-01-01T00:00:00.9999999Z", 0, NEW_YEAR_US + 999999);
}

static void offsets_are_taken_off(void **state) {
    (void)state;
    is("2026-01-01T05:00:00+05:00", 0, NEW_YEAR_US);
    is("2026-01-01T05:00:00+0500", 0, NEW_YEAR_US);
    is("2026-01-01T05:00:00+05", 0, NEW_YEAR_US);
    is("2025-12-31T20:30:00-03:30", 0, NEW_YEAR_US);
}

static void a_time_without_an_offset_is_in_the_zone_that_is_given(void **state) {
    (void)state;
    is("2026-01-01T05:00:00", ALMATY_S, NEW_YEAR_US);
    is("2026-01-01T00:00:00Z", ALMATY_S, NEW_YEAR_US);
}

static void what_is_no_time_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "2026",
        "2026-1-1",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "1969-12-31",
        "2200-01-01",
        "2026-01-01T",
        "2026-01-01T24:00:00",
        "2026-01-01T12:60:00",
        "2026-01-01T12:00:60",
        "2026-01-01T12",
        "2026-01-01T12:00:00.",
        "2026-01-01T12:00:00z",
        "2026-01-01T12:00:00+",
        "2026-01-01T12:00:00+15",
        "2026-01-01T12:00:00+05:60",
        "2026-01-01T12:00:00Z ",
        "01.01.2026",
        "2026-01-0112:00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros;
        if (instant_parse(texts[i], 0, &micros)) fail_msg("%s was taken", texts[i]);
    }
}

static void a_time_is_written_as_it_is_read(void **state) {
    (void)state;
    const int64_t seconds[] = {0, 951782399, 1767440000, 7258118399};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        char text[INSTANT_TEXT_SIZE];
        int64_t micros = -1;
        assert_true(instant_parse(instant_text(seconds[i], text), 0, &micros));
        assert_true(micros == seconds[i] * 1000000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_times_in_their_usual_forms),
        cmocka_unit_test(fractions_are_kept_to_the_microsecond),
        cmocka_unit_test(offsets_are_taken_off),
        cmocka_unit_test(a_time_without_an_offset_is_in_the_zone_that_is_given),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_time_is_written_as_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
