/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/policy_compare.h"

#include "detector/base/printable.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512 };

struct comparison {
    json_t *changes; /* of objects: path, old, new; what is absent has no key */
};

static void compare(struct comparison *c, const char *path, const json_t *old, const json_t *new);

static void note(struct comparison *c, const char *path, const json_t *old, const json_t *new) {
    json_t *change = json_pack("{s:s}", "path", path);
    if (old != NULL) json_object_set(change, "old", (json_t *)(uintptr_t)old);
    if (new != NULL) json_object_set(change, "new", (json_t *)(uintptr_t) new);
    json_array_append_new(c->changes, change);
}

static void compare_key(struct comparison *c, const char *path, const char *key, const json_t *old,
                        const json_t *new) {
    char below[PATH_SIZE];
    snprintf(below, sizeof below, "%s%s%s", path, path[0] == '\0' ? "" : ".", key);
    compare(c, below, json_object_get(old, key), json_object_get(new, key));
}

static void compare_objects(struct comparison *c, const char *path, const json_t *old,
                            const json_t *new) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)old, key,
                        value) if (path[0] != '\0' || strcmp(key, "provenance") != 0)
        compare_key(c, path, key, old, new);
    json_object_foreach((json_t *)(uintptr_t) new, key,
                        value) if (json_object_get(old, key) == NULL &&
                                   (path[0] != '\0' || strcmp(key, "provenance") != 0))
        compare_key(c, path, key, old, new);
}

/* Entries of lists (holidays, accounts of the allow-list) are told by what they are. */
static void compare_lists(struct comparison *c, const char *path, const json_t *old,
                          const json_t *new) {
    for (int side = 0; side < 2; side++) {
        const json_t *here = side == 0 ? old : new, *there = side == 0 ? new : old;
        for (size_t i = 0; i < json_array_size(here); i++) {
            const json_t *item = json_array_get(here, i);
            bool found = false;
            for (size_t k = 0; !found && k < json_array_size(there); k++)
                found = json_equal(item, json_array_get(there, k));
            if (!found) note(c, path, side == 0 ? item : NULL, side == 0 ? NULL : item);
        }
    }
}

static void compare(struct comparison *c, const char *path, const json_t *old, const json_t *new) {
    if (old != NULL && new != NULL && json_equal(old, new)) return;
    if (json_is_object(old) && json_is_object(new))
        compare_objects(c, path, old, new);
    else if (json_is_array(old) && json_is_array(new))
        compare_lists(c, path, old, new);
    else
        note(c, path, old, new);
}

static void print_value(const json_t *value, FILE *out) {
    char *text = value == NULL
                     ? NULL
                     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    printable_put(text == NULL ? "nothing" : text, out);
    free(text);
}

static void print_text(const json_t *changes, FILE *out) {
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);
        printable_put(json_string_value(json_object_get(change, "path")), out);
        fputs(": ", out);
        print_value(json_object_get(change, "old"), out);
        fputs(" -> ", out);
        print_value(json_object_get(change, "new"), out);
        fputc('\n', out);
    }
}

bool policy_compare(const json_t *old, const json_t *new, bool json, FILE *out) {
    struct comparison c = {.changes = json_array()};
    compare(&c, "", old, new);
    const bool differ = json_array_size(c.changes) > 0;
    if (json) {
        json_t *report = json_pack("{s:b, s:O}", "differ", (int)differ, "changes", c.changes);
        json_dumpf(report, out, JSON_COMPACT);
        fputc('\n', out);
        json_decref(report);
    } else {
        print_text(c.changes, out);
    }
    json_decref(c.changes);
    return differ;
}
