/* SPDX-License-Identifier: Apache-2.0 */
/* How advice ends: by its term, a reversal or the answer of a bank; and what follows. */
#include "tests/fake_account_defined.h"
#include "tests/scene.h"
#include "tests/support.h"

#include "detector/service/metrics.h"

enum { HOUR = 3600, DAY = 86400 };

static void test_expiry_comes_before_the_record_that_moved_the_clock(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 5},
                               {.at = 60, .account = "b", .tx = "2", .score = 2},
                               {.at = end - 1, .account = "c", .tx = "3", .score = -1},
                               {.at = end, .account = "d", .tx = "4", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 5);
    assert_seen(2, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(3, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(4, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_true(strcmp(seen[2].id, seen[3].id) < 0);
    const size_t of_a = strcmp(seen_account[2], "a") == 0 ? 2 : 3;
    assert_string_equal(seen[of_a].id, seen[0].id);
    assert_int_equal(seen[of_a].revision, 2);
    assert_false(seen[of_a].hold_amount_present);
    assert_int_equal(seen[of_a].at_risk_kzt_minor, 5);
    assert_int_equal(seen[of_a].issued_at_us, (decide_stand_monday() + end) * 1000000 + 5);
    assert_int_equal(seen[of_a].reason_count, 1);
    assert_true(seen[of_a].reasons[0].contribution == seen[of_a].score);
}

static void test_no_advice_is_given_that_is_over_already(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct limits one = {1000, 1, 1000, 0, 0, 0};
    const struct act acts[] = {{.at = end, .account = "clock", .tx = "1", .score = -1},
                               {.at = 0, .account = "a", .tx = "2", .score = 2},
                               {.at = end - DAY - 1, .account = "a", .tx = "3", .score = 2},
                               {.at = end - DAY, .account = "a", .tx = "4", .score = 2}};
    scene_play_capped(acts, COUNT_OF(acts),
                      &one); /* what is not given is not counted against a cap */
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_string_equal(seen_tx[0][0], "4");
    assert_int_equal(metrics_get(METRIC_OVERDUE), 2);
    assert_int_equal(metrics_get(METRIC_CAPPED), 0);
}

static void test_an_advice_may_be_about_to_be_over(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct act acts[] = {{.at = end - 1, .account = "clock", .tx = "1", .score = -1},
                               {.at = 0, .account = "a", .tx = "2", .score = 2},
                               {.at = end, .account = "clock", .tx = "3", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 2);
    assert_int_equal(metrics_get(METRIC_OVERDUE), 0);
}

static void test_a_dead_letter_moves_no_clock(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.at = 30 * DAY, .account = "b", .tx = "2", .score = 2, .verdict = VERDICT_MALFORMED},
        {.at = 60, .account = "b", .tx = "3", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
}

static void test_the_cool_down_is_by_the_engine_clock(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY, late = end + HOUR;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.at = late, .account = "b", .tx = "2", .score = -1},
                               {.at = late + DAY - 1, .account = "a", .tx = "3", .score = 4},
                               {.at = late + DAY, .account = "a", .tx = "4", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[2].revision, 1);
    assert_string_not_equal(seen[2].id, seen[0].id);
}

static void test_a_reversal_of_the_opening_transaction_withdraws(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 100},
        {.at = 2, .account = "a", .tx = "2", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 3, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 4, .account = "a", .tx = "3", .score = 4},
        {.at = 5, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_int_equal(seen_count, 4);
    assert_seen(3, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 4); /* no cool-down */
    assert_string_not_equal(seen[3].id, seen[0].id);
    assert_seen(2, RECOMMENDATION_WITHDRAWN, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[2].revision, 3);
    assert_string_equal(seen[2].id, seen[0].id);
    assert_string_equal(seen[2].reasons[0].code, "TRANSACTION_REVERSED");
}

static void test_a_reversal_opens_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_int_equal(seen_count, 0);
}

/* What a bank found out before the advice came, and tells later. */
static void test_no_revision_is_issued_before_the_first(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.at = 60, .account = "b", .tx = "2", .score = -1},
                               {.at = 60,
                                .account = "a",
                                .tx = "1",
                                .result = OUTCOME_FALSE_POSITIVE,
                                .told_after_s = DAY}};
    PLAY(acts);
    assert_seen(1, RECOMMENDATION_WITHDRAWN, ACTION_HOLD_AMOUNT, 2);
    assert_in_range(seen[1].issued_at_us, (decide_stand_monday() + 60) * 1000000,
                    (decide_stand_monday() + 61) * 1000000);
}

