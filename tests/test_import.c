/* SPDX-License-Identifier: Apache-2.0 */
/* From a row of a foreign CSV to a record: what is carried over, and what makes a row bad. */
#include "tests/support.h"

#include "detector/import/import.h"
#include "detector/transaction.h"
#include "schemas/catalog.h"
#include "schemas/plan.h"

#include <stdlib.h>
#include <unistd.h>

/* Everything by name; the header of most tests. */
#define HEAD "id,ts,from,to,sum,kind,bal,flag\n"
#define MAP                                                                                        \
    "[columns]\nevent_id = id\ntime = ts\npayer = from\npayee = to\namount = sum\ntype = kind\n"   \
    "payer.balance_after = bal\nlabel = flag\n"                                                    \
    "[accounts]\nabsent = CASH\n"                                                                  \
    "[type T]\nevent_type = P2P_TRANSFER\nrail = ON_US\n"                                          \
    "[type IN]\nevent_type = CASH_DEPOSIT\nswap = balances\n"                                      \
    "[type OUT]\nevent_type = CASH_WITHDRAWAL\n"                                                   \
    "[type BACK]\nevent_type = OTHER\nswap = sides\n"                                              \
    "[type SHOP]\nevent_type = C2B_PAYMENT\npayee = drop\n"
#define GOOD "7,1767225600.25,ann,bob,12.34,T,100.00,0\n"

struct stand {
    struct mapping *mapping;
    FILE *file;
    struct csv *csv;
    struct import *import;
    struct plan *plan;
    struct import_row row;
    struct transaction tx;
    struct error error;
};

static struct mapping *load(const char *text, struct error *error) {
    char path[] = "/tmp/saqshy-import-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    struct mapping *mapping = mapping_load(path, error);
    unlink(path);
    return mapping;
}

static bool open_stand(struct stand *s, const char *mapping, const char *csv) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    memset(s, 0, sizeof *s);
    s->mapping = load(mapping, &s->error);
    if (s->mapping == NULL) fail_msg("%s", s->error.text);
    s->plan = plan_compile(schema, size, &s->error);
    s->file = tmpfile();
    assert_non_null(s->file);
    fputs(csv, s->file);
    rewind(s->file);
    s->csv = csv_new(s->file);
    s->import = import_open(s->mapping, s->csv, &s->error);
    return s->import != NULL;
}

static void must_open(struct stand *s, const char *mapping, const char *csv) {
    if (!open_stand(s, mapping, csv)) fail_msg("%s", s->error.text);
}

static void close_stand(struct stand *s) {
    import_close(s->import);
    csv_free(s->csv);
    fclose(s->file);
    plan_free(s->plan);
    mapping_free(s->mapping);
}

/* The next row is a record; it is read back into s->tx. */
static void expect_record(struct stand *s) {
    uint32_t used = 0;
    const char *why = "";
    const enum import_outcome outcome = import_next(s->import, &s->row, &s->error);
    if (outcome == IMPORT_BAD) fail_msg("line %lld: %s", (long long)s->row.line, s->row.why);
    assert_int_equal(outcome, IMPORT_RECORD);
    assert_true(plan_decode(s->plan, s->row.record, &s->tx, &used, &why));
    assert_int_equal(used, s->row.record.size);
}

static void expect_bad(struct stand *s, int64_t line, const char *part) {
    assert_int_equal(import_next(s->import, &s->row, &s->error), IMPORT_BAD);
    assert_int_equal(s->row.line, line);
    if (strstr(s->row.why, part) == NULL) fail_msg("%s", s->row.why);
}

static void expect_end(struct stand *s) {
    assert_int_equal(import_next(s->import, &s->row, &s->error), IMPORT_END);
    close_stand(s);
}

static void expect_text(struct text text, const char *expected) {
    assert_non_null(text.data);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

/* One row after a good one is bad for this reason. */
static void bad_row(const char *row, const char *part) {
    struct stand s;
    char csv[1024];
    snprintf(csv, sizeof csv, HEAD GOOD "%s\n" GOOD, row);
    must_open(&s, MAP, csv);
    expect_record(&s);
    expect_bad(&s, 3, part);
    expect_record(&s);
    expect_end(&s);
}

static void a_row_is_carried_over_exactly(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP, HEAD GOOD);
    expect_record(&s);
    expect_text(s.tx.tx_id, "7");
    assert_int_equal(s.tx.event_time_us, INT64_C(1767225600250000));
    assert_int_equal(s.tx.ingest_time_us, s.tx.event_time_us);
    expect_text(s.tx.payer.account_token, "ann");
    expect_text(s.tx.payee.account_token, "bob");
    assert_int_equal(s.tx.amount_minor, 1234);
    assert_int_equal(s.tx.amount_kzt_minor, 1234);
    expect_text(s.tx.currency, "KZT");
    assert_int_equal(s.tx.event_type, EVENT_TYPE_P2P_TRANSFER);
    assert_int_equal(s.tx.rail, RAIL_ON_US);
    assert_int_equal(s.tx.tx_status, TX_STATUS_SETTLED);
    assert_true(s.tx.payer.balance_after_present);
    assert_int_equal(s.tx.payer.balance_after_minor, 10000);
    assert_false(s.tx.payee.balance_after_present);
    assert_null(s.tx.payer.person_token.data);
    expect_end(&s);
}

