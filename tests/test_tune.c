/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `tune` by themselves: edges that a policy can name, curves and their bands, drift,
 * the accounts beside the line, the data of the page. Episodes: test_tune_episodes.c; the whole
 * against a backtest: test_tune.py. */
#include "tests/support.h"

#include "detector/commands/tune_findings.h"
#include "detector/commands/tune_page.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ITEMS_MAX = 4096, DAY_S = 86400 };
/* 2026-03-02T00:00:00+05:00 */
#define START_S INT64_C(1772391600)

static struct backtest_account accounts[ITEMS_MAX];
static struct backtest_side sides[ITEMS_MAX];
static struct tune_side tune_items[ITEMS_MAX];
static int64_t clock_seconds[ITEMS_MAX];
static struct tune_best bests[ITEMS_MAX];
static char names[ITEMS_MAX][32];
static struct backtest_pass pass = {.accounts = accounts, .sides = sides};
static struct model *model, *calibrated;
static struct policy *policy;

#define POLICY SOURCE_DIR "/tests/models/by-hand-policy.json"

/* The model with a calibration that is level beyond its ends. */
static struct model *calibrate(void) {
    struct error error;
    size_t size;
    const char *json = model_json(model, &size);
    json_t *document = json_loadb(json, size, 0, NULL);
    json_t *calibration = json_loads("{\"type\": \"table\", \"points\": [[-2, 0.01], [0, 0.3], "
                                     "[1, 0.6], [3, 0.97]]}",
                                     0, NULL);
    json_object_set_new(document, "calibration", calibration);
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));
    struct model *made = model_parse(text, strlen(text), "calibrated", &error);
    free(text);
    json_decref(document);
    return made;
}

static int load_documents(void **state) {
    (void)state;
    struct error error;
    model = model_load(SOURCE_DIR "/tests/models/by-hand.json", &error);
    calibrated = model == NULL ? NULL : calibrate();
    policy = model == NULL ? NULL : policy_load(POLICY, model, &error);
    return policy == NULL || calibrated == NULL ? -1 : 0;
}

static int free_documents(void **state) {
    (void)state;
    policy_free(policy);
    model_free(calibrated);
    model_free(model);
    return 0;
}

static int begin(void **state) {
    (void)state;
    pass.account_count = pass.side_count = pass.advice_count = 0;
    return 0;
}

static uint32_t add_account(void) {
    const size_t i = pass.account_count++;
    snprintf(names[i], sizeof names[i], "account-of-the-test-%05zu", i);
    accounts[i] =
        (struct backtest_account){.token = names[i], .token_size = (uint32_t)strlen(names[i])};
    bests[i] = (struct tune_best){.time_s = START_S};
    return (uint32_t)i;
}

static void add_side(uint32_t account, int64_t after_s, double logit) {
    const size_t i = pass.side_count++;
    const int64_t second = START_S + after_s;
    sides[i] = (struct backtest_side){.time_s = second, .logit = logit, .account = account};
    clock_seconds[i] = second;
    bests[account].logit = logit;
    tune_items[i] = (struct tune_side){.logit = logit,
                                       .clock_s = second,
                                       .issued_s = second,
                                       .due_s = second + 7 * DAY_S,
                                       .unspent_tiyn = 1000,
                                       .available_tiyn = INT64_MAX,
                                       .tx = i,
                                       .account = account,
                                       .number = account + 1};
}

/* An account of one side a minute after the one before. */
static uint32_t add_scored(double logit) {
    const uint32_t account = add_account();
    add_side(account, 60 * (int64_t)account, logit);
    return account;
}

/* The first `bad` accounts are bad from the start. */
static struct labels *label(size_t bad) {
    char path[] = "/tmp/saqshy-tune-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("account_id,since\n", file);
    for (size_t i = 0; i < bad; i++)
        fprintf(file, "%s,%lld\n", names[i], (long long)START_S);
    fclose(file);
    struct error error;
    struct labels *labels = labels_open(path, &error);
    unlink(path);
    if (labels == NULL) fail_msg("%s", error.text);
    return labels;
}

