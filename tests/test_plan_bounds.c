/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds that untrusted records and schemas are held to (schemas/limits.h). A record here is
 * one field under test and then the obligatory fields, whose bytes are always the same. */
#include "schemas/limits.h"
#include "schemas/plan.h"
#include "schemas/wire.h"
#include "tests/support.h"

#include <stdlib.h>

#define OBLIGATORY                                                                                 \
    "{\"name\":\"event_id\",\"type\":\"string\"},{\"name\":\"tx_id\",\"type\":\"string\"},"        \
    "{\"name\":\"event_time\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}}," \
    "{\"name\":\"amount_minor\",\"type\":\"long\"},{\"name\":\"currency\",\"type\":\"string\"},"   \
    "{\"name\":\"payer\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["                \
    "{\"name\":\"account_token\",\"type\":\"string\"}]}},{\"name\":\"payee\",\"type\":\"P\"},"     \
    "{\"name\":\"reporter_bic\",\"type\":\"string\"},"                                             \
    "{\"name\":\"token_key_id\",\"type\":\"string\"}"
static const uint8_t obligatory_bytes[] = {2,   'e', 2,   't', 2,   2, 6,   'K', 'Z',
                                           'T', 2,   'a', 2,   'b', 2, 'r', 2,   'k'};

struct pen {
    uint8_t bytes[4096];
    uint32_t used;
};

static void put(struct pen *pen, const void *data, size_t size) {
    memcpy(pen->bytes + pen->used, data, size);
    pen->used += (uint32_t)size;
}

static void put_long(struct pen *pen, int64_t value) {
    pen->used += wire_put_long(pen->bytes + pen->used, value);
}

static void put_text(struct pen *pen, const char *text) {
    put_long(pen, (int64_t)strlen(text));
    put(pen, text, strlen(text));
}

/* Schema of a field `name` of `type` (JSON) before the obligatory ones. */
static struct plan *plan_of(const char *name, const char *type, struct error *error) {
    char json[4096];
    snprintf(
        json, sizeof json,
        "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"%s\",\"type\":%s}," OBLIGATORY
        "]}",
        name, type);
    return plan_compile(json, strlen(json), error);
}

/* Why a record whose first field has these bytes is refused; NULL: accepted whole. */
static const char *refusal(const char *name, const char *type, const struct pen *pen) {
    struct error error = {.text = ""};
    struct plan *plan = plan_of(name, type, &error);
    if (plan == NULL) fail_msg("%s", error.text);
    const uint32_t size = pen->used + (uint32_t)sizeof obligatory_bytes;
    uint8_t *exact = malloc(size); /* so that reading past the end shows */
    assert_non_null(exact);
    memcpy(exact, pen->bytes, pen->used);
    memcpy(exact + pen->used, obligatory_bytes, sizeof obligatory_bytes);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = "";
    const bool accepted = plan_decode(plan, (struct bytes){exact, size}, &tx, &used, &why);
    if (accepted) {
        assert_int_equal(used, size);
        assert_true(text_equal(text_of("k"), tx.token_key_id));
    }
    free(exact);
    plan_free(plan);
    return accepted ? NULL : why;
}

static void accepts(const char *name, const char *type, const struct pen *pen) {
    const char *why = refusal(name, type, pen);
    if (why != NULL) fail_msg("%s: %s", name, why);
}

static void refuses(const char *name, const char *type, const struct pen *pen, const char *text) {
    const char *why = refusal(name, type, pen);
    if (why == NULL) fail_msg("%s is accepted", name);
    if (strstr(why, text) == NULL) fail_msg("%s is refused because %s", name, why);
}

static void refuses_raw(const char *name, const char *type, const void *data, size_t size,
                        const char *text) {
    struct pen pen = {.used = 0};
    put(&pen, data, size);
    refuses(name, type, &pen, text);
}

static void accepts_raw(const char *name, const char *type, const void *data, size_t size) {
    struct pen pen = {.used = 0};
    put(&pen, data, size);
    accepts(name, type, &pen);
}

/* Texts. */

