/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons over a model that has a step on each of the first features, a second term on the first of
 * them, and a conjunction. */
#include "tests/support.h"

#include "tests/fake_account_defined.h"

#include "detector/reasons.h"
#include "detector/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 20, ORDINAL = 1000 };

static struct model *model;
static struct score *score;
static struct runs *runs;
static struct batch *batch;
static struct account account;
static struct reasons *reasons;

static void print_term(FILE *out, const char *name, double weight) {
    (void)fprintf(out,
                  "{\"name\": \"%s\", \"weight\": %.20g, \"text\": {\"en\": \"en %s\", \"ru\": "
                  "\"ru %s\", \"kk\": \"kk %s\"}, ",
                  name, weight, name, name, name);
}

static void print_step(FILE *out, int feature, double knot) {
    (void)fprintf(out, "\"type\": \"step\", \"feature\": \"%s\", \"knot\": %g, \"side\": \"above\"",
                  feature_table[feature].name, knot);
}

static char *make_document(void) {
    char *json = NULL;
    size_t size;
    FILE *out = open_memstream(&json, &size);
    (void)fprintf(out,
                  "{\"format\": \"saqshy-model/1\", \"id\": \"m\", \"features_sha256\": \"%s\", "
                  "\"intercept\": -6.5, \"transforms\": {}, \"provenance\": {}, "
                  "\"calibration\": {\"type\": \"logistic\"}, \"terms\": [",
                  feature_table_sha256());
    for (int i = 0; i < STEPS; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "step %d", i);
        print_term(out, name, i % 2 == 0 ? 1 + i * 0.25 : -1 - i * 0.25);
        print_step(out, i, 10);
        (void)fprintf(out, "}, ");
    }
    print_term(out, "more", 0.5);
    print_step(out, 0, 20);
    (void)fprintf(out, "}, ");
    print_term(out, "both", 16);
    (void)fprintf(out, "\"type\": \"and\", \"terms\": [{");
    print_step(out, 0, 10);
    (void)fprintf(out, "}, {");
    print_step(out, 1, 10);
    (void)fprintf(out, "}]}]}");
    (void)fclose(out);
    return json;
}

static int set_up(void **unused) {
    (void)unused;
    struct error error = {0};
    char *json = make_document();
    model = model_parse(json, strlen(json), "m", &error);
    free(json);
    if (model == NULL) return 1;
    score = score_open(model, 1, "auto", &error);
    runs = runs_new(&(struct inputs){{"in", ""}}, 16);
    runs_add(runs, ORDINAL - 1, INPUT_TRANSACTIONS, 1, 70);
    runs_add(runs, ORDINAL, INPUT_TRANSACTIONS, 2, 90);
    batch = batch_new();
    reasons = reasons_open(model, score, runs);
    batch->count = batch->sides = 1;
    batch->input[0].ordinal = ORDINAL;
    batch->tx[0] = (struct transaction){
        .tx_id = text_of("the-trigger"), .event_time_s = 5000, .event_time_us = 5000000007};
    account = (struct account){0};
    batch->side[0] = (struct side){.account = &account};
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][0] = NAN;
    return 0;
}

static int tear_down(void **unused) {
    (void)unused;
    reasons_close(reasons);
    reasons_close(NULL);
    batch_free(batch);
    runs_free(runs);
    score_close(score);
    model_free(model);
    return 0;
}

static uint32_t fill(struct reason out[REASONS_MAX]) {
    score_batch(score, &batch->features[0][0], BATCH_COLUMN, 1, batch->logit);
    return reasons_fill(reasons, batch, 0, out);
}

static void assert_sum(const struct reason *list, uint32_t count) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += list[i].contribution;
    assert_true(sum == batch->logit[0]);
}

static void test_weighed_reasons_are_those_with_words(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    struct reason_weight weights[2];
    double vector[FEATURE_COUNT];
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][0] = f < 4 ? 30 : NAN;
    assert_true(fill(list) > 2);
    batch_vector(batch, 0, vector);
    assert_int_equal(reasons_weigh(reasons, vector, weights, 2), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(weights[i].contribution == list[i].contribution);
        assert_string_equal(model_term_text(model, weights[i].term).en, list[i].text_en);
    }
}

static void test_without_signs_there_is_the_base_rate(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    assert_int_equal(fill(list), 1);
    assert_string_equal(list[0].code, "BASE_RATE");
    assert_string_equal(list[0].feature, "");
    assert_true(list[0].contribution == -6.5);
    assert_sum(list, 1);
}

static void test_a_base_rate_that_is_high_is_not_called_rare(void **unused) {
    (void)unused;
    const struct reason *low = reasons_base_rate(-0.25), *high = reasons_base_rate(0.25);
    assert_non_null(strstr(low->text_en, "rare"));
    assert_non_null(strstr(high->text_en, "lower it"));
    assert_string_not_equal(low->text_ru, high->text_ru);
    assert_string_not_equal(low->text_kk, high->text_kk);
    assert_string_equal(low->code, high->code);
}

static void test_a_reason_says_what_the_feature_was(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    batch->features[2][0] = 12.5;
    assert_int_equal(fill(list), 2);
    const struct feature *feature = &feature_table[2];
    assert_string_equal(list[0].code, feature->reason_code);
    assert_string_equal(list[0].feature, feature->name);
    assert_string_equal(list[0].unit, feature->unit);
    assert_int_equal(list[0].window_s, feature->window_s);
    assert_true(list[0].value == 12.5 && list[0].baseline == 10);
    assert_true(list[0].contribution == 1.5);
    assert_string_equal(list[0].text_en, "en step 2");
    assert_string_equal(list[0].text_ru, "ru step 2");
    assert_string_equal(list[0].text_kk, "kk step 2");
    assert_int_equal(list[0].quality, QUALITY_EXACT);
    assert_sum(list, 2);
}

