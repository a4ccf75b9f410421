/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model on sketches of droppers and of the honest people who look like them. A sketch
 * gives the features it names; of the others counts and sums are as small as those leave room for,
 * and the rest null. It is no measurement. */
#include "tests/support.h"

#include "detector/feature_table.h"
#include "detector/policy.h"
#include "models/score.h"

#include <math.h>
#include <string.h>

enum { FEATURES_MAX = 32, WINDOWS = 5 };

struct sketch {
    const char *who;
    enum action least, most;
    struct {
        const char *feature;
        double value; /* money in tenge */
    } features[FEATURES_MAX];
};

static const struct sketch droppers[] = {
    {"takes cash minutes after strangers paid",
     ACTION_HOLD_AMOUNT,
     ACTION_SUSPEND_EBANKING,
     {{"p2p_in_amount_24h", 900000},
      {"in_max_24h", 350000},
      {"payers_1h", 3},
      {"payers_24h", 3},
      {"new_payer_share_24h", 1},
      {"inbound_burst_1h", 2.5},
      {"passed_amount_cash_24h", 850000},
      {"rapid_cash_out_10m", 0.95},
      {"rapid_cash_out_1h", 0.95},
      {"cash_gap", 240},
      {"retained_share", 0.05},
      {"cash_out_ratio_6h", 0.94},
      {"balance_ratio", 0.05},
      {"account_age", 400},
      {"days_since_living_payment", 3},
      {"p2p_in_amount_1h", 900000},
      {"cash_out_count_1h", 4},
      {"cash_out_amount_1h", 850000},
      {"out_max_24h", 300000},
      {"pass_through_1h", 0.94},
      {"active_hours_24h", 3}}},
    {"passes it on to the next account",
     ACTION_HOLD_AMOUNT,
     ACTION_SUSPEND_EBANKING,
     {{"p2p_in_amount_24h", 1200000},
      {"in_max_24h", 1200000},
      {"payers_1h", 1},
      {"payers_24h", 1},
      {"new_payer_share_24h", 1},
      {"passed_amount_p2p_24h", 1150000},
      {"passed_amount_p2p_72h", 1150000},
      {"rapid_cash_out_10m", 0.96},
      {"rapid_cash_out_1h", 0.96},
      {"credit_debit_gap", 45},
      {"retained_share", 0.04},
      {"balance_ratio", 0.04},
      {"account_age", 60},
      {"days_since_living_payment", 20},
      {"p2p_in_amount_10m", 1200000},
      {"p2p_out_count_10m", 1},
      {"p2p_out_amount_10m", 1150000},
      {"out_max_24h", 1150000},
      {"pass_through_1h", 0.96},
      {"active_hours_24h", 2}}},
    {"operator who keeps a twentieth and lives here too",
     ACTION_REVIEW_ONLY,
     ACTION_SUSPEND_EBANKING,
     {{"p2p_in_amount_24h", 1600000},
      {"in_max_24h", 250000},
      {"payers_1h", 2},
      {"payers_24h", 14},
      {"payers_7d", 60},
      {"new_payer_share_24h", 0.9},
      {"passed_amount_p2p_24h", 1500000},
      {"passed_amount_p2p_72h", 3500000},
      {"rapid_cash_out_1h", 0.9},
      {"pass_through_24h", 0.95},
      {"retained_share", 0.05},
      {"balance_ratio", 0.2},
      {"account_age", 900},
      {"days_since_living_payment", 1},
      {"p2p_in_amount_1h", 230000},
      {"p2p_in_amount_72h", 3700000},
      {"p2p_in_amount_7d", 6500000},
      {"p2p_out_count_24h", 14},
      {"p2p_out_count_72h", 32},
      {"p2p_out_count_7d", 60},
      {"p2p_out_amount_7d", 6100000},
      {"out_count_24h", 17},
      {"out_count_72h", 40},
      {"out_count_7d", 78},
      {"out_max_24h", 230000},
      {"active_hours_24h", 10}}},
    {"waits some hours, then takes cash",
     ACTION_REVIEW_ONLY,
     ACTION_SUSPEND_EBANKING,
     {{"p2p_in_amount_24h", 700000},
      {"in_max_24h", 300000},
      {"payers_24h", 3},
      {"new_payer_share_24h", 1},
      {"passed_amount_cash_24h", 650000},
      {"rapid_cash_out_1h", 0.1},
      {"cash_gap", 14000},
      {"pass_through_24h", 0.95},
      {"retained_share", 0.06},
      {"cash_out_ratio_6h", 0.9},
      {"balance_ratio", 0.05},
      {"account_age", 300},
      {"days_since_living_payment", 15},
      {"p2p_in_amount_7d", 700000},
      {"cash_out_count_24h", 4},
      {"out_max_24h", 200000},
      {"active_hours_24h", 5}}},
};

