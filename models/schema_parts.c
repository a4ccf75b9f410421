/* SPDX-License-Identifier: Apache-2.0 */
#include "models/schema_parts.h"

#include "models/document.h"

json_t *schema_text(void) {
    return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
}

json_t *schema_id(void) {
    return json_pack("{s:s, s:i, s:i, s:s}", "type", "string", "minLength", 1, "maxLength",
                     DOCUMENT_ID_BYTES_MAX, "description", "in UTF-8, at most 128 bytes");
}

json_t *schema_choice(const char *const *names, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return json_pack("{s:o}", "enum", list);
}

json_t *schema_whole(int64_t low, int64_t high) {
    return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)low, "maximum",
                     (json_int_t)high);
}

json_t *schema_list(json_t *item, size_t least, size_t most) {
    return json_pack("{s:s, s:o, s:I, s:I}", "type", "array", "items", item, "minItems",
                     (json_int_t)least, "maxItems", (json_int_t)most);
}

json_t *schema_pair(json_t *first, json_t *second) {
    return json_pack("{s:s, s:[o, o], s:i, s:i}", "type", "array", "prefixItems", first, second,
                     "minItems", 2, "maxItems", 2);
}

json_t *schema_object(json_t *properties, size_t required) {
    json_t *names = json_array(), *value;
    const char *name;
    json_object_foreach(properties, name, value) if (json_array_size(names) < required)
        json_array_append_new(names, json_string(name));
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     names, "additionalProperties", 0);
}

json_t *schema_map(const char *const *names, size_t count, json_t *value) {
    return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames",
                     schema_choice(names, count), "additionalProperties", value);
}

void schema_print(const char *title, const char *description, json_t *schema, FILE *out) {
    json_t *head =
        json_pack("{s:s, s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
                  "title", title, "description", description);
    json_object_update_new(head, schema);
    json_dumpf(head, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(head);
}
