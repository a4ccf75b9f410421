/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/avro_json.h"

#include "detector/commands/json_text.h"

#include <assert.h>
#include <stdlib.h>

static json_t *value_of(const struct avro_leaf *leaf) {
    json_t *value = NULL;
    switch (leaf->kind) {
    case AVRO_LEAF_NULL:
        break;
    case AVRO_LEAF_EMPTY:
        return json_array();
    case AVRO_LEAF_BOOLEAN:
        return json_boolean(leaf->number != 0);
    case AVRO_LEAF_NUMBER:
        return json_integer(leaf->number);
    case AVRO_LEAF_REAL:
        value = json_real(leaf->real);
        break;
    case AVRO_LEAF_TEXT:
        value = json_text_of(leaf->text);
        break;
    case AVRO_LEAF_SYMBOL:
    case AVRO_LEAF_TIME:
    case AVRO_LEAF_BYTES:
        value = json_string(leaf->value);
        break;
    }
    return value != NULL ? value : json_null();
}

/* One step of a path: a member's name, or the index of an item. */
struct step {
    const char *name;
    size_t size; /* of the name; 0: an index */
    size_t index;
};

static const char *next_step(const char *path, struct step *step) {
    *step = (struct step){.name = path};
    if (*path == '[') {
        char *end = NULL;
        step->index = strtoul(path + 1, &end, 10);
        return *end == ']' ? end + 1 : end;
    }
    if (*path == '.') step->name = ++path;
    step->size = strcspn(path, ".[");
    return path + step->size;
}

static json_t *get(json_t *parent, const struct step *step) {
    return step->size > 0 ? json_object_getn(parent, step->name, step->size)
                          : json_array_get(parent, step->index);
}

/* Items come in their order. */
static json_t *put(json_t *parent, const struct step *step, json_t *value) {
    if (step->size > 0)
        json_object_setn_new(parent, step->name, step->size, value);
    else
        json_array_append_new(parent, value);
    return get(parent, step);
}

static void take(void *context, const struct avro_leaf *leaf) {
    json_t *parent = context;
    const char *path = leaf->path;
    for (;;) {
        struct step step;
        path = next_step(path, &step);
        if (*path == '\0') {
            put(parent, &step, value_of(leaf));
            return;
        }
        json_t *inner = get(parent, &step);
        if (inner == NULL) inner = put(parent, &step, *path == '[' ? json_array() : json_object());
        parent = inner;
    }
}

json_t *avro_json_read(struct avro_text *text, struct bytes body, const char **why) {
    json_t *root = json_object();
    assert(root != NULL && "out of memory");
    if (avro_text_read(text, body, take, root, why)) return root;
    json_decref(root);
    return NULL;
}
