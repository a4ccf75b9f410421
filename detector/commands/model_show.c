/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/model_show.h"
#include "detector/base/printable.h"

#include "detector/feature_table.h"

#include <math.h>
#include <stdlib.h>

/* Terms stand under their first feature, by the knot at which they start to count. */
struct row {
    int feature;
    double knot;
    uint32_t term;
};

struct rows {
    uint32_t count;
    struct row row[MODEL_TERMS_MAX];
};

static int by_feature_and_knot(const void *left, const void *right) {
    const struct row *a = left, *b = right;
    if (a->feature != b->feature) return a->feature < b->feature ? -1 : 1;
    if (a->knot != b->knot) return a->knot < b->knot ? -1 : 1;
    return a->term < b->term ? -1 : 1;
}

static void sort_terms(const struct model *model, struct rows *rows) {
    rows->count = model_term_count(model);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct model_term_text text = model_term_text(model, i);
        rows->row[i] = (struct row){text.feature_a, isnan(text.knot) ? -INFINITY : text.knot, i};
    }
    qsort(rows->row, rows->count, sizeof *rows->row, by_feature_and_knot);
}

/* Terms that stand under another feature and ask for this one, too. */
static uint32_t count_elsewhere(const struct model *model, int feature) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model_term_count(model); i++) {
        const struct model_term_text text = model_term_text(model, i);
        count += text.feature_b == feature && text.feature_a != feature;
    }
    return count;
}

static void print_feature(const struct model *model, int feature, enum language language,
                          FILE *out) {
    const uint32_t elsewhere = count_elsewhere(model, feature);
    fprintf(out, "\n%s: %s\n", feature_table[feature].name, model_feature_words(feature, language));
    if (elsewhere > 0) fprintf(out, "            and in %u of other features\n", elsewhere);
}

static void print_terms(const struct model *model, enum language language, FILE *out) {
    static struct rows rows;
    sort_terms(model, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct row *row = &rows.row[i];
        char rule[MODEL_RULE_ROOM];
        if (i == 0 || row->feature != rows.row[i - 1].feature)
            print_feature(model, row->feature, language, out);
        model_term_rule(model, row->term, rule);
        fprintf(out, "%+10.4f  ", model_term_weight(model, row->term));
        printable_put(model_words(model, row->term, language), out);
        fprintf(out, "\n            %s\n", rule);
    }
}

static void print_provenance(const struct model *model, FILE *out) {
    json_t *provenance = model_provenance(model);
    const char *key;
    json_t *value;
    json_object_foreach(provenance, key, value) {
        fprintf(out, "  ");
        printable_put(key, out);
        fprintf(out, "  ");
        model_value_print(value, out);
        fputc('\n', out);
    }
    json_decref(provenance);
}

void model_show(const struct model *model, enum language language, FILE *out) {
    char calibration[96];
    model_calibration_words(model, calibration, sizeof calibration);
    printable_put(model_id(model), out);
    fprintf(out, "\n  sha256  %s\n  terms  %u\n  intercept  %g\n  calibration  %s\n",
            model_sha256(model), model_term_count(model), model_intercept(model), calibration);
    print_provenance(model, out);
    print_terms(model, language, out);
}

static json_t *terms_json(const struct model *model, enum language language) {
    json_t *terms = json_array();
    for (uint32_t i = 0; i < model_term_count(model); i++) {
        const struct model_term_text text = model_term_text(model, i);
        json_t *term = model_term_json(model, i, language);
        json_t *features = json_pack("[s]", feature_table[text.feature_a].name);
        if (text.feature_b >= 0)
            json_array_append_new(features, json_string(feature_table[text.feature_b].name));
        json_object_set_new(term, "features", features);
        json_array_append_new(terms, term);
    }
    return terms;
}

void model_show_json(const struct model *model, enum language language, FILE *out) {
    const json_t *document = model_document(model);
    const json_t *provenance = json_object_get(document, "provenance");
    json_t *shown = json_pack(
        "{s:s, s:s, s:O, s:f, s:O, s:o}", "id", model_id(model), "sha256", model_sha256(model),
        "features_sha256", json_object_get(document, "features_sha256"), "intercept",
        model_intercept(model), "calibration", json_object_get(document, "calibration"), "terms",
        terms_json(model, language));
    if (provenance != NULL) json_object_set(shown, "provenance", (json_t *)provenance);
    json_dumpf(shown, out, JSON_COMPACT | JSON_REAL_PRECISION(17));
    fputc('\n', out);
    json_decref(shown);
}
