/* SPDX-License-Identifier: Apache-2.0 */
/* From the model document to struct model: names bound, grids and bounds checked. */
#include "models/document.h"
#include "models/language.h"
#include "models/model_private.h"
#include "models/training_scores.h"

#include "detector/feature_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A document in the reading. */
struct reading {
    struct model *model;
    const json_t *transforms;
    struct place transforms_place;
    struct error *error;
};

const char *const model_shapes[MODEL_SHAPE_COUNT] = {
#define X(name) #name,
    BASIS_SHAPE_TABLE(X)
#undef X
        "and"};
const char *const model_sides[MODEL_SIDE_COUNT] = {"above", "below"};
const char *const model_transforms[MODEL_TRANSFORM_COUNT] = {
    [BASIS_IDENTITY] = "identity",
    [BASIS_LOG1P] = "log1p",
};

/* Names. */

static bool find_feature(const struct place *place, const char *name, int *feature,
                         struct error *error) {
    const char *names[FEATURE_COUNT];
    for (int i = 0; i < FEATURE_COUNT; i++)
        names[i] = feature_table[i].name;
    size_t found;
    if (!document_name(place, name, "feature", names, FEATURE_COUNT, &found, error)) return false;
    *feature = (int)found;
    return true;
}

static bool read_languages(const struct place *place, const json_t *object, struct model_term *term,
                           struct error *error) {
    const json_t *text = document_member(place, object, "text", JSON_OBJECT, error);
    if (text == NULL) return false;
    const struct place at = place_key(place, "text");
    return document_known(&at, text, language_name, LANGUAGE_COUNT, error) &&
           document_text(&at, text, "en", &term->en, error) &&
           document_text(&at, text, "ru", &term->ru, error) &&
           document_text(&at, text, "kk", &term->kk, error);
}

/* Weights and the intercept are multiples of 2^-20: a number as near as 1e-12 to one is taken for
 * it. */
static bool read_weight(const struct place *place, const json_t *object, const char *key,
                        double *out, struct error *error) {
    double given;
    if (!document_number(place, object, key, &given, error)) return false;
    const struct place at = place_key(place, key);
    if (!(fabs(given) < LOGIT_BOUND)) return place_refuse(&at, error, "must be below 2^17");
    *out = nearbyint(given / WEIGHT_UNIT) * WEIGHT_UNIT + 0.0; /* no -0: a sum has one sign of 0 */
    if (fabs(*out - given) <= 1e-12) return true;
    return place_refuse(&at, error,
                        "%.17g is no multiple of 2^-20, which keeps scores exact; "
                        "the nearest is %.20g",
                        given, *out);
}

/* Transforms. */

static bool read_clip(const struct place *place, const json_t *clip, struct basis_part *part,
                      struct error *error) {
    if (json_array_size(clip) != 2 || !json_is_number(json_array_get(clip, 0)) ||
        !json_is_number(json_array_get(clip, 1)))
        return place_refuse(place, error, "must be [low, high]");
    part->transform = BASIS_CLIP;
    part->low = json_number_value(json_array_get(clip, 0));
    part->high = json_number_value(json_array_get(clip, 1));
    return part->low < part->high || place_refuse(place, error, "low must be below high");
}

static bool read_transform(const struct place *place, const json_t *value, struct basis_part *part,
                           struct error *error) {
    static const char *const known[] = {"clip"};
    if (json_is_string(value)) {
        size_t index;
        if (!document_name(place, json_string_value(value), "transform", model_transforms,
                           MODEL_TRANSFORM_COUNT, &index, error))
            return false;
        part->transform = (enum basis_transform)index;
        return true;
    }
    if (!json_is_object(value))
        return place_refuse(place, error,
                            "must be \"identity\", \"log1p\" or {\"clip\": [low, high]}");
    if (!document_known(place, value, known, COUNT_OF(known), error)) return false;
    const json_t *clip = document_member(place, value, "clip", JSON_ARRAY, error);
    const struct place at = place_key(place, "clip");
    return clip != NULL && read_clip(&at, clip, part, error);
}

/* All of them, also those that no term uses. */
static bool check_transforms(const struct reading *r) {
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)r->transforms, name, value) {
        struct basis_part part;
        const struct place at = place_key(&r->transforms_place, name);
        if (!find_feature(&at, name, &part.feature, r->error) ||
            !read_transform(&at, value, &part, r->error))
            return false;
    }
    return true;
}

static bool bind_transform(const struct reading *r, struct basis_part *part) {
    const char *name = feature_table[part->feature].name;
    const json_t *value = json_object_get(r->transforms, name);
    if (value == NULL) return true;
    const struct place at = place_key(&r->transforms_place, name);
    return read_transform(&at, value, part, r->error);
}

