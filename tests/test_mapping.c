/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping document: what is read, and how it is refused. */
#include "tests/support.h"

#include "detector/import/mapping.h"
#include "detector/transaction.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST "[columns]\ntime = ts\namount = sum\npayer = a\n"

static struct mapping *load(const char *text, struct error *error) {
    char path[] = "/tmp/saqshy-mapping-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    struct mapping *mapping = mapping_load(path, error);
    unlink(path);
    return mapping;
}

static struct mapping *must_load(const char *text) {
    struct error error = {.code = ERROR_NONE};
    struct mapping *mapping = load(text, &error);
    if (mapping == NULL) fail_msg("%s", error.text);
    return mapping;
}

/* Refused as a configuration error whose text has all of these. */
static void refused(const char *text, const char *first, const char *second) {
    struct error error = {.code = ERROR_NONE};
    struct mapping *mapping = load(text, &error);
    assert_null(mapping);
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, first) == NULL || strstr(error.text, second) == NULL)
        fail_msg("%s", error.text);
}

static void the_least_mapping_has_the_documented_defaults(void **state) {
    (void)state;
    struct mapping *m = must_load(LEAST);
    assert_string_equal(m->columns[MAPPING_TIME], "ts");
    assert_string_equal(m->columns[MAPPING_PAYEE], "");
    assert_int_equal(m->separator, MAPPING_COMMA);
    assert_int_equal(m->header, 1);
    assert_int_equal(m->unit, MAPPING_SECONDS);
    assert_int_equal(m->minor_units, 100);
    assert_int_equal(m->origin_us, 0);
    assert_int_equal(m->status, TX_STATUS_SETTLED);
    assert_int_equal(m->type.event_type, EVENT_TYPE_P2P_TRANSFER);
    assert_string_equal(m->currency, "KZT");
    mapping_free(m);
}

static void every_section_is_read(void **state) {
    (void)state;
    struct mapping *m = must_load(LEAST "type = kind\nstatus = st\nlabel = bad\n"
                                        "[file]\nseparator = semicolon\nheader = no\n"
                                        "[time]\nunit = day\norigin = 2026-01-01\nzone = +05:00\n"
                                        "[amount]\nminor_units = 1\ndecimal_mark = comma\n"
                                        "[accounts]\nabsent = CASH, BANK ,-\n"
                                        "[record]\ncurrency = USD\nreporter_bic = ME\n"
                                        "[type A B]\nevent_type = CASH_DEPOSIT\nswap = sides\n"
                                        "[type *]\nevent_type = OTHER\npayee = drop\n"
                                        "[status]\nok = SETTLED\nno = REFUSED\n"
                                        "[drop]\nnote = free text\n");
    assert_int_equal(m->separator, MAPPING_SEMICOLON);
    assert_int_equal(m->header, 0);
    assert_int_equal(m->unit, MAPPING_DAYS);
    assert_int_equal(m->origin_us, INT64_C(1767225600000000));
    assert_int_equal(m->zone_s, 5 * 3600);
    assert_int_equal(m->minor_units, 1);
    assert_int_equal(m->decimal_comma, 1);
    assert_int_equal(m->absent_count, 3);
    assert_string_equal(m->absent[1], "BANK");
    assert_string_equal(m->currency, "USD");
    assert_int_equal(mapping_find_type(m, "A B")->event_type, EVENT_TYPE_CASH_DEPOSIT);
    assert_int_equal(mapping_find_type(m, "A B")->swap, MAPPING_SWAP_SIDES);
    assert_int_equal(mapping_find_type(m, "else")->payee, MAPPING_DROP);
    assert_int_equal(m->status_count, 2);
    assert_int_equal(m->statuses[1].status, TX_STATUS_REFUSED);
    assert_string_equal(m->dropped[0], "note");
    mapping_free(m);
}

static void an_unknown_key_is_refused_with_line_and_nearest(void **state) {
    (void)state;
    refused(LEAST "payr = b\n", ":5: [columns] has no key payr", "did you mean payer?");
    refused(LEAST "[time]\nunits = s\n", ":6: [time] has no key units", "did you mean unit?");
    refused(LEAST "[type X]\nevent_typ = OTHER\n", ":6: [type X]", "did you mean event_type?");
}

