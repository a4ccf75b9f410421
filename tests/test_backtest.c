/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a backtest, each from a few sides and recommendations laid out by hand. */
#include "tests/support.h"

#include "detector/commands/backtest_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ITEMS_MAX = 64, DAY_S = 86400 };
/* 2026-03-02T00:00:00+05:00; calendar days begin at UTC+5. */
#define START_S INT64_C(1772391600)
#define START_DAY 20514

static struct backtest_account accounts[ITEMS_MAX];
static struct backtest_side sides[ITEMS_MAX];
static struct backtest_advice advice[ITEMS_MAX];
static struct backtest_pass pass = {.accounts = accounts, .sides = sides, .advice = advice};
static char names[ITEMS_MAX][8];

static struct model *model;
static struct policy *policy;

static int begin(void **state) {
    (void)state;
    pass.account_count = pass.side_count = pass.advice_count = 0;
    return 0;
}

#define POLICY SOURCE_DIR "/tests/models/by-hand-policy.json"

static int load_documents(void **state) {
    (void)state;
    struct error error;
    model = model_load(SOURCE_DIR "/tests/models/by-hand.json", &error);
    policy = model == NULL ? NULL : policy_load(POLICY, model, &error);
    return policy == NULL ? -1 : 0;
}

static int free_documents(void **state) {
    (void)state;
    policy_free(policy);
    model_free(model);
    return 0;
}

/* Accounts are a0, a1, … */
static uint32_t add_account(int32_t opened_on_day) {
    const size_t i = pass.account_count++;
    snprintf(names[i], sizeof names[i], "a%zu", i);
    accounts[i] = (struct backtest_account){.token = names[i],
                                            .token_size = (uint32_t)strlen(names[i]),
                                            .opened_on_day = opened_on_day};
    return (uint32_t)i;
}

static void add_side(uint32_t account, int64_t after_s, double logit) {
    sides[pass.side_count++] =
        (struct backtest_side){.time_s = START_S + after_s, .logit = logit, .account = account};
}

static void advise(uint32_t account, int64_t after_s, bool opens, enum action action,
                   int64_t hold_tiyn) {
    advice[pass.advice_count++] = (struct backtest_advice){.issued_s = START_S + after_s,
                                                           .hold_tiyn = hold_tiyn,
                                                           .account = account,
                                                           .action = action,
                                                           .opens = opens};
}

/* `rows`: "a0,100\n…", seconds after the start. */
static struct labels *label(const char *rows) {
    char path[] = "/tmp/saqshy-backtest-XXXXXX", name[8];
    const int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    int after_s = 0, used = 0;
    fputs("account_id,since\n", file);
    for (; sscanf(rows, "%7[^,],%d\n%n", name, &after_s, &used) == 2; rows += used)
        fprintf(file, "%s,%lld\n", name, (long long)(START_S + after_s));
    fclose(file);
    struct error error;
    struct labels *labels = labels_open(path, &error);
    unlink(path);
    if (labels == NULL) fail_msg("%s", error.text);
    return labels;
}

static struct backtest_figures *judge(const char *rows, int64_t from_s) {
    struct labels *labels = rows == NULL ? NULL : label(rows);
    struct backtest_figures *figures = backtest_figures_new(&pass, labels, from_s, policy, model);
    labels_close(labels);
    return figures;
}

static bool is(double a, double b) {
    return fabs(a - b) < 1e-12;
}

static void an_account_is_as_high_as_its_highest_side(void **state) {
    (void)state;
    const uint32_t bad = add_account(0), honest = add_account(0);
    add_side(bad, 0, -9);
    add_side(honest, 1, 1);
    add_side(bad, 2, 2);
    add_side(honest, 3, -1);
    struct backtest_figures *f = judge("a0,2\n", INT64_MIN);
    assert_int_equal(f->accounts, 2);
    assert_int_equal(f->bad_accounts, 1);
    assert_true(is(f->account_ap, 1));
    backtest_figures_free(f);
}

