/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded Kafka records: into a file and back, to the byte. */
#include "detector/recording.h"
#include "schemas/ocf.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int setup(void **state) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/saqshy-recording-XXXXXX");
    const int fd = mkstemp(path);
    if (fd < 0) return -1;
    close(fd);
    *state = path;
    return 0;
}

static int teardown(void **state) {
    return unlink(*state);
}

static void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

/* Two partitions; a tombstone, an empty value, a null key, headers with and without a value, a gap
 * in the offsets. */
static struct memory_port *sample(void) {
    static const struct port_header headers[] = {{"traceparent", {(const uint8_t *)"00-ab", 5}},
                                                 {"empty", {(const uint8_t *)"", 0}},
                                                 {"null", {NULL, 0}}};
    const struct port_message messages[] = {
        {.topic = "in",
         .partition = 0,
         .timestamp_ms = 1,
         .key = {(const uint8_t *)"k", 1},
         .value = {(const uint8_t *)"\0\1\2\xff", 4},
         .headers = headers,
         .header_count = 3},
        {.topic = "in", .partition = 0, .timestamp_ms = 2, .value = {(const uint8_t *)"", 0}},
        {.topic = "in",
         .partition = 2,
         .timestamp_ms = INT64_C(1767225600123),
         .key = {(const uint8_t *)"", 0}}};
    static const int64_t offsets[] = {0, 7, 1000000000000};
    struct memory_port *memory = memory_port_open();
    assert_true(memory_port_create_topic(memory, "in", 3));
    for (size_t i = 0; i < 3; i++)
        assert_true(memory_port_append(memory, &messages[i], offsets[i]));
    return memory;
}

static void same_bytes(struct bytes a, struct bytes b) {
    assert_int_equal(a.data == NULL, b.data == NULL);
    assert_int_equal(a.size, b.size);
    if (a.size > 0) assert_memory_equal(a.data, b.data, a.size);
}

static void same_record(const struct port_record *a, const struct port_record *b) {
    struct port_header x, y;
    size_t i = 0;
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->timestamp_ms, b->timestamp_ms);
    same_bytes(a->key, b->key);
    same_bytes(a->value, b->value);
    for (; memory_port_get_header(a, i, &x); i++) {
        assert_true(memory_port_get_header(b, i, &y));
        assert_string_equal(x.name, y.name);
        same_bytes(x.value, y.value);
    }
    assert_false(memory_port_get_header(b, i, &y));
}

static void what_is_saved_is_loaded_the_same(void **state) {
    struct error error = {.text = ""};
    struct memory_port *first = sample(), *second = memory_port_open();
    assert_true(recording_save(*state, first, "in", &error));
    assert_true(recording_load(*state, second, 1, &error));
    size_t records = 0;
    for (int32_t p = 0; p < 3; p++) {
        struct port_record a, b;
        size_t i = 0;
        assert_int_equal(memory_port_count(first, "in", p), memory_port_count(second, "in", p));
        for (; memory_port_get(first, "in", p, i, &a); i++, records++) {
            assert_true(memory_port_get(second, "in", p, i, &b));
            same_record(&a, &b);
        }
    }
    assert_int_equal(records, 3);
    close_memory(first);
    close_memory(second);
}

static void a_topic_has_as_many_partitions_as_were_seen_or_asked_for(void **state) {
    struct error error = {.text = ""};
    struct memory_port *first = sample(), *second = memory_port_open();
    assert_true(recording_save(*state, first, "in", &error));
    assert_true(recording_load(*state, second, 5, &error));
    struct port *port = memory_port_port(second);
    int32_t count = 0;
    assert_true(port->ops->partition_count(port, "in", &count, &error));
    assert_int_equal(count, 5);
    close_memory(first);
    close_memory(second);
}

static void the_same_records_make_the_same_file(void **state) {
    struct error error = {.text = ""};
    char other[80];
    snprintf(other, sizeof other, "%s-2", (const char *)*state);
    struct memory_port *memory = sample();
    assert_true(recording_save(*state, memory, "in", &error));
    assert_true(recording_save(other, memory, "in", &error));
    char a[4096], b[4096];
    FILE *x = fopen(*state, "r"), *y = fopen(other, "r");
    assert_true(x != NULL && y != NULL);
    const size_t size = fread(a, 1, sizeof a, x);
    assert_int_equal(fread(b, 1, sizeof b, y), size);
    assert_in_range(size, 100, sizeof a - 1);
    assert_memory_equal(a, b, size);
    fclose(x);
    fclose(y);
    unlink(other);
    close_memory(memory);
}

static void a_file_of_other_records_is_refused(void **state) {
    struct error error = {.text = ""};
    static const char schema[] = "{\"type\":\"record\",\"name\":\"Other\",\"fields\":[]}";
    struct ocf_writer *writer = ocf_create(*state, schema, strlen(schema), &error);
    assert_true(ocf_finish(writer, &error));
    struct memory_port *memory = memory_port_open();
    assert_false(recording_load(*state, memory, 1, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(error.text, "does not hold RecordedMessage records"));
    close_memory(memory);
}

/* One record of the given bytes in a file of recorded messages. */
static void broken(const char *path, const void *data, uint32_t size) {
    struct error error = {.text = ""};
    struct ocf_writer *writer =
        ocf_create(path, recording_schema, strlen(recording_schema), &error);
    assert_true(ocf_append(writer, (struct bytes){data, size}, &error));
    assert_true(ocf_finish(writer, &error));
    struct memory_port *memory = memory_port_open();
    assert_false(recording_load(path, memory, 1, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    close_memory(memory);
}

static void a_broken_record_is_refused(void **state) {
    broken(*state, "\4in\1\0\0\0\0\0", 9);       /* partition -1 */
    broken(*state, "\4in\0\1\0\0\0\0", 9);       /* offset -1 */
    broken(*state, "\4in\0\0\0\4\0\0", 9);       /* no such branch */
    broken(*state, "\4in\0\0\0\0\2\x64x\0", 11); /* a value longer than the record */
    broken(*state, "\4in\0\0\0\0\0\x7e", 9);     /* headers that are not there */
    broken(*state, "\4in\0\0", 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_saved_is_loaded_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(a_topic_has_as_many_partitions_as_were_seen_or_asked_for,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_records_make_the_same_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_other_records_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_record_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
