/* SPDX-License-Identifier: Apache-2.0 */
#include "models/training_scores.h"

#include "models/schema_parts.h"

#include <inttypes.h>
#include <math.h>

static bool read_edge(const struct place *place, const json_t *edge, struct score_bins *bins,
                      struct error *error) {
    if (!json_is_number(edge)) return place_refuse(place, error, "must be a number");
    const double from = json_number_value(edge);
    if (!(from > bins->from[bins->count - 1])) return place_refuse(place, error, "edges must rise");
    bins->from[bins->count++] = from;
    return true;
}

static bool read_edges(const struct place *place, const json_t *object, struct score_bins *bins,
                       struct error *error) {
    const json_t *edges = document_member(place, object, "edges", JSON_ARRAY, error);
    if (edges == NULL) return false;
    const struct place list = place_key(place, "edges");
    const size_t count = json_array_size(edges);
    if (count < 1 || count >= SCORE_BINS_MAX)
        return place_refuse(&list, error, "must hold 1 to %d edges", SCORE_BINS_MAX - 1);
    bins->from[bins->count++] = -(double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        const struct place at = place_item(&list, i);
        if (!read_edge(&at, json_array_get(edges, i), bins, error)) return false;
    }
    return true;
}

static bool read_rows(const struct place *place, const json_t *object, struct score_bins *bins,
                      struct error *error) {
    const json_t *rows = document_member(place, object, "rows", JSON_ARRAY, error);
    if (rows == NULL) return false;
    const struct place list = place_key(place, "rows");
    if (json_array_size(rows) != bins->count)
        return place_refuse(&list, error, "must hold one more than there are edges, %zu",
                            bins->count);
    for (size_t i = 0; i < bins->count; i++) {
        const struct place at = place_item(&list, i);
        const json_t *count = json_array_get(rows, i);
        bins->rows[i] = json_integer_value(count);
        if (!json_is_integer(count) || bins->rows[i] < 0 ||
            bins->rows[i] > TRAINING_SCORES_COUNT_MAX)
            return place_refuse(&at, error, "must be a whole number between 0 and %" PRId64,
                                TRAINING_SCORES_COUNT_MAX);
    }
    return true;
}

/* Each of them has a row. */
static bool read_accounts(const struct place *place, const json_t *object, struct score_bins *bins,
                          struct error *error) {
    int64_t rows = 0;
    if (!document_integer(place, object, "accounts", 1, TRAINING_SCORES_COUNT_MAX, &bins->accounts,
                          error))
        return false;
    for (size_t i = 0; i < bins->count; i++)
        rows += bins->rows[i];
    const struct place at = place_key(place, "accounts");
    return bins->accounts <= rows ||
           place_refuse(&at, error, "must be at most the sum of rows, %" PRId64, rows);
}

bool training_scores_read(const struct place *place, const json_t *provenance,
                          struct score_bins *out, struct error *error) {
    static const char *const known[] = {"edges", "rows", "accounts"};
    *out = (struct score_bins){.count = 0};
    if (json_object_get(provenance, "training_scores") == NULL) return true;
    const json_t *object =
        document_member(place, provenance, "training_scores", JSON_OBJECT, error);
    if (object == NULL) return false;
    const struct place at = place_key(place, "training_scores");
    return document_known(&at, object, known, sizeof known / sizeof *known, error) &&
           read_edges(&at, object, out, error) && read_rows(&at, object, out, error) &&
           read_accounts(&at, object, out, error);
}

json_t *training_scores_json(const struct score_bins *bins) {
    json_t *edges = json_array(), *rows = json_array();
    for (size_t i = 0; i < bins->count; i++) {
        if (i > 0) json_array_append_new(edges, json_real(bins->from[i]));
        json_array_append_new(rows, json_integer((json_int_t)bins->rows[i]));
    }
    return json_pack("{s:o, s:o, s:I}", "edges", edges, "rows", rows, "accounts",
                     (json_int_t)bins->accounts);
}

json_t *training_scores_schema(void) {
    json_t *edges =
        schema_list(json_pack("{s:s}", "type", "number"), 1, (size_t)SCORE_BINS_MAX - 1);
    json_t *rows = schema_list(schema_whole(0, TRAINING_SCORES_COUNT_MAX), 2, SCORE_BINS_MAX);
    json_object_set_new(rows, "contains", schema_whole(1, TRAINING_SCORES_COUNT_MAX));
    json_t *properties = json_pack("{s:o, s:o, s:o}", "edges", edges, "rows", rows, "accounts",
                                   schema_whole(1, TRAINING_SCORES_COUNT_MAX));
    return schema_object(properties, json_object_size(properties));
}
