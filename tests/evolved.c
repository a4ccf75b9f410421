/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/evolved.h"

#include "tests/chance.h"
#include "tests/columns.h"

#include <assert.h>
#include <avro.h>
#include <stdlib.h>

enum { FIELDS_MAX = 48, SYMBOLS_MAX = 24, NESTING_MAX = 4, RECORD_MAX = 1 << 16 };

enum shape { PLAIN, NULL_FIRST, NULL_LAST, ALONE_IN_UNION, WIDE, NOTHING_BUT_NULL };
enum form { FORM_OWN, FORM_BYTES, FORM_INT, FORM_MILLIS, FORM_DECIMAL, FORM_DECIMAL_FIXED };

/* One field of a writer's record. */
struct field {
    const struct test_column *column; /* NULL: not in the contract */
    enum shape shape;
    enum form form;
    int scale, fixed_size;
    size_t symbol_count;
    uint8_t symbols[SYMBOLS_MAX]; /* the contract's number of each of the writer's symbols */
};

struct side {
    struct field fields[FIELDS_MAX];
    size_t count;
    size_t payer, payee; /* of the root: positions of the parties */
    bool payer_in_union, payee_in_union;
};

struct evolved {
    struct chance chance;
    char *json;
    size_t json_size;
    FILE *out;
    int names;
    struct side root, payer, payee;
    avro_schema_t schema;
    avro_value_iface_t *type;
    avro_value_t value;
    uint8_t bytes[RECORD_MAX];
};

static uint32_t below(struct evolved *e, uint32_t limit) {
    return chance_below(&e->chance, limit);
}

/* Schemas of further fields. */

static void put_type(struct evolved *e, int depth);

static void put_further_record(struct evolved *e, int depth) {
    const int name = e->names++;
    fprintf(e->out, "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[", name);
    fprintf(e->out, "{\"name\":\"a\",\"type\":\"int\"}");
    for (uint32_t i = below(e, 3); i > 0; i--) {
        fprintf(e->out, ",{\"name\":\"f%u\",\"type\":", i);
        put_type(e, depth + 1);
        fprintf(e->out, "}");
    }
    if (below(e, 3) == 0) fprintf(e->out, ",{\"name\":\"next\",\"type\":[\"null\",\"R%d\"]}", name);
    if (below(e, 4) == 0)
        fprintf(e->out, ",{\"name\":\"inner\",\"type\":{\"type\":\"array\",\"items\":\"R%d\"}}",
                name);
    fprintf(e->out, "]}");
}

static void put_further_union(struct evolved *e, int depth) {
    static const char *const branches[] = {"null", "long", "string", "double", "boolean"};
    const uint32_t skipped = below(e, 5);
    fprintf(e->out, "[");
    for (uint32_t i = 0, first = 1; i < 5; i++) {
        if (i == skipped) continue;
        fprintf(e->out, "%s\"%s\"", first != 0 ? "" : ",", branches[i]);
        first = 0;
    }
    if (below(e, 2) == 0) {
        fprintf(e->out, ",");
        put_further_record(e, depth);
    }
    fprintf(e->out, "]");
}

