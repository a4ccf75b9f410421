/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and makes records by the names of their fields, for freeze_queue.c. avro-c trusts what it
 * decodes: read only a topic that nobody but Saqshy may write. */
#pragma once

#include "ledger.h"

#include <avro.h>

enum { FRAME_SIZE = 5, HASH_SIZE = 32 };

static inline avro_value_t record_of(const char *folder, const char *name) {
    avro_schema_t schema;
    avro_value_t record;
    const char *json = file_text(folder, name);
    if (avro_schema_from_json_length(json, strlen(json), &schema) != 0 ||
        avro_generic_value_new(avro_generic_class_from_schema(schema), &record) != 0)
        fail(78, name, avro_strerror());
    return record;
}

static inline avro_value_t field_of(const avro_value_t *record, const char *name) {
    avro_value_t field;
    if (avro_value_get_by_name(record, name, &field, NULL) != 0) fail(78, name, "no such field");
    return field;
}

/* A string, or the symbol of an enum; null is "". */
static inline const char *text_of(const avro_value_t *record, const char *name) {
    avro_value_t field = field_of(record, name);
    const char *text = "";
    size_t size = 0;
    int symbol = 0;
    if (avro_value_get_type(&field) == AVRO_UNION) avro_value_get_current_branch(&field, &field);
    if (avro_value_get_enum(&field, &symbol) == 0)
        return avro_schema_enum_get(avro_value_get_schema(&field), symbol);
    avro_value_get_string(&field, &text, &size);
    return text;
}

/* An int or a long; null is 0. */
static inline long long number_of(const avro_value_t *record, const char *name) {
    avro_value_t field = field_of(record, name);
    int32_t small = 0;
    int64_t large = 0;
    if (avro_value_get_type(&field) == AVRO_UNION) avro_value_get_current_branch(&field, &field);
    if (avro_value_get_int(&field, &small) == 0) return small;
    avro_value_get_long(&field, &large);
    return large;
}

/* Every field empty: null where it may be. */
static inline void clear(avro_value_t *record) {
    avro_value_t field, branch;
    size_t count = 0;
    avro_value_reset(record);
    avro_value_get_size(record, &count);
    for (size_t i = 0; i < count; i++)
        if (avro_value_get_by_index(record, i, &field, NULL) == 0 &&
            avro_value_get_type(&field) == AVRO_UNION)
            avro_value_set_branch(&field, 0, &branch);
}

/* A field that may be null becomes one that is not. */
static inline avro_value_t present(avro_value_t *record, const char *name) {
    avro_value_t field = field_of(record, name), branch = {0};
    if (avro_value_get_type(&field) != AVRO_UNION) return field;
    avro_value_set_branch(&field, 1, &branch);
    return branch;
}

static inline void set(avro_value_t *record, const char *name, const char *text) {
    avro_value_t field = present(record, name);
    const avro_schema_t schema = avro_value_get_schema(&field);
    const avro_type_t type = avro_value_get_type(&field);
    if (type == AVRO_ENUM)
        avro_value_set_enum(&field, avro_schema_enum_get_by_name(schema, text));
    else if (type == AVRO_STRING)
        avro_value_set_string(&field, text);
    else if (type == AVRO_INT32)
        avro_value_set_int(&field, atoi(text));
    else
        avro_value_set_long(&field, atoll(text));
}

/* Of the row of `unsent` that `sql` came to. */
static inline void fill_outcome(avro_value_t *signal) {
    clear(signal);
    set(signal, "signal_id", column[0]);
    set(signal, "revision", column[1]);
    set(signal, "kind", "OUTCOME");
    set(signal, "source", "BANK");
    set(signal, "category", "freeze-recommendation");
    set(signal, "confidence", "CONFIRMED");
    set(signal, "reported_at", column[4]);
    set(signal, "valid_from", column[4]);
    avro_value_t subjects = field_of(signal, "subjects"), subject;
    avro_value_append(&subjects, &subject, NULL);
    set(&subject, "type", "ACCOUNT");
    set(&subject, "token", column[6]);
    set(&subject, "role", column[7]);
    avro_value_t outcome = present(signal, "outcome");
    set(&outcome, "recommendation_id", column[5]);
    set(&outcome, "result", column[2]);
    set(&outcome, "held_amount_kzt_minor", column[3]);
}

static inline void put_hex(const uint8_t *hash, char out[2 * HASH_SIZE + 1]) {
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}
