/* SPDX-License-Identifier: Apache-2.0 */
/* From scored sides to recommendations: when an episode opens and is amended, and what is said of
 * it. */
#include "tests/fake_account_defined.h"
#include "tests/scene.h"
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/service/metrics.h"

enum { HOUR = 3600, DAY = 86400 };

static void test_below_every_threshold_nothing_is_said(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = -0x1p-16, .payer_too = true}};
    PLAY(acts);
    assert_int_equal(seen_count, 0);
}

static void test_the_first_crossing_opens_an_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = -1},
        {.at = 60, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 70}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 1);
    const struct recommendation *r = &seen[0];
    const int64_t second = decide_stand_monday() + 60;
    assert_int_equal(r->revision, 1);
    assert_int_equal(r->mode, MODE_LIVE);
    assert_int_equal(r->priority, PRIORITY_HIGH);
    assert_string_equal(seen_account[0], "a");
    assert_string_equal(seen_tx[0][0], "2");
    assert_int_equal(r->target_tx_count, 1);
    assert_true(r->hold_amount_present && r->hold_amount_kzt_minor == 70);
    assert_int_equal(r->at_risk_kzt_minor, 70);
    assert_int_equal(r->issued_at_us, second * 1000000 + 5);
    assert_int_equal(r->decide_by_us, (second + HOUR) * 1000000 + 5);
    /* One working day after Monday: to the end of Tuesday. */
    assert_int_equal(r->valid_until_us, (decide_stand_monday() + 15 * HOUR + DAY) * 1000000);
    assert_true(r->score == 2 && r->threshold <= 2 && r->probability > 0.75);
    assert_int_equal(r->trail_count, 1);
    assert_int_equal(r->input_partition, 3);
    assert_int_equal(r->input_offset, 1);
    assert_int_equal(r->feature_count, FEATURE_COUNT);
}

static void test_the_id_is_of_the_account_and_the_event_that_opened_it(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "token", .tx = "tx-7", .score = 2}};
    PLAY(acts);
    static const char named[] = "saqshy/1\0freeze\0token\0tx-7\0event\0001780286398000000";
    uint8_t digest[DIGEST_SIZE];
    char id[RECOMMENDATION_ID_SIZE + 1];
    digest_sha256(named, sizeof named - 1, digest);
    digest_hex(digest, 16, id);
    assert_string_equal(seen[0].id, id);
}

/* A payment that was advised on, and is told of once more by another event when the cool-down is
 * over. */
static void test_the_same_transaction_by_another_event_is_another_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.at = 4 * DAY, .account = "b", .tx = "2", .score = -1},
                               {.at = 5 * DAY, .account = "a", .tx = "1", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 2);
    assert_int_equal(seen[2].revision, 1);
    assert_string_not_equal(seen[2].id, seen[0].id);
}

static void test_a_mild_action_holds_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 0.5, .unspent_tiyn = 70},
                               {.account = "b", .tx = "2", .score = 3, .unspent_tiyn = 0}};
    PLAY(acts);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 0);
    assert_false(seen[0].hold_amount_present);
    assert_int_equal(seen[0].at_risk_kzt_minor, 70);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 1);
    assert_false(seen[1].hold_amount_present);
}

static void test_reported_money_is_at_risk_however_it_came(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 50},
        {.account = "b", .tx = "2", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 90},
        {.account = "c",
         .tx = "3",
         .score = 2,
         .traced_tiyn = 90,
         .balance_known = true,
         .balance_tiyn = 100,
         .protected_tiyn = 40},
        {.at = 1, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 88}};
    static const int64_t at_risk[] = {70, 90, 90, 88}, hold[] = {70, 90, 60, 88};
    PLAY(acts);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(seen[i].at_risk_kzt_minor, at_risk[i]);
        assert_int_equal(seen[i].hold_amount_kzt_minor, hold[i]);
    }
    assert_change(3, "MORE_MONEY", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
}

static void test_it_names_the_signals_that_speak_of_the_side(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70, .told = {"one", "two"}},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 700, .told = {"three"}},
        {.at = 2, .account = "a", .tx = "1", .score = 2, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_string_equal(seen_told[0], "one two ");
    assert_string_equal(seen_told[1], "three ");
    assert_int_equal(seen[2].state, RECOMMENDATION_WITHDRAWN);
    assert_string_equal(seen_told[2], "");
}

