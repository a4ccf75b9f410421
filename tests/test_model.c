/* SPDX-License-Identifier: Apache-2.0 */
/* The model document: what is taken, what is refused, and what the refusal says. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/feature_table.h"
#include "models/model.h"
#include "models/score_bins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT "\"text\": {\"en\": \"en\", \"ru\": \"ru\", \"kk\": \"kk\"}"

static char document[8192];

/* A right document; each test spoils one thing in it. */
static const char *right(void) {
    (void)snprintf(
        document, sizeof document,
        "{\"format\": \"saqshy-model/1\", \"id\": \"test\", \"features_sha256\": \"%s\",\n"
        "\"intercept\": -2.5, \"transforms\": {\"%s\": \"log1p\"},\n"
        "\"terms\": [\n"
        "{\"name\": \"one\", \"type\": \"linear\", \"feature\": \"%s\", \"weight\": 0.5, " TEXT
        "},\n"
        "{\"name\": \"two\", \"type\": \"step\", \"feature\": \"%s\", \"knot\": 3, "
        "\"side\": \"above\", \"weight\": 1.25, " TEXT "},\n"
        "{\"name\": \"both\", \"type\": \"and\", \"weight\": 2, " TEXT ", \"terms\": [\n"
        "{\"type\": \"step\", \"feature\": \"%s\", \"knot\": 3, \"side\": \"above\"},\n"
        "{\"type\": \"null\", \"feature\": \"%s\"}]}\n"
        "], \"calibration\": {\"type\": \"logistic\"}, \"provenance\": {}}",
        feature_table_sha256(), feature_table[0].name, feature_table[0].name, feature_table[1].name,
        feature_table[0].name, feature_table[1].name);
    return document;
}

static const char *spoilt(const char *from, const char *to) {
    static char out[sizeof document + 512];
    const char *at = strstr(right(), from);
    assert_non_null(at);
    (void)snprintf(out, sizeof out, "%.*s%s%s", (int)(at - document), document, to,
                   at + strlen(from));
    return out;
}

static struct model *parse(const char *json, struct error *error) {
    return model_parse(json, strlen(json), "m.json", error);
}

static void assert_refused(const char *json, const char *said) {
    struct error error = {0};
    assert_null(parse(json, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, said) == NULL) fail_msg("\"%s\" is not in: %s", said, error.text);
}

static void test_a_right_document_is_taken(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = parse(right(), &error);
    assert_non_null(model);
    assert_string_equal(model_id(model), "test");
    assert_int_equal(model_term_count(model), 3);
    const struct model_term_text one = model_term_text(model, 0), both = model_term_text(model, 2);
    assert_string_equal(one.name, "one");
    assert_string_equal(one.kk, "kk");
    assert_int_equal(one.feature_b, -1);
    assert_true(isnan(one.knot));
    assert_int_equal(both.feature_a, 0);
    assert_int_equal(both.feature_b, 1);
    assert_true(both.knot == 3);
    model_free(model);
}

static void test_the_hash_is_of_the_bytes(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = parse(right(), &error);
    char sha256[DIGEST_HEX_SIZE];
    digest_sha256_hex(document, strlen(document), sha256);
    assert_string_equal(model_sha256(model), sha256);
    model_free(model);
}

static void test_the_shipped_model_loads(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = model_shipped(&error);
    if (model == NULL) fail_msg("%s", error.text);
    assert_string_equal(model_id(model), "droppers-gen-1");
    assert_true(model_term_count(model) >= 25);
    model_free(model);
}

static void test_a_syntax_error_has_line_and_column(void **unused) {
    (void)unused;
    assert_refused("{\"format\": \"saqshy-model/1\",\n \"id\" 3}", "m.json: line 2, column");
    assert_refused(spoilt("\"id\": \"test\"", "\"id\": \"test\", \"id\": \"again\""), "line 1");
}