static void test_an_outcome_that_overturns_withdraws(void **unused) {
    (void)unused;
    const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED};
    const char *const why[] = {"OUTCOME_FALSE_POSITIVE", "OUTCOME_RELEASED"};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        const struct act acts[] = {
            {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70},
            {.at = 60, .account = "a", .tx = "1", .result = results[i], .names = "a"},
            {.at = 61, .account = "a", .tx = "2", .score = 4},
            {.at = DAY, .account = "a", .tx = "3", .score = 4}};
        PLAY(acts);
        assert_int_equal(seen_count, 3);
        assert_seen(1, RECOMMENDATION_WITHDRAWN, ACTION_HOLD_AMOUNT, 1);
        assert_change(1, why[i], "state hold_amount_kzt_minor ");
        assert_true(text_equal(seen[1].change.signal_id, text_of("answer")));
        assert_string_equal(seen[1].id, seen[0].id);
        assert_int_equal(seen[1].revision, 2);
        assert_int_equal(seen[1].issued_at_us, (decide_stand_monday() + 60) * 1000000 + 7);
        assert_string_equal(seen[1].input_topic, "s");
        assert_string_equal(seen[1].reasons[0].code, why[i]);
        assert_seen(2, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 3);
        assert_int_equal(answered[1], ACTION_HOLD_AMOUNT);
    }
}

static void test_an_outcome_of_the_bank_that_dealt_with_it_closes_in_silence(void **unused) {
    (void)unused;
    const enum outcome_result results[] = {OUTCOME_DECLINED, OUTCOME_REFUNDED,
                                           OUTCOME_CONFIRMED_FRAUD};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        const struct act acts[] = {
            {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70},
            {.at = 60, .account = "a", .tx = "1", .result = results[i]},
            {.at = 61, .account = "a", .tx = "2", .score = 4, .unspent_tiyn = 700},
            {.at = DAY - 1, .account = "a", .tx = "3", .score = 4, .unspent_tiyn = 700},
            {.at = DAY, .account = "a", .tx = "4", .score = 2}};
        PLAY(acts);
        assert_int_equal(seen_count, 2);
        assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 4);
        assert_string_not_equal(seen[1].id, seen[0].id);
    }
}

static void test_a_hold_changes_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "1", .result = OUTCOME_HELD},
        {.at = 2, .account = "a", .tx = "1", .result = OUTCOME_PARTLY_HELD},
        {.at = 3, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 124},
        {.at = 4, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 125}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 4);
}

static void test_where_a_bank_found_nothing_any_money_is_news(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS},
        {.at = 2, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 0},
        {.at = 3, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 50},
        {.at = 4, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 51}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[1].hold_amount_kzt_minor, 50);
    assert_change(1, "MONEY_AGAIN", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
}

static void test_what_is_no_answer_changes_nothing(void **unused) {
    (void)unused;
    const enum outcome_result wrong = OUTCOME_FALSE_POSITIVE;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = wrong, .source = SOURCE_CITIZEN_BOT},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_REPLAYED},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_STRANGER},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_WITHDRAWN},
        {.account = "a", .tx = "1", .result = wrong, .confidence = CONFIDENCE_REJECTED},
        {.account = "a", .tx = "1", .result = wrong, .names = "b"},
        {.account = "a", .tx = "2", .result = wrong},
        {.account = "b", .tx = "1", .result = wrong}};
    const uint8_t due[] = {ACTION_COUNT, ACTION_COUNT,   ACTION_COUNT,   ACTION_COUNT,
                           ACTION_COUNT, ACTION_UNKNOWN, ACTION_UNKNOWN, ACTION_UNKNOWN};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_memory_equal(answered + 1, due, sizeof due);
}