static void the_label_stands_beside_the_record_and_never_in_it(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP, HEAD "7,1767225600,ann,bob,1,T,,SECRET\n");
    expect_record(&s);
    assert_string_equal(s.row.label, "SECRET");
    expect_text(s.tx.event_id, s.row.event_id);
    for (uint32_t i = 0; i + 6 <= s.row.record.size; i++)
        assert_memory_not_equal(s.row.record.data + i, "SECRET", 6);
    expect_end(&s);
}

static void an_event_id_is_a_uuid_and_the_same_for_the_same_text(void **state) {
    (void)state;
    struct stand s;
    char first[40];
    must_open(&s, MAP,
              HEAD "7,1,a,b,1,T,,0\n8,1767225600,a,b,1,T,,0\n7,1767225600,a,b,1,T,,0\n"
                   "0f8fad5b-d9cb-469f-a165-70867728950e,1767225600,a,b,1,T,,0\n");
    expect_bad(&s, 2, "years 2000");
    expect_record(&s);
    snprintf(first, sizeof first, "%s", s.row.event_id);
    assert_int_equal(strlen(first), 36);
    assert_int_equal(first[14], '8');
    expect_record(&s);
    assert_string_not_equal(s.row.event_id, first);
    expect_text(s.tx.tx_id, "7");
    expect_record(&s);
    assert_string_equal(s.row.event_id, "0f8fad5b-d9cb-469f-a165-70867728950e");
    expect_end(&s);
}

static void without_ids_rows_are_numbered(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, "[columns]\ntime = t\namount = a\npayer = p\n",
              "t,a,p\n1767225600,1,x\nbad,1,x\n1767225601,1,x\n");
    expect_record(&s);
    expect_text(s.tx.tx_id, "row-1");
    expect_bad(&s, 3, "column t");
    expect_record(&s);
    expect_text(s.tx.tx_id, "row-3");
    expect_end(&s);
}

static void cash_is_one_sided_and_absent_accounts_are_null(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP,
              HEAD "1,1767225600,agent,ann,5,IN,77,0\n2,1767225601,ann,agent,5,OUT,72,0\n"
                   "3,1767225602,ann,CASH,5,T,67,0\n4,1767225603,,ann,5,T,9,0\n"
                   "5,1767225604,ann,shop,5,SHOP,62,0\n");
    expect_record(&s);
    assert_null(s.tx.payer.account_token.data);
    expect_text(s.tx.payee.account_token, "ann");
    assert_int_equal(s.tx.payee.balance_after_minor, 7700); /* balances swapped */
    expect_record(&s);
    expect_text(s.tx.payer.account_token, "ann");
    assert_null(s.tx.payee.account_token.data);
    assert_int_equal(s.tx.payer.balance_after_minor, 7200);
    expect_record(&s);
    assert_null(s.tx.payee.account_token.data);
    expect_record(&s);
    assert_null(s.tx.payer.account_token.data);
    assert_false(s.tx.payer.balance_after_present); /* nobody's balance */
    expect_record(&s);
    assert_null(s.tx.payee.account_token.data);
    expect_end(&s);
}

static void sides_can_be_swapped(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP, HEAD "1,1767225600,ann,bob,5,BACK,-3.50,0\n");
    expect_record(&s);
    expect_text(s.tx.payer.account_token, "bob");
    expect_text(s.tx.payee.account_token, "ann");
    assert_int_equal(s.tx.payee.balance_after_minor, -350);
    assert_false(s.tx.payer.balance_after_present);
    expect_end(&s);
}

