/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/avro_text.h"

#include "detector/base/printable.h"
#include "schemas/wire.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAMED_MAX = 64 };

struct avro_text {
    json_t *schema;
    struct {
        const char *name;
        json_t *type;
    } named[NAMED_MAX];
    size_t named_count;
};

/* One reading. */
struct reading {
    const struct avro_text *text;
    struct wire wire;
    void (*each)(void *context, const struct avro_leaf *leaf);
    void *context;
    const char *why;
    int depth, leaves;
    char path[AVRO_TEXT_PATH_SIZE], value[AVRO_TEXT_VALUE_SIZE];
    size_t value_size;
};

/* Schemas. */

static void find_named(struct avro_text *t, json_t *type, int depth) {
    size_t i;
    json_t *item;
    if (type == NULL || depth > 2 * AVRO_TEXT_DEPTH_MAX) return;
    const char *name = json_string_value(json_object_get(type, "name"));
    json_t *kind = json_object_get(type, "type");
    const bool is_type = json_object_get(type, "fields") != NULL ||
                         json_object_get(type, "symbols") != NULL ||
                         json_object_get(type, "size") != NULL;
    if (name != NULL && is_type && t->named_count < NAMED_MAX) {
        t->named[t->named_count].name = name;
        t->named[t->named_count++].type = type;
    }
    if (!json_is_string(kind)) find_named(t, kind, depth + 1);
    find_named(t, json_object_get(type, "items"), depth + 1);
    json_array_foreach(json_object_get(type, "fields"), i, item) find_named(t, item, depth + 1);
    json_array_foreach(type, i, item) find_named(t, item, depth + 1);
}

struct avro_text *avro_text_open(const char *schema_json, size_t size, struct error *error) {
    struct avro_text *t = calloc(1, sizeof *t);
    if (t == NULL) {
        error_set(error, ERROR_FAILED, "no memory for a schema");
        return NULL;
    }
    t->schema = json_loadb(schema_json, size, 0, NULL);
    if (!json_is_array(json_object_get(t->schema, "fields"))) {
        error_set(error, ERROR_BAD_DATA, "a schema that is no record's");
        avro_text_close(t);
        return NULL;
    }
    find_named(t, t->schema, 0);
    return t;
}

void avro_text_close(struct avro_text *t) {
    if (t == NULL) return;
    json_decref(t->schema);
    free(t);
}

static const json_t *type_named(const struct avro_text *t, const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < t->named_count; i++)
        if (strcmp(t->named[i].name, dot == NULL ? name : dot + 1) == 0) return t->named[i].type;
    return NULL;
}

/* Leaves. */

static bool fail(struct reading *r, const char *why) {
    r->why = why;
    return false;
}

static void put_char(struct reading *r, char c) {
    if (r->value_size + 1 < sizeof r->value) r->value[r->value_size++] = c;
}

static void put_escaped(struct reading *r, unsigned char c) {
    char escaped[8];
    snprintf(escaped, sizeof escaped, c == '"' || c == '\\' ? "\\%c" : "\\x%02x", c);
    for (const char *at = escaped; *at != '\0'; at++)
        put_char(r, *at);
}

static void put_quoted(struct reading *r, struct text text) {
    put_char(r, '"');
    for (uint32_t i = 0; i < text.size && r->value_size + 8 < sizeof r->value;) {
        const char *at = text.data + i;
        const bool quoted = *at == '"' || *at == '\\';
        const uint32_t bytes = quoted ? 0 : printable_bytes(at, text.size - i);
        if (bytes == 0) put_escaped(r, (unsigned char)*at);
        for (uint32_t k = 0; k < bytes; k++)
            put_char(r, at[k]);
        i += bytes > 0 ? bytes : 1;
    }
    put_char(r, '"');
}

static void put_hex(struct reading *r, struct bytes bytes) {
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < bytes.size; i++) {
        put_char(r, digits[bytes.data[i] >> 4]);
        put_char(r, digits[bytes.data[i] & 15]);
    }
}

static void put_time(struct reading *r, int64_t time_us) {
    const time_t seconds =
        (time_t)(time_us / 1000000 - (time_us % 1000000 < 0)); /* floored, also before 1970 */
    struct tm utc;
    r->value_size = 0;
    if (gmtime_r(&seconds, &utc) != NULL)
        r->value_size = strftime(r->value, sizeof r->value - 16, "%Y-%m-%dT%H:%M:%S", &utc);
    r->value_size += (size_t)snprintf(r->value + r->value_size, sizeof r->value - r->value_size,
                                      ".%06dZ", (int)(time_us - (int64_t)seconds * 1000000));
}