static void test_an_answer_after_the_end_is_counted_and_no_more(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 0.5},
        {.account = "a", .tx = "1", .result = OUTCOME_FALSE_POSITIVE},
        {.account = "a", .tx = "1", .result = OUTCOME_CONFIRMED_FRAUD, .effect = EFFECT_REVISED},
        {.at = 2 * DAY, .account = "b", .tx = "2", .score = -1},
        {.account = "a", .tx = "1", .result = OUTCOME_RELEASED, .effect = EFFECT_REVISED}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_int_equal(answered[1], ACTION_REVIEW_ONLY);
    assert_int_equal(answered[2], ACTION_REVIEW_ONLY);
    assert_int_equal(answered[4], ACTION_UNKNOWN);
}

/* Whatever closed it, and whatever was published of that: what comes next is new advice. */
static void test_what_an_answer_closed_is_free_once_it_is_withdrawn(void **unused) {
    (void)unused;
    const enum outcome_result results[] = {OUTCOME_DECLINED, OUTCOME_REFUNDED,
                                           OUTCOME_CONFIRMED_FRAUD, OUTCOME_FALSE_POSITIVE,
                                           OUTCOME_RELEASED};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                                   {.at = 60, .account = "a", .tx = "1", .result = results[i]},
                                   {.at = 61, .account = "a", .tx = "2", .score = 4},
                                   {.at = 62, .withdraws = "answer"},
                                   {.at = 63, .account = "a", .tx = "3", .score = -1},
                                   {.at = 64, .account = "a", .tx = "4", .score = 2}};
        PLAY(acts);
        const size_t told = results[i] >= OUTCOME_FALSE_POSITIVE || results[i] == OUTCOME_RELEASED;
        assert_int_equal(seen_count, 2 + told);
        assert_seen(1 + told, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 5);
        assert_string_not_equal(seen[1 + told].id, seen[0].id);
        assert_int_equal(seen[1 + told].revision, 1);
        assert_int_equal(unsaid[1].result, OUTCOME_UNKNOWN);
        assert_int_equal(unsaid[3].result, results[i]);
        assert_int_equal(unsaid[3].action, ACTION_HOLD_AMOUNT);
    }
}

/* By a revision that rejects it, that speaks of another account or advice, or closes nothing. */
static void test_so_it_is_once_the_answer_says_something_else(void **unused) {
    (void)unused;
    const struct act answers[] = {
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED, .confidence = CONFIDENCE_REJECTED},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED, .names = "b"},
        {.account = "b", .tx = "1", .result = OUTCOME_DECLINED},
        {.account = "a", .tx = "1", .result = OUTCOME_HELD},
        {.account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS}};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                             {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
                             answers[i],
                             {.at = 1, .account = "a", .tx = "2", .score = 2}};
        acts[2].effect = EFFECT_REVISED;
        PLAY(acts);
        assert_int_equal(seen_count, 2);
        assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
        assert_int_equal(unsaid[2].result, OUTCOME_DECLINED);
    }
}

static void test_a_revision_that_closes_as_well_only_takes_its_place(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
        {.account = "a", .tx = "1", .result = OUTCOME_CONFIRMED_FRAUD, .effect = EFFECT_REVISED},
        {.at = 1, .account = "a", .tx = "2", .score = 2},
        {.at = 2, .withdraws = "answer"},
        {.at = 3, .account = "a", .tx = "3", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 5);
    assert_int_equal(unsaid[2].result, OUTCOME_DECLINED);
    assert_int_equal(unsaid[4].result, OUTCOME_CONFIRMED_FRAUD);
}

