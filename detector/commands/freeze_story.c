/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/freeze_story.h"

#include "detector/base/grow.h"
#include "detector/base/instant.h"
#include "detector/commands/avro_json.h"
#include "schemas/catalog.h"

#include <string.h>

const char *const freeze_story_fields[] = {
    "mode",
    "action",
    "priority",
    "addressee_bic",
    "target_tx_ids",
    "hold_amount_kzt_minor",
    "at_risk_kzt_minor",
    "decide_by",
    "valid_until",
    "max_hold_business_days",
    "score",
    "probability",
    "threshold",
    "signal_ids",
    "protected_flows",
    "payee_recommendation_id",
    "model_id",
    "model_sha256",
    "policy_id",
    "policy_sha256",
    "build",
};
const size_t freeze_story_field_count = sizeof freeze_story_fields / sizeof freeze_story_fields[0];

struct freeze_story {
    char id[RECOMMENDATION_ID_SIZE + 1];
    int64_t until_us;
    struct avro_text *text;
    struct freeze_revision *items;
    size_t count, room;
};

struct freeze_story *freeze_story_open(const char *id, int64_t until_us, struct error *error) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct freeze_story *s = calloc(1, sizeof *s);
    assert(s != NULL && "out of memory");
    s->until_us = until_us;
    memcpy(s->id, id, RECOMMENDATION_ID_SIZE);
    s->text = avro_text_open(schema, size, error);
    if (s->text != NULL) return s;
    freeze_story_close(s);
    return NULL;
}

void freeze_story_close(struct freeze_story *s) {
    if (s == NULL) return;
    for (size_t i = 0; i < s->count; i++)
        json_decref(s->items[i].fields);
    free(s->items);
    avro_text_close(s->text);
    free(s);
}

static bool is_of_story(const struct freeze_story *s, const json_t *fields) {
    const char *id = json_string_value(json_object_get(fields, "recommendation_id"));
    const char *issued = json_string_value(json_object_get(fields, "issued_at"));
    int64_t issued_us = 0;
    return id != NULL && strcmp(id, s->id) == 0 &&
           (s->until_us == INT64_MAX ||
            (instant_parse(issued, 0, &issued_us) && issued_us <= s->until_us));
}

static void keep(struct freeze_story *s, const struct freeze_record *record, json_t *fields,
                 struct bytes body) {
    s->items = grow(s->items, s->count, &s->room, sizeof *s->items);
    struct freeze_revision *revision = &s->items[s->count++];
    *revision = (struct freeze_revision){
        .fields = fields,
        .number = json_integer_value(json_object_get(fields, "revision")),
        .partition = record->partition,
        .offset = record->offset,
    };
    digest_sha256_hex(body.data, body.size, revision->sha256);
}

bool freeze_story_take(struct freeze_story *s, const struct freeze_record *record) {
    struct bytes body;
    const char *why = "";
    if (!freeze_body(record->value, &body, &why) ||
        memmem(body.data, body.size, s->id, RECOMMENDATION_ID_SIZE) == NULL)
        return false;
    json_t *fields = avro_json_read(s->text, body, &why);
    if (fields != NULL && is_of_story(s, fields)) {
        keep(s, record, fields, body);
        return true;
    }
    json_decref(fields);
    return false;
}

static int by_number(const void *a, const void *b) {
    const struct freeze_revision *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    if (x->partition != y->partition) return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void freeze_story_end(struct freeze_story *s) {
    size_t kept = 0;
    if (s->count > 1) qsort(s->items, s->count, sizeof *s->items, by_number);
    for (size_t i = 0; i < s->count; i++) {
        if (kept > 0 && s->items[kept - 1].number == s->items[i].number)
            json_decref(s->items[i].fields);
        else
            s->items[kept++] = s->items[i];
    }
    s->count = kept;
}

size_t freeze_story_count(const struct freeze_story *s) {
    return s->count;
}

const struct freeze_revision *freeze_story_at(const struct freeze_story *s, size_t index) {
    return &s->items[index];
}

bool freeze_story_same(const struct freeze_revision *a, const struct freeze_revision *b,
                       const char *field) {
    return json_equal(json_object_get(a->fields, field), json_object_get(b->fields, field)) == 1;
}
