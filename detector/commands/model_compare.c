/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/model_compare.h"
#include "detector/base/printable.h"

#include "models/model_diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[MODEL_CHANGE_COUNT] = {
#define X(id, name) name,
    MODEL_CHANGE_TABLE(X)
#undef X
};

struct comparison {
    const struct model *old, *new;
    enum language language;
    uint32_t count;
    struct model_change change[MODEL_CHANGES_MAX];
    uint32_t of_kind[MODEL_CHANGE_COUNT];
    bool intercept, calibration; /* differ */
    json_t *provenance;          /* key: [old, new], null where it is absent; what differs */
};

/* What differs. */

static void put_pair(json_t *out, const char *key, json_t *old, json_t *new) {
    json_t *pair = json_array();
    json_array_append_new(pair, old == NULL ? json_null() : json_incref(old));
    json_array_append_new(pair, new == NULL ? json_null() : json_incref(new));
    json_object_set_new(out, key, pair);
}

static json_t *compare_provenance(const struct model *old_model, const struct model *new_model) {
    json_t *old = model_provenance(old_model), *new = model_provenance(new_model);
    json_t *out = json_object(), *value;
    const char *key;
    json_object_foreach(new, key, value) {
        json_t *before = json_object_get(old, key);
        if (!json_equal(before, value)) put_pair(out, key, before, value);
    }
    json_object_foreach(old, key, value) if (json_object_get(new, key) == NULL)
        put_pair(out, key, value, NULL);
    json_decref(old);
    json_decref(new);
    return out;
}

static double weight_change(const struct comparison *c, const struct model_change *change) {
    const double before =
        change->old_term < 0 ? 0 : model_term_weight(c->old, (uint32_t)change->old_term);
    const double after =
        change->new_term < 0 ? 0 : model_term_weight(c->new, (uint32_t)change->new_term);
    return after - before;
}

static void compare(struct comparison *c, const struct model *old, const struct model *new,
                    enum language language) {
    *c = (struct comparison){.old = old, .new = new, .language = language};
    c->count = model_diff(old, new, c->change);
    for (uint32_t i = 0; i < c->count; i++)
        c->of_kind[c->change[i].kind]++;
    c->intercept = model_intercept(old) != model_intercept(new);
    c->calibration = !model_same_calibration(old, new);
    c->provenance = compare_provenance(old, new);
}

static bool differs(const struct comparison *c) {
    return c->of_kind[MODEL_SAME] < c->count || c->intercept || c->calibration ||
           strcmp(model_id(c->old), model_id(c->new)) != 0 || json_object_size(c->provenance) > 0;
}

/* As text. */

static void print_change(const struct comparison *c, const struct model_change *change, FILE *out) {
    const bool gone = change->new_term < 0;
    const struct model *model = gone ? c->old : c->new;
    const uint32_t term = (uint32_t)(gone ? change->old_term : change->new_term);
    char rule[MODEL_RULE_ROOM];
    if (change->kind == MODEL_MOVED || change->kind == MODEL_REWEIGHTED)
        fprintf(out, "%+10.4f ->", model_term_weight(c->old, (uint32_t)change->old_term));
    fprintf(out, "%+10.4f  ", model_term_weight(model, term));
    printable_put(model_words(model, term, c->language), out);
    fputc('\n', out);
    if (change->kind == MODEL_MOVED) {
        model_term_rule(c->old, (uint32_t)change->old_term, rule);
        fprintf(out, "            %s ->\n", rule);
    }
    model_term_rule(model, term, rule);
    fprintf(out, "            %s\n", rule);
}

static void print_kind(const struct comparison *c, enum model_change_kind kind, FILE *out) {
    if (kind == MODEL_SAME || c->of_kind[kind] == 0) return;
    fprintf(out, "\n%s: %u\n", kind_names[kind], c->of_kind[kind]);
    for (uint32_t i = 0; i < c->count; i++)
        if (c->change[i].kind == kind) print_change(c, &c->change[i], out);
}

static void print_provenance(const struct comparison *c, FILE *out) {
    const char *key;
    json_t *pair;
    if (json_object_size(c->provenance) > 0) fprintf(out, "\nprovenance\n");
    json_object_foreach(c->provenance, key, pair) {
        fprintf(out, "  ");
        printable_put(key, out);
        fprintf(out, "  ");
        model_value_print(json_array_get(pair, 0), out);
        fprintf(out, " -> ");
        model_value_print(json_array_get(pair, 1), out);
        fputc('\n', out);
    }
}

static void print_model(const struct model *model, FILE *out) {
    printable_put(model_id(model), out);
    fprintf(out, " (%.8s, %u terms)", model_sha256(model), model_term_count(model));
}

static void print_text(const struct comparison *c, FILE *out) {
    char before[96], after[96];
    model_calibration_words(c->old, before, sizeof before);
    model_calibration_words(c->new, after, sizeof after);
    print_model(c->old, out);
    fprintf(out, " -> ");
    print_model(c->new, out);
    fprintf(out, "; terms that are the same: %u\n", c->of_kind[MODEL_SAME]);
    if (c->intercept)
        fprintf(out, "intercept: %g -> %g\n", model_intercept(c->old), model_intercept(c->new));
    if (c->calibration) fprintf(out, "calibration: %s -> %s\n", before, after);
    for (enum model_change_kind kind = 0; kind < MODEL_CHANGE_COUNT; kind++)
        print_kind(c, kind, out);
    print_provenance(c, out);
}

/* As JSON. */

static json_t *term_or_null(const struct model *model, int term, enum language language) {
    return term < 0 ? json_null() : model_term_json(model, (uint32_t)term, language);
}

static json_t *kind_json(const struct comparison *c, enum model_change_kind kind) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < c->count; i++)
        if (c->change[i].kind == kind)
            json_array_append_new(
                list, json_pack("{s:o, s:o, s:f}", "old",
                                term_or_null(c->old, c->change[i].old_term, c->language), "new",
                                term_or_null(c->new, c->change[i].new_term, c->language),
                                "weight_change", weight_change(c, &c->change[i])));
    return list;
}

static json_t *about(const struct model *model) {
    return json_pack("{s:s, s:s, s:i, s:f, s:O}", "id", model_id(model), "sha256",
                     model_sha256(model), "terms", (int)model_term_count(model), "intercept",
                     model_intercept(model), "calibration",
                     json_object_get(model_document(model), "calibration"));
}

static void print_json(const struct comparison *c, FILE *out) {
    json_t *terms = json_object();
    for (enum model_change_kind kind = 0; kind < MODEL_SAME; kind++)
        json_object_set_new(terms, kind_names[kind], kind_json(c, kind));
    json_object_set_new(terms, kind_names[MODEL_SAME],
                        json_integer((json_int_t)c->of_kind[MODEL_SAME]));
    json_t *all = json_pack("{s:b, s:o, s:o, s:b, s:b, s:o, s:O}", "differs", differs(c), "old",
                            about(c->old), "new", about(c->new), "intercept_differs", c->intercept,
                            "calibration_differs", c->calibration, "terms", terms, "provenance",
                            c->provenance);
    json_dumpf(all, out, JSON_COMPACT | JSON_REAL_PRECISION(17));
    fputc('\n', out);
    json_decref(all);
}

bool model_compare(const struct model *old, const struct model *new, enum language language,
                   bool json, FILE *out) {
    static struct comparison c;
    compare(&c, old, new, language);
    const bool different = differs(&c);
    (json ? print_json : print_text)(&c, out);
    json_decref(c.provenance);
    return different;
}