/* Terms. */

static bool read_knot(const struct reading *r, const struct place *place, const json_t *object,
                      struct basis_part *part) {
    size_t side;
    if (!document_number(place, object, "knot", &part->knot, r->error) ||
        !document_choice(place, object, "side", model_sides, MODEL_SIDE_COUNT, &side, r->error))
        return false;
    part->above = side == 0;
    part->knot_value = basis_transformed(part, part->knot);
    return true;
}

static bool read_part(const struct reading *r, const struct place *place, const json_t *object,
                      struct basis_part *part) {
    size_t shape;
    const char *feature;
    if (!document_choice(place, object, "type", model_shapes, BASIS_SHAPE_COUNT, &shape,
                         r->error) ||
        !document_text(place, object, "feature", &feature, r->error))
        return false;
    const struct place at = place_key(place, "feature");
    part->shape = (enum basis_shape)shape;
    if (!find_feature(&at, feature, &part->feature, r->error) || !bind_transform(r, part))
        return false;
    if (basis_is_knotted(part->shape)) return read_knot(r, place, object, part);
    if (json_object_get(object, "knot") != NULL || json_object_get(object, "side") != NULL)
        return place_refuse(place, r->error, "a %s term has no knot and no side",
                            model_shapes[shape]);
    return true;
}

static bool read_conjunction(const struct reading *r, const struct place *place,
                             const json_t *object, struct basis_term *basis) {
    static const char *const known[] = {"type", "feature", "knot", "side"};
    const json_t *parts = document_member(place, object, "terms", JSON_ARRAY, r->error);
    if (parts == NULL) return false;
    const struct place list = place_key(place, "terms");
    if (json_array_size(parts) != 2)
        return place_refuse(&list, r->error, "a conjunction has two terms");
    basis->part_count = 2;
    for (size_t i = 0; i < 2; i++) {
        const json_t *part = json_array_get(parts, i);
        const struct place at = place_item(&list, i);
        if (!document_known(&at, part, known, COUNT_OF(known), r->error) ||
            !read_part(r, &at, part, &basis->part[i]))
            return false;
    }
    return true;
}

static bool read_basis(const struct reading *r, const struct place *place, const json_t *object,
                       struct basis_term *basis) {
    static const char *const simple[] = {"name", "type",   "feature", "knot",
                                         "side", "weight", "text"};
    static const char *const conjunction[] = {"name", "type", "terms", "weight", "text"};
    size_t shape;
    if (!document_choice(place, object, "type", model_shapes, MODEL_SHAPE_COUNT, &shape, r->error))
        return false;
    if (shape == MODEL_SHAPE_AND)
        return document_known(place, object, conjunction, COUNT_OF(conjunction), r->error) &&
               read_conjunction(r, place, object, basis);
    basis->part_count = 1;
    return document_known(place, object, simple, COUNT_OF(simple), r->error) &&
           read_part(r, place, object, &basis->part[0]);
}

static bool unique_name(const struct reading *r, const struct place *place, uint32_t count,
                        const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(r->model->terms[i].name, name) == 0)
            return place_refuse(place, r->error, "term %u has the name \"%s\" already", i, name);
    return true;
}

static bool read_term(const struct reading *r, const struct place *place, const json_t *object,
                      uint32_t index) {
    struct model_term *term = &r->model->terms[index];
    if (!json_is_object(object)) return place_refuse(place, r->error, "must be an object");
    return document_text(place, object, "name", &term->name, r->error) &&
           unique_name(r, place, index, term->name) && read_basis(r, place, object, &term->basis) &&
           read_weight(place, object, "weight", &term->weight, r->error) &&
           read_languages(place, object, term, r->error);
}

static bool read_terms(const struct reading *r, const struct place *root) {
    struct model *model = r->model;
    const json_t *terms = document_member(root, model->document, "terms", JSON_ARRAY, r->error);
    if (terms == NULL) return false;
    const struct place list = place_key(root, "terms");
    const size_t count = json_array_size(terms);
    if (count > MODEL_TERMS_MAX)
        return place_refuse(&list, r->error, "more than %u terms", MODEL_TERMS_MAX);
    model->terms = calloc(count + 1, sizeof *model->terms);
    if (model->terms == NULL) return error_set(r->error, ERROR_FAILED, "no memory for the terms");
    for (; model->term_count < count; model->term_count++) {
        const struct place at = place_item(&list, model->term_count);
        const json_t *term = json_array_get(terms, model->term_count);
        if (!read_term(r, &at, term, model->term_count)) return false;
    }
    return true;
}

/* The whole. */

