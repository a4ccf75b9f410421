/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to payers' banks, and when not. */
#include "tests/decide_saved.h"
#include "tests/fake_account_defined.h"
#include "tests/payments.h"
#include "tests/support.h"

#include "detector/service/metrics.h"

#include <stdlib.h>

enum { HOUR = 3600, DAY = 86400 };

static void test_a_payment_to_a_flagged_account_is_asked_about(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(
        &s, FLAGGED(HELD),
        {.at = 60, ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", .amount_tiyn = 77});
    assert_int_equal(said_count, 2);
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    const struct recommendation *r = &last()->r;
    assert_string_equal(last()->account, "victim");
    assert_string_equal(last()->payee_id, said[0].id);
    assert_string_not_equal(last()->id, said[0].id);
    assert_int_equal(r->revision, 1);
    assert_int_equal(r->mode, MODE_LIVE);
    assert_int_equal(r->priority, PRIORITY_NORMAL);
    assert_false(r->hold_amount_present);
    assert_int_equal(r->at_risk_kzt_minor, 77);
    assert_int_equal(r->issued_at_us, (decide_stand_monday() + 60) * 1000000 + 5);
    assert_int_equal(r->decide_by_us, (decide_stand_monday() + 60 + HOUR) * 1000000 + 5);
    assert_int_equal(r->valid_until_us, said[0].r.valid_until_us);
    assert_true(r->score == 2 && r->threshold == said[0].r.threshold);
    assert_int_equal(r->reason_count, 1);
    assert_string_equal(r->reasons[0].code, "PAYEE_FLAGGED");
    assert_true(r->reasons[0].contribution == r->score);
    assert_int_equal(r->trail_count, 1);
    assert_int_equal(r->feature_count, 0);
    assert_int_equal(r->input_offset, 1);
    assert_int_equal(decide_open_instructions(s.stand.decide), 1);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE), 1);
    payments_close(&s);
}

static void test_a_strong_action_on_the_payee_suspends_the_payment(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
    assert_int_equal(last()->r.priority, PRIORITY_HIGH);
    payments_close(&s);
}

static void test_a_payment_may_itself_be_what_flags_the_payee(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", HELD});
    assert_int_equal(said_count, 2);
    assert_string_equal(said[0].account, "dropper");
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    payments_close(&s);
}

static void test_nothing_is_said_of_a_payment_that_is_over_or_goes_elsewhere(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {SETTLED, .tx = "1", .payer = "victim", .payee = "dropper"},
         {REFUSED, .tx = "2", .payer = "victim", .payee = "dropper"},
         {.tx = "3", .payer = "victim", .payee = "dropper"},
         {ATTEMPTED, .tx = "4", .payer = "victim", .payee = "grandson"},
         {ATTEMPTED, .tx = "5", .payee = "dropper"}, {ATTEMPTED, .tx = "6", .payer = "victim"},
         {ATTEMPTED, .tx = "7", .payer = "victim", .payee = "dropper", .verdict = VERDICT_LATE});
    assert_int_equal(said_count, 1);
    payments_close(&s);
}

