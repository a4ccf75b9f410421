/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/avro_value.h"

#include <assert.h>
#include <stdlib.h>

/* Union branches of every nullable field: null first. */
enum { BRANCH_NULL = 0, BRANCH_VALUE = 1 };

static void must(int failed) {
    assert(failed == 0 && "a value does not fit the shipped schema");
    (void)failed;
}

bool avro_record_open(struct avro_record *record, const char *json, size_t size,
                      struct error *error) {
    if (avro_schema_from_json_length(json, size, &record->schema) != 0)
        return error_set(error, ERROR_FAILED, "avro-c refuses a shipped schema: %s",
                         avro_strerror());
    record->type = avro_generic_class_from_schema(record->schema);
    record->open =
        record->type != NULL && avro_generic_value_new(record->type, &record->value) == 0;
    return record->open || error_set(error, ERROR_FAILED, "no memory to encode");
}

void avro_record_close(struct avro_record *record) {
    if (record->open) avro_value_decref(&record->value);
    if (record->type != NULL) avro_value_iface_decref(record->type);
    if (record->schema != NULL) avro_schema_decref(record->schema);
    *record = (struct avro_record){0};
}

struct avro_cursor avro_record_start(struct avro_record *record) {
    must(avro_value_reset(&record->value));
    return (struct avro_cursor){record->value, 0};
}

bool avro_record_size(struct avro_record *record, size_t *size) {
    return avro_value_sizeof(&record->value, size) == 0;
}

bool avro_record_write(struct avro_record *record, uint8_t *out, size_t size) {
    avro_writer_t writer = avro_writer_memory((char *)out, (int64_t)size);
    if (writer == NULL) return false;
    const bool ok = avro_value_write(writer, &record->value) == 0;
    avro_writer_free(writer);
    return ok;
}

const char *avro_record_why(void) {
    return avro_strerror();
}

static avro_value_t field(struct avro_cursor *cursor) {
    avro_value_t value = {0};
    must(avro_value_get_by_index(&cursor->value, cursor->next++, &value, NULL));
    return value;
}

/* The value branch of the next, nullable field; false when it is to be null, which is then set. */
static bool branch(struct avro_cursor *cursor, bool present, avro_value_t *value) {
    avro_value_t both = field(cursor);
    must(avro_value_set_branch(&both, present ? BRANCH_VALUE : BRANCH_NULL, value));
    if (!present) must(avro_value_set_null(value));
    return present;
}

struct avro_cursor avro_enter(struct avro_cursor *cursor) {
    return (struct avro_cursor){field(cursor), 0};
}

bool avro_enter_optional(struct avro_cursor *cursor, bool present, struct avro_cursor *record) {
    *record = (struct avro_cursor){.next = 0};
    return branch(cursor, present, &record->value);
}

struct avro_cursor avro_append(struct avro_cursor *array) {
    struct avro_cursor item = {.next = 0};
    must(avro_value_append(&array->value, &item.value, NULL));
    return item;
}

static void set_text(avro_value_t *value, struct text text) {
    char closed[1024];
    if (text.size < sizeof closed) {
        if (text.size > 0) memcpy(closed, text.data, text.size);
        closed[text.size] = '\0';
        must(avro_value_set_string_len(value, closed, text.size + 1u));
        return;
    }
    char *copy = calloc(text.size + 1u, 1);
    assert(copy != NULL && "out of memory");
    memcpy(copy, text.data, text.size);
    must(avro_value_set_string_len(value, copy, text.size + 1u));
    free(copy);
}

void avro_append_text(struct avro_cursor *array, struct text text) {
    avro_value_t item = {0};
    must(avro_value_append(&array->value, &item, NULL));
    set_text(&item, text);
}

void avro_append_optional_double(struct avro_cursor *array, bool present, double number) {
    avro_value_t item = {0}, value = {0};
    must(avro_value_append(&array->value, &item, NULL));
    must(avro_value_set_branch(&item, present ? BRANCH_VALUE : BRANCH_NULL, &value));
    must(present ? avro_value_set_double(&value, number) : avro_value_set_null(&value));
}

void avro_put_text(struct avro_cursor *cursor, struct text text) {
    avro_value_t value = field(cursor);
    set_text(&value, text);
}

void avro_put_enum(struct avro_cursor *cursor, int symbol) {
    avro_value_t value = field(cursor);
    must(avro_value_set_enum(&value, symbol));
}

void avro_put_int(struct avro_cursor *cursor, int32_t number) {
    avro_value_t value = field(cursor);
    must(avro_value_set_int(&value, number));
}

void avro_put_long(struct avro_cursor *cursor, int64_t number) {
    avro_value_t value = field(cursor);
    must(avro_value_set_long(&value, number));
}

void avro_put_double(struct avro_cursor *cursor, double number) {
    avro_value_t value = field(cursor);
    must(avro_value_set_double(&value, number));
}

void avro_put_bool(struct avro_cursor *cursor, bool truth) {
    avro_value_t value = field(cursor);
    must(avro_value_set_boolean(&value, truth));
}

void avro_put_fixed(struct avro_cursor *cursor, const uint8_t *data, size_t size) {
    avro_value_t value = field(cursor);
    must(avro_value_set_fixed(&value, (void *)(uintptr_t)data, size));
}

void avro_put_optional_text(struct avro_cursor *cursor, struct text text) {
    avro_value_t value = {0};
    if (branch(cursor, text.data != NULL, &value)) set_text(&value, text);
}

void avro_put_optional_enum(struct avro_cursor *cursor, bool present, int symbol) {
    avro_value_t value = {0};
    if (branch(cursor, present, &value)) must(avro_value_set_enum(&value, symbol));
}

void avro_put_optional_int(struct avro_cursor *cursor, bool present, int32_t number) {
    avro_value_t value = {0};
    if (branch(cursor, present, &value)) must(avro_value_set_int(&value, number));
}

void avro_put_optional_long(struct avro_cursor *cursor, bool present, int64_t number) {
    avro_value_t value = {0};
    if (branch(cursor, present, &value)) must(avro_value_set_long(&value, number));
}

void avro_put_optional_double(struct avro_cursor *cursor, bool present, double number) {
    avro_value_t value = {0};
    if (branch(cursor, present, &value)) must(avro_value_set_double(&value, number));
}

void avro_put_optional_bool(struct avro_cursor *cursor, bool present, bool truth) {
    avro_value_t value = {0};
    if (branch(cursor, present, &value)) must(avro_value_set_boolean(&value, truth));
}