static const struct sketch honest[] = {
    {"a friend pays back, and cash for the weekend",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 60000},
      {"in_max_24h", 60000},
      {"payers_24h", 1},
      {"passed_amount_cash_24h", 50000},
      {"rapid_cash_out_10m", 0.8},
      {"rapid_cash_out_1h", 0.8},
      {"cash_gap", 300},
      {"retained_share", 0.2},
      {"cash_out_ratio_6h", 0.8},
      {"new_payer_share_24h", 0},
      {"new_payer_share_7d", 0.1},
      {"account_age", 1200},
      {"days_since_living_payment", 0},
      {"p2p_in_amount_10m", 60000},
      {"p2p_in_amount_7d", 75000},
      {"p2p_out_count_7d", 4},
      {"p2p_out_amount_7d", 30000},
      {"cash_out_count_10m", 1},
      {"cash_out_amount_10m", 50000},
      {"cash_out_count_7d", 2},
      {"cash_out_amount_7d", 70000},
      {"out_count_24h", 4},
      {"out_count_7d", 18},
      {"out_max_24h", 50000},
      {"active_hours_24h", 5}}},
    {"market seller who pays the supplier",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 300000},
      {"in_max_24h", 20000},
      {"payers_1h", 6},
      {"payers_24h", 40},
      {"payers_7d", 200},
      {"new_payer_share_24h", 0.8},
      {"new_payer_share_7d", 0.6},
      {"inbound_burst_1h", 0.4},
      {"passed_amount_p2p_24h", 220000},
      {"passed_amount_p2p_72h", 600000},
      {"rapid_cash_out_1h", 0.2},
      {"pass_through_24h", 0.75},
      {"retained_share", 0.3},
      {"balance_ratio", 0.8},
      {"account_age", 1500},
      {"days_since_living_payment", 0},
      {"p2p_in_amount_1h", 45000},
      {"p2p_in_amount_7d", 1900000},
      {"p2p_out_count_24h", 1},
      {"p2p_out_count_72h", 4},
      {"p2p_out_count_7d", 8},
      {"p2p_out_amount_7d", 1400000},
      {"out_count_24h", 4},
      {"out_count_72h", 10},
      {"out_count_7d", 24},
      {"out_max_24h", 220000},
      {"active_hours_24h", 11}}},
    {"taxi driver who takes the day's money as cash",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 45000},
      {"in_max_24h", 5000},
      {"payers_1h", 3},
      {"payers_24h", 22},
      {"payers_7d", 120},
      {"new_payer_share_24h", 0.95},
      {"passed_amount_cash_24h", 40000},
      {"cash_gap", 600},
      {"rapid_cash_out_1h", 0.2},
      {"pass_through_24h", 0.9},
      {"retained_share", 0.15},
      {"cash_out_ratio_6h", 1.2},
      {"balance_ratio", 0.2},
      {"account_age", 700},
      {"days_since_living_payment", 1},
      {"p2p_in_amount_1h", 6000},
      {"p2p_in_amount_7d", 300000},
      {"cash_out_count_24h", 1},
      {"cash_out_count_72h", 2},
      {"cash_out_count_7d", 5},
      {"cash_out_amount_7d", 200000},
      {"out_count_24h", 4},
      {"out_count_7d", 20},
      {"out_max_24h", 40000},
      {"active_hours_24h", 12}}},
    {"collection for a feast comes in",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 1500000},
      {"in_max_24h", 100000},
      {"payers_1h", 15},
      {"payers_24h", 60},
      {"payers_7d", 70},
      {"new_payer_share_24h", 0.95},
      {"new_payer_share_7d", 0.9},
      {"inbound_burst_1h", 4},
      {"pass_through_24h", 0.05},
      {"retained_share", 0.95},
      {"balance_ratio", 1.5},
      {"account_age", 2000},
      {"days_since_living_payment", 1},
      {"p2p_in_amount_1h", 380000},
      {"p2p_in_amount_7d", 1600000},
      {"out_count_24h", 3},
      {"out_count_7d", 16},
      {"out_max_24h", 20000},
      {"active_hours_24h", 13}}},
    {"and is spent on the feast the next day",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 400000},
      {"in_max_24h", 50000},
      {"payers_24h", 20},
      {"payers_7d", 80},
      {"new_payer_share_24h", 0.9},
      {"new_payer_share_7d", 0.9},
      {"passed_amount_cash_24h", 500000},
      {"rapid_cash_out_1h", 0.02},
      {"cash_gap", 5000},
      {"pass_through_24h", 2},
      {"retained_share", 0.4},
      {"cash_out_ratio_6h", 2},
      {"balance_ratio", 0.6},
      {"account_age", 2000},
      {"days_since_living_payment", 0},
      {"p2p_in_amount_72h", 1700000},
      {"p2p_in_amount_7d", 1900000},
      {"cash_out_count_24h", 3},
      {"out_count_24h", 6},
      {"out_count_7d", 22},
      {"out_amount_24h", 800000},
      {"out_max_24h", 300000},
      {"active_hours_24h", 11}}},
    {"landlord on rent day",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 450000},
      {"in_max_24h", 180000},
      {"payers_24h", 3},
      {"payers_7d", 3},
      {"new_payer_share_24h", 0.4},
      {"new_payer_share_7d", 0.4},
      {"retained_share", 0.9},
      {"balance_ratio", 3},
      {"account_age", 3000},
      {"days_since_living_payment", 1},
      {"p2p_in_amount_7d", 450000},
      {"p2p_out_count_7d", 3},
      {"p2p_out_amount_7d", 40000},
      {"out_count_24h", 2},
      {"out_count_7d", 15},
      {"out_max_24h", 15000},
      {"active_hours_24h", 5}}},
    {"newcomer whom the family sends money",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"p2p_in_amount_24h", 150000},
      {"in_max_24h", 150000},
      {"payers_24h", 1},
      {"new_payer_share_24h", 1},
      {"new_payer_share_7d", 1},
      {"passed_amount_cash_24h", 80000},
      {"cash_gap", 5400},
      {"rapid_cash_out_1h", 0},
      {"retained_share", 0.45},
      {"cash_out_ratio_6h", 0.55},
      {"balance_ratio", 0.5},
      {"account_age", 9},
      {"days_since_living_payment", NAN},
      {"p2p_in_amount_7d", 150000},
      {"cash_out_count_24h", 1},
      {"out_count_24h", 1},
      {"out_max_24h", 80000},
      {"active_hours_24h", 2}}},
    {"victim who takes a loan and sends it away",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"in_max_24h", 1500000},
      {"rapid_cash_out_10m", 1},
      {"rapid_cash_out_1h", 1},
      {"credit_debit_gap", 50},
      {"pass_through_24h", 1},
      {"retained_share", 0.02},
      {"balance_ratio", 0.1},
      {"account_age", 2500},
      {"active_call", 1},
      {"remote_access", 1},
      {"days_since_living_payment", 0},
      {"in_amount_1h", 1500000},
      {"p2p_out_count_1h", 1},
      {"p2p_out_amount_1h", 1500000},
      {"out_count_7d", 15},
      {"out_max_24h", 1500000},
      {"active_hours_24h", 4}}},
    {"salary day",
     ACTION_UNKNOWN,
     ACTION_UNKNOWN,
     {{"in_max_24h", 350000},
      {"rapid_cash_out_1h", 0.6},
      {"credit_debit_gap", 40},
      {"pass_through_24h", 0.9},
      {"retained_share", 0.2},
      {"balance_ratio", 0.4},
      {"account_age", 800},
      {"days_since_living_payment", 0},
      {"in_amount_1h", 350000},
      {"p2p_out_count_1h", 1},
      {"p2p_out_amount_1h", 120000},
      {"cash_out_count_1h", 1},
      {"cash_out_amount_1h", 90000},
      {"out_count_24h", 5},
      {"out_count_7d", 17},
      {"out_max_24h", 120000},
      {"active_hours_24h", 6}}},
};