static void test_terms_on_one_feature_are_one_reason(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    batch->features[0][0] = 25;
    assert_int_equal(fill(list), 2);
    assert_true(list[0].contribution == 1.5);
    assert_string_equal(list[0].text_en, "en step 0");
}

static void test_a_conjunction_is_a_reason_of_its_own(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    batch->features[0][0] = batch->features[1][0] = 15;
    assert_int_equal(fill(list), 4);
    assert_string_equal(list[0].text_en, "en both");
    assert_string_equal(list[0].feature, feature_table[0].name);
    assert_true(list[0].contribution == 16);
    assert_true(list[1].contribution == -1.25 && list[2].contribution == 1);
    assert_sum(list, 4);
}

static void test_the_weightiest_come_first_and_the_rest_is_one(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    for (int f = 0; f < STEPS; f++)
        batch->features[f][0] = 10;
    assert_int_equal(fill(list), REASONS_MAX);
    for (uint32_t i = 1; i < REASONS_MAX - 2; i++)
        assert_true(fabs(list[i].contribution) <= fabs(list[i - 1].contribution));
    assert_string_equal(list[REASONS_MAX - 2].code, "OTHER_SIGNS");
    assert_string_equal(list[REASONS_MAX - 1].code, "BASE_RATE");
    assert_sum(list, REASONS_MAX);
}

static void test_evidence_is_positions_and_only_the_trigger_has_a_name(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    account.event_count = 3;
    account.events[0] = (struct account_event){.ordinal = 3, .second = 4000};
    account.events[1] =
        (struct account_event){.ordinal = ORDINAL - 1, .second = 4990, .amount_tiyn = 700};
    account.events[2] =
        (struct account_event){.ordinal = ORDINAL, .second = 5000, .amount_tiyn = 900};
    batch->features[2][0] = 12.5;
    assert_int_equal(fill(list), 2);
    /* The first event's run is forgotten. */
    assert_int_equal(list[0].evidence_count, 2);
    const struct evidence *trigger = &list[0].evidence[0], *before = &list[0].evidence[1];
    assert_true(text_equal(trigger->tx_id, text_of("the-trigger")));
    assert_string_equal(trigger->topic, "in");
    assert_int_equal(trigger->partition, 2);
    assert_int_equal(trigger->offset, 90);
    assert_int_equal(trigger->event_time_us, 5000000007);
    assert_int_equal(trigger->amount_minor, 900);
    assert_null(before->tx_id.data);
    assert_int_equal(before->partition, 1);
    assert_int_equal(before->offset, 70);
    assert_int_equal(before->event_time_us, 4990000000);
    assert_int_equal(list[1].evidence_count, 0);
}

static void test_evidence_is_bounded(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    account.event_count = 20;
    for (uint32_t i = 0; i < account.event_count; i++)
        account.events[i].ordinal = ORDINAL;
    batch->features[2][0] = 12.5;
    assert_int_equal(fill(list), 2);
    assert_int_equal(list[0].evidence_count, EVIDENCE_MAX);
}

static void test_the_worst_quality_is_named(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    batch->features[2][0] = 12.5;
    batch->side[0].quality = 1u << QUALITY_APPROXIMATE | 1u << QUALITY_COLD_START;
    batch->side[0].approximate_before_s = batch->side[0].cold_before_s = INT64_MAX;
    assert_int_equal(fill(list), 2);
    assert_int_equal(list[0].quality, QUALITY_COLD_START);
    batch->side[0].quality |= 1u << QUALITY_LATE;
    assert_int_equal(fill(list), 2);
    assert_int_equal(list[0].quality, QUALITY_LATE);
}

/* The reason's feature is a count of 24 hours. */
static void test_a_window_after_what_is_missing_is_exact(void **unused) {
    (void)unused;
    struct reason list[REASONS_MAX];
    struct side *side = &batch->side[0];
    const int64_t begin_s = batch->tx[side->event].event_time_s - 86400;
    batch->features[2][0] = 12.5;
    side->quality = 1u << QUALITY_APPROXIMATE | 1u << QUALITY_COLD_START;
    side->approximate_before_s = begin_s + 1;
    side->cold_before_s = begin_s;
    assert_int_equal(fill(list), 2);
    assert_int_equal(list[0].quality, QUALITY_APPROXIMATE);
    side->approximate_before_s = begin_s;
    assert_int_equal(fill(list), 2);
    assert_int_equal(list[0].quality, QUALITY_EXACT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_weighed_reasons_are_those_with_words),
        TEST(test_without_signs_there_is_the_base_rate),
        TEST(test_a_base_rate_that_is_high_is_not_called_rare),
        TEST(test_a_reason_says_what_the_feature_was),
        TEST(test_terms_on_one_feature_are_one_reason),
        TEST(test_a_conjunction_is_a_reason_of_its_own),
        TEST(test_the_weightiest_come_first_and_the_rest_is_one),
        TEST(test_evidence_is_positions_and_only_the_trigger_has_a_name),
        TEST(test_evidence_is_bounded),
        TEST(test_the_worst_quality_is_named),
        TEST(test_a_window_after_what_is_missing_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
