/* SPDX-License-Identifier: Apache-2.0 */
/* Container files, whole and broken; avro-c reads what is written here. */
#include "schemas/ocf.h"
#include "schemas/wire.h"
#include "tests/support.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECORDS = 20000, SYNC_SIZE = 16, FILE_MAX = 1 << 20 };

/* Records of one long: a record's size is that of its varint. */
static const char schema[] =
    "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":\"long\"}]}";

struct file {
    char path[64];
    uint8_t bytes[FILE_MAX];
    size_t size;
};

static int setup(void **state) {
    static struct file file;
    snprintf(file.path, sizeof file.path, "/tmp/saqshy-ocf-XXXXXX");
    const int fd = mkstemp(file.path);
    if (fd < 0) return -1;
    close(fd);
    *state = &file;
    return 0;
}

static int teardown(void **state) {
    struct file *file = *state;
    return unlink(file->path);
}

static void write_numbers(struct file *file, int64_t count) {
    struct error error = {.text = ""};
    struct ocf_writer *writer = ocf_create(file->path, schema, strlen(schema), &error);
    assert_non_null(writer);
    for (int64_t n = 0; n < count; n++) {
        uint8_t record[10];
        assert_true(ocf_append(writer, (struct bytes){record, wire_put_long(record, n)}, &error));
    }
    assert_true(ocf_finish(writer, &error));
    FILE *in = fopen(file->path, "r");
    assert_non_null(in);
    file->size = fread(file->bytes, 1, FILE_MAX, in);
    fclose(in);
}

static void put_back(struct file *file, size_t size) {
    FILE *out = fopen(file->path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(file->bytes, 1, size, out), size);
    fclose(out);
}

/* Reads to the end or to the first error; the numbers must be those written. */
static bool read_numbers(struct file *file, int64_t *count, struct error *error) {
    struct ocf_reader *reader = ocf_open(file->path, error);
    struct bytes rest;
    uint32_t used = 0;
    bool ok = reader != NULL;
    *count = 0;
    while (ok && (ok = ocf_next(reader, used, &rest, error)) && rest.size > 0) {
        struct wire wire = wire_of(rest);
        int64_t number = -1;
        assert_true(wire_long(&wire, &number));
        assert_int_equal(number, (*count)++);
        used = (uint32_t)(wire.at - rest.data);
    }
    if (ok) assert_int_equal(ocf_position(reader), ocf_size(reader));
    ocf_close(reader);
    return ok;
}