static void put_type(struct evolved *e, int depth) {
    static const char *const simple[] = {"boolean", "int",   "long",  "float",
                                         "double",  "bytes", "string"};
    const uint32_t kind = below(e, depth >= 2 ? 9 : 13);
    if (kind < 7)
        fprintf(e->out, "\"%s\"", simple[kind]);
    else if (kind == 7)
        fprintf(e->out, "{\"type\":\"fixed\",\"name\":\"X%d\",\"size\":%u}", e->names++,
                1 + below(e, 40));
    else if (kind == 8)
        fprintf(e->out, "{\"type\":\"enum\",\"name\":\"X%d\",\"symbols\":[\"A\",\"B\",\"C\"]}",
                e->names++);
    else if (kind == 9 || kind == 10) {
        fprintf(e->out,
                kind == 9 ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
        put_type(e, depth + 1);
        fprintf(e->out, "}");
    } else if (kind == 11)
        put_further_union(e, depth);
    else
        put_further_record(e, depth);
}

static void put_further_type(struct evolved *e) {
    if (below(e, 12) == 0)
        fprintf(e->out, "\"null\"");
    else if (below(e, 12) == 0)
        fprintf(e->out, "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[]}", e->names++);
    else
        put_type(e, 0);
}

/* Schemas of the contract's fields. */

/* Some of our symbols in any order, with some of the writer's own among them. */
static void put_enum(struct evolved *e, struct field *field) {
    const struct test_column *column = field->column;
    fprintf(e->out, "{\"type\":\"enum\",\"name\":\"E%d\",\"symbols\":[", e->names++);
    const uint32_t start = below(e, (uint32_t)column->symbol_count);
    const uint32_t step = below(e, 2) == 0 ? 1 : (uint32_t)column->symbol_count - 1;
    for (uint32_t i = 0; i < column->symbol_count; i++) {
        const uint8_t ours = (uint8_t)((start + i * step) % column->symbol_count);
        const bool own = below(e, 4) == 0;
        if (own && field->symbol_count < SYMBOLS_MAX - 1) {
            fprintf(e->out, "%s\"OWN_%u\"", field->symbol_count > 0 ? "," : "", i);
            field->symbols[field->symbol_count++] = 0;
        }
        if (below(e, 5) == 0 && field->symbol_count > 0) continue;
        fprintf(e->out, "%s\"%s\"", field->symbol_count > 0 ? "," : "", column->symbols[ours]);
        field->symbols[field->symbol_count++] = ours;
    }
    fprintf(e->out, "]}");
}

static void put_long(struct evolved *e, struct field *field) {
    static const enum form forms[] = {FORM_OWN, FORM_OWN, FORM_INT, FORM_DECIMAL,
                                      FORM_DECIMAL_FIXED};
    field->form = forms[below(e, 5)];
    field->scale = (int)below(e, 6);
    field->fixed_size = 6 + (int)below(e, 12);
    if (field->form == FORM_DECIMAL)
        fprintf(e->out,
                "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":18,\"scale\":%d}",
                field->scale);
    else if (field->form == FORM_DECIMAL_FIXED)
        fprintf(e->out,
                "{\"type\":\"fixed\",\"name\":\"D%d\",\"size\":%d,\"logicalType\":\"decimal\","
                "\"precision\":18,\"scale\":%d}",
                e->names++, field->fixed_size, field->scale);
    else
        fprintf(e->out, field->form == FORM_INT ? "\"int\"" : "\"long\"");
}

static void put_value(struct evolved *e, struct field *field) {
    switch (field->column->type) {
    case COLUMN_TEXT:
        field->form = below(e, 5) == 0 ? FORM_BYTES : FORM_OWN;
        fprintf(e->out, field->form == FORM_BYTES ? "\"bytes\"" : "\"string\"");
        return;
    case COLUMN_LONG:
        put_long(e, field);
        return;
    case COLUMN_INT:
        fprintf(e->out, "\"int\"");
        return;
    case COLUMN_DATE:
        fprintf(e->out, "{\"type\":\"int\",\"logicalType\":\"date\"}");
        return;
    case COLUMN_TIME:
        field->form = below(e, 4) == 0 ? FORM_MILLIS : FORM_OWN;
        fprintf(e->out, "{\"type\":\"long\",\"logicalType\":\"timestamp-%s\"}",
                field->form == FORM_MILLIS ? "millis" : "micros");
        return;
    case COLUMN_ENUM:
        put_enum(e, field);
        return;
    case COLUMN_BOOLEAN:
        fprintf(e->out, "\"boolean\"");
    }
}

static enum shape choose_shape(struct evolved *e, const struct test_column *column) {
    const uint32_t roll = below(e, 20);
    if (roll == 0) return ALONE_IN_UNION;
    if (roll < 3 && (column->type == COLUMN_TEXT || column->type == COLUMN_LONG)) return WIDE;
    if (!column->nullable) return PLAIN;
    if (roll == 3) return NOTHING_BUT_NULL;
    if (roll == 4) return PLAIN;
    return roll < 9 ? NULL_LAST : NULL_FIRST;
}

/* In a WIDE union the form chosen is followed by the type's own name for texts and longs. */
static void put_column_type(struct evolved *e, struct field *field) {
    const bool text = field->column->type == COLUMN_TEXT;
    field->shape = choose_shape(e, field->column);
    switch (field->shape) {
    case PLAIN:
        put_value(e, field);
        return;
    case NULL_FIRST:
        fprintf(e->out, "[\"null\",");
        put_value(e, field);
        fprintf(e->out, "]");
        return;
    case NULL_LAST:
        fprintf(e->out, "[");
        put_value(e, field);
        fprintf(e->out, ",\"null\"]");
        return;
    case ALONE_IN_UNION:
        fprintf(e->out, "[");
        put_value(e, field);
        fprintf(e->out, "]");
        return;
    case WIDE:
        fprintf(e->out, text ? "[\"bytes\",\"null\",\"string\"]" : "[\"int\",\"null\",\"long\"]");
        return;
    case NOTHING_BUT_NULL:
        fprintf(e->out, "\"null\"");
    }
}

static void put_field_start(struct evolved *e, struct side *side) {
    assert(side->count < FIELDS_MAX);
    fprintf(e->out, "%s{\"name\":", side->count > 0 ? "," : "");
}

static void put_further_field(struct evolved *e, struct side *side) {
    put_field_start(e, side);
    fprintf(e->out, "\"own_%d\",\"type\":", e->names++);
    put_further_type(e);
    fprintf(e->out, "}");
    side->count++;
}

static void put_column(struct evolved *e, struct side *side, const struct test_column *column) {
    struct field *field = &side->fields[side->count];
    put_field_start(e, side);
    field->column = column;
    if (below(e, 6) == 0)
        fprintf(e->out, "\"renamed_%d\",\"aliases\":[\"older\",\"%s\"],\"type\":", e->names++,
                column->name);
    else
        fprintf(e->out, "\"%s\",\"type\":", column->name);
    put_column_type(e, field);
    fprintf(e->out, "}");
    side->count++;
}

/* The columns from a random one on, forwards or backwards, further fields between them. */
static void put_columns(struct evolved *e, struct side *side, const struct test_column *list,
                        size_t count) {
    const uint32_t start = below(e, (uint32_t)count);
    const size_t step = below(e, 2) == 0 ? 1 : count - 1;
    for (size_t i = 0; i < count; i++) {
        const struct test_column *column = &list[(start + i * step) % count];
        if (below(e, 5) == 0) put_further_field(e, side);
        if (!column->obligatory && below(e, 5) == 0) continue;
        put_column(e, side, column);
    }
    if (side->count == 0) put_further_field(e, side);
}

static void put_party(struct evolved *e, const char *name, struct side *side, bool *in_union) {
    put_field_start(e, &e->root);
    *in_union = below(e, 6) == 0;
    fprintf(e->out, "\"%s\",\"type\":%s{\"type\":\"record\",\"name\":\"P%d\",\"fields\":[", name,
            *in_union ? "[\"null\"," : "", e->names++);
    put_columns(e, side, party_columns, party_column_count);
    fprintf(e->out, "]}%s}", *in_union ? "]" : "");
    e->root.count++;
}

static void put_schema(struct evolved *e) {
    fprintf(e->out, "{\"type\":\"record\",\"name\":\"Evolved\",%s\"fields\":[",
            below(e, 2) == 0 ? "\"namespace\":\"kz.bank\"," : "");
    const bool early = below(e, 2) == 0;
    if (!early) put_columns(e, &e->root, root_columns, root_column_count);
    e->root.payer = e->root.count;
    put_party(e, "payer", &e->payer, &e->root.payer_in_union);
    if (early) put_columns(e, &e->root, root_columns, root_column_count);
    e->root.payee = e->root.count;
    put_party(e, "payee", &e->payee, &e->root.payee_in_union);
    fprintf(e->out, "]}");
}

struct evolved *evolved_new(uint64_t seed) {
    struct evolved *e = calloc(1, sizeof *e);
    assert(e != NULL);
    e->chance.state = seed;
    e->out = open_memstream(&e->json, &e->json_size);
    assert(e->out != NULL);
    put_schema(e);
    fclose(e->out);
    const int refused = avro_schema_from_json_length(e->json, e->json_size, &e->schema);
    if (refused != 0) fprintf(stderr, "avro-c: %s\n%s\n", avro_strerror(), e->json);
    assert(refused == 0);
    e->type = avro_generic_class_from_schema(e->schema);
    const int failed = avro_generic_value_new(e->type, &e->value);
    assert(failed == 0);
    return e;
}

void evolved_free(struct evolved *e) {
    if (e == NULL) return;
    avro_value_decref(&e->value);
    avro_value_iface_decref(e->type);
    avro_schema_decref(e->schema);
    free(e->json);
    free(e);
}

const char *evolved_json(const struct evolved *e) {
    return e->json;
}

/* Writing. */

static void must(int failed) {
    if (failed != 0) fprintf(stderr, "avro-c: %s\n", avro_strerror());
    assert(failed == 0);
}

static size_t random_text(struct evolved *e, char *out, uint32_t letters_max) {
    static const char *const letters[] = {"a", "Z", "0", "-", " ", "ж", "Қ", "ұ", "€", "😀"};
    const uint32_t count = below(e, letters_max + 1), kinds = below(e, 2) == 0 ? 5 : 10;
    out[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        strcat(out, letters[below(e, kinds)]);
    return strlen(out);
}

static int64_t random_long(struct evolved *e) {
    const uint64_t bits = chance_bits(&e->chance) >> below(e, 64);
    return below(e, 4) == 0 ? -(int64_t)(bits >> 1) : (int64_t)(bits >> 1);
}

static int32_t random_int(struct evolved *e) {
    return (int32_t)(uint32_t)(chance_bits(&e->chance) >> (32 + below(e, 32)));
}

static void fill_any(struct evolved *e, avro_value_t *value, int depth);

static void fill_collection(struct evolved *e, avro_value_t *value, int depth) {
    const bool map = avro_value_get_type(value) == AVRO_MAP;
    for (uint32_t i = depth >= NESTING_MAX ? 0 : below(e, 4); i > 0; i--) {
        avro_value_t item;
        char key[16];
        snprintf(key, sizeof key, "key-%u", i);
        if (map)
            must(avro_value_add(value, key, &item, NULL, NULL));
        else
            must(avro_value_append(value, &item, NULL));
        fill_any(e, &item, depth + 1);
    }
}

static void fill_record(struct evolved *e, avro_value_t *value, int depth) {
    size_t count = 0;
    must(avro_value_get_size(value, &count));
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        must(avro_value_get_by_index(value, i, &field, NULL));
        fill_any(e, &field, depth + 1);
    }
}

static void fill_union(struct evolved *e, avro_value_t *value, int depth) {
    avro_schema_t schema = avro_value_get_schema(value);
    avro_value_t branch;
    const size_t count = avro_schema_union_size(schema);
    const int chosen = depth >= NESTING_MAX - 1 ? 0 : (int)below(e, (uint32_t)count);
    must(avro_value_set_branch(value, chosen, &branch));
    fill_any(e, &branch, depth);
}

static void fill_any(struct evolved *e, avro_value_t *value, int depth) {
    char text[256];
    uint8_t raw[64];
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)below(e, 256);
    switch (avro_value_get_type(value)) {
    case AVRO_NULL:
        must(avro_value_set_null(value));
        return;
    case AVRO_BOOLEAN:
        must(avro_value_set_boolean(value, (int)below(e, 2)));
        return;
    case AVRO_INT32:
        must(avro_value_set_int(value, random_int(e)));
        return;
    case AVRO_INT64:
        must(avro_value_set_long(value, random_long(e)));
        return;
    case AVRO_FLOAT:
        must(avro_value_set_float(value, (float)random_int(e)));
        return;
    case AVRO_DOUBLE:
        must(avro_value_set_double(value, (double)random_long(e)));
        return;
    case AVRO_BYTES:
        must(avro_value_set_bytes(value, raw, below(e, sizeof raw)));
        return;
    case AVRO_STRING:
        must(avro_value_set_string_len(value, text, random_text(e, text, 40) + 1));
        return;
    case AVRO_FIXED:
        must(avro_value_set_fixed(value, raw,
                                  (size_t)avro_schema_fixed_size(avro_value_get_schema(value))));
        return;
    case AVRO_ENUM:
        must(avro_value_set_enum(value, (int)below(e, 3)));
        return;
    case AVRO_UNION:
        fill_union(e, value, depth);
        return;
    case AVRO_RECORD:
        fill_record(e, value, depth);
        return;
    default:
        fill_collection(e, value, depth);
    }
}

