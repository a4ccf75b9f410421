/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/fit_period.h"

#include <assert.h>
#include <jansson.h>

bool fit_period_until(const struct model *model, int64_t *until_s, struct error *error) {
    size_t size = 0;
    const char *json = model_json(model, &size);
    json_t *document = json_loadb(json, size, 0, NULL);
    assert(document != NULL && "a model that was loaded");
    const json_t *until = json_object_get(json_object_get(document, "provenance"), "fit_until");
    const bool ok = until == NULL || json_is_integer(until);
    *until_s = until == NULL ? INT64_MIN : json_integer_value(until);
    json_decref(document);
    return ok ||
           error_set(error, ERROR_CONFIG,
                     "model %s: provenance.fit_until is no whole number of seconds since 1970",
                     model_id(model));
}