static void a_side_is_bad_from_the_second_on(void **state) {
    (void)state;
    const uint32_t bad = add_account(0);
    add_side(bad, 9, 3);
    add_side(bad, 10, 2);
    add_side(bad, 11, 1);
    struct backtest_figures *f = judge("a0,10\n", INT64_MIN);
    assert_int_equal(f->sides, 3);
    assert_int_equal(f->bad_sides, 2);
    assert_true(is(f->side_ap, (1.0 / 2 + 2.0 / 3) / 2));
    backtest_figures_free(f);
}

static void what_was_bad_before_is_left_out_but_counts_as_load(void **state) {
    (void)state;
    const uint32_t old = add_account(0), honest = add_account(0), bad = add_account(0);
    add_side(old, 0, 5);
    add_side(honest, 50, 4);
    add_side(old, 110, 5);
    add_side(honest, 120, 1);
    add_side(bad, 130, 2);
    advise(old, 110, true, ACTION_HOLD_AMOUNT, 700);
    struct backtest_figures *f = judge("a0,99\na2,100\n", START_S + 100);
    assert_int_equal(f->left_out_accounts, 1);
    assert_int_equal(f->accounts, 2);
    assert_int_equal(f->sides, 2);
    assert_true(is(f->account_ap, 1));
    assert_int_equal(f->advised.recommendations, 1);
    assert_int_equal(f->advised.accounts, 1);
    assert_int_equal(f->advised.found + f->advised.wrong_freezes, 0);
    assert_int_equal(f->advised.held_tiyn, 0);
    assert_int_equal(f->begins_s, START_S + 100);
    assert_int_equal(f->period.to_s, START_S + 130);
    backtest_figures_free(f);
}

static void who_turns_bad_after_the_last_event_is_still_honest(void **state) {
    (void)state;
    const uint32_t later = add_account(0), bad = add_account(0);
    add_side(later, 0, 5);
    add_side(bad, 10, 2);
    struct backtest_figures *f = judge("a0,11\na1,10\n", INT64_MIN);
    assert_int_equal(f->bad_accounts, 1);
    assert_true(is(f->account_ap, 0.5));
    backtest_figures_free(f);
}

static void a_bad_account_without_a_side_in_the_period_is_said(void **state) {
    (void)state;
    const uint32_t quiet = add_account(0), honest = add_account(0);
    add_side(quiet, 0, 5);
    add_side(honest, 10, 2);
    struct backtest_figures *f = judge("a0,7\n", START_S + 5);
    assert_int_equal(f->bad_accounts, 0);
    assert_int_equal(f->bad_accounts_not_scored, 1);
    assert_true(isnan(f->account_ap));
    backtest_figures_free(f);
}

/* Twelve accounts: two above the queue's end, four of one score across it, two of them bad. */
static void a_queue_that_ends_in_a_tie_holds_the_expected_share(void **state) {
    (void)state;
    for (int i = 0; i < 12; i++)
        add_side(add_account(0), i, i < 8 ? 20 - i : 1);
    struct backtest_figures *f = judge("a0,0\na9,0\na10,0\n", INT64_MIN);
    assert_true(is(f->queues[0].point.taken, 10));
    assert_true(is(f->queues[0].point.bad, 1 + 2 * 2.0 / 4));
    assert_true(is(f->queues[0].point.precision, 0.2));
    assert_true(is(f->queues[0].point.recall, 2.0 / 3));
    assert_true(is(f->queues[1].point.taken, 12));
    assert_true(is(f->queues[1].point.recall, 1));
    backtest_figures_free(f);
}

static void a_queue_has_bands_of_samples_by_account(void **state) {
    (void)state;
    for (int i = 0; i < 60; i++)
        add_side(add_account(0), 0, 60 - i);
    struct backtest_figures *f = judge("a0,0\na1,0\na2,0\na4,0\na7,0\na12,0\na50,0\n", INT64_MIN);
    for (size_t i = 0; i < BACKTEST_QUEUES; i++) {
        const struct backtest_queue *queue = &f->queues[i];
        assert_true(queue->precision.low <= queue->point.precision);
        assert_true(queue->precision.high >= queue->point.precision);
        assert_true(queue->recall.low <= queue->point.recall);
        assert_true(queue->recall.high >= queue->point.recall);
    }
    assert_true(f->queues[0].precision.low < 0.5 && f->queues[0].precision.high > 0.6);
    assert_true(f->queues[2].recall.low == 1 && f->queues[2].recall.high == 1);
    backtest_figures_free(f);
    f = judge("a0,5\n", INT64_MIN);
    assert_true(isnan(f->queues[0].recall.low) && isnan(f->queues[0].precision.high));
    backtest_figures_free(f);
}

