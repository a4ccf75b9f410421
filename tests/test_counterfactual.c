/* SPDX-License-Identifier: Apache-2.0 */
/* The search for the smallest change that crosses a threshold, against a twin that tries every
 * value there is, on random small models. The twin adds contributions up by the specification of
 * terms. */
#include "tests/support.h"

#include "tests/chance.h"

#include "detector/feature_range.h"
#include "detector/feature_table.h"
#include "models/counterfactual.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, TERMS = 9, REFERENCE_ROWS = 50, VALUES_MAX = 1100 };

static const int used[FEATURES] = {FEATURE_in_count_1h, FEATURE_payers_24h, FEATURE_night_share_24h,
                                   FEATURE_active_call, FEATURE_active_hours_24h};

/* One world: a random model, a vector and its threshold, and rows to measure by. */
struct world {
    struct chance chance;
    bool sloped;
    struct model *model;
    struct score *score;
    struct spread *spread;
    double features[FEATURE_COUNT];
    double threshold;
};

static double dyadic(struct chance *chance, uint32_t range) {
    return ((double)chance_below(chance, range) - range / 2.0) / 16.0;
}

static double random_value(struct chance *chance, int feature) {
    const struct feature_range range = feature_range(feature);
    if (range.may_be_null && chance_is(chance, 20)) return NAN;
    if (range.high == 1 && range.per == 1) return chance_below(chance, 2);
    return range.per == 1 ? chance_below(chance, 9) : chance_below(chance, 1001) / 1000.0;
}

/* Values of the engine lie between those of the grid as well. */
static double random_present(struct chance *chance, int feature) {
    const double value = random_value(chance, feature);
    const bool share = feature_range(feature).per > 1;
    return share && value < 1 && chance_is(chance, 50) ? value + 0.0004 : value;
}

static void print_part(struct world *w, FILE *out, int feature) {
    struct chance *c = &w->chance;
    static const char *const shapes[] = {"step", "null", "hinge", "linear"};
    const char *shape = shapes[chance_below(c, w->sloped ? 4 : 2)];
    (void)fprintf(out, "{\"type\": \"%s\", \"feature\": \"%s\"", shape,
                  feature_table[feature].name);
    if (shape[0] == 's' || shape[0] == 'h')
        (void)fprintf(out, ", \"knot\": %.4f, \"side\": \"%s\"",
                      feature_range(feature).per > 1 ? chance_below(c, 10000) / 10000.0
                                                     : chance_below(c, 90) / 10.0,
                      chance_is(c, 50) ? "above" : "below");
    (void)fputc('}', out);
}

static void print_term(struct world *w, FILE *out, int term) {
    char *part = NULL;
    size_t size = 0;
    FILE *parts = open_memstream(&part, &size);
    const bool both = chance_is(&w->chance, 40);
    const uint32_t first = chance_below(&w->chance, FEATURES);
    const uint32_t second = (first + 1 + chance_below(&w->chance, FEATURES - 1)) % FEATURES;
    if (both) (void)fprintf(parts, "{\"type\": \"and\", \"terms\": [");
    print_part(w, parts, used[first]);
    if (both) (void)fprintf(parts, ",");
    if (both) print_part(w, parts, used[second]);
    if (both) (void)fprintf(parts, "]}");
    (void)fclose(parts);
    (void)fprintf(out, "%s%.*s, \"name\": \"t%d\", \"weight\": %.10f, ", term > 0 ? "," : "",
                  (int)size - 1, part, term, dyadic(&w->chance, 97));
    (void)fprintf(out, "\"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}}");
    free(part);
}

static struct model *make_model(struct world *w) {
    char *json = NULL;
    size_t size = 0;
    struct error error = {0};
    FILE *out = open_memstream(&json, &size);
    (void)fprintf(out,
                  "{\"format\": \"saqshy-model/1\", \"id\": \"m\", \"features_sha256\": \"%s\", "
                  "\"intercept\": %.10f, \"calibration\": {\"type\": \"logistic\"}, "
                  "\"transforms\": {\"in_count_1h\": \"log1p\"}, \"provenance\": {}, \"terms\": [",
                  feature_table_sha256(), dyadic(&w->chance, 33));
    for (int i = 0; i < TERMS; i++)
        print_term(w, out, i);
    (void)fprintf(out, "]}");
    (void)fclose(out);
    struct model *model = model_parse(json, size, "m", &error);
    if (model == NULL) fail_msg("%s\n%s", error.text, json);
    free(json);
    return model;
}

static void make_rows(struct world *w) {
    w->spread = spread_new(REFERENCE_ROWS);
    for (int f = 0; f < FEATURE_COUNT; f++)
        w->features[f] = 0;
    for (int row = 0; row < REFERENCE_ROWS; row++) {
        double vector[FEATURE_COUNT] = {0};
        for (int i = 0; i < FEATURES; i++)
            vector[used[i]] = random_value(&w->chance, used[i]);
        spread_add(w->spread, vector);
    }
    spread_close(w->spread);
    for (int i = 0; i < FEATURES; i++)
        w->features[used[i]] = random_present(&w->chance, used[i]);
}

