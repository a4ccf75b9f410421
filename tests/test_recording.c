/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings: what is written is read back; what is broken is refused. */
#include "tests/support.h"

#include "detector/broker/recording.h"
#include "schemas/ocf.h"

#include <stdlib.h>
#include <unistd.h>

static struct memory_port *fill(void) {
    static const struct port_header headers[] = {{"ce_id", {(const uint8_t *)"x.1", 3}},
                                                 {"empty", {NULL, 0}}};
    struct memory_port *memory = memory_port_open();
    memory_port_create_topic(memory, "a", 2);
    memory_port_create_topic(memory, "b", 1);
    const struct port_message messages[] = {
        {.topic = "a",
         .partition = 1,
         .timestamp_ms = 1000,
         .key = {(const uint8_t *)"key", 3},
         .value = {(const uint8_t *)"value", 5},
         .headers = headers,
         .header_count = 2},
        {.topic = "a", .partition = 0, .timestamp_ms = -5, .value = {(const uint8_t *)"", 0}},
        {.topic = "b", .partition = 0, .key = {(const uint8_t *)"tombstone", 9}},
    };
    for (size_t i = 0; i < 3; i++)
        assert_true(memory_port_append(memory, &messages[i], 10 * (int64_t)i));
    return memory;
}

static void close_port(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static void expect_bytes(struct bytes bytes, const char *expected) {
    if (expected == NULL) {
        assert_null(bytes.data);
        return;
    }
    assert_non_null(bytes.data);
    assert_int_equal(bytes.size, strlen(expected));
    assert_memory_equal(bytes.data, expected, bytes.size);
}

static void what_is_saved_is_read_back(void **state) {
    (void)state;
    char path[] = "/tmp/saqshy-recording-XXXXXX";
    static const char *const topics[] = {"b", "a"};
    struct error error;
    struct memory_port *memory = fill();
    assert_true(mkstemp(path) >= 0);
    assert_true(recording_save(path, memory, topics, 2, &error));
    struct ocf_reader *reader = ocf_open(path, &error);
    assert_non_null(reader);
    assert_true(recording_is(ocf_schema(reader)));
    struct recorded *recorded = recorded_new();
    struct port_message m;
    struct bytes rest;
    int64_t offset;
    uint32_t used = 0;
    assert_true(ocf_next(reader, used, &rest, &error));
    assert_true(recorded_read(recorded, rest, &m, &offset, &used));
    assert_string_equal(m.topic, "b");
    assert_int_equal(offset, 20);
    expect_bytes(m.key, "tombstone");
    expect_bytes(m.value, NULL);
    assert_true(ocf_next(reader, used, &rest, &error));
    assert_true(recorded_read(recorded, rest, &m, &offset, &used));
    assert_string_equal(m.topic, "a");
    assert_int_equal(m.partition, 0);
    assert_int_equal(m.timestamp_ms, -5);
    expect_bytes(m.key, NULL);
    expect_bytes(m.value, "");
    assert_true(ocf_next(reader, used, &rest, &error));
    assert_true(recorded_read(recorded, rest, &m, &offset, &used));
    assert_int_equal(m.partition, 1);
    assert_int_equal(offset, 0);
    assert_int_equal(m.timestamp_ms, 1000);
    assert_int_equal(m.header_count, 2);
    assert_string_equal(m.headers[0].name, "ce_id");
    expect_bytes(m.headers[0].value, "x.1");
    expect_bytes(m.headers[1].value, NULL);
    assert_true(ocf_next(reader, used, &rest, &error));
    assert_int_equal(rest.size, 0);
    recorded_free(recorded);
    ocf_close(reader);
    close_port(memory);
    unlink(path);
}

static void every_cut_of_a_message_is_refused(void **state) {
    (void)state;
    static const uint8_t whole[] = {2, 'a', 2,   20, 4, 2,   6, 'k', 'e', 'y',
                                    2, 2,   'v', 2,  2, 'h', 2, 2,   'x', 0};
    struct recorded *recorded = recorded_new();
    struct port_message message;
    int64_t offset;
    uint32_t used = 0;
    for (uint32_t size = 0; size < sizeof whole; size++)
        assert_false(
            recorded_read(recorded, (struct bytes){whole, size}, &message, &offset, &used));
    assert_true(
        recorded_read(recorded, (struct bytes){whole, sizeof whole}, &message, &offset, &used));
    assert_int_equal(used, sizeof whole);
    assert_int_equal(offset, 10);
    expect_bytes(message.value, "v");
    recorded_free(recorded);
}

static void a_partition_or_offset_below_zero_is_refused(void **state) {
    (void)state;
    static const uint8_t partition[] = {2, 'a', 1, 20, 4, 0, 0, 0};
    static const uint8_t offset_below[] = {2, 'a', 2, 1, 4, 0, 0, 0};
    struct recorded *recorded = recorded_new();
    struct port_message message;
    int64_t offset;
    uint32_t used;
    assert_false(recorded_read(recorded, (struct bytes){partition, sizeof partition}, &message,
                               &offset, &used));
    assert_false(recorded_read(recorded, (struct bytes){offset_below, sizeof offset_below},
                               &message, &offset, &used));
    recorded_free(recorded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_read_back),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(a_partition_or_offset_below_zero_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
