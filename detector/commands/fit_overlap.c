/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/fit_overlap.h"

#include "detector/base/printable.h"

#include <assert.h>
#include <string.h>

static bool is_taken(const struct fit_overlap *o, const struct model *model) {
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(model_sha256(o->model[i]), model_sha256(model)) == 0) return true;
    return false;
}

void fit_overlap_take(struct fit_overlap *o, const struct model *model) {
    if (model_fit_until(model) <= o->begins_s || is_taken(o, model)) return;
    assert(o->count < FIT_OVERLAP_MAX && "as many models as a run has");
    o->model[o->count++] = model;
}

int64_t fit_overlap_end(const struct fit_overlap *o) {
    int64_t end_s = o->begins_s;
    for (size_t i = 0; i < o->count; i++)
        if (model_fit_until(o->model[i]) > end_s) end_s = model_fit_until(o->model[i]);
    return end_s;
}

json_t *fit_overlap_json(const struct fit_overlap *o) {
    json_t *rows = json_array();
    for (size_t i = 0; i < o->count; i++)
        json_array_append_new(rows, json_pack("{ss ss sI}", "id", model_id(o->model[i]), "sha256",
                                              model_sha256(o->model[i]), "fit_until",
                                              (json_int_t)model_fit_until(o->model[i])));
    return rows;
}

void fit_overlap_warn(const struct fit_overlap *o) {
    if (o->count == 0) return;
    fputs("warning: judged on what it was fitted on: ", stderr);
    for (size_t i = 0; i < o->count; i++) {
        fputs(i == 0 ? "" : ", ", stderr);
        printable_put(model_id(o->model[i]), stderr);
        fprintf(stderr, ", %.12s…", model_sha256(o->model[i]));
    }
    fprintf(stderr, "; such figures promise too much: judge newer events, from %lld on (--from)\n",
            (long long)fit_overlap_end(o));
}