/* `leaf` has kind and content. */
static bool hand_out(struct reading *r, const uint8_t *from, struct avro_leaf leaf) {
    if (++r->leaves > AVRO_TEXT_LEAVES_MAX) return fail(r, "it has too many values");
    r->value[r->value_size] = '\0';
    leaf.path = r->path;
    leaf.value = r->value;
    leaf.raw = (struct bytes){from, (uint32_t)(r->wire.at - from)};
    r->each(r->context, &leaf);
    return true;
}

static bool read_number(struct reading *r, const json_t *type, const uint8_t *from) {
    int64_t number = 0;
    if (!wire_long(&r->wire, &number)) return fail(r, "a number is cut short");
    const char *logical = json_string_value(json_object_get(type, "logicalType"));
    const bool is_time = logical != NULL && strcmp(logical, "timestamp-micros") == 0;
    const json_t *symbols = json_object_get(type, "symbols");
    const char *symbol = json_string_value(json_array_get(symbols, (size_t)number));
    if (symbols != NULL && (number < 0 || symbol == NULL))
        return fail(r, "an enum's symbol is out of its range");
    if (symbol != NULL)
        r->value_size = (size_t)snprintf(r->value, sizeof r->value, "%.200s", symbol);
    else if (is_time)
        put_time(r, number);
    else
        r->value_size = (size_t)snprintf(r->value, sizeof r->value, "%lld", (long long)number);
    return hand_out(r, from,
                    (struct avro_leaf){.kind = symbol != NULL ? AVRO_LEAF_SYMBOL
                                               : is_time      ? AVRO_LEAF_TIME
                                                              : AVRO_LEAF_NUMBER,
                                       .number = number});
}

static bool read_real(struct reading *r, bool is_double, const uint8_t *from) {
    struct bytes bytes;
    double value = 0;
    float single = 0;
    if (!wire_fixed(&r->wire, is_double ? 8 : 4, &bytes)) return fail(r, "a number is cut short");
    memcpy(is_double ? (void *)&value : (void *)&single, bytes.data, bytes.size);
    if (!is_double) value = (double)single;
    r->value_size = (size_t)snprintf(r->value, sizeof r->value, "%.17g", value);
    return hand_out(r, from, (struct avro_leaf){.kind = AVRO_LEAF_REAL, .real = value});
}

static bool read_bytes(struct reading *r, bool is_text, const uint8_t *from) {
    struct bytes bytes;
    if (!wire_bytes(&r->wire, &bytes)) return fail(r, "a text is cut short");
    const struct text text = {(const char *)bytes.data, bytes.size};
    if (!is_text) {
        put_hex(r, bytes);
        return hand_out(r, from, (struct avro_leaf){.kind = AVRO_LEAF_BYTES});
    }
    put_quoted(r, text);
    return hand_out(r, from, (struct avro_leaf){.kind = AVRO_LEAF_TEXT, .text = text});
}

static bool read_fixed(struct reading *r, const json_t *type, const uint8_t *from) {
    struct bytes bytes;
    const json_int_t size = json_integer_value(json_object_get(type, "size"));
    if (size <= 0 || size > UINT16_MAX || !wire_fixed(&r->wire, (uint32_t)size, &bytes))
        return fail(r, "a fixed value is cut short");
    put_hex(r, bytes);
    return hand_out(r, from, (struct avro_leaf){.kind = AVRO_LEAF_BYTES});
}

static bool read_bool(struct reading *r, const uint8_t *from) {
    struct bytes byte;
    if (!wire_fixed(&r->wire, 1, &byte) || byte.data[0] > 1)
        return fail(r, "a boolean is neither 0 nor 1");
    r->value_size =
        (size_t)snprintf(r->value, sizeof r->value, "%s", byte.data[0] != 0 ? "true" : "false");
    return hand_out(r, from, (struct avro_leaf){.kind = AVRO_LEAF_BOOLEAN, .number = byte.data[0]});
}