static void test_a_review_alone_is_no_reason_to_ask(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(MILD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    PLAY(&s, {.at = 1, SETTLED, .tx = "u", .payer = "x", .payee = "dropper", HELD},
         {.at = 2, ATTEMPTED, .tx = "v", .payer = "victim", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    payments_close(&s);
}

static void test_the_policy_may_leave_the_paying_side_alone(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, "", 16);
    PLAY(&s, FLAGGED(STRONG), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    payments_close(&s);
}

static void test_an_allowed_account_is_neither_asked_nor_asked_about(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "allowed", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    assert_int_equal(metrics_get(METRIC_ALLOWED), 1);
    payments_close(&s);
}

/* The payer's ring knows the attempt already, so that what follows is a duplicate to apply. */
static void test_a_suspension_that_follows_an_attempt_is_news(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"}, FLAGGED(HELD),
         {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 1);
    PLAY(&s, {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    payments_close(&s);
}

static void test_a_payment_is_advised_on_once(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 2);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "other", .payee = "dropper"},
         {ATTEMPTED, .tx = "u", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 4);
    assert_string_not_equal(said[1].id, said[2].id);
    assert_string_not_equal(said[1].id, said[3].id);
    payments_close(&s);
}

static void assert_closes(struct row row, const char *why) {
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    row.tx = "t";
    row.payer = "victim";
    row.payee = "dropper";
    PLAY(&s, row, row);
    assert_int_equal(said_count, 3);
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, why);
    assert_int_equal(last()->r.revision, 2);
    assert_string_equal(last()->id, said[1].id);
    assert_string_equal(last()->payee_id, said[0].id);
    assert_string_equal(last()->r.reasons[0].code, why);
    assert_int_equal(last()->r.change.what_count, 1);
    assert_string_equal(last()->r.change.what[0], "state");
    assert_int_equal(decide_open_instructions(s.stand.decide), 0);
    PLAY(&s, {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 3);
    payments_close(&s);
}

static void test_it_closes_when_the_payment_is_over(void **unused) {
    (void)unused;
    assert_closes((struct row){SETTLED}, "INSTRUCTION_SETTLED");
    assert_closes((struct row){SETTLED, DUPLICATE}, "INSTRUCTION_SETTLED");
    assert_closes((struct row){REFUSED, DUPLICATE}, "INSTRUCTION_REFUSED");
    assert_closes((struct row){REVERSED}, "TRANSACTION_REVERSED");
}

static void test_it_closes_with_the_advice_on_the_payee(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {ATTEMPTED, .tx = "u", .payer = "other", .payee = "dropper"},
         {SETTLED, .tx = "x", .payer = "first", .payee = "second dropper", HELD},
         {ATTEMPTED, .tx = "v", .payer = "victim", .payee = "second dropper"});
    PLAY(&s, {.result = OUTCOME_FALSE_POSITIVE, .about = said[0].id});
    assert_int_equal(said_count, 8);
    assert_string_equal(said[5].account, "dropper");
    assert_string_equal(said[6].account, "victim");
    assert_string_equal(said[7].account, "other");
    for (size_t i = 6; i < 8; i++) {
        assert_int_equal(said[i].r.state, RECOMMENDATION_WITHDRAWN);
        assert_string_equal(said[i].why, "PAYEE_WITHDRAWN");
    }
    assert_int_equal(decide_open_instructions(s.stand.decide), 1);
    PLAY(&s, {ATTEMPTED, .tx = "w", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 8);
    payments_close(&s);
}

static void test_it_expires_with_the_term_of_the_advice_on_the_payee(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD),
         {.at = HOUR, ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {.at = 39 * HOUR - 1, ATTEMPTED, .tx = "u", .payer = "a", .payee = "b"});
    assert_int_equal(said_count, 2);
    PLAY(&s, {.at = 39 * HOUR, ATTEMPTED, .tx = "v", .payer = "a", .payee = "b"});
    assert_int_equal(said_count, 4);
    assert_string_equal(said[2].account, "dropper");
    assert_last(RECOMMENDATION_EXPIRED, ACTION_ASK_PAYER, "TERM_OVER");
    payments_close(&s);
}

static void answer(struct payments *s, enum outcome_result result) {
    payments_open(s, both, 16);
    PLAY(s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    PLAY(s, {.result = result, .about = said[1].id});
}

static void test_an_answer_to_it_is_heard(void **unused) {
    (void)unused;
    struct payments s;
    answer(&s, OUTCOME_RELEASED);
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, "OUTCOME_RELEASED");
    assert_string_equal(last()->signal_id, "answer");
    assert_int_equal(s.stand.batch->answered[0], ACTION_ASK_PAYER);
    payments_close(&s);
    answer(&s, OUTCOME_DECLINED);
    assert_int_equal(said_count, 2);
    assert_int_equal(decide_open_instructions(s.stand.decide), 0);
    PLAY(&s, {SETTLED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 2);
    payments_close(&s);
    answer(&s, OUTCOME_HELD);
    assert_int_equal(decide_open_instructions(s.stand.decide), 1);
    payments_close(&s);
}

static void test_caps_are_its_own_and_of_each_bank(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s,
                  RULE("ASK_PAYER", "HOLD_AMOUNT", "\"per_hour\": 2",
                       "NORMAL") ", " RULE("SUSPEND_INSTRUCTION", "SUSPEND_EBANKING",
                                           "\"per_hour\": 9, \"per_hour_per_bank\": 1", "HIGH"),
                  16);
    PLAY(&s, FLAGGED(STRONG), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"},
         {ATTEMPTED, .tx = "3", .payer = "c", .payee = "dropper", .bank = "OTHERKZ1"},
         {ATTEMPTED, .tx = "4", .payer = "d", .payee = "dropper"},
         {ATTEMPTED, .tx = "5", .payer = "e", .payee = "dropper"});
    static const enum action due[] = {ACTION_SUSPEND_INSTRUCTION, ACTION_ASK_PAYER,
                                      ACTION_SUSPEND_INSTRUCTION, ACTION_ASK_PAYER};
    assert_int_equal(said_count, 5);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(said[i + 1].r.action, due[i]);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CAPPED), 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_HELD_BACK), 1);
    assert_int_equal(metrics_get(METRIC_CAPPED), 0);
    PLAY(&s, {.at = HOUR, ATTEMPTED, .tx = "5", .payer = "e", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
    payments_close(&s);
}

static void test_what_is_urgent_always_has_room(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, RULE("SUSPEND_INSTRUCTION", "HOLD_AMOUNT", "\"per_hour\": 0", "URGENT"), 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"});
    assert_int_equal(said_count, 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CAPPED), 0);
    payments_close(&s);
}

