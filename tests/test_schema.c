/* SPDX-License-Identifier: Apache-2.0 */
/* Which writers' schemas bind, and that a refusal names the field. */
#include "schemas/catalog.h"
#include "schemas/limits.h"
#include "schemas/plan.h"
#include "tests/support.h"

#include <stdlib.h>

#define PARTY                                                                                      \
    "{\"type\":\"record\",\"name\":\"P\",\"fields\":[{\"name\":\"account_token\",\"type\":"        \
    "\"string\"}]}"
#define RECORD(fields) "{\"type\":\"record\",\"name\":\"W\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define TIME "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"
#define BUT_TIME                                                                                   \
    FIELD("event_id", "\"string\"")                                                                \
    "," FIELD("tx_id", "\"string\"") "," FIELD("amount_minor", "\"long\"") "," FIELD(              \
        "currency",                                                                                \
        "\"string\"") "," FIELD("payer",                                                           \
                                PARTY) "," FIELD("payee",                                          \
                                                 "\"P\"") "," FIELD("reporter_bic",                \
                                                                    "\"string\"") "," FIELD("toke" \
                                                                                            "n_"   \
                                                                                            "key_" \
                                                                                            "id",  \
                                                                                            "\"st" \
                                                                                            "ring" \
                                                                                            "\"")
#define OBLIGATORY BUT_TIME "," FIELD("event_time", TIME)
#define WITH(name, type) RECORD(OBLIGATORY "," FIELD(name, type))

static const char *refusal(const char *json) {
    static struct error error;
    struct plan *plan = plan_compile(json, strlen(json), &error);
    if (plan != NULL) fail_msg("it binds: %.300s", json);
    assert_int_equal(error.code, ERROR_BAD_DATA);
    return error.text;
}

static void binds(const char *json) {
    struct error error;
    struct plan *plan = plan_compile(json, strlen(json), &error);
    if (plan == NULL) fail_msg("%s: %.300s", error.text, json);
    plan_free(plan);
}

static void the_obligatory_fields_are_enough(void **unused) {
    (void)unused;
    binds(RECORD(OBLIGATORY));
}

static void a_missing_obligatory_field_is_named(void **unused) {
    (void)unused;
    assert_string_equal(refusal(RECORD(BUT_TIME)), "event_time: missing, and it has no default");
}