static bool read_bare(struct reading *r, enum avro_leaf_kind kind, const uint8_t *from) {
    r->value_size =
        (size_t)snprintf(r->value, sizeof r->value, "%s", kind == AVRO_LEAF_NULL ? "null" : "[]");
    return hand_out(r, from, (struct avro_leaf){.kind = kind});
}

/* Types. */

static bool read_type(struct reading *r, const json_t *type);

/* Goes into `name`, or item `index` when there is no name, and comes back. */
static bool read_inside(struct reading *r, const char *name, size_t index, const json_t *type) {
    const size_t size = strlen(r->path);
    char *end = r->path + size;
    if (name == NULL)
        snprintf(end, sizeof r->path - size, "[%zu]", index);
    else
        snprintf(end, sizeof r->path - size, "%s%s", size > 0 ? "." : "", name);
    const bool ok = read_type(r, type);
    *end = '\0';
    return ok;
}

static bool read_record(struct reading *r, const json_t *type) {
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(type, "fields"), i, field) {
        const char *name = json_string_value(json_object_get(field, "name"));
        if (name == NULL || !read_inside(r, name, 0, json_object_get(field, "type"))) return false;
    }
    return true;
}

static bool read_array(struct reading *r, const json_t *type) {
    const uint8_t *from = r->wire.at;
    size_t index = 0;
    for (;;) {
        int64_t count, block_size;
        if (!wire_long(&r->wire, &count)) return fail(r, "an array is cut short");
        if (count == 0) return index > 0 || read_bare(r, AVRO_LEAF_EMPTY, from);
        if (count < 0 && (count < -INT32_MAX || !wire_long(&r->wire, &block_size)))
            return fail(r, "an array's block is broken");
        for (count = count < 0 ? -count : count; count > 0; count--)
            if (!read_inside(r, NULL, index++, json_object_get(type, "items"))) return false;
    }
}

static bool read_union(struct reading *r, const json_t *branches) {
    int64_t branch;
    if (!wire_long(&r->wire, &branch) || branch < 0 || (size_t)branch >= json_array_size(branches))
        return fail(r, "a union's branch is out of its range");
    return read_type(r, json_array_get(branches, (size_t)branch));
}

static bool read_kind(struct reading *r, const char *kind, const json_t *type) {
    const uint8_t *from = r->wire.at;
    r->value_size = 0;
    if (strcmp(kind, "record") == 0) return read_record(r, type);
    if (strcmp(kind, "array") == 0) return read_array(r, type);
    if (strcmp(kind, "null") == 0) return read_bare(r, AVRO_LEAF_NULL, from);
    if (strcmp(kind, "boolean") == 0) return read_bool(r, from);
    if (strcmp(kind, "string") == 0 || strcmp(kind, "bytes") == 0)
        return read_bytes(r, kind[0] == 's', from);
    if (strcmp(kind, "double") == 0 || strcmp(kind, "float") == 0)
        return read_real(r, kind[0] == 'd', from);
    if (strcmp(kind, "fixed") == 0) return read_fixed(r, type, from);
    if (strcmp(kind, "int") == 0 || strcmp(kind, "long") == 0 || strcmp(kind, "enum") == 0)
        return read_number(r, type, from);
    const json_t *named = type_named(r->text, kind);
    return named != NULL ? read_type(r, named) : fail(r, "the schema has a type not known here");
}

static bool read_type(struct reading *r, const json_t *type) {
    if (r->depth == AVRO_TEXT_DEPTH_MAX) return fail(r, "it is nested too deeply");
    r->depth++;
    const json_t *kind = json_is_object(type) ? json_object_get(type, "type") : type;
    bool ok;
    if (json_is_array(kind))
        ok = read_union(r, kind);
    else if (json_is_object(kind))
        ok = read_type(r, kind);
    else
        ok = kind != NULL ? read_kind(r, json_string_value(kind), type)
                          : fail(r, "the schema has a type not known here");
    r->depth--;
    return ok;
}

bool avro_text_read(struct avro_text *t, struct bytes body,
                    void (*each)(void *context, const struct avro_leaf *leaf), void *context,
                    const char **why) {
    struct reading r = {.text = t, .wire = wire_of(body), .each = each, .context = context};
    const bool ok = read_type(&r, t->schema) &&
                    (r.wire.at == r.wire.end || fail(&r, "bytes are left over behind it"));
    if (!ok) *why = r.why != NULL ? r.why : "it is broken";
    return ok;
}