static void test_what_another_answer_or_the_term_closed_stays_so(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct act by_another[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS, .id = "first"},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED, .id = "second"},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED, .id = "third"},
        {.withdraws = "first"},
        {.withdraws = "third"},
        {.at = 1, .account = "a", .tx = "2", .score = 2}};
    PLAY(by_another);
    assert_int_equal(seen_count, 1);
    const struct act by_term[] = {{.account = "a", .tx = "1", .score = 2},
                                  {.account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS},
                                  {.at = end, .account = "b", .tx = "2", .score = -1},
                                  {.at = end, .withdraws = "answer"},
                                  {.at = end + 1, .account = "a", .tx = "3", .score = 2}};
    PLAY(by_term);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 2);
    const struct act of_one_that_ended[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
        {.account = "b", .tx = "1", .result = OUTCOME_DECLINED}, /* its id, added anew */
        {.withdraws = "answer"},
        {.at = 1, .account = "a", .tx = "2", .score = 2}};
    PLAY(of_one_that_ended);
    assert_int_equal(seen_count, 1);
}

static void test_who_withdrew_may_answer_anew(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
        {.at = HOUR, .account = "b", .tx = "9", .score = -1},
        {.withdraws = "answer"},
        {.account = "a", .tx = "1", .result = OUTCOME_HELD, .id = "nothing"},
        {.account = "a", .tx = "1", .result = OUTCOME_FALSE_POSITIVE, .id = "again"},
        {.at = HOUR + 1, .account = "a", .tx = "2", .score = 2},
        {.at = HOUR + DAY - 1, .account = "a", .tx = "3", .score = 2},
        {.at = HOUR + DAY, .account = "a", .tx = "4", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 8);
    assert_int_equal(answered[5], ACTION_HOLD_AMOUNT);
}

static void test_money_was_there_once_it_is_withdrawn_that_there_was_none(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS},
        {.at = 2, .withdraws = "answer"},
        {.at = 3, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 50},
        {.at = 4, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 125}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 4);
    assert_int_equal(unsaid[2].result, OUTCOME_NO_FUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expiry_comes_before_the_record_that_moved_the_clock),
        cmocka_unit_test(test_no_advice_is_given_that_is_over_already),
        cmocka_unit_test(test_an_advice_may_be_about_to_be_over),
        cmocka_unit_test(test_a_dead_letter_moves_no_clock),
        cmocka_unit_test(test_the_cool_down_is_by_the_engine_clock),
        cmocka_unit_test(test_a_reversal_of_the_opening_transaction_withdraws),
        cmocka_unit_test(test_a_reversal_opens_nothing),
        cmocka_unit_test(test_no_revision_is_issued_before_the_first),
        cmocka_unit_test(test_an_outcome_that_overturns_withdraws),
        cmocka_unit_test(test_an_outcome_of_the_bank_that_dealt_with_it_closes_in_silence),
        cmocka_unit_test(test_a_hold_changes_nothing),
        cmocka_unit_test(test_where_a_bank_found_nothing_any_money_is_news),
        cmocka_unit_test(test_what_is_no_answer_changes_nothing),
        cmocka_unit_test(test_an_answer_after_the_end_is_counted_and_no_more),
        cmocka_unit_test(test_what_an_answer_closed_is_free_once_it_is_withdrawn),
        cmocka_unit_test(test_so_it_is_once_the_answer_says_something_else),
        cmocka_unit_test(test_a_revision_that_closes_as_well_only_takes_its_place),
        cmocka_unit_test(test_what_another_answer_or_the_term_closed_stays_so),
        cmocka_unit_test(test_who_withdrew_may_answer_anew),
        cmocka_unit_test(test_money_was_there_once_it_is_withdrawn_that_there_was_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