static void test_it_is_amended_when_the_action_rises(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 0.5},
                               {.at = 1, .account = "a", .tx = "2", .score = 1},
                               {.at = 2, .account = "a", .tx = "3", .score = 2},
                               {.at = 3, .account = "a", .tx = "4", .score = 0.5},
                               {.at = 4, .account = "a", .tx = "5", .score = 4}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 0);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 2);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, 4);
    assert_int_equal(seen[2].revision, 3);
    assert_string_equal(seen[2].id, seen[0].id);
    assert_int_equal(seen[2].valid_until_us, seen[0].valid_until_us);
    assert_int_equal(seen[2].target_tx_count, 3);
    assert_string_equal(seen_tx[2][0], "1");
    assert_string_equal(seen_tx[2][1], "3");
    assert_string_equal(seen_tx[2][2], "5");
}

static void test_it_is_amended_when_the_money_at_risk_grows_by_a_quarter(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1001},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 1251},
        {.at = 2, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 1252},
        {.at = 3, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 500},
        {.at = 4, .account = "a", .tx = "5", .score = 2, .unspent_tiyn = 1564},
        {.at = 5, .account = "a", .tx = "6", .score = 2, .unspent_tiyn = 1565},
        {.at = 6, .account = "a", .tx = "7", .score = 1, .unspent_tiyn = 9999}};
    PLAY(acts);
    assert_int_equal(seen_count, 4);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 2);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 5);
    assert_int_equal(seen[2].hold_amount_kzt_minor, 1565);
    assert_seen(3, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 6);
    assert_int_equal(seen[3].hold_amount_kzt_minor, 9999);
}

static void test_of_a_milder_score_more_money_amends_the_standing_action(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 4, .unspent_tiyn = 1000},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 1249},
        {.at = 2, .account = "a", .tx = "3", .score = 0.5, .unspent_tiyn = 1250},
        {.at = 3, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 4000, .fast = 0.5},
        {.at = 4, .account = "a", .tx = "5", .result = OUTCOME_NO_FUNDS},
        {.at = 5, .account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS},
        {.at = 6, .account = "a", .tx = "6", .score = 0.5, .unspent_tiyn = 7}};
    static const uint64_t at[] = {2, 3, 6};
    PLAY(acts);
    assert_int_equal(seen_count, 4);
    for (size_t i = 1; i < 4; i++) {
        assert_seen(i, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, at[i - 1]);
        assert_true(seen[i].score == acts[at[i - 1]].score);
        assert_true(seen[i].threshold == seen[0].threshold);
        assert_int_equal(seen[i].priority, PRIORITY_URGENT);
        assert_int_equal(seen[i].valid_until_us, seen[0].valid_until_us);
        assert_int_equal(seen[i].decide_by_us, seen[i].issued_at_us + HOUR * 1000000LL);
    }
    assert_change(1, "MORE_MONEY", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
    assert_change(2, "MORE_MONEY", "target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
    assert_change(3, "MONEY_AGAIN", "target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
}

/* Money that nobody reported is suspect by the score alone. */
static void test_below_every_threshold_more_reported_money_amends(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "2", .score = -1, .unspent_tiyn = 900},
        {.at = 2, .account = "a", .tx = "3", .score = -1, .unspent_tiyn = 900, .traced_tiyn = 124},
        {.at = 3, .account = "a", .tx = "4", .score = -1, .unspent_tiyn = 900, .traced_tiyn = 125},
        {.at = 4, .account = "a", .tx = "5", .score = -1, .traced_tiyn = 126},
        {.at = 5, .account = "a", .tx = "6", .score = 1, .unspent_tiyn = 900, .traced_tiyn = 126},
        {.at = 6, .account = "b", .tx = "7", .score = -1, .traced_tiyn = 999},
        {.at = 7, .account = "a", .tx = "1", .result = OUTCOME_DECLINED},
        {.at = 8, .account = "a", .tx = "8", .score = -1, .traced_tiyn = 9999}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 3);
    assert_true(seen[1].score == -1 && seen[1].at_risk_kzt_minor == 125);
    assert_int_equal(seen[1].hold_amount_kzt_minor, 125);
    assert_change(1, "MORE_MONEY", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 5);
    assert_int_equal(seen[2].hold_amount_kzt_minor, 900);
    assert_int_equal(decided[1], DECISION_BELOW);
    assert_int_equal(decided[3], DECISION_AMENDED);
    assert_int_equal(decided[8], DECISION_BELOW);
}