static void texts_end_at_the_cap_of_their_field(void **unused) {
    (void)unused;
    static const struct {
        const char *name;
        size_t cap;
    } fields[] = {{"status_reason", SHORT_TEXT_BYTES_MAX}, {"terminal_id", SHORT_TEXT_BYTES_MAX},
                  {"country_to", SHORT_TEXT_BYTES_MAX},    {"device_token", TOKEN_BYTES_MAX},
                  {"ip_token", TOKEN_BYTES_MAX},           {"trace_id", TOKEN_BYTES_MAX}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char text[256];
        memset(text, 'x', sizeof text);
        text[fields[i].cap] = '\0';
        struct pen pen = {.used = 0};
        put_text(&pen, text);
        accepts(fields[i].name, "\"string\"", &pen);
        text[fields[i].cap] = 'x';
        text[fields[i].cap + 1] = '\0';
        pen.used = 0;
        put_text(&pen, text);
        refuses(fields[i].name, "\"string\"", &pen, "longer than its field allows");
        refuses(fields[i].name, "\"bytes\"", &pen, "longer than its field allows");
    }
}

static void a_text_is_neither_negative_nor_longer_than_what_is_left(void **unused) {
    (void)unused;
    static const int64_t sizes[] = {-1,        40,       INT32_MAX, (int64_t)UINT32_MAX + 1,
                                    INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct pen pen = {.used = 0};
        put_long(&pen, sizes[i]);
        refuses("trace_id", "\"string\"", &pen, "cut short");
        refuses("own", "\"string\"", &pen, "cut short");
        refuses("own", "\"bytes\"", &pen, "cut short");
    }
}

static void a_text_is_utf_8_wherever_it_stands(void **unused) {
    (void)unused;
    static const char *const bad[] = {"\x80",         "\xc0\x80",         "\xc3",
                                      "\xe0\x9f\x80", "\xed\xa0\x80",     "\xf4\x90\x80\x80",
                                      "\xff",         "abcdefgh\xc3\x28", "\xf0\x9f\x98"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pen pen = {.used = 0};
        put_text(&pen, bad[i]);
        refuses("trace_id", "\"string\"", &pen, "no UTF-8");
        refuses("trace_id", "\"bytes\"", &pen, "no UTF-8");
        refuses("own", "\"string\"", &pen, "no UTF-8");
        accepts("own", "\"bytes\"", &pen);
        struct pen map = {.used = 0};
        put_long(&map, 1);
        put_text(&map, bad[i]);
        put_long(&map, 7);
        put_long(&map, 0);
        refuses("own", "{\"type\":\"map\",\"values\":\"int\"}", &map, "no UTF-8");
    }
    struct pen good = {.used = 0};
    put_text(&good, "Қазақстан €😀");
    accepts("trace_id", "\"string\"", &good);
}

/* Numbers. */