/* A whole number of minor units at the field's scale, big-endian, in `size` bytes. */
static void fill_decimal(struct evolved *e, const struct field *field, avro_value_t *value) {
    const size_t size = field->form == FORM_DECIMAL ? 6 + below(e, 7) : (size_t)field->fixed_size;
    int64_t number = (int64_t)below(e, 2000000000) - 1000000000;
    for (int scale = field->scale; scale > 2; scale--)
        number *= 10;
    uint8_t bytes[32];
    for (size_t i = 0; i < size; i++) {
        const size_t shift = 8 * (size - 1 - i);
        bytes[i] = (uint8_t)(shift >= 64 ? (number < 0 ? 0xff : 0) : number >> shift);
    }
    if (field->form == FORM_DECIMAL)
        must(avro_value_set_bytes(value, bytes, size));
    else
        must(avro_value_set_fixed(value, bytes, size));
}

static void fill_column(struct evolved *e, const struct field *field, avro_value_t *value) {
    char text[256];
    const size_t size = random_text(e, text, 16);
    switch (avro_value_get_type(value)) {
    case AVRO_STRING:
        must(avro_value_set_string_len(value, text, size + 1));
        return;
    case AVRO_ENUM:
        must(avro_value_set_enum(value, (int)below(e, (uint32_t)field->symbol_count)));
        return;
    case AVRO_INT64:
        must(avro_value_set_long(value, field->form == FORM_MILLIS ? random_long(e) / 1000
                                                                   : random_long(e)));
        return;
    case AVRO_BYTES:
    case AVRO_FIXED:
        if (field->column->type == COLUMN_LONG)
            fill_decimal(e, field, value);
        else
            must(avro_value_set_bytes(value, text, size));
        return;
    default:
        fill_any(e, value, 0);
    }
}

