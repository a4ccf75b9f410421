/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/framed.h"

#include "schemas/frame.h"

#include <stdio.h>
#include <stdlib.h>

struct framed {
    struct catalog *catalog;
    uint32_t value_bytes_max;
    int32_t last_id; /* the plan of the last record: nearly always the next one's too */
    const struct plan *last_plan;
};

struct framed *framed_open(const struct framed_options *options, struct error *error) {
    struct framed *f = calloc(1, sizeof *f);
    if (f == NULL) {
        error_set(error, ERROR_FAILED, "no memory to decode");
        return NULL;
    }
    f->value_bytes_max = options->value_bytes_max;
    f->catalog = catalog_open_for(options->contract, options->schema_dir, error);
    if (f->catalog != NULL) return f;
    framed_close(f);
    return NULL;
}

void framed_close(struct framed *f) {
    if (f == NULL) return;
    catalog_close(f->catalog);
    free(f);
}

static enum verdict find_plan(struct framed *f, int32_t schema_id, const struct plan **plan,
                              const char **why) {
    if (f->last_plan != NULL && f->last_id == schema_id) {
        *plan = f->last_plan;
        return VERDICT_ACCEPTED;
    }
    switch (catalog_plan(f->catalog, schema_id, plan, why)) {
    case CATALOG_UNKNOWN:
        *why = NULL;
        return VERDICT_SCHEMA_UNKNOWN;
    case CATALOG_REFUSED:
        return VERDICT_SCHEMA_REFUSED;
    case CATALOG_FOUND:
        break;
    }
    f->last_id = schema_id;
    f->last_plan = *plan;
    return VERDICT_ACCEPTED;
}

enum verdict framed_find(struct framed *f, struct bytes value, const struct plan **plan,
                         struct bytes *body, char text[VERDICT_WHY_SIZE], const char **why) {
    int32_t schema_id = 0;
    if (value.data == NULL) {
        *why = "the record has no value";
        return VERDICT_TOMBSTONE;
    }
    if (value.size > f->value_bytes_max) {
        *why = "the value is larger than value.bytes.max";
        return VERDICT_OVERSIZE;
    }
    if (!frame_parse(value, &schema_id, body, why)) {
        snprintf(text, VERDICT_WHY_SIZE, "not in the Confluent frame; it looks like %s", *why);
        *why = text;
        return VERDICT_NOT_FRAMED;
    }
    const enum verdict found = find_plan(f, schema_id, plan, why);
    if (found == VERDICT_ACCEPTED) return found;
    snprintf(text, VERDICT_WHY_SIZE, "schema id %d: %s", (int)schema_id,
             *why == NULL ? "not known here; put it into schema.dir" : *why);
    *why = text;
    return found;
}
