/* SPDX-License-Identifier: Apache-2.0 */
/* What a spreadsheet is given, and what comes back of it. */
#include "tests/support.h"

#include "detector/import/csv.h"
#include "detector/import/csv_cell.h"

#include <stdlib.h>

static void expect(const char *text, size_t size, const char *due) {
    char *written = NULL;
    size_t written_size = 0;
    FILE *out = open_memstream(&written, &written_size);
    assert_non_null(out);
    csv_write_cell(out, (struct text){text, (uint32_t)size});
    fclose(out);
    assert_string_equal(written, due);
    free(written);
}

#define EXPECT(text, due) expect(text, sizeof(text) - 1, due)

static void what_is_no_formula_stays(void **state) {
    (void)state;
    EXPECT("", "");
    EXPECT("t1bb-f37f=", "t1bb-f37f=");
    EXPECT("'", "'");
    EXPECT("'Алма' қ", "'Алма' қ");
    EXPECT(" =1", " =1");
    expect(NULL, 0, "");
}

static void a_formula_is_guarded(void **state) {
    (void)state;
    EXPECT("=1+1", "'=1+1");
    EXPECT("+7701", "'+7701");
    EXPECT("-1+1|cmd", "'-1+1|cmd");
    EXPECT("@sum", "'@sum");
    EXPECT("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"");
}

static void what_steers_is_a_question_mark_and_quotes_are_doubled(void **state) {
    (void)state;
    EXPECT("\t=1", "?=1");
    EXPECT("\r=1", "\"?=1\"");
    EXPECT("\0=1", "?=1");
    EXPECT("a\x1b[31m\xc2\x9b", "a?[31m?");
    EXPECT("\"\"", "\"\"\"\"\"\"");
    EXPECT("a,\n\"b\"c", "\"a,?\"\"b\"\"c\"");
}

/* Written and read as a row of one field. */
static void expect_back(const char *text) {
    const char *why = NULL;
    FILE *file = tmpfile();
    assert_non_null(file);
    csv_write_cell(file, text_of(text));
    putc('\n', file);
    rewind(file);
    struct csv *csv = csv_new(file);
    assert_int_equal(csv_next(csv, &why), CSV_ROW);
    assert_int_equal(csv_count(csv), 1);
    assert_string_equal(csv_cell_text(csv_field(csv, 0)), text);
    csv_free(csv);
    fclose(file);
}

static void every_text_that_steers_nothing_comes_back_as_it_was(void **state) {
    (void)state;
    static const char *const texts[] = {"",     "a",     "=1",  "'=1", "''@x", "'",
                                        "''",   "'a",    "-",   "'-",  "+,\"", "\"=\"",
                                        "a'=1", "'\"=1", "қ=1", " -1", "=қ"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_back(texts[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_formula_stays),
        cmocka_unit_test(a_formula_is_guarded),
        cmocka_unit_test(what_steers_is_a_question_mark_and_quotes_are_doubled),
        cmocka_unit_test(every_text_that_steers_nothing_comes_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