static void fill_field(struct evolved *e, const struct field *field, avro_value_t *value) {
    if (field->column == NULL) {
        fill_any(e, value, 0);
        return;
    }
    if (avro_value_get_type(value) != AVRO_UNION) {
        fill_column(e, field, value);
        return;
    }
    avro_value_t branch;
    const int null_at = field->shape == NULL_FIRST ? 0 : field->shape == ALONE_IN_UNION ? -1 : 1;
    int chosen = (int)below(e, (uint32_t)avro_schema_union_size(avro_value_get_schema(value)));
    if (chosen == null_at && !field->column->nullable) chosen = 0;
    must(avro_value_set_branch(value, chosen, &branch));
    fill_column(e, field, &branch);
}

static void fill_side(struct evolved *e, const struct side *side, avro_value_t *record);

static void fill_party(struct evolved *e, size_t position, bool in_union, const struct side *side) {
    avro_value_t value, branch;
    must(avro_value_get_by_index(&e->value, position, &value, NULL));
    if (in_union) must(avro_value_set_branch(&value, 1, &branch));
    fill_side(e, side, in_union ? &branch : &value);
}

static void fill_side(struct evolved *e, const struct side *side, avro_value_t *record) {
    for (size_t i = 0; i < side->count; i++) {
        avro_value_t value;
        if (side == &e->root && (i == side->payer || i == side->payee)) continue;
        must(avro_value_get_by_index(record, i, &value, NULL));
        fill_field(e, &side->fields[i], &value);
    }
}

