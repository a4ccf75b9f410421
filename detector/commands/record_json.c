/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/record_json.h"

#include "detector/base/instant.h"
#include "detector/base/nearest.h"
#include "schemas/contract.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64, SYMBOLS_SHOWN = 32, MICROS = 1000000 };

#define YEAR_9999_S INT64_C(253402300799)

static bool refuse(const struct column *column, const char *what, struct error *error) {
    return error_set(error, ERROR_BAD_DATA, "%s: not %s", column->name, what);
}

static bool refuse_word(const char *word, const char *what, const char *const *words, size_t count,
                        struct error *error) {
    const char *near = nearest(word, words, count);
    return error_set(error, ERROR_BAD_DATA, "%.64s is %s%s%s%s", word, what,
                     near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}

const char *record_json_symbols(const char *const *symbols, size_t count,
                                char out[SYMBOLS_TEXT_SIZE]) {
    size_t size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && size < SYMBOLS_TEXT_SIZE; i++)
        if (strcmp(symbols[i], "UNKNOWN") != 0)
            size += (size_t)snprintf(out + size, SYMBOLS_TEXT_SIZE - size, "%s%s",
                                     size == 0 ? "" : ", ", symbols[i]);
    return out;
}

static bool refuse_symbol(const char *given, const char *const *symbols, size_t count,
                          struct error *error) {
    char all[SYMBOLS_TEXT_SIZE];
    if (nearest(given, symbols, count) != NULL)
        return refuse_word(given, "no symbol of it", symbols, count, error);
    return error_set(error, ERROR_BAD_DATA, "%.64s is no symbol of it, which takes %s", given,
                     record_json_symbols(symbols, count, all));
}

bool record_json_symbol(const char *given, const char *const *symbols, size_t count,
                        uint8_t *number, struct error *error) {
    assert(count <= SYMBOLS_SHOWN);
    for (size_t i = 0; i < count; i++)
        if (strcmp(given, symbols[i]) == 0) {
            *number = (uint8_t)i;
            return true;
        }
    return refuse_symbol(given, symbols, count, error);
}

/* Reading. */

static bool read_columns(const struct column *columns, size_t count, const json_t *object,
                         uint8_t *out, struct error *error);

static bool read_text(const struct column *column, const json_t *value, uint8_t *to,
                      struct error *error) {
    const struct text text = {json_string_value(value), (uint32_t)json_string_length(value)};
    if (text.data == NULL) return refuse(column, "a text", error);
    if (json_string_length(value) > column->cap)
        return error_set(error, ERROR_BAD_DATA, "%s: longer than %u bytes", column->name,
                         (unsigned)column->cap);
    memcpy(to, &text, sizeof text);
    return true;
}

static bool read_time(const struct column *column, const json_t *value, uint8_t *out,
                      struct error *error) {
    int64_t micros = json_integer_value(value);
    const char *text = json_string_value(value);
    if (!json_is_integer(value) && (text == NULL || !instant_parse(text, 0, &micros)))
        return refuse(column, "a time, as 2026-01-31T12:00:00Z", error);
    const int64_t second = micros / MICROS - (micros % MICROS < 0);
    memcpy(out + column->to, &micros, sizeof micros);
    memcpy(out + column->seconds, &second, sizeof second);
    return true;
}

static bool read_whole(const struct column *column, const json_t *value, uint8_t *to,
                       struct error *error) {
    const json_int_t number = json_integer_value(value);
    const int32_t narrow = (int32_t)number;
    if (!json_is_integer(value)) return refuse(column, "a whole number", error);
    if (column->kind == COL_LONG)
        memcpy(to, &number, sizeof number);
    else if (narrow != number)
        return refuse(column, "within 32 bits", error);
    else
        memcpy(to, &narrow, sizeof narrow);
    return true;
}

static bool read_list(const struct column *column, const json_t *value, uint8_t *out,
                      struct error *error) {
    const uint32_t count = (uint32_t)json_array_size(value);
    const struct column text = {.name = column->name, .cap = column->cap};
    if (!json_is_array(value)) return refuse(column, "a list", error);
    if (json_array_size(value) > column->items_max)
        return error_set(error, ERROR_BAD_DATA, "%s: more than %u", column->name,
                         (unsigned)column->items_max);
    for (uint32_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);
        uint8_t *slot = out + column->to + (size_t)i * column->item_bytes;
        const bool ok = column->fields == NULL
                            ? read_text(&text, item, slot, error)
                            : read_columns(column->fields, column->field_count, item, slot, error);
        if (!ok) return error_prefix(error, "%s[%u]", column->name, i);
    }
    memcpy(out + column->count, &count, sizeof count);
    return true;
}

