/* SPDX-License-Identifier: Apache-2.0 */
/* What tune says decide would recommend at other thresholds is what decide recommends: random
 * histories are played through decide under a policy with those thresholds, and through tune under
 * today's. */
#include "tests/support.h"

#include "tests/chance.h"
#include "tests/decide_stand.h"
#include "tests/fake_account_defined.h"

#include "detector/commands/tune_episodes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    EVENTS = 700,
    ACCOUNTS = 6,
    HOUR = 3600,
    DAY = 86400,
    HISTORIES = 60,
    ADVICE_MAX = 2 * EVENTS
};

static const char *const names[ACCOUNTS] = {"ann", "bob", "cid", "dan", "eve", "allowed"};
static const double scores[] = {-2, -0.5, 0, 0.25, 1, 1.5, 2, 3, 5};
static const char *const actions[] = {"REVIEW_ONLY", "HOLD_AMOUNT", "SUSPEND_EBANKING"};
static const enum action action_of[] = {ACTION_REVIEW_ONLY, ACTION_HOLD_AMOUNT,
                                        ACTION_SUSPEND_EBANKING};

struct event {
    int64_t second, ingest_s, clock_s, unspent_tiyn, protected_tiyn, balance_tiyn;
    int64_t unreturned_s, traced_tiyn;
    double score;
    uint32_t name, number;
    char tx[16];
    bool reversed, ingested, balance_known;
    enum verdict verdict;
};

static struct event events[EVENTS];
static struct account accounts[EVENTS];
static struct model *model;
static struct policy *today;
static struct batch *batch;

/* A policy with these thresholds, none for an action that a stronger one hides. */
static struct policy *make_policy(const struct tune_thresholds *thresholds) {
    char json[2048];
    int size = snprintf(json, sizeof json,
                        "{\"format\": \"saqshy-policy/1\", \"id\": \"p\", \"actions\": {");
    bool first = true;
    for (size_t i = 0; i < 3; i++) {
        const double at = thresholds->at[action_of[i]];
        bool hidden = isinf(at);
        for (size_t j = i + 1; j < 3; j++)
            hidden = hidden || thresholds->at[action_of[j]] <= at;
        if (hidden) continue;
        size += snprintf(json + size, sizeof json - (size_t)size,
                         "%s\"%s\": {\"probability\": %.17g, \"per_hour\": 2147483647, "
                         "\"priority\": \"LOW\"}",
                         first ? "" : ", ", actions[i], model_probability(model, at));
        first = false;
    }
    (void)snprintf(
        json + size, sizeof json - (size_t)size,
        "}, \"cool_down_hours\": 5, \"decide_within_minutes\": 60, "
        "\"max_hold_business_days\": 1, \"protected_flows\": [\"WAGE\"], \"holidays\": [], "
        "\"left_available_minor\": 300, "
        "\"working_weekends\": [], \"allow\": [{\"account_token\": \"allowed\", "
        "\"reason\": \"a test\", \"expires\": \"2026-06-03\", \"author\": \"x\"}], \"provenance\": "
        "{}}");
    return decide_stand_policy(json, model);
}

static int set_up(void **unused) {
    (void)unused;
    model = decide_stand_model();
    struct tune_thresholds thresholds = {{0}};
    for (int a = 0; a < ACTION_COUNT; a++)
        thresholds.at[a] = (double)INFINITY;
    thresholds.at[ACTION_REVIEW_ONLY] = 0;
    thresholds.at[ACTION_HOLD_AMOUNT] = 1;
    thresholds.at[ACTION_SUSPEND_EBANKING] = 3;
    today = make_policy(&thresholds);
    batch = batch_new();
    return batch == NULL ? -1 : 0;
}

static int tear_down(void **unused) {
    (void)unused;
    batch_free(batch);
    policy_free(today);
    model_free(model);
    return 0;
}

/* Histories. */

static enum verdict verdict_by(struct chance *chance) {
    if (chance_is(chance, 5)) return VERDICT_MALFORMED;
    return chance_is(chance, 5) ? VERDICT_DUPLICATE : VERDICT_ACCEPTED;
}

