/* SPDX-License-Identifier: Apache-2.0 */
/* What is not advised on: allowed accounts, and what finds no room under a cap; and what a side is
 * told of that. */
#include "tests/fake_account_defined.h"
#include "tests/scene.h"
#include "tests/support.h"

#include "detector/service/metrics.h"

enum { HOUR = 3600, DAY = 86400 };

static void assert_decided(const struct act *acts, size_t count, const struct limits *caps,
                           const enum decision *due) {
    memset(decided, DECISION_COUNT, sizeof decided);
    scene_play_capped(acts, count, caps);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(decided[i], due[i]);
}

static void test_an_allowed_account_is_counted_and_left_alone_until_its_day(void **unused) {
    (void)unused;
    const int64_t wednesday = 15 * HOUR + DAY;
    const struct act acts[] = {{.account = "allowed", .tx = "1", .score = 4},
                               {.at = wednesday - 1, .account = "allowed", .tx = "2", .score = 4},
                               {.at = wednesday, .account = "allowed", .tx = "3", .score = 4}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 2);
    assert_int_equal(metrics_get(METRIC_ALLOWED), 2);
}

static void test_a_full_cap_leaves_the_next_milder_action_until_the_hour_is_over(void **unused) {
    (void)unused;
    const struct act acts[] = {{.at = 0, .account = "a", .tx = "1", .score = 2},
                               {.at = 1, .account = "b", .tx = "2", .score = 2},
                               {.at = 2, .account = "c", .tx = "3", .score = 2},
                               {.at = 3, .account = "b", .tx = "4", .score = 2},
                               {.at = HOUR, .account = "b", .tx = "5", .score = 2}};
    scene_play_capped(acts, COUNT_OF(acts), &(struct limits){1, 1, 1000, 0, 0, 0});
    assert_int_equal(seen_count, 3);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 0);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 1);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 4);
    assert_int_equal(metrics_get(METRIC_CAPPED), 3);
}

static void test_beyond_the_room_for_episodes_a_crossing_is_only_counted(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "b", .tx = "2", .score = 2},
                               {.account = "c", .tx = "3", .score = 2}};
    scene_play_capped(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 2, 0, 0, 0});
    assert_int_equal(seen_count, 2);
    assert_int_equal(metrics_get(METRIC_CAPPED), 1);
    assert_int_equal(metrics_get(METRIC_EPISODES), 2);
}

static void test_a_bank_has_a_cap_of_its_own(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .bank = "A"},
                               {.account = "b", .tx = "2", .score = 2, .bank = "A"},
                               {.account = "c", .tx = "3", .score = 2, .bank = "A"},
                               {.account = "d", .tx = "4", .score = 2, .bank = "B"},
                               {.account = "e", .tx = "5", .score = 2, .bank = ""},
                               {.account = "c", .tx = "6", .score = 4, .bank = "A"},
                               {.at = HOUR, .account = "f", .tx = "7", .score = 2, .bank = "A"}};
    scene_play_capped(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 1000, 1, 0, 0});
    assert_int_equal(seen_count, 6);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(3, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 4);
    assert_seen(4, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 5); /* urgent */
    assert_seen(5, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 6);
    assert_int_equal(metrics_get(METRIC_CAPPED), 2);
    assert_int_equal(metrics_get(METRIC_CAPPED_BANK), 2);
    assert_int_equal(metrics_get(METRIC_HELD_BACK), 1);
}

/* As HIGH as the policy has it, a case is URGENT where the money is there and leaves fast. */
static void test_what_becomes_urgent_is_never_held_back(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a",
         .tx = "1",
         .score = 4,
         .unspent_tiyn = 100,
         .fast = 0.5,
         .suspend = SUSPEND_HIGH},
        {.account = "b", .tx = "2", .score = 4, .unspent_tiyn = 100, .fast = 0.49},
        {.account = "c", .tx = "3", .score = 4, .fast = 0.5},
        {.account = "d", .tx = "4", .score = 2, .unspent_tiyn = 100, .fast = 0.9},
        {.account = "e", .tx = "5", .score = 0.5, .unspent_tiyn = 100, .fast = 0.9},
        {.account = "d", .tx = "6", .score = 4, .unspent_tiyn = 100},
        {.account = "d", .tx = "7", .score = 4, .unspent_tiyn = 100, .fast = 0.5},
        {.account = "a", .tx = "8", .score = -1, .traced_tiyn = 200},
        {.account = "a", .tx = "9", .score = -1, .traced_tiyn = 200, .fast = 0.5}};
    scene_play_capped(acts, COUNT_OF(acts), &(struct limits){0, 0, 1000, 0, 0, 0});
    assert_int_equal(seen_count, 4);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 0);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, 6);
    assert_seen(3, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, 8);
    for (size_t i = 0; i < seen_count; i++)
        assert_int_equal(seen[i].priority, PRIORITY_URGENT);
    assert_int_equal(metrics_get(METRIC_HELD_BACK), 5);
}