static void a_threshold_takes_what_reaches_it(void **state) {
    (void)state;
    const double threshold = policy_rule(policy, ACTION_HOLD_AMOUNT)->threshold;
    const uint32_t bad = add_account(0), honest = add_account(0), below = add_account(0);
    add_side(bad, 0, threshold);
    add_side(honest, 1, threshold + 1);
    add_side(below, 2, nextafter(threshold, -1));
    struct backtest_figures *f = judge("a0,0\n", INT64_MIN);
    const struct backtest_threshold *t = &f->thresholds[ACTION_HOLD_AMOUNT];
    assert_true(t->used && fabs(t->probability - 0.8) < 1e-9);
    assert_true(is(t->accounts.taken, 2) && is(t->accounts.precision, 0.5));
    assert_true(is(t->sides.recall, 1));
    assert_false(f->thresholds[ACTION_ASK_PAYER].used);
    backtest_figures_free(f);
}

static void no_more_is_caught_than_came_in_while_bad(void **state) {
    (void)state;
    const uint32_t held_more = add_account(0), held_less = add_account(0), missed = add_account(0);
    for (uint32_t account = held_more; account <= missed; account++) {
        add_side(account, 5, 0);
        sides[pass.side_count - 1].received_tiyn = 1000; /* before it turned bad */
        add_side(account, 20, 0);
        sides[pass.side_count - 1].received_tiyn = 100;
    }
    advise(held_more, 20, true, ACTION_HOLD_AMOUNT, 150);
    advise(held_less, 20, true, ACTION_HOLD_AMOUNT, 30);
    struct backtest_figures *f = judge("a0,10\na1,10\na2,10\n", INT64_MIN);
    assert_int_equal(f->received_bad_tiyn, 300);
    assert_int_equal(f->advised.caught_tiyn, 130);
    assert_int_equal(f->advised.held_bad_tiyn, 180);
    assert_true(is(backtest_precision(&f->advised), 1));
    assert_true(is(backtest_recall(&f->advised, f->bad_accounts), 2.0 / 3));
    backtest_figures_free(f);
}

static void of_an_episode_the_largest_hold_counts(void **state) {
    (void)state;
    const uint32_t bad = add_account(0), honest = add_account(0);
    add_side(bad, 0, 5);
    add_side(honest, 10000, 5);
    advise(bad, 10, true, ACTION_REVIEW_ONLY, 0);
    advise(honest, 15, true, ACTION_HOLD_AMOUNT, 5);
    advise(bad, 20, false, ACTION_HOLD_AMOUNT, 300);
    advise(bad, 30, false, ACTION_HOLD_AMOUNT, 200);
    advise(bad, 9000, true, ACTION_HOLD_AMOUNT, 40);
    struct backtest_figures *f = judge("a0,0\n", INT64_MIN);
    assert_int_equal(f->advised.held_bad_tiyn, 340);
    assert_int_equal(f->advised.held_tiyn, 345);
    assert_int_equal(f->advised.recommendations, 5);
    assert_int_equal(f->advised.accounts, 2);
    assert_int_equal(f->advised.accounts_by_action[ACTION_HOLD_AMOUNT], 2);
    assert_int_equal(f->advised.bad_by_action[ACTION_HOLD_AMOUNT], 1);
    backtest_figures_free(f);
}