static void write_event(struct chance *chance, size_t i, int64_t clock_s, uint32_t forgotten) {
    struct event *event = &events[i];
    const int64_t late_s = chance_is(chance, 5) ? 4 * DAY : chance_below(chance, 600);
    event->name = chance_below(chance, ACCOUNTS);
    event->clock_s = clock_s;
    event->ingest_s = clock_s - late_s;
    event->second = event->ingest_s - 3;
    event->ingested = !chance_is(chance, 20);
    event->unspent_tiyn = chance_is(chance, 10) ? 0 : 1000 + 100 * chance_below(chance, 20);
    event->unreturned_s =
        chance_is(chance, 60) ? event->second - chance_below(chance, 2 * DAY) : INT64_MAX;
    event->traced_tiyn = chance_is(chance, 70) ? 0 : 1000 + 100 * chance_below(chance, 30);
    event->balance_known = chance_is(chance, 50);
    event->balance_tiyn = 100 * (int64_t)chance_below(chance, 40) - 200;
    event->protected_tiyn = chance_is(chance, 70) ? 0 : 100 * chance_below(chance, 20);
    event->score = scores[chance_below(chance, sizeof scores / sizeof scores[0])];
    event->verdict = verdict_by(chance);
    event->reversed = i > 10 && chance_is(chance, 10);
    /* A reversal bears the id of what it reverses. */
    snprintf(event->tx, sizeof event->tx, "tx%zu",
             event->reversed ? i - 1 - chance_below(chance, 10) : i);
    if (event->reversed && chance_is(chance, 70))
        event->name = events[(size_t)atoi(event->tx + 2)].name;
    event->number = 1 + event->name + ACCOUNTS * (event->name == 0 ? forgotten : 0);
}

static void write_history(uint64_t seed) {
    struct chance chance = {seed};
    int64_t clock_s = decide_stand_monday();
    uint32_t forgotten = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        clock_s += chance_is(&chance, 3) ? 8 * HOUR : chance_below(&chance, 900);
        forgotten += chance_is(&chance, 1);
        write_event(&chance, i, clock_s, forgotten);
    }
}

/* Playing. */

static void add_event(size_t i) {
    const struct event *event = &events[i];
    const uint32_t row = batch->count++;
    batch->input[row] =
        (struct input){.record.offset = (int64_t)i, .topic = "in", .partition = 0, .ordinal = i};
    batch->verdict[row] = event->verdict;
    batch->clock_s[row] = event->clock_s;
    batch->tx[row] =
        (struct transaction){.tx_id = text_of(event->tx),
                             .tx_status = event->reversed ? TX_STATUS_REVERSED : TX_STATUS_SETTLED,
                             .payee = {.account_token = text_of(names[event->name]),
                                       .balance_after_present = event->balance_known,
                                       .balance_after_minor = event->balance_tiyn},
                             .event_time_s = event->second,
                             .event_time_us = event->second * 1000000 + 7,
                             .ingest_time_us = event->ingest_s * 1000000 + 5,
                             .ingest_time_present = event->ingested};
    accounts[i] = (struct account){.unspent_tiyn = event->unspent_tiyn,
                                   .protected_tiyn = event->protected_tiyn,
                                   .unreturned_s = event->unreturned_s};
    if (event->verdict != VERDICT_ACCEPTED) return;
    const uint32_t side = batch->sides++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][side] = NAN;
    batch->features[0][side] = batch->logit[side] = event->score;
    batch->side[side] = (struct side){.event = row,
                                      .account_number = event->number,
                                      .role = SIDE_PAYEE,
                                      .account = &accounts[i],
                                      .traced_tiyn = event->traced_tiyn};
}

static size_t next_batch(struct chance *chance, size_t begin) {
    batch->count = batch->sides = 0;
    size_t end = begin + 1 + chance_below(chance, BATCH_EVENTS);
    if (end > EVENTS) end = EVENTS;
    for (size_t i = begin; i < end; i++)
        add_event(i);
    return end;
}