static void test_an_action_that_the_policy_does_without_is_not_advised_again(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 4, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "2", .score = 4, .unspent_tiyn = 200},
        {.account = "a", .tx = "3", .score = 4, .unspent_tiyn = 800, .suspend = SUSPEND_NONE},
        {.at = 3, .account = "a", .tx = "4", .score = -1, .traced_tiyn = 900},
        {.at = 4, .account = "b", .tx = "5", .score = 4, .unspent_tiyn = 100}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 4);
    assert_int_equal(decided[2], DECISION_STANDING);
    assert_int_equal(metrics_get(METRIC_CAPPED), 0);
}

static void test_every_revision_names_what_changed_and_why(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 0.5, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "2", .score = 0.5, .unspent_tiyn = 200},
        {.at = 2, .account = "a", .tx = "2", .score = 0.5, .unspent_tiyn = 300},
        {.at = 3, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 300},
        {.at = 4, .account = "a", .tx = "4", .score = 4, .unspent_tiyn = 500},
        {.at = 5, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 6, .account = "b", .tx = "5", .score = 0.5},
        {.at = 15 * HOUR + DAY, .account = "c", .tx = "6", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 8);
    assert_change(0, NULL, "");
    assert_change(1, "MORE_MONEY", "state target_tx_ids at_risk_kzt_minor ");
    assert_change(2, "MORE_MONEY", "at_risk_kzt_minor ");
    assert_change(3, "STRONGER_ACTION", "action priority target_tx_ids hold_amount_kzt_minor ");
    assert_change(4, "STRONGER_ACTION",
                  "action priority target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
    assert_change(5, "TRANSACTION_REVERSED", "state hold_amount_kzt_minor ");
    assert_change(6, NULL, "");
    assert_change(7, "TERM_OVER", "state ");
}

struct held {
    int64_t unspent, balance, wages, hold; /* balance −1: unknown; hold −1: none */
};

static void assert_held(const struct held *cases, size_t count, const struct limits *caps) {
    for (size_t i = 0; i < count; i++) {
        const struct act acts[] = {{.account = "a",
                                    .tx = "1",
                                    .score = 2,
                                    .unspent_tiyn = cases[i].unspent,
                                    .balance_known = cases[i].balance >= 0,
                                    .balance_tiyn = cases[i].balance,
                                    .protected_tiyn = cases[i].wages}};
        scene_play_capped(acts, COUNT_OF(acts), caps);
        assert_int_equal(seen_count, 1);
        assert_int_equal(seen[0].at_risk_kzt_minor, cases[i].unspent);
        assert_int_equal(seen[0].hold_amount_present, cases[i].hold >= 0);
        if (cases[i].hold >= 0) assert_int_equal(seen[0].hold_amount_kzt_minor, cases[i].hold);
    }
}

static void test_no_more_is_held_than_is_there_and_wages_stay(void **unused) {
    (void)unused;
    static const struct held cases[] = {{100, -1, 30, 100}, {100, 500, 30, 100}, {100, 120, 30, 90},
                                        {100, 100, 0, 100}, {100, 60, 0, 60},    {100, 30, 30, -1},
                                        {100, 20, 30, -1},  {100, 0, 0, -1},     {0, 500, 0, -1}};
    assert_held(cases, COUNT_OF(cases), &wide);
}

/* Or the wages, where they are more. */
static void test_what_the_policy_leaves_to_everybody_is_not_held(void **unused) {
    (void)unused;
    static const struct limits leaving = {1000, 1000, 1000, 0, 0, 40};
    static const struct held cases[] = {{100, -1, 0, 100},  {100, 500, 0, 100}, {100, 100, 0, 60},
                                        {100, 100, 30, 60}, {100, 100, 50, 50}, {100, 41, 0, 1},
                                        {100, 40, 0, -1},   {100, 30, 0, -1}};
    assert_held(cases, COUNT_OF(cases), &leaving);
}

