/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/model_words.h"

#include "detector/base/printable.h"
#include "detector/feature_table.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 60, DEPTH_MAX = 8 };

const char *model_words(const struct model *model, uint32_t term, enum language language) {
    const struct model_term_text text = model_term_text(model, term);
    return in_language(language, text.en, text.ru, text.kk);
}

const char *model_feature_words(int feature, enum language language) {
    const struct feature *f = &feature_table[feature];
    return in_language(language, f->text_en, f->text_ru, f->text_kk);
}

json_t *model_term_json(const struct model *model, uint32_t term, enum language language) {
    char rule[MODEL_RULE_ROOM];
    model_term_rule(model, term, rule);
    return json_pack("{s:s, s:s, s:f, s:s}", "name", model_term_text(model, term).name, "rule",
                     rule, "weight", model_term_weight(model, term), "text",
                     model_words(model, term, language));
}

static double point_probability(const json_t *points, size_t index) {
    return json_number_value(json_array_get(json_array_get(points, index), 1));
}

void model_calibration_words(const struct model *model, char *out, size_t room) {
    const json_t *calibration = json_object_get(model_document(model), "calibration");
    const json_t *points = json_object_get(calibration, "points");
    const size_t count = json_array_size(points);
    if (count == 0)
        snprintf(out, room, "logistic");
    else
        snprintf(out, room, "a table of %zu points, %.3g to %.3g", count,
                 point_probability(points, 0), point_probability(points, count - 1));
}

static void flatten(const json_t *object, const char *before, int depth, json_t *out) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        char *path = NULL;
        if (asprintf(&path, "%s%s%s", before, before[0] == '\0' ? "" : ".", key) < 0) return;
        if (json_is_object(value) && depth < DEPTH_MAX)
            flatten(value, path, depth + 1, out);
        else
            json_object_set(out, path, value);
        free(path);
    }
}

json_t *model_provenance(const struct model *model) {
    json_t *flat = json_object();
    flatten(json_object_get(model_document(model), "provenance"), "", 0, flat);
    return flat;
}

void model_value_print(const json_t *value, FILE *out) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    if (json_is_array(value) && text != NULL && strlen(text) > LIST_MAX)
        fprintf(out, "[%zu values]", json_array_size(value));
    else
        printable_put(text == NULL || json_is_null(value) ? "absent" : text, out);
    free(text);
}
