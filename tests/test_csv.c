/* SPDX-License-Identifier: Apache-2.0 */
/* The CSV reader against RFC 4180 and against what files do besides. */
#include "tests/support.h"

#include "detector/import/csv.h"

#include <stdlib.h>

struct reading {
    FILE *file;
    struct csv *csv;
};

static struct reading open_bytes(const char *text, size_t size) {
    struct reading r = {.file = tmpfile()};
    assert_non_null(r.file);
    fwrite(text, 1, size, r.file);
    rewind(r.file);
    r.csv = csv_new(r.file);
    assert_non_null(r.csv);
    return r;
}

static struct reading open_text(const char *text) {
    return open_bytes(text, strlen(text));
}

static void close_reading(struct reading *r) {
    csv_free(r->csv);
    fclose(r->file);
}

/* The next row has exactly these fields. */
static void expect_row(struct reading *r, size_t count, const char *const *fields) {
    const char *why = NULL;
    assert_int_equal(csv_next(r->csv, &why), CSV_ROW);
    assert_int_equal(csv_count(r->csv), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(csv_field(r->csv, i), fields[i]);
}
#define EXPECT(r, ...)                                                                             \
    expect_row(r, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                          \
               (const char *[]){__VA_ARGS__})

static void expect_end(struct reading *r) {
    const char *why = NULL;
    assert_int_equal(csv_next(r->csv, &why), CSV_END);
    assert_false(csv_failed(r->csv));
    close_reading(r);
}

static void expect_bad(struct reading *r, const char *part) {
    const char *why = NULL;
    assert_int_equal(csv_next(r->csv, &why), CSV_BAD);
    assert_non_null(strstr(why, part));
}

static void lines_end_with_lf_or_crlf_and_the_last_need_not(void **state) {
    (void)state;
    struct reading r = open_text("a,b\r\nc,d\ne,f");
    EXPECT(&r, "a", "b");
    EXPECT(&r, "c", "d");
    EXPECT(&r, "e", "f");
    expect_end(&r);
}

static void quotes_hold_separators_line_breaks_and_doubled_quotes(void **state) {
    (void)state;
    struct reading r = open_text("\"a,b\",\"c\r\nd\",\"say \"\"no\"\"\"\n\"\",x\n");
    EXPECT(&r, "a,b", "c\r\nd", "say \"no\"");
    EXPECT(&r, "", "x");
    expect_end(&r);
}

static void empty_fields_are_fields(void **state) {
    (void)state;
    struct reading r = open_text(",,\n\n,");
    EXPECT(&r, "", "", "");
    EXPECT(&r, "");
    EXPECT(&r, "", "");
    expect_end(&r);
}

static void an_empty_file_has_no_row(void **state) {
    (void)state;
    struct reading r = open_text("");
    expect_end(&r);
}

static void a_carriage_return_inside_a_field_stays(void **state) {
    (void)state;
    struct reading r = open_text("a\rb,c\r\r\n");
    EXPECT(&r, "a\rb", "c\r");
    expect_end(&r);
}

static void a_byte_order_mark_is_skipped(void **state) {
    (void)state;
    struct reading r = open_text("\xef\xbb\xbf\"a\",b\n");
    EXPECT(&r, "a", "b");
    expect_end(&r);
}

static void a_broken_byte_order_mark_is_a_bad_row_and_reading_goes_on(void **state) {
    (void)state;
    const char *why = NULL;
    struct reading r = open_text("\xef"
                                 "a,b\nc,d\n");
    assert_int_equal(csv_next(r.csv, &why), CSV_BAD);
    assert_non_null(strstr(why, "byte order mark"));
    EXPECT(&r, "c", "d");
    assert_int_equal(csv_bytes(r.csv), 9);
    expect_end(&r);
    r = open_text("\xef\xbb");
    assert_int_equal(csv_next(r.csv, &why), CSV_BAD);
    expect_end(&r);
}

static void the_separator_can_be_another(void **state) {
    (void)state;
    struct reading r = open_text("a,b;\"c;d\"\n");
    csv_set_separator(r.csv, ';');
    EXPECT(&r, "a,b", "c;d");
    expect_end(&r);
}

static void rows_know_the_line_they_began_in(void **state) {
    (void)state;
    struct reading r = open_text("a\n\"b\nb\"\nc\n");
    EXPECT(&r, "a");
    assert_int_equal(csv_line(r.csv), 1);
    EXPECT(&r, "b\nb");
    assert_int_equal(csv_line(r.csv), 2);
    EXPECT(&r, "c");
    assert_int_equal(csv_line(r.csv), 4);
    assert_int_equal(csv_bytes(r.csv), 10);
    expect_end(&r);
}

static void text_behind_a_quote_is_bad_and_reading_goes_on(void **state) {
    (void)state;
    struct reading r = open_text("\"a\"b,c\nd,e\n");
    expect_bad(&r, "after a closing quote");
    EXPECT(&r, "d", "e");
    expect_end(&r);
}

static void a_quote_that_is_never_closed_is_bad(void **state) {
    (void)state;
    struct reading r = open_text("a,\"b\nc\n");
    expect_bad(&r, "never closed");
    expect_end(&r);
}

static void a_nul_byte_is_bad_inside_quotes_and_outside(void **state) {
    (void)state;
    static const char text[] = "a\0b\n\"c\0d\"\ne\n";
    struct reading r = open_bytes(text, sizeof text - 1);
    expect_bad(&r, "NUL");
    expect_bad(&r, "NUL");
    EXPECT(&r, "e");
    expect_end(&r);
}

static void a_row_that_is_too_long_is_bad_and_reading_goes_on(void **state) {
    (void)state;
    char *text = malloc(CSV_ROW_MAX + 16);
    assert_non_null(text);
    memset(text, 'x', CSV_ROW_MAX + 1);
    memcpy(text + CSV_ROW_MAX + 1, "\ny\n", 4);
    struct reading r = open_text(text);
    free(text);
    expect_bad(&r, "65,536");
    EXPECT(&r, "y");
    expect_end(&r);
}

static void a_row_of_too_many_fields_is_bad_and_reading_goes_on(void **state) {
    (void)state;
    char text[CSV_FIELDS_MAX + 8];
    memset(text, ',', CSV_FIELDS_MAX);
    memcpy(text + CSV_FIELDS_MAX, "\ny\n", 4);
    struct reading r = open_text(text);
    expect_bad(&r, "256");
    EXPECT(&r, "y");
    expect_end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf_or_crlf_and_the_last_need_not),
        cmocka_unit_test(quotes_hold_separators_line_breaks_and_doubled_quotes),
        cmocka_unit_test(empty_fields_are_fields),
        cmocka_unit_test(an_empty_file_has_no_row),
        cmocka_unit_test(a_carriage_return_inside_a_field_stays),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(a_broken_byte_order_mark_is_a_bad_row_and_reading_goes_on),
        cmocka_unit_test(the_separator_can_be_another),
        cmocka_unit_test(rows_know_the_line_they_began_in),
        cmocka_unit_test(text_behind_a_quote_is_bad_and_reading_goes_on),
        cmocka_unit_test(a_quote_that_is_never_closed_is_bad),
        cmocka_unit_test(a_nul_byte_is_bad_inside_quotes_and_outside),
        cmocka_unit_test(a_row_that_is_too_long_is_bad_and_reading_goes_on),
        cmocka_unit_test(a_row_of_too_many_fields_is_bad_and_reading_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