static void refused(struct file *file, const char *why) {
    struct error error = {.text = ""};
    int64_t count;
    assert_false(read_numbers(file, &count, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    if (strstr(error.text, why) == NULL) fail_msg("%s", error.text);
    assert_non_null(strstr(error.text, file->path));
}

static void what_was_written_is_read(void **state) {
    struct file *file = *state;
    struct error error = {.text = ""};
    int64_t count = -1;
    write_numbers(file, RECORDS);
    assert_true(read_numbers(file, &count, &error));
    assert_int_equal(count, RECORDS);
    struct ocf_reader *reader = ocf_open(file->path, &error);
    assert_memory_equal(ocf_schema(reader).data, schema, strlen(schema));
    ocf_close(reader);
}

static void avro_c_reads_what_was_written(void **state) {
    struct file *file = *state;
    avro_file_reader_t reader;
    write_numbers(file, RECORDS);
    assert_int_equal(avro_file_reader(file->path, &reader), 0);
    avro_schema_t writers = avro_file_reader_get_writer_schema(reader);
    avro_value_iface_t *type = avro_generic_class_from_schema(writers);
    avro_value_t value, field;
    assert_int_equal(avro_generic_value_new(type, &value), 0);
    int64_t count = 0, number = 0;
    for (; avro_file_reader_read_value(reader, &value) == 0; count++) {
        avro_value_get_by_index(&value, 0, &field, NULL);
        avro_value_get_long(&field, &number);
        assert_int_equal(number, count);
        avro_value_reset(&value);
    }
    assert_int_equal(count, RECORDS);
    avro_value_decref(&value);
    avro_value_iface_decref(type);
    avro_schema_decref(writers);
    avro_file_reader_close(reader);
}

static void a_file_without_records_is_read(void **state) {
    struct file *file = *state;
    struct error error = {.text = ""};
    int64_t count = -1;
    write_numbers(file, 0);
    assert_true(read_numbers(file, &count, &error));
    assert_int_equal(count, 0);
}

/* A cut is noticed wherever it is, but for the ends of blocks, where the file is whole. */
static void a_cut_file_is_refused(void **state) {
    struct file *file = *state;
    write_numbers(file, 40);
    const size_t whole = file->size, header = whole - 40 - 2 - SYNC_SIZE;
    for (size_t size = 0; size < whole; size++) {
        put_back(file, size);
        if (size == header) continue;
        refused(file, size == 0       ? "is empty"
                      : size < 4      ? "is no Avro container file"
                      : size < header ? "header"
                                      : "a broken or cut block");
    }
}

static void a_wrong_sync_marker_is_refused(void **state) {
    struct file *file = *state;
    write_numbers(file, 40);
    file->bytes[file->size - 1] ^= 1;
    put_back(file, file->size);
    refused(file, "a wrong sync marker");
}

static void another_codec_is_refused_by_name(void **state) {
    struct file *file = *state;
    static const char header[] = "Obj\1\4\x16"
                                 "avro.schema\x0c\"long\"\x14"
                                 "avro.codec\x0e"
                                 "deflate\0"
                                 "0123456789abcdef";
    memcpy(file->bytes, header, sizeof header - 1);
    put_back(file, sizeof header - 1);
    refused(file, "codec deflate; only null is read here");
}

static void a_wrong_record_count_is_refused(void **state) {
    struct file *file = *state;
    write_numbers(file, 40);
    uint8_t *count = file->bytes + file->size - SYNC_SIZE - 40 - 2;
    assert_int_equal(*count, 80);
    *count = 78;
    put_back(file, file->size);
    refused(file, "a wrong record count");
    *count = 82;
    put_back(file, file->size);
    refused(file, "a wrong record count");
    *count = 79; /* negative */
    put_back(file, file->size);
    refused(file, "a broken or cut block");
}

static void a_record_past_its_block_is_refused(void **state) {
    struct file *file = *state;
    struct error error = {.text = ""};
    struct bytes rest;
    write_numbers(file, 3);
    struct ocf_reader *reader = ocf_open(file->path, &error);
    assert_true(ocf_next(reader, 0, &rest, &error));
    assert_int_equal(rest.size, 3);
    assert_false(ocf_next(reader, 4, &rest, &error));
    assert_non_null(strstr(error.text, "a record past its block"));
    ocf_close(reader);
}

static void a_header_without_a_schema_is_refused(void **state) {
    struct file *file = *state;
    static const char header[] = "Obj\1\2\x14"
                                 "avro.codec\x08null\0"
                                 "0123456789abcdef";
    memcpy(file->bytes, header, sizeof header - 1);
    put_back(file, sizeof header - 1);
    refused(file, "no schema in the header");
}

static void a_missing_file_is_an_input_error(void **state) {
    (void)state;
    struct error error = {.text = ""};
    assert_null(ocf_open("/nonexistent/file.avro", &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_null(ocf_create("/nonexistent/file.avro", schema, strlen(schema), &error));
    assert_int_equal(error.code, ERROR_IO);
}

static void a_long_path_is_not_cut(void **state) {
    (void)state;
    struct error error = {.text = ""};
    char path[512] = "/nonexistent/";
    memset(path + 13, 'x', 400);
    assert_null(ocf_open(path, &error));
    assert_non_null(strstr(error.text, path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(avro_c_reads_what_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_without_records_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_sync_marker_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(another_codec_is_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_record_count_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_past_its_block_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_header_without_a_schema_is_refused, setup, teardown),
        cmocka_unit_test(a_missing_file_is_an_input_error),
        cmocka_unit_test(a_long_path_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