static void open_world(struct world *w, uint64_t seed, bool sloped) {
    struct error error = {0};
    *w = (struct world){.chance = {seed}, .sloped = sloped};
    w->model = make_model(w);
    w->score = score_open(w->model, COUNTERFACTUAL_ROWS, "auto", &error);
    assert_non_null(w->score);
    make_rows(w);
    w->threshold = dyadic(&w->chance, 65) + 0x1p-10;
}

static void close_world(struct world *w) {
    spread_free(w->spread);
    score_close(w->score);
    model_free(w->model);
}

/* The twin. */

static bool is_above(const struct world *w, const double *features) {
    double terms[TERMS], logit;
    score_explain(w->score, features, terms, &logit);
    for (int i = 0; i < TERMS; i++)
        logit += terms[i];
    return logit >= w->threshold;
}

/* The values that rows have, and all between. */
static uint32_t values_of(const struct world *w, int feature, double *out) {
    const struct feature_range range = feature_range(feature);
    uint32_t count = 0;
    for (int64_t i = 0; feature_range_value(&range, i) <= spread_high(w->spread, feature); i++)
        if (feature_range_value(&range, i) >= spread_low(w->spread, feature))
            out[count++] = feature_range_value(&range, i);
    if (range.may_be_null) out[count++] = NAN;
    return count;
}

static double twin_size(const struct world *w, int feature, double to) {
    const double from = w->features[feature], median = spread_median(w->spread, feature);
    if (isnan(from) && isnan(to)) return 0;
    if (isnan(to)) return 1;
    return isnan(from) ? 1 + spread_between(w->spread, feature, median, to)
                       : spread_between(w->spread, feature, from, to);
}

static double twin_single(const struct world *w, int feature) {
    double values[VALUES_MAX], changed[FEATURE_COUNT], least = INFINITY;
    const bool above = is_above(w, w->features);
    const uint32_t count = values_of(w, feature, values);
    memcpy(changed, w->features, sizeof changed);
    for (uint32_t i = 0; i < count; i++) {
        changed[feature] = values[i];
        if (is_above(w, changed) != above) least = fmin(least, twin_size(w, feature, values[i]));
    }
    return least;
}

static double twin_pair_of(const struct world *w, int a, int b) {
    double as[VALUES_MAX], bs[VALUES_MAX], changed[FEATURE_COUNT], least = INFINITY;
    const bool above = is_above(w, w->features);
    const uint32_t a_count = values_of(w, a, as), b_count = values_of(w, b, bs);
    memcpy(changed, w->features, sizeof changed);
    for (uint32_t i = 0; i < a_count; i++)
        for (uint32_t k = 0; k < b_count; k++) {
            const double size = twin_size(w, a, as[i]) + twin_size(w, b, bs[k]);
            changed[a] = as[i];
            changed[b] = bs[k];
            if (size < least && is_above(w, changed) != above) least = size;
        }
    return least;
}

static double twin_pair(const struct world *w) {
    double least = INFINITY;
    for (int a = 0; a < FEATURES; a++)
        for (int b = a + 1; b < FEATURES; b++)
            least = fmin(least, twin_pair_of(w, used[a], used[b]));
    return least;
}

/* Properties. */

static uint32_t find(struct world *w, struct counterfactual out[COUNTERFACTUALS_MAX]) {
    const struct counterfactual_query query = {.model = w->model,
                                               .score = w->score,
                                               .features = w->features,
                                               .threshold = w->threshold,
                                               .spread = w->spread};
    return counterfactual_find(&query, out);
}

static void assert_crosses(const struct world *w, const struct counterfactual *c) {
    double changed[FEATURE_COUNT];
    memcpy(changed, w->features, sizeof changed);
    for (uint32_t i = 0; i < c->count; i++)
        changed[c->change[i].feature] = c->change[i].to;
    assert_true(is_above(w, changed) != is_above(w, w->features));
    assert_true((c->logit >= w->threshold) == is_above(w, changed));
}

/* Nothing of the feature that is nearer crosses. */
static void assert_nearest(const struct world *w, const struct change *change) {
    double values[VALUES_MAX], changed[FEATURE_COUNT];
    const double from = w->features[change->feature];
    const uint32_t count = values_of(w, change->feature, values);
    memcpy(changed, w->features, sizeof changed);
    for (uint32_t i = 0; i < count; i++) {
        const bool up = values[i] > from && values[i] < change->to;
        const bool down = values[i] < from && values[i] > change->to;
        changed[change->feature] = values[i];
        if (up || down) assert_true(is_above(w, changed) == is_above(w, w->features));
    }
}