struct found {
    struct tune_findings findings;
    struct tune_sides sides;
    struct tune_bests bests;
    struct labels *labels;
};

/* `bad` 0: no labels. */
static struct found *find(size_t bad) {
    static const struct read_files none;
    struct found *f = calloc(1, sizeof *f);
    f->labels = bad == 0 ? NULL : label(bad);
    f->sides.policy = policy;
    f->sides.count = pass.side_count;
    f->sides.items = calloc(pass.side_count + 1, sizeof *f->sides.items);
    memcpy(f->sides.items, tune_items, pass.side_count * sizeof *tune_items);
    f->sides.clock = (struct tune_clock){clock_seconds, pass.side_count, 0};
    f->bests.items = bests;
    f->findings = (struct tune_findings){.input = "feed<.avro",
                                         .files = &none,
                                         .model = model,
                                         .policy = policy,
                                         .pass = &pass,
                                         .bests = &f->bests,
                                         .sides = &f->sides};
    tune_find(&f->findings, f->labels, INT64_MIN);
    return f;
}

static void found_free(struct found *f) {
    tune_findings_free(&f->findings);
    free(f->sides.items);
    labels_close(f->labels);
    free(f);
}

/* Edges. */

static struct tune_edges *lay(const struct model *by, const double *scored, size_t count) {
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    struct tune_edges *edges = calloc(1, sizeof *edges);
    for (size_t i = 0; i < count; i++)
        ranked[i].score = scored[i];
    ranked_sort(ranked, count);
    tune_edges_lay(edges, policy, by, ranked, count);
    free(ranked);
    return edges;
}

static void assert_named(const struct tune_edges *edges, const struct model *by) {
    for (size_t i = 0; i < edges->count; i++) {
        char text[64];
        snprintf(text, sizeof text, "%.17g", edges->probability[i]);
        assert_true(model_logit(by, strtod(text, NULL)) == edges->logit[i]);
        assert_true(edges->probability[i] > 0 && edges->probability[i] < 1);
        assert_true(edges->logit[i] * 0x1p36 == floor(edges->logit[i] * 0x1p36));
        assert_true(i == 0 || edges->logit[i] > edges->logit[i - 1]);
    }
}

static void an_edge_is_what_a_policy_can_name(void **state) {
    (void)state;
    static const double scored[] = {-7.3125, 2.25, 9.5, -1};
    struct tune_edges *edges = lay(model, scored, 4);
    assert_named(edges, model);
    assert_true(edges->count > 990);
    assert_true(fabs(edges->logit[0] + 7.3125) < 1e-9);
    assert_true(fabs(edges->logit[edges->count - 1] - 9.5) < 1e-9);
    free(edges);
}

static void todays_thresholds_are_edges(void **state) {
    (void)state;
    static const double scored[] = {0.5, 0.75};
    struct tune_edges *edges = lay(model, scored, 2);
    for (int a = 0; a < ACTION_COUNT; a++) {
        const struct policy_rule *rule = policy_rule(policy, (enum action)a);
        if (rule == NULL) continue;
        const size_t below = tune_edges_below(edges, rule->threshold);
        assert_true(below > 0 && edges->logit[below - 1] == rule->threshold);
    }
    free(edges);
}

static void where_a_calibration_is_level_there_are_no_edges(void **state) {
    (void)state;
    static const double scored[] = {-50, 50};
    struct tune_edges *edges = lay(calibrated, scored, 2);
    assert_named(edges, calibrated);
    assert_true(edges->count > 990);
    assert_true(edges->logit[0] > -2.001 && edges->logit[0] < -1.999);
    assert_true(edges->logit[edges->count - 1] > 2.999 && edges->logit[edges->count - 1] <= 3);
    free(edges);
}