static void a_varint_has_at_most_ten_bytes(void **unused) {
    (void)unused;
    static const uint8_t eleven[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                     0x80, 0x80, 0x80, 0x80, 0x00};
    uint8_t ten[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    accepts_raw("amount_kzt_minor", "\"long\"", ten, sizeof ten);
    accepts_raw("own", "\"long\"", ten, sizeof ten);
    ten[9] = 0x02;
    refuses_raw("amount_kzt_minor", "\"long\"", ten, sizeof ten, "a number is broken");
    refuses_raw("amount_kzt_minor", "\"long\"", eleven, sizeof eleven, "a number is broken");
    refuses_raw("own", "\"long\"", eleven, sizeof eleven, "a number is broken");
}

static void an_int_has_32_bits(void **unused) {
    (void)unused;
    static const int64_t edges[] = {INT32_MIN, INT32_MAX};
    for (int i = 0; i < 2; i++) {
        struct pen pen = {.used = 0};
        put_long(&pen, edges[i]);
        accepts("mcc", "\"int\"", &pen);
        accepts("amount_kzt_minor", "\"int\"", &pen);
        accepts("own", "\"int\"", &pen);
        pen.used = 0;
        put_long(&pen, edges[i] + (edges[i] > 0 ? 1 : -1));
        refuses("mcc", "\"int\"", &pen, "an int is out of range");
        refuses("amount_kzt_minor", "\"int\"", &pen, "an int is out of range");
        refuses("own", "\"int\"", &pen, "an int is out of range");
    }
}

static void a_boolean_is_0_or_1(void **unused) {
    (void)unused;
    accepts_raw("active_call", "\"boolean\"", "\1", 1);
    refuses_raw("active_call", "\"boolean\"", "\2", 1, "neither 0 nor 1");
    refuses_raw("active_call", "[\"null\",\"boolean\"]", "\2\7", 2, "neither 0 nor 1");
    refuses_raw("own", "\"boolean\"", "\xff", 1, "neither 0 nor 1");
}

static void a_decimal_is_a_whole_number_of_minor_units_within_64_bits(void **unused) {
    (void)unused;
    static const char type[] = "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":30,"
                               "\"scale\":4}";
    static const char coarse[] = "{\"type\":\"bytes\",\"logicalType\":\"decimal\","
                                 "\"precision\":30,\"scale\":0}";
    accepts_raw("amount_kzt_minor", type, "\4\x03\xe8", 3);
    accepts_raw("amount_kzt_minor", type, "\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\x9c", 11);
    refuses_raw("amount_kzt_minor", type, "\2\x01", 2, "not a whole number of minor units");
    refuses_raw("amount_kzt_minor", type, "\0", 1, "without digits");
    refuses_raw("amount_kzt_minor", type, "\x12\x01\0\0\0\0\0\0\0\0", 10, "out of range");
    refuses_raw("amount_kzt_minor", type, "\x12\0\x80\0\0\0\0\0\0\0", 10, "out of range");
    refuses_raw("amount_kzt_minor", coarse, "\x10\x7f\xff\xff\xff\xff\xff\xff\xff", 9,
                "not a whole number of minor units");
}

static void a_time_in_milliseconds_stays_within_64_bits(void **unused) {
    (void)unused;
    static const char type[] = "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}";
    struct pen pen = {.used = 0};
    put_long(&pen, INT64_MAX / 1000);
    accepts("ingest_time", type, &pen);
    pen.used = 0;
    put_long(&pen, INT64_MIN / 1000 - 1);
    refuses("ingest_time", type, &pen, "a time is out of range");
}

/* Choices. */

static void an_enum_is_one_of_its_symbols(void **unused) {
    (void)unused;
    static const char type[] = "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"CARD\",\"ATM\"]}";
    static const int64_t beyond[] = {2, -1, 1000, INT64_MIN, INT64_MAX};
    accepts_raw("rail", type, "\2", 1);
    accepts_raw("own", type, "\2", 1);
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        struct pen pen = {.used = 0};
        put_long(&pen, beyond[i]);
        refuses("rail", type, &pen, "out of range");
        refuses("own", type, &pen, "out of range");
    }
}

static void a_union_is_one_of_its_branches(void **unused) {
    (void)unused;
    static const int64_t beyond[] = {3, -1, 1000, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        struct pen pen = {.used = 0};
        put_long(&pen, beyond[i]);
        put_long(&pen, 0);
        refuses("mcc", "[\"null\",\"int\"]", &pen, "out of range");
        refuses("mcc", "[\"int\",\"null\"]", &pen, "out of range");
        refuses("trace_id", "[\"null\",\"string\",\"bytes\"]", &pen, "out of range");
        refuses("own", "[\"null\",\"int\",\"string\"]", &pen, "out of range");
    }
    accepts_raw("mcc", "[\"int\",\"null\"]", "\2", 1);
    accepts_raw("mcc", "[\"int\",\"null\"]", "\0\2", 2);
    accepts_raw("mcc", "[\"int\",\"null\"]", "\x82\0", 2);
}

static void null_is_refused_where_a_value_is_obligatory(void **unused) {
    (void)unused;
    static const char type[] =
        "[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"CARD\"]}]";
    accepts_raw("rail", type, "\2\0", 2);
    refuses_raw("rail", type, "\0", 1, "null where a value is obligatory");
}

/* Collections and depth. */

static void a_collection_has_no_more_items_than_there_are_bytes(void **unused) {
    (void)unused;
    static const char type[] = "{\"type\":\"array\",\"items\":\"int\"}";
    static const int64_t counts[] = {100, INT32_MAX, INT64_MAX};
    accepts_raw("own", type, "\4\2\2\0", 4);
    accepts_raw("own", type, "\3\4\2\2\0", 5); /* a negative count with the block's size */
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct pen pen = {.used = 0};
        put_long(&pen, counts[i]);
        refuses("own", type, &pen, "more items than there are bytes");
        pen.used = 0;
        put_long(&pen, -counts[i]);
        put_long(&pen, 4);
        refuses("own", type, &pen, "more items than there are bytes");
    }
    struct pen pen = {.used = 0};
    put_long(&pen, INT64_MIN);
    put_long(&pen, 4);
    refuses("own", type, &pen, "broken");
    pen.used = 0;
    put_long(&pen, -1);
    put_long(&pen, -4);
    refuses("own", type, &pen, "broken");
}