static void minutes_run_from_turning_bad_to_the_first_recommendation(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        const uint32_t bad = add_account(0);
        add_side(bad, 0, 5);
        advise(bad, 60 * (i + 2), true, ACTION_REVIEW_ONLY, 0);
        advise(bad, 9000, true, ACTION_REVIEW_ONLY, 0);
    }
    add_side(add_account(0), 10000, 0);
    struct backtest_figures *f = judge("a0,0\na1,30\na2,60\na3,0\n", INT64_MIN);
    assert_int_equal(f->advised.found, 3);
    assert_true(is(f->minutes_median, 2.5));
    assert_true(is(f->minutes_p90, 3));
    backtest_figures_free(f);
}

static void wrong_freezes_go_by_the_age_of_the_account(void **state) {
    (void)state;
    static const int32_t ages[] = {0, 6, 7, 29, 30, 89, 90, 364, 365, 4000};
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        const uint32_t honest = add_account(START_DAY - ages[i]);
        add_side(honest, 0, 1);
        advise(honest, 10, true, ACTION_REVIEW_ONLY, 0);
    }
    const uint32_t unknown = add_account(BACKTEST_DAY_UNKNOWN), bad = add_account(START_DAY);
    add_side(unknown, 0, 1);
    add_side(bad, 0, 1);
    advise(unknown, 10, true, ACTION_REVIEW_ONLY, 0);
    advise(bad, 10, true, ACTION_REVIEW_ONLY, 0);
    struct backtest_figures *f = judge("a11,0\n", INT64_MIN);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(f->advised.wrong_by_age[i], 2);
    assert_int_equal(f->advised.wrong_by_age[5], 1);
    assert_int_equal(f->advised.wrong_freezes, 11);
    backtest_figures_free(f);
}

static void wrong_freezes_go_by_the_kind_of_account_and_holder(void **state) {
    (void)state;
    const uint32_t merchant = add_account(0), card = add_account(0), quiet = add_account(0);
    const uint32_t bad = add_account(0);
    accounts[merchant].account_type = ACCOUNT_TYPE_MERCHANT;
    accounts[merchant].person_type = PERSON_TYPE_SOLE_TRADER;
    accounts[card].account_type = accounts[bad].account_type = ACCOUNT_TYPE_CARD;
    accounts[card].person_type = PERSON_TYPE_NATURAL;
    for (uint32_t i = merchant; i <= bad; i++)
        add_side(i, 0, 1);
    advise(merchant, 10, true, ACTION_REVIEW_ONLY, 0);
    advise(bad, 10, true, ACTION_REVIEW_ONLY, 0);
    struct backtest_figures *f = judge("a3,0\n", INT64_MIN);
    assert_int_equal(f->advised.wrong_by_type[ACCOUNT_TYPE_MERCHANT], 1);
    assert_int_equal(f->honest_by_type[ACCOUNT_TYPE_MERCHANT], 1);
    assert_int_equal(f->advised.wrong_by_type[ACCOUNT_TYPE_CARD], 0);
    assert_int_equal(f->honest_by_type[ACCOUNT_TYPE_CARD], 1);
    assert_int_equal(f->honest_by_type[ACCOUNT_TYPE_UNKNOWN], 1);
    assert_int_equal(f->advised.wrong_by_holder[PERSON_TYPE_SOLE_TRADER], 1);
    assert_int_equal(f->honest_by_holder[PERSON_TYPE_NATURAL], 1);
    assert_int_equal(f->honest_by_holder[PERSON_TYPE_UNKNOWN], 1);
    (void)quiet;
    backtest_figures_free(f);
}

static void credit(uint32_t account, int64_t after_s, int64_t received_tiyn) {
    add_side(account, after_s, 0);
    sides[pass.side_count - 1].role = SIDE_PAYEE;
    sides[pass.side_count - 1].received_tiyn = received_tiyn;
}

static void minutes_run_from_the_first_bad_credit(void **state) {
    (void)state;
    const uint32_t bad = add_account(0);
    credit(bad, 0, 1);
    add_side(bad, 120, 0);
    credit(bad, 600, 0);
    credit(bad, 1200, 1);
    advise(bad, 660, true, ACTION_REVIEW_ONLY, 0);
    struct backtest_figures *f = judge("a0,60\n", INT64_MIN);
    assert_true(is(f->minutes_median, 1));
    backtest_figures_free(f);
}

