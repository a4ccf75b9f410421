/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model.h"

#include "models/document.h"
#include "models/model_private.h"
#include "models/rule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

extern const unsigned char embedded_model[];
extern const size_t embedded_model_size;

struct model *model_parse(const char *json, size_t size, const char *origin, struct error *error) {
    struct model *model = calloc(1, sizeof *model);
    if (model == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the model");
        return NULL;
    }
    digest_sha256_hex(json, size, model->sha256);
    model->json = document_copy(json, size);
    model->json_size = size;
    model->document = document_parse(json, size, origin, MODEL_FORMAT, error);
    if (model->document != NULL && model_read(model, origin, error)) return model;
    model_free(model);
    return NULL;
}

struct model *model_load(const char *path, struct error *error) {
    size_t size;
    char *json = document_read(path, ERROR_CONFIG, &size, error);
    if (json == NULL) return NULL;
    struct model *model = model_parse(json, size, path, error);
    free(json);
    return model;
}

struct model *model_shipped(struct error *error) {
    return model_parse((const char *)embedded_model, embedded_model_size, "the shipped model",
                       error);
}

void model_free(struct model *model) {
    if (model == NULL) return;
    json_decref(model->document);
    free(model->json);
    free(model->terms);
    free(model);
}

const char *model_id(const struct model *model) {
    return model->id;
}

const char *model_sha256(const struct model *model) {
    return model->sha256;
}

const char *model_json(const struct model *model, size_t *size) {
    *size = model->json_size;
    return model->json;
}

uint32_t model_term_count(const struct model *model) {
    return model->term_count;
}

struct model_term_text model_term_text(const struct model *model, uint32_t term) {
    assert(term < model->term_count);
    const struct model_term *t = &model->terms[term];
    const struct basis_part *first = &t->basis.part[0];
    return (struct model_term_text){
        .name = t->name,
        .en = t->en,
        .ru = t->ru,
        .kk = t->kk,
        .feature_a = first->feature,
        .feature_b = t->basis.part_count == 2 ? t->basis.part[1].feature : -1,
        .knot = basis_is_knotted(first->shape) ? first->knot : NAN,
    };
}

double model_intercept(const struct model *model) {
    return model->intercept;
}

double model_term_weight(const struct model *model, uint32_t term) {
    assert(term < model->term_count);
    return model->terms[term].weight;
}

void model_term_rule(const struct model *model, uint32_t term, char out[MODEL_RULE_ROOM]) {
    assert(term < model->term_count);
    rule_text(&model->terms[term].basis, out);
}

const struct json_t *model_document(const struct model *model) {
    return model->document;
}

int64_t model_fit_until(const struct model *model) {
    return model->fit_until_s;
}

const struct score_bins *model_training_scores(const struct model *model) {
    return model->training_scores.count > 0 ? &model->training_scores : NULL;
}

double model_probability(const struct model *model, double logit) {
    return calibration_probability(&model->calibration, logit);
}

double model_logit(const struct model *model, double probability) {
    return calibration_logit(&model->calibration, probability);
}
