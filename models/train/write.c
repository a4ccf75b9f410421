/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/write.h"

#include "detector/base/build_info.h"
#include "models/train/words.h"
#include "models/training_scores.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *literal_json(const struct literal *l, const struct bins *bins) {
    const char *feature = feature_table[l->feature].name;
    if (l->kind == LITERAL_NULL) return json_pack("{s:s, s:s}", "type", "null", "feature", feature);
    return json_pack("{s:s, s:s, s:f, s:s}", "type", "step", "feature", feature, "knot",
                     bins->edge[l->feature][l->edge], "side",
                     l->kind == LITERAL_ABOVE ? "above" : "below");
}

static json_t *term_json(const struct trained *t, uint32_t i) {
    const struct train_term *term = &t->term[i];
    char words[WORDS_ROOM];
    json_t *text = json_object();
    json_t *json = term->parts == 1 ? literal_json(&term->part[0], &t->bins)
                                    : json_pack("{s:s, s:[o, o]}", "type", "and", "terms",
                                                literal_json(&term->part[0], &t->bins),
                                                literal_json(&term->part[1], &t->bins));
    words_name(term, &t->bins, words);
    json_object_set_new(json, "name", json_string(words));
    json_object_set_new(json, "weight", json_real(t->weight[i + 1]));
    for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
        words_of_term(term, &t->bins, l, words);
        json_object_set_new(text, language_name[l], json_string(words));
    }
    json_object_set_new(json, "text", text);
    return json;
}

static json_t *terms_json(const struct trained *t) {
    json_t *terms = json_array();
    for (uint32_t i = 0; i < t->count; i++)
        json_array_append_new(terms, term_json(t, i));
    return terms;
}

static json_t *calibration_json(const struct isotonic *c) {
    if (c->count == 0) return json_pack("{s:s}", "type", "logistic");
    json_t *points = json_array();
    for (uint32_t i = 0; i < c->count; i++)
        json_array_append_new(points, json_pack("[f, f]", c->logit[i], c->probability[i]));
    return json_pack("{s:s, s:o}", "type", "table", "points", points);
}

static json_t *trials_json(const struct trained *t) {
    json_t *trials = json_array();
    for (uint32_t i = 0; i < t->trials; i++) {
        json_t *precision = json_array();
        for (int n = 0; n < TRAIN_FOLDS; n++)
            json_array_append_new(precision, json_real(t->trial[i].precision[n]));
        json_array_append_new(trials,
                              json_pack("{s:i, s:f, s:o, s:b}", "terms", (int)t->trial[i].terms,
                                        "l2", t->trial[i].l2, "account_average_precision",
                                        precision, "chosen", i == t->chosen));
    }
    return trials;
}

/* The chosen trial's precision in each fold, with the ends of its band. */
static json_t *bands_json(const struct trained *t) {
    json_t *bands = json_array();
    for (int n = 0; n < TRAIN_FOLDS; n++)
        json_array_append_new(bands, json_pack("{s:f, s:f, s:f}", "value",
                                               t->trial[t->chosen].precision[n], "low",
                                               t->band[n].low, "high", t->band[n].high));
    return bands;
}

/* Of rows that were judged, what was reported, and how much of that is believed. */
static json_t *reported_json(const struct trained *t) {
    if (t->raised.rows == 0) return NULL;
    return json_pack("{s:I, s:I, s:f}", "rows", (json_int_t)t->raised.rows, "bad_rows",
                     (json_int_t)t->raised.bad_rows, "share", t->raised.share);
}

static json_t *provenance_json(const struct trained *t, const struct train_story *s) {
    json_t *blocks = json_array();
    for (int n = 0; n <= TRAIN_FOLDS; n++)
        json_array_append_new(blocks, json_integer(t->fold_from_s[n]));
    json_t *scores = t->scores.count > 0 ? training_scores_json(&t->scores) : NULL;
    return json_pack(
        "{s:s, s:s, s:s*, s:s*, s:s*, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:f, s:f, "
        "s:f, s:f, s:o*, s:o*, s:o, s:o, s:o}",
        "made_by", build_info_version(), "input_sha256", s->input_sha256, "mapping_sha256",
        s->mapping_sha256, "signals_sha256", s->signals_sha256, "labels_sha256", s->labels_sha256,
        "fit_from", (json_int_t)s->fit_from_s, "fit_until", (json_int_t)s->fit_until_s, "horizon_s",
        (json_int_t)s->horizon_s, "seed", (json_int_t)s->options->seed, "monotone",
        s->options->monotone, "sample", (json_int_t)s->options->sample, "rows", (json_int_t)t->rows,
        "bad_rows", (json_int_t)t->bad_rows, "bad_accounts", (json_int_t)t->bad_accounts,
        "terms_merged", (json_int_t)t->alike, "log_loss_sample_proposed", t->loss_proposed,
        "log_loss_sample_merged", t->loss_merged, "log_loss", t->fit.loss, "log_loss_rounded",
        t->loss_rounded, "training_scores", scores, "reported", reported_json(t),
        "validation_blocks", blocks, "account_average_precision", bands_json(t), "validation",
        trials_json(t));
}

char *train_write(const struct trained *trained, const struct train_story *story) {
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:f, s:{}, s:o, s:o, s:o}", "format", "saqshy-model/1", "id", story->id,
        "features_sha256", feature_table_sha256(), "intercept", trained->weight[0], "transforms",
        "terms", terms_json(trained), "calibration", calibration_json(&trained->calibration),
        "provenance", provenance_json(trained, story));
    char *dumped =
        document == NULL ? NULL : json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    char *text = NULL;
    if (dumped == NULL || asprintf(&text, "%s\n", dumped) < 0) text = NULL;
    free(dumped);
    json_decref(document);
    return text;
}