static void what_was_still_there_counts_whatever_the_action(void **state) {
    (void)state;
    const uint32_t bad = add_account(0), honest = add_account(0);
    credit(bad, 10, 1000);
    credit(honest, 10, 1000);
    static const int64_t at_risk[] = {300, 900, 50};
    for (size_t i = 0; i < 3; i++) {
        advise(bad, 20 + (int64_t)i, i != 1, ACTION_REVIEW_ONLY, 0);
        advice[pass.advice_count - 1].at_risk_tiyn = at_risk[i];
    }
    advise(honest, 30, true, ACTION_REVIEW_ONLY, 0);
    advice[pass.advice_count - 1].at_risk_tiyn = 7000;
    struct backtest_figures *f = judge("a0,10\n", INT64_MIN);
    assert_int_equal(f->advised.at_risk_bad_tiyn, 900);
    assert_int_equal(f->advised.caught_tiyn, 0);
    backtest_figures_free(f);
}

static void money_does_not_run_over(void **state) {
    (void)state;
    const uint32_t bad = add_account(0);
    for (int i = 0; i < 3; i++)
        credit(bad, i, INT64_MAX / 2);
    advise(bad, 4, true, ACTION_HOLD_AMOUNT, INT64_MAX);
    advise(bad, 9000, true, ACTION_HOLD_AMOUNT, INT64_MAX);
    struct backtest_figures *f = judge("a0,0\n", INT64_MIN);
    assert_true(f->received_bad_tiyn == INT64_MAX);
    assert_true(f->advised.held_tiyn == INT64_MAX);
    backtest_figures_free(f);
}

static void calibration_goes_by_tenths_of_the_probability(void **state) {
    (void)state;
    const uint32_t bad = add_account(0), honest = add_account(0);
    add_side(bad, 0, 0);
    add_side(honest, 1, 0.1);
    add_side(honest, 2, -50);
    add_side(bad, 3, 50);
    struct backtest_figures *f = judge("a0,0\n", INT64_MIN);
    assert_int_equal(f->bins[5].sides, 2);
    assert_int_equal(f->bins[5].bad, 1);
    assert_true(is(f->bins[5].probability_sum,
                   model_probability(model, 0) + model_probability(model, 0.1)));
    assert_int_equal(f->bins[0].sides, 1);
    assert_int_equal(f->bins[9].bad, 1);
    backtest_figures_free(f);
}

static void the_load_goes_by_days_of_the_period(void **state) {
    (void)state;
    const uint32_t account = add_account(0), before = add_account(0);
    add_side(account, 0, -1.5);
    add_side(before, 0, 2);
    add_side(account, 2 * DAY_S + 5, 2);
    advise(before, DAY_S - 1, true, ACTION_REVIEW_ONLY, 0);
    advise(account, DAY_S, true, ACTION_REVIEW_ONLY, 0);
    advise(account, 2 * DAY_S - 1, true, ACTION_REVIEW_ONLY, 0);
    advise(account, 2 * DAY_S, false, ACTION_REVIEW_ONLY, 0);
    advise(account, 3 * DAY_S, true, ACTION_REVIEW_ONLY, 0); /* came in after the last event */
    struct backtest_figures *f = judge(NULL, START_S + DAY_S);
    assert_false(f->labelled);
    assert_int_equal(f->day_count, 2);
    assert_int_equal(f->first_day, START_DAY + 1);
    assert_int_equal(f->advised.accounts, 1);
    assert_int_equal(f->days[0].opened, 2);
    assert_int_equal(f->days[1].opened, 1);
    assert_int_equal(f->days[1].amended, 1);
    assert_true(is(backtest_a_day(f), 2));
    backtest_figures_free(f);
}