static void test_another_format_is_refused(void **unused) {
    (void)unused;
    assert_refused(
        spoilt("saqshy-model/1", "saqshy-model/2"),
        "m.json:1: $.format: format is \"saqshy-model/2\", but must be \"saqshy-model/1\"");
    assert_refused("\n[]", "m.json:2: $: must be an object");
}

static void test_an_unknown_key_is_refused_with_the_nearest(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"intercept\"", "\"intercpt\""), "did you mean \"intercept\"?");
    assert_refused(spoilt("\"weight\": 1.25", "\"weigth\": 1.25"),
                   "m.json:5: $.terms[1].weigth: \"weigth\" is no key");
}

static void test_an_unknown_feature_is_refused_with_the_nearest(void **unused) {
    (void)unused;
    char typo[128], said[256], from[160], to[192];
    (void)snprintf(typo, sizeof typo, "%sx", feature_table[1].name);
    (void)snprintf(said, sizeof said, "$.terms[1].feature: \"%s\" is no feature; did you mean \"",
                   typo);
    (void)snprintf(from, sizeof from, "\"%s\", \"knot\"", feature_table[1].name);
    (void)snprintf(to, sizeof to, "\"%s\", \"knot\"", typo);
    assert_refused(spoilt(from, to), said);
    assert_refused(spoilt("\": \"log1p\"", "x\": \"log1p\""), "is no feature");
}

static void test_another_feature_table_is_refused(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"features_sha256\": \"", "\"features_sha256\": \"f"),
                   "$.features_sha256: the model was made for another feature table");
}

static void test_a_weight_off_the_grid_is_refused_with_the_nearest(void **unused) {
    (void)unused;
    assert_refused(spoilt("1.25", "0.1"), "$.terms[1].weight: 0.10000000000000001 is no multiple "
                                          "of 2^-20, which keeps scores exact; the nearest is "
                                          "0.10000038146972656");
    assert_refused(spoilt("-2.5", "-2.3"), "m.json:2: $.intercept: ");
    struct error error = {0};
    struct model *model = parse(spoilt("1.25", "0.10000038146972656"), &error);
    assert_non_null(model);
    model_free(model);
}

static void test_weights_that_cannot_be_added_exactly_are_refused(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"weight\": 0.5", "\"weight\": 4096"), "too large to be added exactly");
    assert_refused(spoilt("\"weight\": 1.25", "\"weight\": 1e300"), "must be below 2^17");
}

static void test_every_term_has_a_text_in_three_languages(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"kk\": \"kk\"", "\"kk\": \"\""),
                   "m.json:4: $.terms[0].text.kk: must not");
    assert_refused(spoilt(", \"kk\": \"kk\"", ""),
                   "m.json:4: $.terms[0].text: the key \"kk\" is missing");
}

static void test_names_of_terms_are_unique(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"name\": \"two\"", "\"name\": \"one\""),
                   "m.json:5: $.terms[1]: term 0 has");
}

static void test_shapes_have_what_they_need(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"knot\": 3, ", ""), "the key \"knot\" is missing");
    assert_refused(spoilt("\"above\"", "\"abov\""), "did you mean \"above\"?");
    assert_refused(spoilt("\"type\": \"linear\"", "\"type\": \"linear\", \"knot\": 1"),
                   "a linear term has no knot");
    assert_refused(spoilt("\"type\": \"step\"", "\"type\": \"stepp\""), "did you mean \"step\"?");
    assert_refused(spoilt(",\n{\"type\": \"null\"", ",{\"type\": \"null\"}, {\"type\": \"null\""),
                   "m.json:6: $.terms[2].terms: a conjunction has two terms");
    assert_refused(spoilt("\"null\"", "\"nul\""), "m.json:8: $.terms[2].terms[1].type: \"nul\"");
}

static void test_transforms_are_checked(void **unused) {
    (void)unused;
    assert_refused(spoilt("\"log1p\"", "\"log\""), "is no transform");
    assert_refused(spoilt("\"log1p\"", "{\"clip\": [2, 1]}"), "low must be below high");
    assert_refused(spoilt("\"log1p\"", "{\"clip\": 2}"), "must be an array");
}