static void test_none_is_added_when_there_are_too_many(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 2);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"},
         {ATTEMPTED, .tx = "3", .payer = "c", .payee = "dropper"});
    assert_int_equal(said_count, 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CROWDED), 1);
    assert_int_equal(decide_open_instructions(s.stand.decide), 2);
    PLAY(&s, {SETTLED, .tx = "1", .payer = "a", .payee = "dropper"});
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, "INSTRUCTION_SETTLED");
    payments_close(&s);
}

/* The term of the advice on the payee is over, and it is flagged anew: an event that was advised on
 * is not again, another one of the same payment is. */
static void test_none_is_given_twice(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD),
         {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"},
         {.at = 40 * HOUR, SETTLED, .tx = "x", .payer = "y", .payee = "z", .score = -1},
         {.at = 4 * DAY, SETTLED, .tx = "2", .payer = "b", .payee = "dropper", HELD},
         {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 5);
    assert_int_equal(said[4].r.state, RECOMMENDATION_ISSUED);
    decide_stand_restart(&s.stand);
    PLAY(&s, {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 5);
    PLAY(&s, {.at = 4 * DAY, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 6);
    assert_string_equal(last()->account, "a");
    assert_int_equal(last()->r.revision, 1);
    for (size_t i = 0; i < 5; i++)
        assert_string_not_equal(last()->id, said[i].id);
    payments_close(&s);
}

static void test_a_copy_that_comes_behind_the_money_is_no_news(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", .moved = true},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper", .moved = true});
    assert_int_equal(said_count, 1);
    payments_close(&s);
}

