/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/freeze_show.h"
#include "detector/commands/json_text.h"

static void mask_member(const struct freezes_query *query, json_t *object, const char *name) {
    const char *token = json_string_value(json_object_get(object, name));
    char shown[FREEZE_TOKEN_SIZE];
    if (token == NULL || query->full) return;
    json_object_set_new(object, name, json_text(freeze_token(query, token, shown)));
}

static void mask(const struct freezes_query *query, json_t *fields) {
    json_t *hop;
    size_t i;
    mask_member(query, fields, "target_account_token");
    json_array_foreach(json_object_get(fields, "money_trail"), i, hop) {
        mask_member(query, hop, "from");
        mask_member(query, hop, "to");
    }
}

static json_t *changes(const struct freeze_revision *before, const struct freeze_revision *after) {
    json_t *list = json_array();
    for (size_t i = 0; before != NULL && i < freeze_story_field_count; i++) {
        const char *field = freeze_story_fields[i];
        if (freeze_story_same(before, after, field)) continue;
        json_array_append_new(list, json_pack("{ss sO sO}", "field", field, "from",
                                              json_object_get(before->fields, field), "to",
                                              json_object_get(after->fields, field)));
    }
    return list;
}

static json_t *revisions(const struct freeze_show *show) {
    json_t *list = json_array();
    for (size_t i = 0; i < freeze_story_count(show->story); i++) {
        const struct freeze_revision *r = freeze_story_at(show->story, i);
        json_object_set_new(r->fields, "changed",
                            changes(i == 0 ? NULL : freeze_story_at(show->story, i - 1), r));
        json_object_set_new(r->fields, "partition", json_integer(r->partition));
        json_object_set_new(r->fields, "offset", json_integer(r->offset));
        json_object_set_new(r->fields, "value_sha256", json_string(r->sha256));
        mask(show->query, r->fields);
        json_array_append(list, r->fields);
    }
    return list;
}

void freeze_show_json(const struct freeze_show *show, FILE *out) {
    const struct freeze_revision *first = freeze_story_at(show->story, 0);
    json_t *object = json_pack("{sO ss sI so so}", "recommendation_id",
                               json_object_get(first->fields, "recommendation_id"), "standing",
                               freeze_standing_symbols[show->standing], "decide_in_s",
                               (json_int_t)show->decide_in_s, "outcome",
                               freeze_outcome_json(show->outcome), "revisions", revisions(show));
    json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putc('\n', out);
    json_decref(object);
}
