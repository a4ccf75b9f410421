/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model_schema.h"

#include "models/language.h"
#include "models/model_private.h"
#include "models/schema_parts.h"
#include "models/training_scores.h"

#include "detector/feature_table.h"

static json_t *number(void) {
    return json_pack("{s:s}", "type", "number");
}

static json_t *weight(void) {
    return json_pack("{s:s, s:f, s:f, s:s}", "type", "number", "exclusiveMinimum", -LOGIT_BOUND,
                     "exclusiveMaximum", LOGIT_BOUND, "description", "a multiple of 2^-20");
}

static json_t *feature(void) {
    return json_pack("{s:s}", "$ref", "#/$defs/feature");
}

static void feature_names(const char *names[FEATURE_COUNT]) {
    for (int i = 0; i < FEATURE_COUNT; i++)
        names[i] = feature_table[i].name;
}

/* Type, feature, and knot and side where the shape has them. */
static json_t *part_properties(enum basis_shape shape) {
    json_t *properties =
        json_pack("{s:{s:s}, s:o}", "type", "const", model_shapes[shape], "feature", feature());
    if (!basis_is_knotted(shape)) return properties;
    json_object_set_new(properties, "knot", number());
    json_object_set_new(properties, "side", schema_choice(model_sides, MODEL_SIDE_COUNT));
    return properties;
}

static json_t *closed(json_t *properties) {
    return schema_object(properties, json_object_size(properties));
}

static json_t *parts(void) {
    json_t *any = json_array();
    for (enum basis_shape shape = 0; shape < BASIS_SHAPE_COUNT; shape++)
        json_array_append_new(any, closed(part_properties(shape)));
    return json_pack("{s:o}", "oneOf", any);
}

static json_t *words(void) {
    json_t *properties = json_object();
    for (enum language l = 0; l < LANGUAGE_COUNT; l++)
        json_object_set_new(properties, language_name[l], schema_text());
    return closed(properties);
}

/* What a term has beside its basis. */
static json_t *term_of(json_t *properties) {
    json_object_set_new(properties, "name", schema_text());
    json_object_set_new(properties, "weight", weight());
    json_object_set_new(properties, "text", json_pack("{s:s}", "$ref", "#/$defs/words"));
    return closed(properties);
}

static json_t *conjunction(void) {
    json_t *part = json_pack("{s:s}", "$ref", "#/$defs/part");
    return json_pack("{s:{s:s}, s:o}", "type", "const", model_shapes[MODEL_SHAPE_AND], "terms",
                     schema_list(part, 2, 2));
}

static json_t *terms(void) {
    json_t *any = json_array();
    for (enum basis_shape shape = 0; shape < BASIS_SHAPE_COUNT; shape++)
        json_array_append_new(any, term_of(part_properties(shape)));
    json_array_append_new(any, term_of(conjunction()));
    return schema_list(json_pack("{s:o}", "oneOf", any), 0, MODEL_TERMS_MAX);
}

static json_t *transforms(void) {
    const char *names[FEATURE_COUNT];
    json_t *clip = json_pack("{s:o}", "clip", schema_pair(number(), number()));
    feature_names(names);
    return schema_map(names, FEATURE_COUNT,
                      json_pack("{s:[o, o]}", "oneOf",
                                schema_choice(model_transforms, MODEL_TRANSFORM_COUNT),
                                closed(clip)));
}

static json_t *calibration(void) {
    json_t *probability =
        json_pack("{s:s, s:i, s:i}", "type", "number", "minimum", 0, "maximum", 1);
    json_t *points = schema_list(schema_pair(number(), probability), 2, CALIBRATION_POINTS_MAX);
    json_t *logistic = json_pack("{s:{s:s}}", "type", "const", "logistic");
    json_t *table = json_pack("{s:{s:s}, s:o}", "type", "const", "table", "points", points);
    return json_pack("{s:[o, o]}", "oneOf", closed(logistic), closed(table));
}

/* For people, but for what the program reads. */
static json_t *provenance(void) {
    return json_pack("{s:s, s:{s:{s:s}, s:o}}", "type", "object", "properties", "fit_until", "type",
                     "integer", "training_scores", training_scores_schema());
}

static json_t *definitions(void) {
    const char *names[FEATURE_COUNT];
    feature_names(names);
    return json_pack("{s:o, s:o, s:o}", "feature", schema_choice(names, FEATURE_COUNT), "part",
                     parts(), "words", words());
}

void model_schema_print(FILE *out) {
    json_t *properties =
        json_pack("{s:{s:s}, s:o, s:{s:s}, s:o, s:o, s:o, s:o, s:o}", "format", "const",
                  MODEL_FORMAT, "id", schema_id(), "features_sha256", "const",
                  feature_table_sha256(), "intercept", weight(), "transforms", transforms(),
                  "terms", terms(), "calibration", calibration(), "provenance", provenance());
    json_t *schema = schema_object(properties, json_object_size(properties) - 1);
    json_object_set_new(schema, "$defs", definitions());
    schema_print(MODEL_FORMAT,
                 "The model document; made by `saqshy docs model-schema`, do not edit. "
                 "models/README.md says what it means.",
                 schema, out);
}