static void test_payers_are_warned_on_when_a_bank_has_confirmed_the_fraud(void **unused) {
    (void)unused;
    static const enum outcome_result results[] = {OUTCOME_CONFIRMED_FRAUD, OUTCOME_REFUNDED};
    for (size_t i = 0; i < 2; i++) {
        struct payments s;
        payments_open(&s, both, 16);
        PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
        PLAY(&s, {.result = results[i], .about = said[0].id});
        assert_int_equal(decide_open_instructions(s.stand.decide), 1);
        decide_stand_restart(&s.stand);
        PLAY(&s, {.at = HOUR, SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
        assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
        assert_string_equal(last()->payee_id, said[0].id);
        assert_int_equal(last()->r.valid_until_us, (decide_stand_monday() + DAY) * 1000000);
        PLAY(&s, {.at = DAY, SUSPENDED, .tx = "3", .payer = "c", .payee = "dropper"});
        assert_int_equal(said_count, 4);
        assert_last(RECOMMENDATION_EXPIRED, ACTION_SUSPEND_INSTRUCTION, "TERM_OVER");
        payments_close(&s);
    }
}

static void test_a_bank_may_take_its_confirmation_back(void **unused) {
    (void)unused;
    static const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED,
                                                  OUTCOME_DECLINED};
    for (size_t i = 0; i < 3; i++) {
        struct payments s;
        payments_open(&s, both, 16);
        PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
        PLAY(&s, {.result = OUTCOME_CONFIRMED_FRAUD, .about = said[0].id});
        PLAY(&s, {.result = results[i], .about = said[0].id});
        assert_last(RECOMMENDATION_WITHDRAWN, ACTION_SUSPEND_INSTRUCTION,
                    i == 2 ? "PAYEE_DECLINED" : "PAYEE_WITHDRAWN");
        PLAY(&s, {SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
        assert_int_equal(said_count, 3);
        payments_close(&s);
    }
}

/* As if it had never been confirmed: nobody is warned until there is advice again. */
static void test_a_confirmation_may_be_withdrawn(void **unused) {
    (void)unused;
    static const enum outcome_result results[] = {OUTCOME_CONFIRMED_FRAUD, OUTCOME_REFUNDED};
    for (size_t i = 0; i < 2; i++) {
        struct payments s;
        payments_open(&s, both, 16);
        PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
        PLAY(&s, {.result = results[i], .about = said[0].id});
        decide_stand_restart(&s.stand);
        PLAY(&s, {.withdraws = "another"});
        assert_int_equal(said_count, 2);
        PLAY(&s, {.withdraws = "answer"});
        assert_int_equal(said_count, 3);
        assert_last(RECOMMENDATION_WITHDRAWN, ACTION_SUSPEND_INSTRUCTION, "PAYEE_WITHDRAWN");
        PLAY(&s, {SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
        assert_int_equal(said_count, 3);
        decide_stand_restart(&s.stand);
        PLAY(&s, {SETTLED, .tx = "3", .payer = "c", .payee = "dropper", STRONG},
             {SUSPENDED, .tx = "4", .payer = "d", .payee = "dropper"});
        assert_int_equal(said_count, 5);
        assert_string_equal(last()->payee_id, said[3].id);
        assert_string_not_equal(said[3].id, said[0].id);
        payments_close(&s);
    }
}

static void test_it_may_be_confirmed_anew(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG));
    PLAY(&s, {.result = OUTCOME_FALSE_POSITIVE, .about = said[0].id});
    PLAY(&s, {.withdraws = "answer"},
         {.result = OUTCOME_CONFIRMED_FRAUD, .about = said[0].id, .id = "again"},
         {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
    assert_int_equal(said_count, 3);
    assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
    assert_string_equal(last()->payee_id, said[0].id);
    decide_stand_restart(&s.stand);
    PLAY(&s, {.withdraws = "again"});
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_SUSPEND_INSTRUCTION, "PAYEE_WITHDRAWN");
    payments_close(&s);
}

/* A record may take one answer back, and be another. */
static void test_an_answer_may_move_from_one_payee_to_another(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG), {SETTLED, .tx = "2", .payer = "x", .payee = "other", STRONG},
         {SUSPENDED, .tx = "3", .payer = "a", .payee = "dropper"},
         {SUSPENDED, .tx = "4", .payer = "b", .payee = "other"});
    PLAY(&s, {.result = OUTCOME_CONFIRMED_FRAUD, .about = said[0].id});
    assert_int_equal(said_count, 4);
    PLAY(&s, {.result = OUTCOME_FALSE_POSITIVE, .about = said[1].id, .effect = EFFECT_REVISED});
    assert_int_equal(said_count, 7);
    assert_string_equal(said[4].payee_id, said[0].id);
    assert_string_equal(said[5].why, "OUTCOME_FALSE_POSITIVE");
    assert_string_equal(said[6].payee_id, said[1].id);
    payments_close(&s);
}

static void test_it_closes_when_the_payees_bank_declines(void **unused) {
    (void)unused;
    struct payments s;
    payments_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"},
         {SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
    PLAY(&s, {.result = OUTCOME_DECLINED, .about = said[0].id});
    assert_int_equal(said_count, 5);
    for (size_t i = 3; i < 5; i++) {
        assert_int_equal(said[i].r.state, RECOMMENDATION_WITHDRAWN);
        assert_string_equal(said[i].why, "PAYEE_DECLINED");
    }
    PLAY(&s, {SUSPENDED, .tx = "3", .payer = "c", .payee = "dropper"});
    assert_int_equal(said_count, 5);
    payments_close(&s);
}

/* A table that says it holds more than fits, twice the same, or a payee without an id. */
static void test_bytes_that_are_no_state_are_refused(void **unused) {
    (void)unused;
    struct payments s;
    struct error error = {0};
    struct pack pack = {0};
    payments_open(&s, both, 2);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"});
    decide_save(s.stand.decide, &pack);
    struct decide_options small = s.stand.options;
    small.instructions_max = 1;
    for (size_t size = 0; size <= pack.size; size++) {
        struct decide *decide = decide_open(size == pack.size ? &small : &s.stand.options, &error);
        struct unpack unpack = {.at = pack.data, .end = pack.data + size};
        assert_false(decide_load(decide, &unpack));
        decide_close(decide);
    }
    free(pack.data);
    payments_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_payment_to_a_flagged_account_is_asked_about),
        cmocka_unit_test(test_a_strong_action_on_the_payee_suspends_the_payment),
        cmocka_unit_test(test_a_payment_may_itself_be_what_flags_the_payee),
        cmocka_unit_test(test_nothing_is_said_of_a_payment_that_is_over_or_goes_elsewhere),
        cmocka_unit_test(test_a_review_alone_is_no_reason_to_ask),
        cmocka_unit_test(test_the_policy_may_leave_the_paying_side_alone),
        cmocka_unit_test(test_an_allowed_account_is_neither_asked_nor_asked_about),
        cmocka_unit_test(test_a_suspension_that_follows_an_attempt_is_news),
        cmocka_unit_test(test_a_payment_is_advised_on_once),
        cmocka_unit_test(test_it_closes_when_the_payment_is_over),
        cmocka_unit_test(test_it_closes_with_the_advice_on_the_payee),
        cmocka_unit_test(test_it_expires_with_the_term_of_the_advice_on_the_payee),
        cmocka_unit_test(test_an_answer_to_it_is_heard),
        cmocka_unit_test(test_caps_are_its_own_and_of_each_bank),
        cmocka_unit_test(test_what_is_urgent_always_has_room),
        cmocka_unit_test(test_none_is_added_when_there_are_too_many),
        cmocka_unit_test(test_none_is_given_twice),
        cmocka_unit_test(test_a_copy_that_comes_behind_the_money_is_no_news),
        cmocka_unit_test(test_payers_are_warned_on_when_a_bank_has_confirmed_the_fraud),
        cmocka_unit_test(test_a_bank_may_take_its_confirmation_back),
        cmocka_unit_test(test_a_confirmation_may_be_withdrawn),
        cmocka_unit_test(test_it_may_be_confirmed_anew),
        cmocka_unit_test(test_an_answer_may_move_from_one_payee_to_another),
        cmocka_unit_test(test_it_closes_when_the_payees_bank_declines),
        cmocka_unit_test(test_bytes_that_are_no_state_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