static void amounts_that_are_not_exact_are_bad(void **state) {
    (void)state;
    bad_row("8,1767225600,a,b,1.005,T,,0", "column sum: \"1.005\" is not a whole number");
    bad_row("8,1767225600,a,b,-1,T,,0", "is negative");
    bad_row("8,1767225600,a,b,,T,,0", "column sum is empty");
    bad_row("8,1767225600,a,b,1e3,T,,0", "is no plain decimal number");
    bad_row("8,1767225600,a,b,92233720368547758.08,T,,0", "is out of range");
    bad_row("8,1767225600,a,b,1,T,x,0", "column bal: \"x\"");
}

static void times_that_are_none_are_bad(void **state) {
    (void)state;
    bad_row("8,,a,b,1,T,,0", "column ts is empty");
    bad_row("8,2026-01-01,a,b,1,T,,0", "is no plain decimal number");
    bad_row("8,99999999999999,a,b,1,T,,0", "is out of range");
    bad_row("8,5000000000,a,b,1,T,,0", "years 2000 to 2100");
    bad_row("8,-1,a,b,1,T,,0", "years 2000 to 2100");
}

static void rows_of_another_shape_are_bad(void **state) {
    (void)state;
    bad_row("8,1767225600,a,b", "4 fields where 8 are due");
    bad_row("8,1767225600,a,b,1,GIFT,,0", "\"GIFT\" has no [type");
    bad_row("8,1767225600,,CASH,1,T,,0", "neither payer nor payee");
    bad_row(",1767225600,a,b,1,T,,0", "column id is empty");
    bad_row("8,1767225600,\xff,b,1,T,,0", "no UTF-8");
    bad_row("\"8\"x,1767225600,a,b,1,T,,0", "closing quote");
}

static void an_account_name_beyond_the_contract_is_bad(void **state) {
    (void)state;
    char row[256];
    snprintf(row, sizeof row, "8,1767225600,%0129d,b,1,T,,0", 1);
    bad_row(row, "longer than its field");
    struct stand s;
    char csv[512];
    snprintf(csv, sizeof csv, HEAD "8,1767225600,%0128d,b,1,T,,0\n", 1);
    must_open(&s, MAP, csv);
    expect_record(&s);
    expect_end(&s);
}

static void empty_lines_are_no_rows(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP, HEAD "\n" GOOD "\n\n" GOOD "\n");
    expect_record(&s);
    assert_int_equal(s.row.line, 3);
    expect_record(&s);
    expect_end(&s);
}

static void rows_out_of_order_are_kept_and_marked(void **state) {
    (void)state;
    struct stand s;
    must_open(&s, MAP,
              HEAD "1,1767225610,a,b,1,T,,0\n2,1767225605,a,b,1,T,,0\n3,1767225610,a,b,1,T,,0\n"
                   "4,1767225609,a,b,1,T,,0\n");
    expect_record(&s);
    assert_false(s.row.out_of_order);
    expect_record(&s);
    assert_true(s.row.out_of_order);
    expect_record(&s);
    assert_false(s.row.out_of_order);
    expect_record(&s);
    assert_true(s.row.out_of_order);
    expect_end(&s);
}

/* One row, its time read by a [time] section. */
static void time_is(const char *section, const char *value, int64_t expected_us) {
    struct stand s;
    char mapping[256], csv[128];
    snprintf(mapping, sizeof mapping, "[columns]\ntime = t\namount = a\npayer = p\n[time]\n%s",
             section);
    snprintf(csv, sizeof csv, "t,a,p\n%s,1,x\n", value);
    must_open(&s, mapping, csv);
    expect_record(&s);
    assert_int_equal(s.tx.event_time_us, expected_us);
    assert_int_equal(s.tx.event_time_s, expected_us / 1000000);
    expect_end(&s);
}

static void times_come_in_every_unit(void **state) {
    (void)state;
    const int64_t us = INT64_C(1767225600000000);
    time_is("unit = s\n", "1767225600.000001", us + 1);
    time_is("unit = ms\n", "1767225600000.5", us + 500);
    time_is("unit = us\n", "1767225600000000", us);
    time_is("unit = min\norigin = 2026-01-01\n", "2.5", us + 150 * INT64_C(1000000));
    time_is("unit = h\norigin = 2026-01-01T05:00:00+05:00\n", "1", us + 3600 * INT64_C(1000000));
    time_is("unit = day\norigin = 2026-01-01\n", "31", us + 31 * INT64_C(86400000000));
    time_is("unit = day\norigin = 2026-01-02\n", "-1", us);
    time_is("unit = iso\nzone = +05:00\n", "2026-01-01 05:00:00.25", us + 250000);
    time_is("unit = iso\nzone = +05:00\n", "2026-01-01T00:00:00Z", us);
}