static void a_field_of_another_type_is_named(void **unused) {
    (void)unused;
    static const struct {
        const char *json, *why;
    } cases[] = {
        {WITH("trace_id", "\"int\""), "trace_id: not a string"},
        {WITH("trace_id", "[\"null\",\"string\",\"int\"]"), "trace_id: not a string"},
        {WITH("amount_kzt_minor", "\"double\""),
         "amount_kzt_minor: a float or double is never money"},
        {WITH("amount_kzt_minor", "[\"null\",\"float\"]"),
         "amount_kzt_minor: a float or double is never money"},
        {WITH("amount_kzt_minor", "\"bytes\""),
         "amount_kzt_minor: bytes without logicalType decimal"},
        {WITH("amount_kzt_minor",
              "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":30,\"scale\":19}"),
         "amount_kzt_minor: a scale outside 0 to 18"},
        {WITH("amount_kzt_minor", TIME), "amount_kzt_minor: not an int, a long or a decimal"},
        {WITH("ingest_time", "\"long\""),
         "ingest_time: not a long with logicalType timestamp-micros or timestamp-millis"},
        {WITH("mcc", "\"long\""), "mcc: not an int"},
        {WITH("active_call", "\"int\""), "active_call: not a boolean"},
        {WITH("rail", "\"string\""), "rail: not an enum"},
        {WITH("rail", "\"null\""), "rail: not an enum"},
        {RECORD(BUT_TIME "," FIELD("event_time", "\"null\"")),
         "event_time: not a long with logicalType timestamp-micros or timestamp-millis"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(refusal(cases[i].json), cases[i].why);
}

static const char bad_party[] =
    RECORD(FIELD("payee", "{\"type\":\"record\",\"name\":\"P\",\"fields\":["
                          "{\"name\":\"account_opened_on\",\"type\":\"int\"}]}"));

static void a_field_of_a_party_is_named_with_its_side(void **unused) {
    (void)unused;
    assert_string_equal(refusal(bad_party),
                        "payee.account_opened_on: not an int with logicalType date");
    assert_string_equal(refusal(RECORD(FIELD("payer", "\"string\""))), "payer: not a record");
}

static void items_that_take_no_bytes_are_refused_at_the_schema(void **unused) {
    (void)unused;
    static const char *const empty[] = {
        "\"null\"", "{\"type\":\"record\",\"name\":\"E\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"E\",\"fields\":[{\"name\":\"n\",\"type\":\"null\"}]}"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        char json[4096];
        snprintf(json, sizeof json,
                 "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"nothings\",\"type\":"
                 "{\"type\":\"array\",\"items\":%s}}," OBLIGATORY "]}",
                 empty[i]);
        assert_string_equal(refusal(json),
                            "nothings: an array whose items take no bytes is refused");
    }
    binds(WITH("names", "{\"type\":\"map\",\"values\":\"null\"}"));
    binds(WITH("units", "{\"type\":\"array\",\"items\":[\"null\"]}"));
}

static void the_way_to_what_is_wrong_is_named(void **unused) {
    (void)unused;
    assert_string_equal(refusal(WITH("mcc", "\"Foo\"")), "mcc: unknown type Foo");
    assert_string_equal(refusal(WITH("mcc", "[]")), "mcc: an empty union");
    assert_string_equal(refusal(WITH("mcc", "\"\"")), "mcc: unknown type");
    assert_string_equal(refusal(WITH("own", "{\"type\":\"array\"}")), "own: a type is missing");
    assert_string_equal(
        refusal(WITH("own",
                     "{\"type\":\"record\",\"name\":\"I\",\"fields\":["
                     "{\"name\":\"deep\",\"type\":{\"type\":\"array\",\"items\":\"null\"}}]}")),
        "own: deep: an array whose items take no bytes is refused");
    assert_string_equal(refusal(WITH("own", "{\"type\":\"record\",\"name\":\"I\",\"fields\":["
                                            "{\"name\":\"deep\",\"type\":\"Foo\"}]}")),
                        "own: deep: unknown type Foo");
    assert_string_equal(refusal(WITH("tx_id", "\"int\"")), "tx_id: the field is defined twice");
    assert_string_equal(refusal(WITH("own", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}")),
                        "own: no usable size in F");
    assert_string_equal(refusal(WITH("own", "{\"type\":\"enum\",\"name\":\"F\",\"symbols\":[]}")),
                        "own: no usable symbols in F");
}

static void what_is_no_record_is_refused(void **unused) {
    (void)unused;
    assert_non_null(strstr(refusal("{\"type\":"), "the schema is no JSON: line 1"));
    assert_string_equal(refusal("\"string\""), "the schema is not a record that ends");
    assert_string_equal(refusal("7"), "a type is missing");
    assert_string_equal(refusal("{\"type\":\"record\",\"name\":\"W\",\"fields\":["
                                "{\"name\":\"next\",\"type\":\"W\"}]}"),
                        "the schema is not a record that ends");
}

static void a_schema_is_nested_at_most_32_deep(void **unused) {
    (void)unused;
    char json[4096] = "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"own\",\"type\":";
    for (int i = 0; i < SCHEMA_DEPTH_MAX; i++)
        strcat(json, "{\"type\":\"array\",\"items\":");
    strcat(json, "\"int\"");
    for (int i = 0; i < SCHEMA_DEPTH_MAX; i++)
        strcat(json, "}");
    strcat(json, "}]}");
    assert_string_equal(refusal(json), "own: the schema is nested too deeply");
}

/* The obligatory fields, then what `print` adds. */
static char *longer(void (*print)(FILE *out, const char *name), const char *name) {
    char *json = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&json, &size);
    assert_non_null(out);
    fprintf(out, "{\"type\":\"record\",\"name\":\"W\",\"fields\":[" OBLIGATORY);
    print(out, name);
    fprintf(out, "]}");
    fclose(out);
    return json;
}

static void print_types(FILE *out, const char *name) {
    for (int i = 0; i < SCHEMA_NODES_MAX; i++)
        fprintf(out, ",{\"name\":\"%s%d\",\"type\":\"int\"}", name, i);
}

static void print_branches(FILE *out, const char *name) {
    fprintf(out,
            ",{\"name\":\"%s\",\"type\":[{\"type\":\"enum\",\"name\":\"E\","
            "\"symbols\":[\"ATM\"]}",
            name);
    for (int i = 0; i < PLAN_OPS_MAX / 3; i++)
        fprintf(out, ",\"E\"");
    fprintf(out, "]}");
}

static void a_schema_has_at_most_4096_types(void **unused) {
    (void)unused;
    char *json = longer(print_types, "own");
    assert_non_null(strstr(refusal(json), ": too many types"));
    free(json);
}

static void a_plan_has_at_most_16384_steps(void **unused) {
    (void)unused;
    char *skipped = longer(print_branches, "own"), *bound = longer(print_branches, "rail");
    assert_string_equal(refusal(skipped), "own: the schema needs more than 16384 steps");
    assert_string_equal(refusal(bound), "rail: the schema needs more than 16384 steps");
    free(skipped);
    free(bound);
}

static void print_doubled(FILE *out, const char *name) {
    fprintf(out,
            ",{\"name\":\"%s0\",\"type\":{\"type\":\"record\",\"name\":\"R0\","
            "\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}}",
            name);
    for (int i = 1; i < 80; i++)
        fprintf(out,
                ",{\"name\":\"%s%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\","
                "\"fields\":[{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":\"b\",\"type\":"
                "\"R%d\"}]}}",
                name, i, i, i - 1, i - 1);
}

/* Records that hold one another twice: 2^80 bytes at least, known at once. */
static void the_size_of_types_used_by_one_another_is_found_quickly(void **unused) {
    (void)unused;
    char *json = longer(print_doubled, "f");
    binds(json);
    free(json);
}

static void a_field_is_bound_by_its_name_before_its_aliases(void **unused) {
    (void)unused;
    static const char twice[] = RECORD(
        "{\"name\":\"event_id\",\"aliases\":[\"trace_id\",\"tx_id\"],\"type\":"
        "\"string\"},"
        "{\"name\":\"old\",\"aliases\":[\"x\",\"tx_id\"],\"type\":\"string\"}"
        "," FIELD("event_time", TIME) "," FIELD("amount_minor", "\"long\"") "," FIELD(
            "currency",
            "\"string\"") "," FIELD("payer",
                                    PARTY) "," FIELD("payee",
                                                     "\"P\"") "," FIELD("reporter_"
                                                                        "bic",
                                                                        "\"string"
                                                                        "\"") "," FIELD("token_key_"
                                                                                        "id",
                                                                                        "\"string"
                                                                                        "\""));
    static const uint8_t bytes[] = {2,   'e', 2,   't', 2,   2, 6,   'K', 'Z',
                                    'T', 2,   'a', 2,   'b', 2, 'r', 2,   'k'};
    struct error error;
    struct plan *plan = plan_compile(twice, strlen(twice), &error);
    assert_non_null(plan);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = "";
    assert_true(plan_decode(plan, (struct bytes){bytes, sizeof bytes}, &tx, &used, &why));
    assert_true(text_equal(tx.event_id, text_of("e")));
    assert_true(text_equal(tx.tx_id, text_of("t")));
    assert_null(tx.trace_id.data);
    plan_free(plan);
}

static void the_report_lists_every_field_and_the_refusal_once(void **unused) {
    (void)unused;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const char *good = WITH("own", "\"int\"");
    assert_true(plan_report(good, strlen(good), out));
    assert_false(plan_report(bad_party, strlen(bad_party), out));
    fclose(out);
    assert_non_null(strstr(text, "binds\ttx_id\tstring\n"));
    assert_non_null(strstr(text, "skipped\town\tnot in the contract\n"));
    assert_non_null(strstr(text, "default\tmcc\tnull\n"));
    const char *refused = strstr(text, "REFUSED\tpayee.account_opened_on: not an int");
    assert_non_null(refused);
    assert_null(strstr(refused + 1, "REFUSED"));
    free(text);
}

static void only_the_transaction_of_the_shipped_schemas_binds(void **unused) {
    (void)unused;
    for (int32_t id = SCHEMA_ID_TRANSACTION; id <= SCHEMA_ID_SHADOW; id++) {
        size_t size = 0;
        struct error error;
        const char *json = schema_shipped(id, &size);
        struct plan *plan = plan_compile(json, size, &error);
        assert_int_equal(plan != NULL, id == SCHEMA_ID_TRANSACTION);
        plan_free(plan);
    }
    size_t size = 1;
    assert_null(schema_shipped(SCHEMA_ID_SHADOW + 1, &size));
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_obligatory_fields_are_enough),
        cmocka_unit_test(a_missing_obligatory_field_is_named),
        cmocka_unit_test(a_field_of_another_type_is_named),
        cmocka_unit_test(a_field_of_a_party_is_named_with_its_side),
        cmocka_unit_test(items_that_take_no_bytes_are_refused_at_the_schema),
        cmocka_unit_test(the_way_to_what_is_wrong_is_named),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_schema_is_nested_at_most_32_deep),
        cmocka_unit_test(a_schema_has_at_most_4096_types),
        cmocka_unit_test(a_plan_has_at_most_16384_steps),
        cmocka_unit_test(the_size_of_types_used_by_one_another_is_found_quickly),
        cmocka_unit_test(a_field_is_bound_by_its_name_before_its_aliases),
        cmocka_unit_test(the_report_lists_every_field_and_the_refusal_once),
        cmocka_unit_test(only_the_transaction_of_the_shipped_schemas_binds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