static struct backtest_pass *decided(const struct policy *policy, uint64_t seed) {
    struct error error = {0};
    struct chance chance = {seed};
    struct score *score = score_open(model, BATCH_SIDES, "auto", &error);
    struct runs *runs = runs_new(&(struct inputs){{"in", ""}}, 16);
    const struct decide_options options = {policy,           model, score, runs,
                                           text_of("build"), 1000,  16,    100000};
    struct decide *decide = decide_open(&options, &error);
    struct backtest_pass *pass = backtest_pass_new(NULL);
    const struct recommendation *out;
    uint32_t event;
    for (size_t begin = 0; begin < EVENTS;) {
        begin = next_batch(&chance, begin);
        backtest_pass_take_batch(pass, batch);
        for (decide_batch(decide, batch); (out = decide_next(decide, &event)) != NULL;)
            backtest_pass_take_advice(pass, out);
    }
    decide_close(decide);
    runs_free(runs);
    score_close(score);
    return pass;
}

static void take_history(struct tune_sides *sides, uint64_t seed) {
    struct chance chance = {seed};
    struct backtest_pass *pass = backtest_pass_new(NULL);
    for (size_t begin = 0; begin < EVENTS;) {
        begin = next_batch(&chance, begin);
        backtest_pass_take_batch(pass, batch);
        tune_sides_take(sides, pass, batch);
    }
    tune_sides_sort(sides, pass);
    backtest_pass_free(pass);
}

static void assert_same(const struct backtest_advice *a, const struct backtest_advice *b) {
    assert_int_equal(a->issued_s, b->issued_s);
    assert_int_equal(a->hold_tiyn, b->hold_tiyn);
    assert_int_equal(a->action, b->action);
    assert_int_equal(a->opens, b->opens);
    assert_int_equal(a->at_risk_tiyn, b->at_risk_tiyn);
}

/* Of one account what decide said, in its order, is what tune says. Returns how many. */
static size_t compare_account(const struct tune_sides *sides, uint32_t account,
                              const struct backtest_pass *pass,
                              const struct tune_thresholds *thresholds) {
    static struct backtest_advice advice[ADVICE_MAX];
    size_t begin = 0, count = 0, at = 0;
    while (begin < sides->count && sides->items[begin].account != account)
        begin++;
    while (begin + count < sides->count && sides->items[begin + count].account == account)
        count++;
    const size_t advised = tune_episodes(&sides->items[begin], count, &sides->clock,
                                         policy_cool_down_s(today), thresholds, advice);
    for (size_t i = 0; i < pass->advice_count; i++) {
        if (pass->advice[i].account != account) continue;
        assert_true(at < advised);
        assert_same(&pass->advice[i], &advice[at++]);
    }
    assert_int_equal(at, advised);
    return advised;
}

static size_t compare_thresholds(const struct tune_sides *sides, enum action action, double logit,
                                 uint64_t seed) {
    const struct tune_thresholds thresholds = tune_thresholds(today, action, logit);
    struct policy *policy = make_policy(&thresholds);
    struct backtest_pass *pass = decided(policy, seed + 1);
    size_t advised = 0;
    for (uint32_t account = 0; account < pass->account_count; account++)
        advised += compare_account(sides, account, pass, &thresholds);
    backtest_pass_free(pass);
    policy_free(policy);
    return advised;
}

static void at_every_threshold_it_says_what_decide_says(void **unused) {
    (void)unused;
    size_t advised = 0;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct tune_sides sides = {.policy = today};
        write_history(seed);
        take_history(&sides, seed);
        for (size_t a = 0; a < 3; a++)
            for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++)
                advised += compare_thresholds(&sides, action_of[a], scores[i], seed);
        tune_sides_close(&sides);
    }
    assert_true(advised > 10000);
}

static void a_stronger_action_is_pushed_up(void **unused) {
    (void)unused;
    const struct tune_thresholds mild = tune_thresholds(today, ACTION_REVIEW_ONLY, 2);
    assert_true(mild.at[ACTION_REVIEW_ONLY] == 2 && mild.at[ACTION_HOLD_AMOUNT] == 2);
    assert_true(fabs(mild.at[ACTION_SUSPEND_EBANKING] - 3) < 1e-9);
    const struct tune_thresholds strong = tune_thresholds(today, ACTION_SUSPEND_EBANKING, -1);
    assert_true(strong.at[ACTION_SUSPEND_EBANKING] == -1);
    assert_true(fabs(strong.at[ACTION_REVIEW_ONLY]) < 1e-9);
    assert_true(isinf(strong.at[ACTION_ASK_PAYER]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stronger_action_is_pushed_up),
        cmocka_unit_test(at_every_threshold_it_says_what_decide_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