static void test_logistic_probability_and_its_logit(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = parse(right(), &error);
    assert_true(model_probability(model, 0) == 0.5);
    assert_true(model_logit(model, 0.5) == 0);
    const double p[] = {1e-6, 0.01, 0.3, 0.5, 0.8, 0.95, 0.999999};
    for (size_t i = 0; i < sizeof p / sizeof *p; i++) {
        const double logit = model_logit(model, p[i]);
        assert_true(logit * 0x1p36 == nearbyint(logit * 0x1p36));
        assert_true(model_probability(model, logit) >= p[i]);
        assert_true(model_probability(model, logit - 0x1p-36) < p[i]);
    }
    model_free(model);
}

static void test_a_table_calibrates_by_straight_lines(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = parse(spoilt("\"type\": \"logistic\"",
                                       "\"type\": \"table\", \"points\": [[-4, 0.01], [0, 0.25], "
                                       "[4, 0.75]]"),
                                &error);
    assert_non_null(model);
    assert_true(model_probability(model, -100) == 0.01);
    assert_true(model_probability(model, 2) == 0.5);
    assert_true(model_probability(model, 100) == 0.75);
    assert_true(model_logit(model, 0.5) == 2);
    assert_true(isinf(model_logit(model, 0.9)));
    model_free(model);
    assert_refused(
        spoilt("\"type\": \"logistic\"", "\"type\": \"table\", \"points\": [[0, 0.5], [0, 0.6]]"),
        "$.calibration.points[1]: logits must rise");
}

/* Bytes and not characters: "ы" has two. */
static void test_an_id_has_at_most_128_bytes(void **unused) {
    (void)unused;
    struct error error = {0};
    char longest[160], longer[160];
    (void)snprintf(longest, sizeof longest, "\"%s%0126d\"", "ы", 1);
    (void)snprintf(longer, sizeof longer, "\"%s%0127d\"", "ы", 1);
    struct model *model = parse(spoilt("\"test\"", longest), &error);
    if (model == NULL) fail_msg("%s", error.text);
    assert_int_equal(strlen(model_id(model)), 128);
    model_free(model);
    assert_refused(spoilt("\"test\"", longer), "m.json:1: $.id: 129 bytes; must be at most 128");
    assert_refused(spoilt("\"test\"", "\"\""), "$.id: must not be empty");
}

static const char *with_provenance(const char *key, const char *value) {
    char provenance[256];
    (void)snprintf(provenance, sizeof provenance, "\"provenance\": {\"%s\": %s}", key, value);
    return spoilt("\"provenance\": {}", provenance);
}

static void test_where_its_data_ends_is_read(void **unused) {
    (void)unused;
    static const char *const wrong[] = {"\"x\"", "1.5", "null", "true", "[1767225600]"};
    struct error error = {0};
    struct model *model = parse(right(), &error);
    assert_int_equal(model_fit_until(model), INT64_MIN);
    model_free(model);
    model = parse(with_provenance("fit_until", "1767225600"), &error);
    if (model == NULL) fail_msg("%s", error.text);
    assert_int_equal(model_fit_until(model), 1767225600);
    model_free(model);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(with_provenance("fit_until", wrong[i]),
                       "$.provenance.fit_until: is no whole number of seconds since 1970");
}

static const char *with_scores(const char *scores) {
    return with_provenance("training_scores", scores);
}

static void test_training_scores_are_read(void **unused) {
    (void)unused;
    struct error error = {0};
    struct model *model = parse(
        with_scores("{\"edges\": [-1.5, 2], \"rows\": [70, 0, 30], \"accounts\": 12}"), &error);
    assert_non_null(model);
    const struct score_bins *bins = model_training_scores(model);
    assert_int_equal(bins->count, 3);
    assert_true(isinf(bins->from[0]) && bins->from[1] == -1.5 && bins->from[2] == 2);
    assert_int_equal(bins->rows[0], 70);
    assert_int_equal(bins->rows[2], 30);
    assert_int_equal(bins->accounts, 12);
    model_free(model);
    model = parse(with_scores("{\"edges\": [1], \"rows\": [3, 2], \"accounts\": 5}"), &error);
    assert_int_equal(model_training_scores(model)->accounts, 5);
    model_free(model);
    model = parse(right(), &error);
    assert_null(model_training_scores(model));
    model_free(model);
}