static struct model *model;
static struct policy *policy;
static struct score *score;

static int set_up(void **unused) {
    (void)unused;
    struct error error = {0};
    model = model_shipped(&error);
    if (model == NULL) print_error("%s\n", error.text);
    if (model == NULL) return 1;
    policy = policy_shipped(model, &error);
    score = score_open(model, 1, "auto", &error);
    return policy == NULL || score == NULL;
}

static int tear_down(void **unused) {
    (void)unused;
    score_close(score);
    policy_free(policy);
    model_free(model);
    return 0;
}

static int feature_find(const char *name) {
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (strcmp(feature_table[i].name, name) == 0) return i;
    return -1;
}

/* What is in one is in the other: of windows the shorter and the longer, of kinds of flow the part
 * and the whole. */
static void hold(double features[FEATURE_COUNT], int part, int whole) {
    if (features[whole] < features[part]) features[whole] = features[part];
}

static void make_room(double features[FEATURE_COUNT]) {
    static const int others[][2] = {
        {FEATURE_payers_1h, FEATURE_p2p_in_count_1h},
        {FEATURE_payers_24h, FEATURE_p2p_in_count_24h},
        {FEATURE_payers_7d, FEATURE_p2p_in_count_7d},
        {FEATURE_passed_amount_cash_24h, FEATURE_cash_out_amount_24h},
        {FEATURE_passed_amount_p2p_24h, FEATURE_p2p_out_amount_24h},
        {FEATURE_passed_amount_cash_24h, FEATURE_passed_amount_cash_72h},
        {FEATURE_passed_amount_p2p_24h, FEATURE_passed_amount_p2p_72h},
        {FEATURE_passed_amount_cash_72h, FEATURE_cash_out_amount_72h},
        {FEATURE_passed_amount_p2p_72h, FEATURE_p2p_out_amount_72h},
        {FEATURE_in_max_24h, FEATURE_in_amount_24h},
        {FEATURE_out_max_24h, FEATURE_out_amount_24h}};
    static const int flows[][2] = {{FEATURE_p2p_in_count_10m, FEATURE_in_count_10m},
                                   {FEATURE_p2p_in_amount_10m, FEATURE_in_amount_10m},
                                   {FEATURE_p2p_out_count_10m, FEATURE_out_count_10m},
                                   {FEATURE_p2p_out_amount_10m, FEATURE_out_amount_10m},
                                   {FEATURE_cash_out_count_10m, FEATURE_out_count_10m},
                                   {FEATURE_cash_out_amount_10m, FEATURE_out_amount_10m}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        hold(features, others[i][0], others[i][1]);
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        for (int kind = 0; kind < 2; kind++)
            for (int w = 0; w + 1 < WINDOWS; w++)
                hold(features, flows[i][kind] + w, flows[i][kind] + w + 1);
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        for (int w = 0; w < WINDOWS; w++)
            hold(features, flows[i][0] + w, flows[i][1] + w);
}

static void fill(const struct sketch *sketch, double features[FEATURE_COUNT]) {
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const char *unit = feature_table[f].unit;
        features[f] = strcmp(unit, "count") == 0 || strcmp(unit, "tiyn") == 0 ? 0 : NAN;
    }
    features[FEATURE_taint_hop] = NAN;
    for (size_t i = 0; i < FEATURES_MAX && sketch->features[i].feature != NULL; i++) {
        const int f = feature_find(sketch->features[i].feature);
        if (f < 0) fail_msg("%s: no feature %s", sketch->who, sketch->features[i].feature);
        const bool money = strcmp(feature_table[f].unit, "tiyn") == 0;
        features[f] = sketch->features[i].value * (money ? 100 : 1);
    }
    make_room(features);
}