static void other_conventions_of_numbers_and_files_are_read(void **state) {
    (void)state;
    struct stand s;
    must_open(&s,
              "[file]\nseparator = semicolon\nheader = no\n"
              "[columns]\ntime = 1\namount = 2\npayer = 3\ncurrency = 4\namount_kzt = 5\n"
              "[amount]\ndecimal_mark = comma\n",
              "1767225600,5;1,50;ann;USD;705,00\n1767225601;2;ann;KZT;\n1767225601;2;ann;EUR;\n");
    expect_record(&s);
    assert_int_equal(s.tx.event_time_us, INT64_C(1767225600500000));
    assert_int_equal(s.tx.amount_minor, 150);
    assert_int_equal(s.tx.amount_kzt_minor, 70500);
    expect_text(s.tx.currency, "USD");
    expect_record(&s);
    assert_int_equal(s.tx.amount_kzt_minor, 200);
    expect_bad(&s, 3, "currency is not KZT");
    expect_end(&s);
}

static void the_rest_of_the_contract_can_be_mapped(void **state) {
    (void)state;
    struct stand s;
    must_open(&s,
              "[columns]\ntime = t\namount = a\npayer = p\npayer.account_opened_on = o\n"
              "payer.person = h\npayer.phone = n\npayer.bank_bic = b\nmcc = m\ndevice = d\n"
              "country_to = c\nreporter_bic = r\nstatus = s\n[status]\n1 = REFUSED\n",
              "t,a,p,o,h,n,b,m,d,c,r,s\n1767225600,1,x,2020-02-29,pe,ph,BIC,5411,dev,KZ,REP,1\n"
              "1767225600,1,x,2021-02-29,,,,,,,REP,1\n1767225600,1,x,,,,,99999,,,REP,1\n"
              "1767225600,1,x,,,,,,,,REP,2\n");
    expect_record(&s);
    assert_int_equal(s.tx.payer.account_opened_on_day, 18321);
    expect_text(s.tx.payer.person_token, "pe");
    expect_text(s.tx.payer.phone_token, "ph");
    expect_text(s.tx.payer.bank_bic, "BIC");
    assert_int_equal(s.tx.mcc, 5411);
    expect_text(s.tx.device_token, "dev");
    expect_text(s.tx.country_to, "KZ");
    expect_text(s.tx.reporter_bic, "REP");
    assert_int_equal(s.tx.tx_status, TX_STATUS_REFUSED);
    expect_bad(&s, 3, "is no day");
    expect_bad(&s, 4, "merchant category");
    expect_bad(&s, 5, "no line in [status]");
    expect_end(&s);
}

static void refused_head(const char *csv, enum error_code code, const char *part) {
    struct stand s;
    assert_false(open_stand(&s, MAP, csv));
    assert_int_equal(s.error.code, code);
    if (strstr(s.error.text, part) == NULL) fail_msg("%s", s.error.text);
    close_stand(&s);
}

static void a_csv_that_does_not_fit_the_mapping_is_refused(void **state) {
    (void)state;
    refused_head("id,ts,from,to,sums,kind,bal,flag\n", ERROR_CONFIG, "did you mean sums?");
    refused_head("id,ts,from,to,sum,kind,bal,flag,note\n", ERROR_CONFIG,
                 "column note of the CSV is neither mapped nor dropped");
    refused_head("id,ts,from,to,sum,kind,bal,flag,ts\n", ERROR_CONFIG, "two columns ts");
    refused_head("", ERROR_BAD_DATA, "empty");
    refused_head("\"id\n", ERROR_BAD_DATA, "line 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_carried_over_exactly),
        cmocka_unit_test(the_label_stands_beside_the_record_and_never_in_it),
        cmocka_unit_test(an_event_id_is_a_uuid_and_the_same_for_the_same_text),
        cmocka_unit_test(without_ids_rows_are_numbered),
        cmocka_unit_test(cash_is_one_sided_and_absent_accounts_are_null),
        cmocka_unit_test(sides_can_be_swapped),
        cmocka_unit_test(amounts_that_are_not_exact_are_bad),
        cmocka_unit_test(times_that_are_none_are_bad),
        cmocka_unit_test(rows_of_another_shape_are_bad),
        cmocka_unit_test(an_account_name_beyond_the_contract_is_bad),
        cmocka_unit_test(empty_lines_are_no_rows),
        cmocka_unit_test(rows_out_of_order_are_kept_and_marked),
        cmocka_unit_test(times_come_in_every_unit),
        cmocka_unit_test(other_conventions_of_numbers_and_files_are_read),
        cmocka_unit_test(the_rest_of_the_contract_can_be_mapped),
        cmocka_unit_test(a_csv_that_does_not_fit_the_mapping_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
