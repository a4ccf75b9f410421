/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/wide_model.h"

#include "bench/random_model.h"
#include "detector/feature_table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A step, or sometimes a hinge. */
static json_t *part(uint64_t *random, bool step) {
    const struct feature *feature = &feature_table[random_next(random) % FEATURE_COUNT];
    const bool money = strcmp(feature->unit, "tiyn") == 0;
    const double knot = (double)(1 + random_next(random) % 20) * (money ? 1000000 : 0.5);
    return json_pack("{s:s, s:s, s:f, s:s}", "type", step ? "step" : "hinge", "feature",
                     feature->name, "knot", knot, "side",
                     random_next(random) % 2 == 0 ? "above" : "below");
}

static json_t *term(uint64_t *random, uint32_t i) {
    char name[32];
    snprintf(name, sizeof name, "filler %u", i);
    json_t *t = part(random, i % 8 != 0);
    if (i % 3 == 0) {
        json_t *parts = json_pack("[o, o]", t, part(random, true));
        t = json_pack("{s:s, s:o}", "type", "and", "terms", parts);
    }
    json_object_set_new(t, "name", json_string(name));
    json_object_set_new(t, "weight", json_real(0x1p-18));
    json_object_set_new(t, "text",
                        json_pack("{s:s, s:s, s:s}", "en", name, "ru", name, "kk", name));
    return t;
}

struct model *wide_model(uint32_t terms, uint64_t seed, struct error *error) {
    size_t size;
    struct model *shipped = model_shipped(error), *wide = NULL;
    if (shipped == NULL) return NULL;
    const char *text = model_json(shipped, &size);
    json_t *document = json_loadb(text, size, 0, NULL);
    json_t *list = json_object_get(document, "terms");
    while (json_array_size(list) < terms)
        json_array_append_new(list, term(&seed, (uint32_t)json_array_size(list)));
    char *json = json_dumps(document, 0);
    if (json != NULL) wide = model_parse(json, strlen(json), "the wide model", error);
    free(json);
    json_decref(document);
    model_free(shipped);
    return wide;
}
