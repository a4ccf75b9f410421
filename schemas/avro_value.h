/* SPDX-License-Identifier: Apache-2.0 */
/* Filling one of avro-c's generic records field by field, in the order of its schema. A value is
 * made once and reused. Private to the encoder. Misuse (a field of another type) is our bug and
 * asserts. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <avro.h>

struct avro_record {
    avro_schema_t schema;
    avro_value_iface_t *type;
    avro_value_t value;
    bool open;
};

/* Where the next field goes: a record, or an array for the append functions. */
struct avro_cursor {
    avro_value_t value;
    size_t next;
};

bool avro_record_open(struct avro_record *record, const char *json, size_t size,
                      struct error *error);
void avro_record_close(struct avro_record *record);
struct avro_cursor avro_record_start(struct avro_record *record);
bool avro_record_size(struct avro_record *record, size_t *size);
bool avro_record_write(struct avro_record *record, uint8_t *out, size_t size);
/* avro-c's last error. */
const char *avro_record_why(void);

/* The next field as a record or an array to be filled. */
struct avro_cursor avro_enter(struct avro_cursor *cursor);
/* The next, nullable field as a record; false: it is not present, and null. */
bool avro_enter_optional(struct avro_cursor *cursor, bool present, struct avro_cursor *record);
/* A new item of an array of records. */
struct avro_cursor avro_append(struct avro_cursor *array);
void avro_append_text(struct avro_cursor *array, struct text text);
void avro_append_optional_double(struct avro_cursor *array, bool present, double value);

void avro_put_text(struct avro_cursor *cursor, struct text text);
void avro_put_enum(struct avro_cursor *cursor, int symbol);
void avro_put_int(struct avro_cursor *cursor, int32_t value);
void avro_put_long(struct avro_cursor *cursor, int64_t value);
void avro_put_double(struct avro_cursor *cursor, double value);
void avro_put_bool(struct avro_cursor *cursor, bool value);
void avro_put_fixed(struct avro_cursor *cursor, const uint8_t *data, size_t size);
/* Null where the text has no data or `present` is false. */
void avro_put_optional_text(struct avro_cursor *cursor, struct text text);
void avro_put_optional_enum(struct avro_cursor *cursor, bool present, int symbol);
void avro_put_optional_int(struct avro_cursor *cursor, bool present, int32_t value);
void avro_put_optional_long(struct avro_cursor *cursor, bool present, int64_t value);
void avro_put_optional_double(struct avro_cursor *cursor, bool present, double value);
void avro_put_optional_bool(struct avro_cursor *cursor, bool present, bool value);