static void no_more_than_a_tenth_of_many_accounts(void **state) {
    (void)state;
    static double scored[30000];
    for (size_t i = 0; i < 30000; i++)
        scored[i] = 5 + (double)i / 1024;
    struct tune_edges *edges = lay(model, scored, 30000);
    const struct policy_rule *rule = policy_rule(policy, ACTION_REVIEW_ONLY);
    assert_true(edges->logit[0] == rule->threshold); /* lower than what a tenth reaches */
    free(edges);
    for (size_t i = 0; i < 30000; i++)
        scored[i] = -40 + (double)i / 1024;
    edges = lay(model, scored, 30000);
    assert_true(edges->logit[0] > -40 + 26.3 && edges->logit[0] < -40 + 26.4);
    free(edges);
}

static void without_accounts_there_are_todays_thresholds(void **state) {
    (void)state;
    struct tune_edges *edges = lay(model, NULL, 0);
    assert_named(edges, model);
    assert_true(edges->count >= 3);
    free(edges);
}

/* Curves. */

static void accounts_fall_off_as_the_threshold_rises(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++)
        add_scored(i < 5 ? 6 - i : 3.5 - i); /* bad: 6, 5, 4, 3, 2; honest: -1.5 … -5.5 */
    struct found *f = find(5);
    const struct tune_edges *edges = &f->findings.edges;
    const struct tune_curve *curve = f->findings.curves[ACTION_REVIEW_ONLY];
    for (size_t edge = 0; edge < edges->count; edge++) {
        int64_t due = 0;
        for (size_t i = 0; i < pass.side_count; i++)
            due += sides[i].logit >= edges->logit[edge];
        assert_int_equal(curve->at[edge].accounts, due);
        assert_int_equal(curve->at[edge].recommendations, due);
        assert_int_equal(curve->busiest[edge], due); /* all in one day */
        assert_int_equal(curve->at[edge].found, due < 5 ? due : 5);
        assert_int_equal(curve->at[edge].wrong_freezes, due < 5 ? 0 : due - 5);
    }
    found_free(f);
}

static void a_milder_action_goes_on_above_the_line_of_a_stronger_one(void **state) {
    (void)state;
    add_scored(1); /* above REVIEW_ONLY (0), below HOLD_AMOUNT (1.39) */
    add_scored(6);
    struct found *f = find(1);
    const struct tune_curve *curve = f->findings.curves[ACTION_HOLD_AMOUNT];
    const size_t last = f->findings.edges.count - 1;
    assert_int_equal(curve->at[last].accounts, 2);
    assert_int_equal(curve->at[0].accounts, 2);
    assert_int_equal(curve->at[0].held_tiyn, 2000);
    assert_int_equal(curve->at[last].held_tiyn, 1000);
    found_free(f);
}

static void bands_hold_the_figure_and_are_the_same_again(void **state) {
    (void)state;
    for (int i = 0; i < 400; i++)
        add_scored((i < 80 ? 1 : -2) + (i % 40) / 8.0);
    struct found *f = find(80), *again = find(80);
    const struct tune_bands *bands = f->findings.bands[ACTION_REVIEW_ONLY];
    assert_memory_equal(bands, again->findings.bands[ACTION_REVIEW_ONLY], sizeof *bands);
    size_t between = 0;
    for (size_t edge = 0; edge < f->findings.edges.count; edge++) {
        const struct backtest_advised *at = &f->findings.curves[ACTION_REVIEW_ONLY]->at[edge];
        const double precision = backtest_precision(at);
        const double recall = backtest_recall(at, f->findings.figures->bad_accounts);
        assert_true(bands->precision[edge].low <= precision &&
                    precision <= bands->precision[edge].high);
        assert_true(bands->recall[edge].low <= recall && recall <= bands->recall[edge].high);
        between += bands->recall[edge].low > 0.05 && bands->recall[edge].high < 0.95;
    }
    /* Of 80 bad accounts, half found: ±2 × sqrt(0.25 / 80) = ±0.11. */
    assert_true(between > 50);
    const size_t half = tune_edges_below(&f->findings.edges, 1 + 20 / 8.0);
    const struct band recall = bands->recall[half];
    assert_true(recall.high - recall.low > 0.15 && recall.high - recall.low < 0.3);
    found_free(f);
    found_free(again);
}

/* Drift. */

