/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/avro_diff.h"

#include <stdio.h>
#include <stdlib.h>

struct leaf {
    char path[AVRO_TEXT_PATH_SIZE], value[AVRO_TEXT_VALUE_SIZE];
    struct bytes raw;
    bool met;
};

struct leaves {
    struct leaf leaf[AVRO_TEXT_LEAVES_MAX];
    uint32_t count;
    const char *why; /* it could not be read to its end; NULL: it could */
};

struct avro_diff {
    struct avro_text *text;
    struct leaves found, due;
};

struct avro_diff *avro_diff_open(const char *schema_json, size_t size, struct error *error) {
    struct avro_diff *d = calloc(1, sizeof *d);
    if (d == NULL) {
        error_set(error, ERROR_FAILED, "no memory to compare records");
        return NULL;
    }
    d->text = avro_text_open(schema_json, size, error);
    if (d->text != NULL) return d;
    avro_diff_close(d);
    return NULL;
}

void avro_diff_close(struct avro_diff *d) {
    if (d == NULL) return;
    avro_text_close(d->text);
    free(d);
}

static void keep(void *context, const struct avro_leaf *leaf) {
    struct leaves *leaves = context;
    struct leaf *kept = &leaves->leaf[leaves->count++];
    snprintf(kept->path, sizeof kept->path, "%s", leaf->path);
    snprintf(kept->value, sizeof kept->value, "%s", leaf->value);
    kept->raw = leaf->raw;
    kept->met = false;
}

static void read_leaves(struct avro_diff *d, struct bytes body, struct leaves *leaves) {
    leaves->count = 0;
    leaves->why = NULL;
    const char *why = NULL;
    if (!avro_text_read(d->text, body, keep, leaves, &why)) leaves->why = why;
}

/* Most stand at the same place in both, or a little further on. */
static struct leaf *find(struct leaves *leaves, const char *path, uint32_t from) {
    for (uint32_t i = 0; i < leaves->count; i++) {
        struct leaf *leaf = &leaves->leaf[(from + i) % leaves->count];
        if (strcmp(leaf->path, path) == 0) return leaf;
    }
    return NULL;
}

static bool same(const struct leaf *a, const struct leaf *b) {
    return a->raw.size == b->raw.size && memcmp(a->raw.data, b->raw.data, a->raw.size) == 0;
}

uint32_t avro_diff_records(struct avro_diff *d, struct bytes found, struct bytes due,
                           avro_diff_fn *each, void *context) {
    uint32_t count = 0;
    read_leaves(d, found, &d->found);
    read_leaves(d, due, &d->due);
    for (uint32_t i = 0; i < d->due.count; i++) {
        struct leaf *leaf = &d->due.leaf[i];
        struct leaf *other = find(&d->found, leaf->path, i);
        if (other != NULL) other->met = true;
        if (other != NULL && same(other, leaf)) continue;
        each(context, leaf->path, other == NULL ? NULL : other->value, leaf->value);
        count++;
    }
    for (uint32_t i = 0; i < d->found.count; i++) {
        if (d->found.leaf[i].met) continue;
        each(context, d->found.leaf[i].path, d->found.leaf[i].value, NULL);
        count++;
    }
    if (d->found.why != NULL || d->due.why != NULL) {
        each(context, "(unreadable)", d->found.why, d->due.why);
        count++;
    }
    return count;
}