static void test_priority_is_by_money_still_there_and_how_fast_it_leaves(void **unused) {
    (void)unused;
    static const struct {
        double score, fast;
        int64_t unspent;
        enum priority due;
    } cases[] = {
        {2, 0, 1, PRIORITY_HIGH},       {2, 0.49, 1, PRIORITY_HIGH},  {2, 0.5, 1, PRIORITY_URGENT},
        {2, 0.9, 0, PRIORITY_NORMAL},   {2, 0, 0, PRIORITY_NORMAL},   {0.5, 0, 0, PRIORITY_LOW},
        {0.5, 0.9, 1, PRIORITY_NORMAL}, {4, 0.9, 1, PRIORITY_URGENT}, {4, 0, 0, PRIORITY_HIGH}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct act acts[] = {{.account = "a",
                                    .tx = "1",
                                    .score = cases[i].score,
                                    .fast = cases[i].fast,
                                    .unspent_tiyn = cases[i].unspent}};
        PLAY(acts);
        assert_int_equal(seen_count, 1);
        assert_int_equal(seen[0].priority, cases[i].due);
    }
}

static void test_an_overdrawn_account_has_nothing_to_hold(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a",
                                .tx = "1",
                                .score = 4,
                                .unspent_tiyn = 100,
                                .balance_known = true,
                                .balance_tiyn = INT64_MIN,
                                .protected_tiyn = INT64_MAX}};
    PLAY(acts);
    assert_false(seen[0].hold_amount_present);
}

static void test_at_most_four_transactions_are_named_the_newest_last(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1},
                               {.account = "a", .tx = "2", .score = 2, .unspent_tiyn = 10},
                               {.account = "a", .tx = "3", .score = 2, .unspent_tiyn = 100},
                               {.account = "a", .tx = "3", .score = 2, .unspent_tiyn = 1000},
                               {.account = "a", .tx = "5", .score = 2, .unspent_tiyn = 10000},
                               {.account = "a", .tx = "six", .score = 2, .unspent_tiyn = 100000}};
    PLAY(acts);
    assert_int_equal(seen_count, 6);
    assert_int_equal(seen[3].target_tx_count, 3);
    assert_int_equal(seen[5].target_tx_count, 4);
    assert_string_equal(seen_tx[5][0], "1");
    assert_string_equal(seen_tx[5][2], "3");
    assert_string_equal(seen_tx[5][3], "six");
}

static void test_both_sides_of_a_transaction_have_their_own_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .payer_too = true}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_string_equal(seen_account[0], "a-payer");
    assert_null(seen[0].addressee_bic.data);
    assert_string_equal(seen_account[1], "a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below_every_threshold_nothing_is_said),
        cmocka_unit_test(test_the_first_crossing_opens_an_episode),
        cmocka_unit_test(test_the_id_is_of_the_account_and_the_event_that_opened_it),
        cmocka_unit_test(test_the_same_transaction_by_another_event_is_another_episode),
        cmocka_unit_test(test_a_mild_action_holds_nothing),
        cmocka_unit_test(test_reported_money_is_at_risk_however_it_came),
        cmocka_unit_test(test_it_names_the_signals_that_speak_of_the_side),
        cmocka_unit_test(test_it_is_amended_when_the_action_rises),
        cmocka_unit_test(test_it_is_amended_when_the_money_at_risk_grows_by_a_quarter),
        cmocka_unit_test(test_of_a_milder_score_more_money_amends_the_standing_action),
        cmocka_unit_test(test_below_every_threshold_more_reported_money_amends),
        cmocka_unit_test(test_an_action_that_the_policy_does_without_is_not_advised_again),
        cmocka_unit_test(test_every_revision_names_what_changed_and_why),
        cmocka_unit_test(test_no_more_is_held_than_is_there_and_wages_stay),
        cmocka_unit_test(test_what_the_policy_leaves_to_everybody_is_not_held),
        cmocka_unit_test(test_priority_is_by_money_still_there_and_how_fast_it_leaves),
        cmocka_unit_test(test_an_overdrawn_account_has_nothing_to_hold),
        cmocka_unit_test(test_at_most_four_transactions_are_named_the_newest_last),
        cmocka_unit_test(test_both_sides_of_a_transaction_have_their_own_episode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