static void the_histogram_has_the_bars_that_are_not_empty(void **state) {
    (void)state;
    const uint32_t one = add_account(0), two = add_account(0);
    add_side(one, 0, -1.5);
    add_side(one, 1, 2);
    add_side(two, 2, 2.999);
    struct backtest_figures *f = judge(NULL, INT64_MIN);
    assert_int_equal(f->bar_count, 2);
    assert_int_equal(f->bars[0].low, -2);
    assert_int_equal(f->bars[0].sides, 1);
    assert_int_equal(f->bars[0].accounts, 0);
    assert_int_equal(f->bars[1].low, 2);
    assert_int_equal(f->bars[1].sides, 2);
    assert_int_equal(f->bars[1].accounts, 2);
    backtest_figures_free(f);
}

static void a_comparison_names_who_is_gained_and_lost(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        add_side(add_account(0), 10 + i, i);
    struct backtest_advice old_advice[] = {
        {.issued_s = START_S + 1, .account = 1, .action = ACTION_REVIEW_ONLY, .opens = true},
        {.issued_s = START_S + 2, .account = 2, .action = ACTION_REVIEW_ONLY, .opens = true}};
    struct backtest_pass old = pass;
    old.advice = old_advice;
    old.advice_count = 2;
    advise(2, 2, true, ACTION_REVIEW_ONLY, 0);
    advise(3, 3, true, ACTION_REVIEW_ONLY, 0);
    advise(4, 4, true, ACTION_REVIEW_ONLY, 0); /* left out */
    struct labels *labels = label("a3,1\na1,1\na4,0\n");
    struct backtest_figures *f = backtest_figures_new(&pass, labels, START_S + 1, policy, model);
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    const struct backtest_comparison c = backtest_compare(file, &pass, &old, labels, f, f);
    fclose(file);
    assert_string_equal(text, "account,change,bad,score_new,score_old\n"
                              "a1,lost,true,1,1\n"
                              "a3,gained,true,3,3\n");
    assert_int_equal(c.gained, 1);
    assert_int_equal(c.gained_bad, 1);
    assert_int_equal(c.lost, 1);
    assert_int_equal(c.lost_bad, 1);
    assert_true(c.account_ap_gain == 0);
    free(text);
    backtest_figures_free(f);
    labels_close(labels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_account_is_as_high_as_its_highest_side, begin),
        cmocka_unit_test_setup(a_side_is_bad_from_the_second_on, begin),
        cmocka_unit_test_setup(what_was_bad_before_is_left_out_but_counts_as_load, begin),
        cmocka_unit_test_setup(who_turns_bad_after_the_last_event_is_still_honest, begin),
        cmocka_unit_test_setup(a_bad_account_without_a_side_in_the_period_is_said, begin),
        cmocka_unit_test_setup(a_queue_that_ends_in_a_tie_holds_the_expected_share, begin),
        cmocka_unit_test_setup(a_queue_has_bands_of_samples_by_account, begin),
        cmocka_unit_test_setup(a_threshold_takes_what_reaches_it, begin),
        cmocka_unit_test_setup(no_more_is_caught_than_came_in_while_bad, begin),
        cmocka_unit_test_setup(of_an_episode_the_largest_hold_counts, begin),
        cmocka_unit_test_setup(minutes_run_from_turning_bad_to_the_first_recommendation, begin),
        cmocka_unit_test_setup(wrong_freezes_go_by_the_age_of_the_account, begin),
        cmocka_unit_test_setup(wrong_freezes_go_by_the_kind_of_account_and_holder, begin),
        cmocka_unit_test_setup(minutes_run_from_the_first_bad_credit, begin),
        cmocka_unit_test_setup(what_was_still_there_counts_whatever_the_action, begin),
        cmocka_unit_test_setup(money_does_not_run_over, begin),
        cmocka_unit_test_setup(calibration_goes_by_tenths_of_the_probability, begin),
        cmocka_unit_test_setup(the_load_goes_by_days_of_the_period, begin),
        cmocka_unit_test_setup(the_histogram_has_the_bars_that_are_not_empty, begin),
        cmocka_unit_test_setup(a_comparison_names_who_is_gained_and_lost, begin),
    };
    return cmocka_run_group_tests(tests, load_documents, free_documents);
}