static struct tune_drift drift_of(double moved) {
    struct tune_drift drift;
    for (int i = 0; i < 1000; i++) {
        const uint32_t account = add_account();
        add_side(account, i, i / 100.0);
        add_side(account, DAY_S + i, i / 100.0 + moved);
    }
    tune_drift_measure(&drift, &pass, (struct backtest_period){START_S + DAY_S, INT64_MAX}, NULL);
    return drift;
}

static void scores_that_lie_as_before_have_no_drift(void **state) {
    (void)state;
    const struct tune_drift drift = drift_of(0);
    assert_int_equal(drift.then.count, SCORE_BINS_MAX);
    assert_int_equal(drift.then.rows[3], 100);
    assert_int_equal(drift.now[9], 100);
    assert_true(drift.psi < 1e-9);
    assert_true(fabs(drift.bound - 16.919 * 2 / 1000) < 1e-12);
}

static void scores_that_moved_have_it(void **state) {
    (void)state;
    /* A tenth moved out of the lowest bin, which is empty now, into the highest. */
    const struct tune_drift drift = drift_of(1);
    const double half = 0.5, all = 1005;
    const double lost = (half - 100.5) / all, gained = (200.5 - 100.5) / all;
    assert_int_equal(drift.now[0], 0);
    assert_true(fabs(drift.psi - (lost * log(half / 100.5) + gained * log(200.5 / 100.5))) < 1e-9);
    assert_true(drift.psi > drift.bound);
}

static void equal_scores_share_a_bin(void **state) {
    (void)state;
    struct tune_drift drift;
    for (int i = 0; i < 300; i++)
        add_side(i == 0 ? add_account() : 0, i, i < 240 ? -3 : 2);
    tune_drift_measure(&drift, &pass, (struct backtest_period){START_S + 290, INT64_MAX}, NULL);
    assert_int_equal(drift.then.count, 2);
    assert_int_equal(drift.then.rows[0], 240);
    assert_int_equal(drift.then.rows[1], 50);
    assert_int_equal(drift.now[1], 10);
}

static void where_nearly_all_are_equal_the_others_have_a_bin(void **state) {
    (void)state;
    struct tune_drift drift;
    for (int i = 0; i < 300; i++)
        add_side(i == 0 ? add_account() : 0, i, i % 50 == 0 ? i / 50 : -3);
    tune_drift_measure(&drift, &pass, (struct backtest_period){START_S + 200, INT64_MAX}, NULL);
    assert_int_equal(drift.then.count, 2);
    assert_true(drift.then.from[1] == 0);
    assert_int_equal(drift.then.rows[1], 4);
    assert_int_equal(drift.now[1], 2);
    pass.side_count = 0;
    for (int i = 0; i < 300; i++)
        add_side(0, i, -3);
    tune_drift_measure(&drift, &pass, (struct backtest_period){START_S + 200, INT64_MAX}, NULL);
    assert_int_equal(drift.then.count, 0);
}

static void too_little_from_before_says_nothing(void **state) {
    (void)state;
    struct tune_drift drift;
    for (int i = 0; i < 99; i++)
        add_scored(i);
    add_side(0, 2 * DAY_S, 1);
    tune_drift_measure(&drift, &pass, (struct backtest_period){START_S + DAY_S, INT64_MAX}, NULL);
    assert_int_equal(drift.then.count, 0);
}

static void the_scores_that_the_model_brings_come_before_those_of_the_input(void **state) {
    (void)state;
    const struct score_bins training = {
        .count = 3, .from = {-INFINITY, 0, 2.5}, .rows = {500, 300, 200}, .accounts = 250};
    struct tune_drift drift;
    for (int i = 0; i < 1000; i++) {
        const uint32_t account = add_account();
        add_side(account, i, 9); /* before the judged period: of no weight */
        add_side(account, DAY_S + i, i < 500 ? -1 : i < 800 ? 0 : 2.5);
    }
    const struct backtest_period period = {START_S + DAY_S, INT64_MAX};
    tune_drift_measure(&drift, &pass, period, &training);
    assert_true(drift.of_model);
    assert_int_equal(drift.now[0], 500);
    assert_int_equal(drift.now[1], 300);
    assert_int_equal(drift.now[2], 200);
    assert_true(drift.psi < 1e-12);
    assert_true(fabs(drift.bound - 5.991 * (1 / 250.0 + 1 / 1000.0)) < 1e-12);
}

