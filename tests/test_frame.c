/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/frame.h"
#include "tests/support.h"

static const char *named(const void *data, size_t size) {
    int32_t id = 0;
    struct bytes body;
    const char *looks_like = "accepted";
    const bool framed = frame_parse((struct bytes){data, (uint32_t)size}, &id, &body, &looks_like);
    assert_int_equal(framed, strcmp(looks_like, "accepted") == 0);
    return looks_like;
}

static void what_was_framed_is_parsed(void **unused) {
    (void)unused;
    uint8_t value[FRAME_SIZE + 2];
    frame_write(value, 0x01020304);
    value[5] = 'x';
    value[6] = 'y';
    int32_t id = 0;
    struct bytes body;
    const char *looks_like = "";
    assert_true(frame_parse((struct bytes){value, sizeof value}, &id, &body, &looks_like));
    assert_int_equal(id, 0x01020304);
    assert_ptr_equal(body.data, value + FRAME_SIZE);
    assert_int_equal(body.size, 2);
    assert_memory_equal(value, "\0\1\2\3\4", 5);
}

static void avro_single_object_encoding_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("\xc3\x01 fingerprint", 14), "Avro single-object encoding (C3 01)");
    assert_string_equal(named("\xc3\x01", 2), "Avro single-object encoding (C3 01)");
}

static void apicurio_with_its_8_byte_id_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("\0\0\0\0\0\0\0\0\7 body", 14), "Apicurio's frame with an 8-byte id");
}

static void json_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("{\"tx_id\": 1}", 12), "JSON");
    assert_string_equal(named("[1,2]", 5), "JSON");
    assert_string_equal(named(" \n{\"tx_id\": 1}", 14), "JSON");
}

static void plain_text_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("tx_id=1\tsum=2\r\n", 15), "plain text");
    assert_string_equal(named("перевод", 14), "plain text");
}

static void a_container_file_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("Obj\1rest", 8), "an Avro container file");
}

static void too_short_a_frame_is_named(void **unused) {
    (void)unused;
    assert_string_equal(named("", 0), "an empty value");
    assert_string_equal(named("\0", 1), "a cut Confluent frame");
    assert_string_equal(named("\0\0\0\1", 4), "a cut Confluent frame");
    assert_string_equal(named("\0\0\0\0\1", 5), "accepted");
}

static void anything_else_is_no_known_format(void **unused) {
    (void)unused;
    assert_string_equal(named("\1\0\0\0\1body", 9), "no format known here");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_framed_is_parsed),
        cmocka_unit_test(avro_single_object_encoding_is_named),
        cmocka_unit_test(apicurio_with_its_8_byte_id_is_named),
        cmocka_unit_test(json_is_named),
        cmocka_unit_test(plain_text_is_named),
        cmocka_unit_test(a_container_file_is_named),
        cmocka_unit_test(too_short_a_frame_is_named),
        cmocka_unit_test(anything_else_is_no_known_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