struct bytes evolved_write(struct evolved *e, uint64_t seed) {
    size_t size;
    e->chance.state = seed;
    must(avro_value_reset(&e->value));
    fill_side(e, &e->root, &e->value);
    fill_party(e, e->root.payer, e->root.payer_in_union, &e->payer);
    fill_party(e, e->root.payee, e->root.payee_in_union, &e->payee);
    must(avro_value_sizeof(&e->value, &size));
    assert(size <= sizeof e->bytes);
    avro_writer_t writer = avro_writer_memory((char *)e->bytes, sizeof e->bytes);
    must(avro_value_write(writer, &e->value));
    avro_writer_free(writer);
    return (struct bytes){e->bytes, (uint32_t)size};
}

/* Reading. */

static bool decimal_of(const uint8_t *bytes, size_t size, int scale, int64_t *out) {
    __int128 number = size > 0 && (bytes[0] & 0x80) != 0 ? -1 : 0;
    for (size_t i = size > 9 ? size - 9 : 0; i < size; i++)
        number = number * 256 + bytes[i];
    for (; scale < 2; scale++)
        number *= 10;
    for (; scale > 2; scale--) {
        if (number % 10 != 0) return false;
        number /= 10;
    }
    *out = (int64_t)number;
    return size > 0 && number == *out;
}