static void assert_judged(const struct sketch *sketch) {
    double features[FEATURE_COUNT], logit;
    fill(sketch, features);
    score_batch(score, features, 1, 1, &logit);
    const enum action action = policy_action(policy, logit);
    print_message("%6.3f %s\n", model_probability(model, logit), sketch->who);
    if (action < sketch->least || action > sketch->most)
        fail_msg("%s: action %d", sketch->who, (int)action);
}

static void test_droppers_are_seen(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof droppers / sizeof *droppers; i++)
        assert_judged(&droppers[i]);
}

static void test_honest_people_are_left_alone(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
        assert_judged(&honest[i]);
}

/* Reports as they grow worse, one thing at a time; money in tiyn. */
static const struct {
    int feature;
    double value;
} worse[] = {{FEATURE_taint_amount_72h, 1e6},  {FEATURE_taint_hop, 9},
             {FEATURE_taint_amount_72h, 1e7},  {FEATURE_collector_fan_in_24h, 1},
             {FEATURE_taint_hop, 3},           {FEATURE_taint_amount_72h, 1e9},
             {FEATURE_flagged_payers_24h, 1},  {FEATURE_fraud_call, 1},
             {FEATURE_taint_hop, 2},           {FEATURE_list_evidence, 0.15},
             {FEATURE_list_evidence, 0.3},     {FEATURE_collector_fan_in_24h, 9},
             {FEATURE_flagged_payers_24h, 30}, {FEATURE_taint_hop, 1},
             {FEATURE_list_evidence, 0.6},     {FEATURE_list_evidence, 1}};

static void assert_never_falls(const struct sketch *sketch) {
    double features[FEATURE_COUNT], first, before, logit;
    fill(sketch, features);
    score_batch(score, features, 1, 1, &first);
    before = first;
    for (size_t i = 0; i < sizeof worse / sizeof *worse; i++, before = logit) {
        features[worse[i].feature] = worse[i].value;
        score_batch(score, features, 1, 1, &logit);
        if (logit < before) fail_msg("%s, %s", sketch->who, feature_table[worse[i].feature].name);
    }
    assert_true(before > first);
}

static void test_no_score_falls_as_more_is_reported(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof droppers / sizeof *droppers; i++)
        assert_never_falls(&droppers[i]);
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
        assert_never_falls(&honest[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_score_falls_as_more_is_reported),
        cmocka_unit_test(test_droppers_are_seen),
        cmocka_unit_test(test_honest_people_are_left_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