static void an_unknown_section_is_refused_with_line_and_nearest(void **state) {
    (void)state;
    refused(LEAST "[amounts]\nminor_units = 1\n", ":6: [amounts] is no section",
            "did you mean [amount]?");
    refused("time = ts\n", ":1: [] is no section", "docs mapping");
}

static void an_unknown_value_is_refused_with_line_and_nearest(void **state) {
    (void)state;
    refused(LEAST "[type X]\nevent_type = CASH_WITHDRAWL\n",
            ":6:", "did you mean CASH_WITHDRAWAL?");
    refused(LEAST "[status]\nok = SETLED\n", ":6:", "did you mean SETTLED?");
    refused(LEAST "[amount]\nminor_units = 0\n", ":6:", "a whole number above 0");
    refused(LEAST "[time]\norigin = soon\n", ":6:", "ISO 8601");
    refused(LEAST "[time]\nzone = Almaty\n", ":6:", "+05:00");
}

static void a_key_given_twice_is_refused(void **state) {
    (void)state;
    refused(LEAST "payer = b\n", ":5:", "payer is given twice");
}

static void a_line_that_is_neither_section_nor_pair_is_refused(void **state) {
    (void)state;
    refused(LEAST "what is this\n", ":5:", "neither [section] nor key=value");
}

static void a_line_that_would_be_cut_is_refused(void **state) {
    (void)state;
    char text[512];
    snprintf(text, sizeof text, LEAST "[drop]\n%0240d = x\n", 1);
    refused(text, ":6:", "longer than");
    snprintf(text, sizeof text, LEAST "[drop]\n%060d = x\n", 1);
    refused(text, ":6:", "48 bytes");
}

static void the_first_of_several_errors_is_the_one_named(void **state) {
    (void)state;
    refused("[columns]\npayr = x\nno pair\namunt = y\n", ":2:", "payr");
}

static void what_cannot_be_left_out_is_asked_for(void **state) {
    (void)state;
    refused("[columns]\namount = a\npayer = b\n", "[columns]", "which column is time");
    refused("[columns]\ntime = a\npayer = b\n", "[columns]", "which column is amount");
    refused("[columns]\ntime = a\namount = b\n", "neither which column is payer", "payee");
    refused(LEAST "type = kind\n", "[type VALUE]", "go together");
    refused(LEAST "[status]\nok = SETTLED\n", "[status]", "go together");
    refused(LEAST "type = kind\n[type X]\nrail = ATM\n", "[type X]", "event_type");
}

static void a_file_that_is_not_there_is_named(void **state) {
    (void)state;
    struct error error;
    assert_null(mapping_load("/nowhere/at/all.map", &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "/nowhere/at/all.map"));
}

static void the_shipped_mappings_are_right(void **state) {
    (void)state;
    struct error error = {.code = ERROR_NONE};
    static const char *const names[] = {"transfers", "mobile-money"};
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/schemas/mappings/%s.map", SOURCE_DIR, names[i]);
        struct mapping *m = mapping_load(path, &error);
        if (m == NULL) fail_msg("%s", error.text);
        assert_string_equal(m->columns[MAPPING_LABEL], "is_fraud");
        assert_int_equal(mapping_find_type(m, "CASH_OUT")->event_type, EVENT_TYPE_CASH_WITHDRAWAL);
        assert_null(mapping_find_type(m, "GIFT"));
        mapping_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_mapping_has_the_documented_defaults),
        cmocka_unit_test(every_section_is_read),
        cmocka_unit_test(an_unknown_key_is_refused_with_line_and_nearest),
        cmocka_unit_test(an_unknown_section_is_refused_with_line_and_nearest),
        cmocka_unit_test(an_unknown_value_is_refused_with_line_and_nearest),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(a_line_that_is_neither_section_nor_pair_is_refused),
        cmocka_unit_test(a_line_that_would_be_cut_is_refused),
        cmocka_unit_test(the_first_of_several_errors_is_the_one_named),
        cmocka_unit_test(what_cannot_be_left_out_is_asked_for),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(the_shipped_mappings_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