static void set_number(const struct field *field, void *base, int64_t number) {
    const struct test_column *column = field->column;
    char *at = (char *)base + column->offset;
    const int32_t narrow = (int32_t)number;
    if (field->form == FORM_MILLIS) number *= 1000;
    const int64_t seconds = number / 1000000 - (number % 1000000 < 0 ? 1 : 0);
    if (column->type == COLUMN_INT || column->type == COLUMN_DATE)
        memcpy(at, &narrow, sizeof narrow);
    else
        memcpy(at, &number, sizeof number);
    if (column->second != 0) memcpy((char *)base + column->second, &seconds, sizeof seconds);
    if (column->present != 0) ((char *)base)[column->present] = 1;
}

static void set_text(const struct field *field, void *base, const void *data, size_t size) {
    const struct text text = {data, (uint32_t)size};
    memcpy((char *)base + field->column->offset, &text, sizeof text);
}

static bool take_bytes(const struct field *field, const void *data, size_t size, void *base) {
    int64_t number;
    if (field->column->type == COLUMN_TEXT) {
        set_text(field, base, data, size);
        return true;
    }
    if (!decimal_of(data, size, field->scale, &number)) return false;
    set_number(field, base, number);
    return true;
}

/* A value of avro-c into its column. */
static bool take(const struct field *field, const avro_value_t *value, void *base) {
    const void *data;
    const char *string;
    size_t size;
    int32_t narrow;
    int64_t wide;
    int small;
    switch (avro_value_get_type(value)) {
    case AVRO_NULL:
        return field->column->nullable && avro_value_get_null(value) == 0;
    case AVRO_STRING:
        if (avro_value_get_string(value, &string, &size) != 0) return false;
        set_text(field, base, string, size - 1);
        return true;
    case AVRO_BYTES:
        return avro_value_get_bytes(value, &data, &size) == 0 &&
               take_bytes(field, data, size, base);
    case AVRO_FIXED:
        return avro_value_get_fixed(value, &data, &size) == 0 &&
               take_bytes(field, data, size, base);
    case AVRO_INT32:
        if (avro_value_get_int(value, &narrow) != 0) return false;
        set_number(field, base, narrow);
        return true;
    case AVRO_INT64:
        if (avro_value_get_long(value, &wide) != 0) return false;
        set_number(field, base, wide);
        return true;
    case AVRO_ENUM:
        if (avro_value_get_enum(value, &small) != 0) return false;
        ((uint8_t *)base)[field->column->offset] = field->symbols[small];
        return true;
    case AVRO_BOOLEAN:
        if (avro_value_get_boolean(value, &small) != 0) return false;
        ((uint8_t *)base)[field->column->offset] = small != 0;
        return true;
    default:
        return false;
    }
}

/* The value itself, or that of the union's branch. */
static bool through_union(avro_value_t *value) {
    avro_value_t branch;
    if (avro_value_get_type(value) != AVRO_UNION) return true;
    if (avro_value_get_current_branch(value, &branch) != 0) return false;
    *value = branch;
    return true;
}

static bool take_side(const struct side *side, const avro_value_t *record, void *base) {
    for (size_t i = 0; i < side->count; i++) {
        avro_value_t value;
        if (side->fields[i].column == NULL) continue;
        if (avro_value_get_by_index(record, i, &value, NULL) != 0 || !through_union(&value) ||
            !take(&side->fields[i], &value, base))
            return false;
    }
    return true;
}

static bool take_party(struct evolved *e, size_t position, const struct side *side,
                       struct party *party) {
    avro_value_t value;
    return avro_value_get_by_index(&e->value, position, &value, NULL) == 0 &&
           through_union(&value) && avro_value_get_type(&value) == AVRO_RECORD &&
           take_side(side, &value, party);
}

bool evolved_read(struct evolved *e, struct bytes bytes, struct transaction *tx) {
    *tx = (struct transaction){.active_call = TRISTATE_NULL, .remote_access = TRISTATE_NULL};
    tx->payer.phone_owner_mismatch = TRISTATE_NULL;
    tx->payee.phone_owner_mismatch = TRISTATE_NULL;
    avro_reader_t reader = avro_reader_memory((const char *)bytes.data, bytes.size);
    avro_value_reset(&e->value);
    const bool ok = avro_value_read(reader, &e->value) == 0 && avro_skip(reader, 1) != 0;
    avro_reader_free(reader);
    return ok && take_side(&e->root, &e->value, tx) &&
           take_party(e, e->root.payer, &e->payer, &tx->payer) &&
           take_party(e, e->root.payee, &e->payee, &tx->payee);
}