static void test_more_money_of_a_milder_score_is_no_milder_action_for_want_of_room(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.account = "a", .tx = "2", .score = 0.5, .unspent_tiyn = 200},
        {.at = HOUR, .account = "a", .tx = "3", .score = 0.5, .unspent_tiyn = 200},
        {.at = HOUR, .account = "b", .tx = "4", .score = 2, .unspent_tiyn = 100}};
    const enum decision due[] = {DECISION_ISSUED, DECISION_CAPPED, DECISION_AMENDED,
                                 DECISION_ISSUED};
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1000, 1, 1000, 0, 0, 0}, due);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 2);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 3);
}

static void test_a_storm_on_one_account_is_one_case(void **unused) {
    enum { STORM = 500, REVISIONS_MAX = 24 }; /* 1.25^23 > 1 + STORM / 100 × 34 */
    static struct act acts[STORM];
    (void)unused;
    for (int i = 0; i < STORM; i++)
        acts[i] = (struct act){.at = i,
                               .account = "a",
                               .tx = i % 2 == 0 ? "even" : "odd",
                               .score = i % 3 == 0 ? 2 : 0.5,
                               .unspent_tiyn = 1000 * (i + 1)};
    scene_play_capped(acts, STORM, &(struct limits){1000, 1000, 1, 0, 0, 0});
    assert_int_equal(seen[0].state, RECOMMENDATION_ISSUED);
    assert_true(seen_count > 10 && seen_count <= REVISIONS_MAX + 10);
    for (size_t i = 1; i < seen_count; i++) {
        assert_int_equal(seen[i].state, RECOMMENDATION_AMENDED);
        assert_int_equal(seen[i].revision, i + 1);
        assert_string_equal(seen[i].id, seen[0].id);
        assert_true(4 * seen[i].at_risk_kzt_minor >= 5 * seen[i - 1].at_risk_kzt_minor);
    }
}

static void test_a_side_is_told_what_was_made_of_it(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = -1},
        {.account = "a", .tx = "2", .score = 2},
        {.account = "a", .tx = "3", .score = 2},
        {.account = "a", .tx = "4", .score = 1},
        {.account = "a", .tx = "5", .score = 4},
        {.account = "a", .tx = "6", .score = 4, .status = TX_STATUS_REVERSED},
        {.account = "a", .tx = "2", .score = 4, .status = TX_STATUS_REVERSED},
        {.account = "a", .tx = "7", .score = 4},
        {.account = "a", .tx = "7", .result = OUTCOME_DECLINED},
        {.account = "a", .tx = "11", .score = 4},
        {.account = "allowed", .tx = "8", .score = 4},
        {.at = 30 * DAY, .account = "b", .tx = "9", .score = -1},
        {.account = "c", .tx = "10", .score = 4}};
    const enum decision due[] = {DECISION_BELOW,    DECISION_ISSUED,  DECISION_STANDING,
                                 DECISION_STANDING, DECISION_AMENDED, DECISION_REVERSAL,
                                 DECISION_REVERSAL, DECISION_ISSUED,  DECISION_COUNT,
                                 DECISION_COOLING,  DECISION_ALLOWED, DECISION_BELOW,
                                 DECISION_OVERDUE};
    assert_decided(acts, COUNT_OF(acts), &wide, due);
}

/* The event itself once more, which both rings have forgotten, when the cool-down is over. */
static void test_an_event_opens_one_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
                               {.at = 25 * HOUR, .account = "b", .tx = "2", .score = -1},
                               {.account = "a", .tx = "1", .score = 2},
                               {.at = 25 * HOUR, .account = "a", .tx = "1", .score = 2}};
    const enum decision due[] = {DECISION_ISSUED, DECISION_COUNT, DECISION_BELOW, DECISION_REPEATED,
                                 DECISION_ISSUED};
    assert_decided(acts, COUNT_OF(acts), &wide, due);
}

static void test_a_side_that_found_no_room_is_told_which(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "b", .tx = "2", .score = 2},
                               {.account = "c", .tx = "3", .score = 2},
                               {.account = "b", .tx = "4", .score = 2, .unspent_tiyn = 1}};
    const enum decision capped[] = {DECISION_ISSUED, DECISION_ISSUED, DECISION_CAPPED,
                                    DECISION_CAPPED};
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1, 1, 1000, 0, 0, 0}, capped);
    const enum decision crowded[] = {DECISION_ISSUED, DECISION_ISSUED, DECISION_CROWDED,
                                     DECISION_AMENDED};
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 2, 0, 0, 0}, crowded);
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 1000, 0, 2, 0}, crowded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_becomes_urgent_is_never_held_back),
        cmocka_unit_test(test_more_money_of_a_milder_score_is_no_milder_action_for_want_of_room),
        cmocka_unit_test(test_an_allowed_account_is_counted_and_left_alone_until_its_day),
        cmocka_unit_test(test_a_full_cap_leaves_the_next_milder_action_until_the_hour_is_over),
        cmocka_unit_test(test_beyond_the_room_for_episodes_a_crossing_is_only_counted),
        cmocka_unit_test(test_a_bank_has_a_cap_of_its_own),
        cmocka_unit_test(test_a_storm_on_one_account_is_one_case),
        cmocka_unit_test(test_a_side_is_told_what_was_made_of_it),
        cmocka_unit_test(test_an_event_opens_one_episode),
        cmocka_unit_test(test_a_side_that_found_no_room_is_told_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
