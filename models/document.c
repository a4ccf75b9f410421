/* SPDX-License-Identifier: Apache-2.0 */
#include "models/document.h"

#include "detector/base/nearest.h"
#include "models/json_walk.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_BYTES_MAX = 16 << 20, PLACE_DEPTH_MAX = 16 };
static const char too_large[] = "it is larger than 16 MiB";

struct place place_root(const char *origin, const char *json, size_t size) {
    return (struct place){.origin = origin, .json = json, .size = size};
}

struct place place_key(const struct place *parent, const char *key) {
    return (struct place){parent->origin, parent->json, parent->size, parent, key, 0};
}

struct place place_item(const struct place *parent, size_t index) {
    return (struct place){parent->origin, parent->json, parent->size, parent, NULL, index};
}

/* Writes the path of the place and returns its line. */
static size_t trace(const struct place *place, char *path, size_t room) {
    const struct place *steps[PLACE_DEPTH_MAX];
    size_t count = 0;
    for (; place->parent != NULL && count < PLACE_DEPTH_MAX; place = place->parent)
        steps[count++] = place;
    struct json_walk walk = json_walk(place->json, place->size);
    size_t used = (size_t)snprintf(path, room, "$");
    for (bool there = true; count-- > 0 && used < room;) {
        const struct place *step = steps[count];
        if (step->key != NULL) {
            there = there && json_walk_key(&walk, step->key);
            used += (size_t)snprintf(path + used, room - used, ".%.60s", step->key);
        } else {
            there = there && json_walk_item(&walk, step->index);
            used += (size_t)snprintf(path + used, room - used, "[%zu]", step->index);
        }
    }
    return json_walk_line(&walk);
}

bool place_refuse(const struct place *place, struct error *error, const char *format, ...) {
    char text[768], path[192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t line = trace(place, path, sizeof path);
    return error_set(error, ERROR_CONFIG, "%s:%zu: %s: %s", place->origin, line, path, text);
}

/* Why not; NULL: it is whole. */
static const char *read_all(FILE *file, char *bytes, size_t *size) {
    *size = fread(bytes, 1, DOCUMENT_BYTES_MAX + 1, file);
    if (ferror(file) != 0) return strerror(errno);
    return *size <= DOCUMENT_BYTES_MAX ? NULL : too_large;
}

char *document_read(const char *path, enum error_code code, size_t *size, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        error_set(error, code, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    char *bytes = malloc(DOCUMENT_BYTES_MAX + 1);
    assert(bytes != NULL && "out of memory");
    const char *why = read_all(file, bytes, size);
    if (why != NULL) {
        error_set(error, code, "%s: cannot be read: %s", path, why);
        free(bytes);
        bytes = NULL;
    }
    (void)fclose(file);
    return bytes;
}

char *document_copy(const char *json, size_t size) {
    char *copy = malloc(size + 1);
    assert(copy != NULL && "out of memory");
    memcpy(copy, json, size);
    return copy;
}

static bool right_format(const struct place *place, const json_t *root, const char *format,
                         struct error *error) {
    const char *found;
    if (!json_is_object(root)) return place_refuse(place, error, "must be an object");
    if (!document_text(place, root, "format", &found, error)) return false;
    if (strcmp(found, format) == 0) return true;
    const struct place at = place_key(place, "format");
    return place_refuse(&at, error, "format is \"%s\", but must be \"%s\"", found, format);
}

json_t *document_parse(const char *json, size_t size, const char *origin, const char *format,
                       struct error *error) {
    json_error_t fault;
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &fault);
    if (root == NULL) {
        error_set(error, ERROR_CONFIG, "%s: line %d, column %d: %s", origin, fault.line,
                  fault.column, fault.text);
        return NULL;
    }
    const struct place place = place_root(origin, json, size);
    if (right_format(&place, root, format, error)) return root;
    json_decref(root);
    return NULL;
}

bool document_name(const struct place *place, const char *word, const char *what,
                   const char *const *names, size_t count, size_t *out, struct error *error) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, names[i]) != 0) continue;
        *out = i;
        return true;
    }
    const char *right = nearest(word, names, count);
    return right == NULL ? place_refuse(place, error, "\"%s\" is no %s", word, what)
                         : place_refuse(place, error, "\"%s\" is no %s; did you mean \"%s\"?", word,
                                        what, right);
}

bool document_known(const struct place *place, const json_t *object, const char *const *known,
                    size_t count, struct error *error) {
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        size_t index;
        const struct place at = place_key(place, key);
        if (!document_name(&at, key, "key that is known here", known, count, &index, error))
            return false;
    }
    return true;
}

static const char *type_name(json_type type) {
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number";
    default:
        return "another value";
    }
}

const json_t *document_member(const struct place *place, const json_t *object, const char *key,
                              json_type type, struct error *error) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        place_refuse(place, error, "the key \"%s\" is missing; it must be %s", key,
                     type_name(type));
        return NULL;
    }
    const bool number = type == JSON_REAL && json_is_number(value);
    if (number || json_typeof(value) == type) return value;
    const struct place at = place_key(place, key);
    place_refuse(&at, error, "must be %s", type_name(type));
    return NULL;
}

bool document_text(const struct place *place, const json_t *object, const char *key,
                   const char **out, struct error *error) {
    const json_t *value = document_member(place, object, key, JSON_STRING, error);
    if (value == NULL) return false;
    *out = json_string_value(value);
    if (**out != '\0') return true;
    const struct place at = place_key(place, key);
    return place_refuse(&at, error, "must not be empty");
}

bool document_number(const struct place *place, const json_t *object, const char *key, double *out,
                     struct error *error) {
    const json_t *value = document_member(place, object, key, JSON_REAL, error);
    if (value == NULL) return false;
    *out = json_number_value(value);
    return true;
}

bool document_integer(const struct place *place, const json_t *object, const char *key, int64_t low,
                      int64_t high, int64_t *out, struct error *error) {
    const json_t *value = document_member(place, object, key, JSON_INTEGER, error);
    if (value == NULL) return false;
    *out = json_integer_value(value);
    if (*out >= low && *out <= high) return true;
    const struct place at = place_key(place, key);
    return place_refuse(&at, error, "must be between %" PRId64 " and %" PRId64, low, high);
}

bool document_choice(const struct place *place, const json_t *object, const char *key,
                     const char *const *names, size_t count, size_t *out, struct error *error) {
    const char *word;
    if (!document_text(place, object, key, &word, error)) return false;
    const struct place at = place_key(place, key);
    return document_name(&at, word, "value that is known here", names, count, out, error);
}

bool document_id(const struct place *place, const json_t *object, const char **out,
                 struct error *error) {
    if (!document_text(place, object, "id", out, error)) return false;
    const size_t size = strlen(*out);
    if (size <= DOCUMENT_ID_BYTES_MAX) return true;
    const struct place at = place_key(place, "id");
    return place_refuse(&at, error, "%zu bytes; must be at most %d: give it a shorter name", size,
                        DOCUMENT_ID_BYTES_MAX);
}

bool document_provenance(const struct place *place, const json_t *object, struct error *error) {
    return json_object_get(object, "provenance") == NULL ||
           document_member(place, object, "provenance", JSON_OBJECT, error) != NULL;
}