/* Returns how many answers were found. */
static uint32_t check_singles(struct world *w) {
    struct counterfactual out[COUNTERFACTUALS_MAX];
    const uint32_t count = find(w, out);
    double least[FEATURE_COUNT], listed = 0;
    uint32_t singles = 0;
    for (int i = 0; i < FEATURES; i++)
        least[used[i]] = twin_single(w, used[i]);
    for (uint32_t i = 0; i < count; i++) {
        assert_crosses(w, &out[i]);
        if (out[i].count > 1) continue;
        double *due = &least[out[i].change[0].feature];
        assert_nearest(w, &out[i].change[0]);
        assert_true(out[i].size == *due);
        assert_true(out[i].size >= listed);
        listed = out[i].size;
        *due = INFINITY;
        singles++;
    }
    for (int i = 0; i < FEATURES; i++)
        if (least[used[i]] < INFINITY) {
            assert_int_equal(singles, COUNTERFACTUALS_MAX - 1);
            assert_true(least[used[i]] >= listed);
        }
    return count;
}

static void test_of_one_feature_nothing_smaller_crosses(void **unused) {
    (void)unused;
    uint32_t found = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct world w;
        open_world(&w, seed, false);
        found += check_singles(&w);
        close_world(&w);
    }
    assert_true(found > 300);
}

static void test_nor_with_slopes(void **unused) {
    (void)unused;
    uint32_t found = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct world w;
        open_world(&w, seed, true);
        found += check_singles(&w);
        close_world(&w);
    }
    assert_true(found > 300);
}

static void test_two_features_are_changed_when_that_is_less_than_one(void **unused) {
    (void)unused;
    const struct counterfactual none_found = {.count = 0};
    uint32_t pairs = 0, none = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct world w;
        struct counterfactual out[COUNTERFACTUALS_MAX];
        open_world(&w, seed, false);
        const uint32_t count = find(&w, out);
        const double single = count > 0 && out[0].count == 1 ? out[0].size : INFINITY;
        const double pair = twin_pair(&w);
        const struct counterfactual last = count > 0 ? out[count - 1] : none_found;
        if (pair < single) {
            assert_int_equal(last.count, 2);
            assert_true(last.size == pair);
            assert_true(last.change[0].feature != last.change[1].feature);
            pairs++;
        } else {
            assert_true(last.count < 2);
            none++;
        }
        close_world(&w);
    }
    assert_true(pairs >= 20 && none >= 20);
}

static void test_a_score_that_nothing_moves_has_no_answer(void **unused) {
    (void)unused;
    struct world w;
    struct counterfactual out[COUNTERFACTUALS_MAX];
    open_world(&w, 1, true);
    w.threshold = 1e5;
    assert_int_equal(find(&w, out), 0);
    w.threshold = -1e5;
    assert_int_equal(find(&w, out), 0);
    close_world(&w);
}

/* The spread. */

static void test_a_spread_knows_medians_and_shares(void **unused) {
    (void)unused;
    struct spread *spread = spread_new(8);
    const double values[] = {3, NAN, 1, 2, 2};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double vector[FEATURE_COUNT] = {0};
        vector[0] = values[i];
        spread_add(spread, vector);
    }
    spread_close(spread);
    assert_int_equal(spread_known(spread, 0), 4);
    assert_int_equal(spread_known(spread, 1), 5);
    assert_true(spread_median(spread, 0) == 2);
    assert_true(spread_below(spread, 0, 2) == 0.25);
    assert_true(spread_above(spread, 0, 2) == 0.25);
    assert_true(spread_low(spread, 0) == 1 && spread_high(spread, 0) == 3);
    assert_true(spread_between(spread, 0, 1, 2) == 0.5);
    assert_true(spread_between(spread, 0, 3, 2) == 0.5);
    assert_true(spread_between(spread, 0, 0.5, 9) == 1);
    assert_true(spread_between(spread, 0, 2, 2) == 0);
    spread_free(spread);
}

static void test_a_spread_keeps_rows_evenly_spaced(void **unused) {
    (void)unused;
    struct spread *spread = spread_new(64);
    for (int i = 0; i < 100000; i++) {
        double vector[FEATURE_COUNT] = {0};
        vector[0] = i;
        spread_add(spread, vector);
    }
    spread_close(spread);
    assert_int_equal(spread_seen(spread), 100000);
    assert_in_range(spread_kept(spread), 32, 64);
    for (int tenth = 1; tenth < 10; tenth++)
        assert_true(fabs(spread_below(spread, 0, tenth * 10000.0) - tenth / 10.0) < 0.04);
    spread_free(spread);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_one_feature_nothing_smaller_crosses),
        cmocka_unit_test(test_nor_with_slopes),
        cmocka_unit_test(test_two_features_are_changed_when_that_is_less_than_one),
        cmocka_unit_test(test_a_score_that_nothing_moves_has_no_answer),
        cmocka_unit_test(test_a_spread_knows_medians_and_shares),
        cmocka_unit_test(test_a_spread_keeps_rows_evenly_spaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