/* A list of `depth` nodes. */
static struct pen nested(int depth) {
    struct pen pen = {.used = 0};
    for (int i = 0; i < depth; i++)
        put_long(&pen, i + 1 < depth);
    return pen;
}

static void a_record_is_nested_at_most_8_deep(void **unused) {
    (void)unused;
    static const char type[] = "{\"type\":\"record\",\"name\":\"N\",\"fields\":["
                               "{\"name\":\"next\",\"type\":[\"null\",\"N\"]}]}";
    const struct pen deep = nested(RECORD_DEPTH_MAX), deeper = nested(RECORD_DEPTH_MAX + 1),
                     deepest = nested(4000);
    accepts("own", type, &deep);
    refuses("own", type, &deeper, "nested too deeply");
    refuses("own", type, &deepest, "nested too deeply");
}

static void arrays_in_arrays_are_nested_at_most_8_deep(void **unused) {
    (void)unused;
    char type[1024] = "", end[64] = "";
    for (int i = 0; i < RECORD_DEPTH_MAX + 1; i++) {
        strcat(type, "{\"type\":\"array\",\"items\":");
        strcat(end, "}");
    }
    strcat(type, "\"int\"");
    strcat(type, end);
    struct pen pen = {.used = 0};
    for (int i = 0; i < RECORD_DEPTH_MAX + 1; i++)
        put_long(&pen, 1);
    put_long(&pen, 5);
    for (int i = 0; i < RECORD_DEPTH_MAX + 1; i++)
        put_long(&pen, 0);
    refuses("own", type, &pen, "nested too deeply");
    accepts_raw("own", type, "\0", 1);
}

static void an_empty_record_is_refused(void **unused) {
    (void)unused;
    struct error error;
    struct plan *plan = plan_of("own", "\"int\"", &error);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = "";
    assert_false(plan_decode(plan, (struct bytes){NULL, 0}, &tx, &used, &why));
    assert_string_equal(why, "the record is cut short or a number is broken");
    plan_free(plan);
}

static void what_is_left_over_shows_in_the_bytes_used(void **unused) {
    (void)unused;
    struct error error;
    struct plan *plan = plan_of("own", "\"null\"", &error);
    uint8_t bytes[sizeof obligatory_bytes + 3] = {0};
    memcpy(bytes, obligatory_bytes, sizeof obligatory_bytes);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = "";
    assert_true(plan_decode(plan, (struct bytes){bytes, sizeof bytes}, &tx, &used, &why));
    assert_int_equal(used, sizeof obligatory_bytes);
    plan_free(plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_end_at_the_cap_of_their_field),
        cmocka_unit_test(a_text_is_neither_negative_nor_longer_than_what_is_left),
        cmocka_unit_test(a_text_is_utf_8_wherever_it_stands),
        cmocka_unit_test(a_varint_has_at_most_ten_bytes),
        cmocka_unit_test(an_int_has_32_bits),
        cmocka_unit_test(a_boolean_is_0_or_1),
        cmocka_unit_test(a_decimal_is_a_whole_number_of_minor_units_within_64_bits),
        cmocka_unit_test(a_time_in_milliseconds_stays_within_64_bits),
        cmocka_unit_test(an_enum_is_one_of_its_symbols),
        cmocka_unit_test(a_union_is_one_of_its_branches),
        cmocka_unit_test(null_is_refused_where_a_value_is_obligatory),
        cmocka_unit_test(a_collection_has_no_more_items_than_there_are_bytes),
        cmocka_unit_test(a_record_is_nested_at_most_8_deep),
        cmocka_unit_test(arrays_in_arrays_are_nested_at_most_8_deep),
        cmocka_unit_test(an_empty_record_is_refused),
        cmocka_unit_test(what_is_left_over_shows_in_the_bytes_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