static bool read_one(const struct column *column, const json_t *value, uint8_t *out,
                     struct error *error) {
    switch (column->kind) {
    case COL_TEXT:
        return read_text(column, value, out + column->to, error);
    case COL_LONG:
    case COL_INT:
    case COL_DATE:
        return read_whole(column, value, out + column->to, error);
    case COL_TIME:
        return read_time(column, value, out, error);
    case COL_BOOLEAN:
        out[column->to] = json_is_true(value);
        return json_is_boolean(value) || refuse(column, "true or false", error);
    case COL_ENUM:
        if (!json_is_string(value)) return refuse(column, "a symbol", error);
        return record_json_symbol(json_string_value(value), column->symbols, column->symbol_count,
                                  &out[column->to], error) ||
               error_prefix(error, "%s", column->name);
    case COL_LIST:
        return read_list(column, value, out, error);
    case COL_RECORD:
        break;
    }
    return read_columns(column->fields, column->field_count, value, out + column->to, error) ||
           error_prefix(error, "%s", column->name);
}

static const struct column *find_column(const struct column *columns, size_t count,
                                        const char *name, struct error *error) {
    const char *names[COLUMNS_MAX];
    assert(count <= COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = columns[i].name;
        if (strcmp(name, names[i]) == 0) return &columns[i];
    }
    refuse_word(name, "no field here", names, count, error);
    return NULL;
}

static bool read_columns(const struct column *columns, size_t count, const json_t *object,
                         uint8_t *out, struct error *error) {
    if (!json_is_object(object)) return error_set(error, ERROR_BAD_DATA, "not an object");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        const struct column *column = find_column(columns, count, name, error);
        if (column == NULL) return false;
        if (json_is_null(value) && column->nullable) continue;
        if (!read_one(column, value, out, error)) return false;
        if (column->present != 0) out[column->present] = 1;
    }
    return true;
}

bool record_json_read(enum contract contract, const json_t *object, void *record,
                      struct error *error) {
    const struct contract_columns *of = contract_columns(contract);
    void *blank = of->blank();
    memcpy(record, blank, of->size);
    free(blank);
    return read_columns(of->columns, of->count, object, record, error);
}

/* Writing. */

const char *time_json(int64_t micros, char out[TIME_JSON_SIZE]) {
    const int64_t second = micros / MICROS - (micros % MICROS < 0);
    char text[INSTANT_TEXT_SIZE];
    if (second < 0 || second > YEAR_9999_S) {
        snprintf(out, TIME_JSON_SIZE, "%lld us", (long long)micros);
        return out;
    }
    instant_text(second, text);
    text[10] = 'T';
    if (micros % MICROS == 0)
        snprintf(out, TIME_JSON_SIZE, "%sZ", text);
    else
        snprintf(out, TIME_JSON_SIZE, "%s.%06dZ", text, (int)(micros - second * MICROS));
    return out;
}

static json_t *write_columns(const struct column *columns, size_t count, const uint8_t *in);

static json_t *write_text(const uint8_t *at) {
    struct text text;
    memcpy(&text, at, sizeof text);
    return text.data == NULL ? NULL : json_stringn(text.data, text.size);
}

static json_t *write_whole(const struct column *column, const uint8_t *at) {
    int64_t wide = 0;
    int32_t narrow;
    memcpy(&narrow, at, sizeof narrow);
    if (column->kind != COL_LONG) return json_integer(narrow);
    memcpy(&wide, at, sizeof wide);
    return json_integer(wide);
}

static json_t *write_time(const uint8_t *at) {
    char text[TIME_JSON_SIZE];
    int64_t micros;
    memcpy(&micros, at, sizeof micros);
    return json_string(time_json(micros, text));
}

static json_t *write_list(const struct column *column, const uint8_t *in) {
    uint32_t count;
    json_t *list = json_array();
    memcpy(&count, in + column->count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *slot = in + column->to + (size_t)i * column->item_bytes;
        json_array_append_new(list, column->fields == NULL
                                        ? write_text(slot)
                                        : write_columns(column->fields, column->field_count, slot));
    }
    return list;
}

static json_t *write_one(const struct column *column, const uint8_t *in) {
    const uint8_t *at = in + column->to;
    if (column->present != 0 && in[column->present] == 0) return NULL;
    switch (column->kind) {
    case COL_TEXT:
        return write_text(at);
    case COL_TIME:
        return write_time(at);
    case COL_BOOLEAN:
        return *at == TRISTATE_NULL ? NULL : json_boolean(*at == TRISTATE_TRUE);
    case COL_ENUM:
        return *at < column->symbol_count ? json_string(column->symbols[*at]) : NULL;
    case COL_LIST:
        return write_list(column, in);
    case COL_RECORD:
        return write_columns(column->fields, column->field_count, at);
    case COL_LONG:
    case COL_INT:
    case COL_DATE:
        break;
    }
    return write_whole(column, at);
}

static json_t *write_columns(const struct column *columns, size_t count, const uint8_t *in) {
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *value = write_one(&columns[i], in);
        if (value != NULL) json_object_set_new(object, columns[i].name, value);
    }
    return object;
}

json_t *record_json_write(enum contract contract, const void *record) {
    const struct contract_columns *of = contract_columns(contract);
    return write_columns(of->columns, of->count, record);
}