static bool check_bound(const struct model *model, const struct place *root, struct error *error) {
    double bound = fabs(model->intercept);
    for (uint32_t i = 0; i < model->term_count; i++)
        bound += fabs(model->terms[i].weight) * basis_bound(&model->terms[i].basis);
    if (bound < LOGIT_BOUND) return true;
    return place_refuse(root, error,
                        "the weights are too large to be added exactly: "
                        "the sum of |weight| x largest |value| is %.0f, and must be below %.0f",
                        bound, LOGIT_BOUND);
}

static bool check_features(const struct place *root, const json_t *document, struct error *error) {
    const char *given;
    if (!document_text(root, document, "features_sha256", &given, error)) return false;
    if (strcmp(given, feature_table_sha256()) == 0) return true;
    const struct place at = place_key(root, "features_sha256");
    return place_refuse(&at, error,
                        "the model was made for another feature table (%.16s…); "
                        "this program's is %s: fit it again with this program",
                        given, feature_table_sha256());
}

static bool read_point(const struct place *place, const json_t *point, struct calibration *c,
                       struct error *error) {
    if (json_array_size(point) != 2 || !json_is_number(json_array_get(point, 0)) ||
        !json_is_number(json_array_get(point, 1)))
        return place_refuse(place, error, "must be [logit, probability]");
    const uint32_t i = c->count++;
    c->logit[i] = json_number_value(json_array_get(point, 0));
    c->probability[i] = json_number_value(json_array_get(point, 1));
    if (c->probability[i] < 0 || c->probability[i] > 1)
        return place_refuse(place, error, "a probability lies between 0 and 1");
    if (i > 0 && (c->logit[i] <= c->logit[i - 1] || c->probability[i] < c->probability[i - 1]))
        return place_refuse(place, error, "logits must rise and probabilities must not fall");
    return true;
}

static bool read_points(const struct place *place, const json_t *object, struct calibration *c,
                        struct error *error) {
    const json_t *points = document_member(place, object, "points", JSON_ARRAY, error);
    if (points == NULL) return false;
    const struct place list = place_key(place, "points");
    const size_t count = json_array_size(points);
    if (count < 2 || count > CALIBRATION_POINTS_MAX)
        return place_refuse(&list, error, "must hold 2 to %d points", CALIBRATION_POINTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct place at = place_item(&list, i);
        if (!read_point(&at, json_array_get(points, i), c, error)) return false;
    }
    return true;
}

static bool read_calibration(struct model *model, const struct place *root, struct error *error) {
    static const char *const types[] = {"logistic", "table"};
    static const char *const known[] = {"type", "points"};
    const json_t *object =
        document_member(root, model->document, "calibration", JSON_OBJECT, error);
    if (object == NULL) return false;
    const struct place at = place_key(root, "calibration");
    size_t type;
    if (!document_choice(&at, object, "type", types, COUNT_OF(types), &type, error)) return false;
    return document_known(&at, object, known, type == 0 ? 1 : 2, error) &&
           (type == 0 || read_points(&at, object, &model->calibration, error));
}

static bool read_fit_until(const struct place *place, const json_t *provenance, int64_t *out,
                           struct error *error) {
    const json_t *until = json_object_get(provenance, "fit_until");
    const struct place at = place_key(place, "fit_until");
    *out = until == NULL ? INT64_MIN : json_integer_value(until);
    return until == NULL || json_is_integer(until) ||
           place_refuse(&at, error, "is no whole number of seconds since 1970");
}

static bool read_provenance(struct model *model, const struct place *root, struct error *error) {
    if (!document_provenance(root, model->document, error)) return false;
    const struct place at = place_key(root, "provenance");
    const json_t *provenance = json_object_get(model->document, "provenance");
    return read_fit_until(&at, provenance, &model->fit_until_s, error) &&
           training_scores_read(&at, provenance, &model->training_scores, error);
}

bool model_read(struct model *model, const char *origin, struct error *error) {
    static const char *const known[] = {"format",     "id",    "features_sha256", "intercept",
                                        "transforms", "terms", "calibration",     "provenance"};
    const struct place root = place_root(origin, model->json, model->json_size);
    const json_t *document = model->document;
    struct reading r = {model, NULL, place_key(&root, "transforms"), error};
    if (!document_known(&root, document, known, COUNT_OF(known), error) ||
        !document_id(&root, document, &model->id, error) || !check_features(&root, document, error))
        return false;
    r.transforms = document_member(&root, document, "transforms", JSON_OBJECT, error);
    return r.transforms != NULL && check_transforms(&r) &&
           read_weight(&root, document, "intercept", &model->intercept, error) &&
           read_terms(&r, &root) && read_calibration(model, &root, error) &&
           read_provenance(model, &root, error) && check_bound(model, &root, error);
}