static void test_training_scores_that_make_no_sense_are_refused(void **unused) {
    (void)unused;
    static const struct {
        const char *scores, *said;
    } wrong[] = {
        {"7", "$.provenance.training_scores: must be an object"},
        {"{}", "the key \"edges\" is missing"},
        {"{\"edges\": [], \"rows\": [1], \"accounts\": 1}", ".edges: must hold 1 to 9 edges"},
        {"{\"edges\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], \"rows\": [1], \"accounts\": 1}",
         ".edges: must hold 1 to 9 edges"},
        {"{\"edges\": [1, 1], \"rows\": [1, 1, 1], \"accounts\": 1}", ".edges[1]: edges must rise"},
        {"{\"edges\": [\"1\"], \"rows\": [1, 1], \"accounts\": 1}", ".edges[0]: must be a number"},
        {"{\"edges\": [1], \"rows\": [1], \"accounts\": 1}",
         ".rows: must hold one more than there are edges, 2"},
        {"{\"edges\": [1], \"rows\": [1, -1], \"accounts\": 1}",
         ".rows[1]: must be a whole number"},
        {"{\"edges\": [1], \"rows\": [1, 1.5], \"accounts\": 1}", ".rows[1]: must be a whole"},
        {"{\"edges\": [1], \"rows\": [1, 1], \"accounts\": 0}", ".accounts: must be between 1 and"},
        {"{\"edges\": [1], \"rows\": [0, 0], \"accounts\": 1}",
         ".accounts: must be at most the sum of rows, 0"},
        {"{\"edges\": [1], \"rows\": [3, 2], \"accounts\": 6}",
         ".accounts: must be at most the sum of rows, 5"},
        {"{\"edges\": [1], \"row\": [1, 1], \"accounts\": 1}", "did you mean \"rows\"?"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(with_scores(wrong[i].scores), wrong[i].said);
}

static void test_a_missing_file_is_named(void **unused) {
    (void)unused;
    struct error error = {0};
    assert_null(model_load("/nonexistent/model.json", &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "/nonexistent/model.json: cannot be opened"));
    model_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_document_is_taken),
        cmocka_unit_test(test_the_hash_is_of_the_bytes),
        cmocka_unit_test(test_the_shipped_model_loads),
        cmocka_unit_test(test_a_syntax_error_has_line_and_column),
        cmocka_unit_test(test_another_format_is_refused),
        cmocka_unit_test(test_an_unknown_key_is_refused_with_the_nearest),
        cmocka_unit_test(test_an_unknown_feature_is_refused_with_the_nearest),
        cmocka_unit_test(test_another_feature_table_is_refused),
        cmocka_unit_test(test_a_weight_off_the_grid_is_refused_with_the_nearest),
        cmocka_unit_test(test_weights_that_cannot_be_added_exactly_are_refused),
        cmocka_unit_test(test_every_term_has_a_text_in_three_languages),
        cmocka_unit_test(test_names_of_terms_are_unique),
        cmocka_unit_test(test_shapes_have_what_they_need),
        cmocka_unit_test(test_transforms_are_checked),
        cmocka_unit_test(test_logistic_probability_and_its_logit),
        cmocka_unit_test(test_a_table_calibrates_by_straight_lines),
        cmocka_unit_test(test_an_id_has_at_most_128_bytes),
        cmocka_unit_test(test_where_its_data_ends_is_read),
        cmocka_unit_test(test_training_scores_are_read),
        cmocka_unit_test(test_training_scores_that_make_no_sense_are_refused),
        cmocka_unit_test(test_a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