/* Beside the line, and the page. */

static void twenty_on_each_side_of_every_edge_are_there(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++)
        add_scored(i < 100 ? -9 : i / 50.0);
    struct found *f = find(0);
    const struct tune_near *near = &f->findings.near;
    assert_int_equal(near->count, 300);
    for (size_t edge = 0; edge < f->findings.edges.count; edge++) {
        size_t above = 0;
        while (above < near->count &&
               bests[near->account[above]].logit >= f->findings.edges.logit[edge])
            above++;
        for (size_t i = 1; i <= TUNE_NEAR; i++) {
            assert_true(i > above || near->is_near[above - i]);
            assert_true(above + i > near->count || near->is_near[above + i - 1]);
        }
    }
    found_free(f);
}

static void the_data_cannot_end_its_element(void **state) {
    (void)state;
    add_scored(1);
    struct found *f = find(0);
    char *json = tune_json(&f->findings), *page = NULL;
    size_t size = 0;
    assert_null(strchr(json, '<'));
    json_t *data = json_loads(json, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(data, "input")), "feed<.avro");
    assert_true(json_is_null(json_object_get(data, "labels")));
    assert_null(json_object_get(data, "calibration"));
    FILE *file = open_memstream(&page, &size);
    tune_page_write(file, json);
    fclose(file);
    assert_non_null(strstr(page, json));
    assert_null(strstr(page, "@DATA@"));
    assert_memory_equal(page + size - 8, "</html>\n", 8);
    free(page);
    free(json);
    json_decref(data);
    found_free(f);
}

static void names_that_are_no_utf8_do_no_harm(void **state) {
    (void)state;
    const uint32_t account = add_scored(1);
    memcpy(names[account], "\xff\xfe", 2);
    struct found *f = find(0);
    f->findings.input = "\xff.avro";
    char *json = tune_json(&f->findings);
    json_t *data = json_loads(json, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(data, "input")), "?.avro");
    assert_int_equal(json_array_size(json_object_get(data, "near")), 1);
    json_decref(data);
    free(json);
    found_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_edge_is_what_a_policy_can_name, begin),
        cmocka_unit_test_setup(todays_thresholds_are_edges, begin),
        cmocka_unit_test_setup(where_a_calibration_is_level_there_are_no_edges, begin),
        cmocka_unit_test_setup(no_more_than_a_tenth_of_many_accounts, begin),
        cmocka_unit_test_setup(without_accounts_there_are_todays_thresholds, begin),
        cmocka_unit_test_setup(accounts_fall_off_as_the_threshold_rises, begin),
        cmocka_unit_test_setup(a_milder_action_goes_on_above_the_line_of_a_stronger_one, begin),
        cmocka_unit_test_setup(bands_hold_the_figure_and_are_the_same_again, begin),
        cmocka_unit_test_setup(scores_that_lie_as_before_have_no_drift, begin),
        cmocka_unit_test_setup(scores_that_moved_have_it, begin),
        cmocka_unit_test_setup(equal_scores_share_a_bin, begin),
        cmocka_unit_test_setup(where_nearly_all_are_equal_the_others_have_a_bin, begin),
        cmocka_unit_test_setup(too_little_from_before_says_nothing, begin),
        cmocka_unit_test_setup(the_scores_that_the_model_brings_come_before_those_of_the_input,
                               begin),
        cmocka_unit_test_setup(twenty_on_each_side_of_every_edge_are_there, begin),
        cmocka_unit_test_setup(the_data_cannot_end_its_element, begin),
        cmocka_unit_test_setup(names_that_are_no_utf8_do_no_harm, begin),
    };
    return cmocka_run_group_tests(tests, load_documents, free_documents);
}
