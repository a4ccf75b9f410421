/* SPDX-License-Identifier: Apache-2.0 */
/* The banks of the demo's town: what they answer, when, and that an engine takes it. */
#include "tests/support.h"

#include "detector/commands/demo_bank.h"

#include <stdio.h>

enum { HOUR_S = 3600, ADVISED = 200 };

#define ISSUED_S INT64_C(1767600000)

static int setup(void **state) {
    struct demo_bank *bank = demo_bank_new();
    demo_bank_know(bank, text_of("dropper"));
    *state = bank;
    return 0;
}

static int teardown(void **state) {
    demo_bank_free(*state);
    return 0;
}

static struct recommendation advice(uint32_t number, const char *account) {
    struct recommendation r = {.state = RECOMMENDATION_ISSUED,
                               .target_account_token = text_of(account),
                               .hold_amount_present = true,
                               .hold_amount_kzt_minor = 1000,
                               .at_risk_kzt_minor = 5000,
                               .issued_at_us = ISSUED_S * 1000000};
    /* Any digits, spread as those of a hash are. */
    snprintf(r.id, sizeof r.id, "%08x%08x%016x", number * 2654435761u, number * 2246822519u,
             number);
    return r;
}

static void advise(struct demo_bank *bank, const char *account) {
    for (uint32_t i = 0; i < ADVISED; i++) {
        const struct recommendation r = advice(i, account);
        demo_bank_take(bank, &r);
    }
}

/* Takes all answers, counted by their result. */
static void count_answers(struct demo_bank *bank, int64_t counts[OUTCOME_COUNT]) {
    struct signal s;
    int64_t before_s = 0;
    while (demo_bank_answer(bank, INT64_MAX, &s)) {
        const char *why = "";
        assert_int_equal(signal_admit(&s, s.reported_at_s, &why), VERDICT_ACCEPTED);
        assert_int_equal(s.kind, SIGNAL_OUTCOME);
        assert_in_range(s.reported_at_s - ISSUED_S, 12 * HOUR_S, 36 * HOUR_S);
        assert_true(s.reported_at_s >= before_s);
        before_s = s.reported_at_s;
        counts[s.outcome_result]++;
    }
}

static void droppers_are_answered_in_every_way_but_one(void **state) {
    int64_t counts[OUTCOME_COUNT] = {0}, answers = 0;
    advise(*state, "dropper");
    count_answers(*state, counts);
    for (enum outcome_result r = OUTCOME_UNKNOWN + 1; r < OUTCOME_COUNT; r++) {
        assert_int_equal(counts[r] > 0, r != OUTCOME_FALSE_POSITIVE);
        answers += counts[r];
    }
    assert_in_range(answers, ADVISED / 2, ADVISED - 1);
}

static void the_honest_were_wrongly_suspected(void **state) {
    int64_t counts[OUTCOME_COUNT] = {0};
    advise(*state, "honest");
    count_answers(*state, counts);
    assert_in_range(counts[OUTCOME_FALSE_POSITIVE], ADVISED / 2, ADVISED - 1);
    for (enum outcome_result r = OUTCOME_UNKNOWN; r < OUTCOME_FALSE_POSITIVE; r++)
        assert_int_equal(counts[r], 0);
}

static void an_answer_waits_for_its_time(void **state) {
    struct signal s;
    advise(*state, "honest");
    assert_false(demo_bank_answer(*state, ISSUED_S + 12 * HOUR_S - 1, &s));
    assert_true(demo_bank_answer(*state, ISSUED_S + 36 * HOUR_S, &s));
    assert_false(demo_bank_answer(*state, s.reported_at_s - 1, &s));
}

static void an_answer_names_its_advice(void **state) {
    struct signal s;
    struct recommendation r = advice(1, "honest");
    memcpy(r.id, "0000004f000000000123456789abcdef", sizeof r.id);
    demo_bank_take(*state, &r);
    assert_true(demo_bank_answer(*state, INT64_MAX, &s));
    assert_true(text_equal(s.recommendation_id, text_of("0000004f000000000123456789abcdef")));
    assert_true(text_equal(s.signal_id, text_of("0000004f-0000-0000-0123-456789abcdef")));
    assert_true(text_equal(s.subjects[0].token, text_of("honest")));
    assert_int_equal(s.subjects[0].role, ROLE_OTHER);
    assert_int_equal(s.reported_at_s, ISSUED_S + 12 * HOUR_S);
    assert_int_equal(s.occurred_at_s, ISSUED_S);
}

static void what_is_held_is_what_was_asked_for(void **state) {
    struct signal s;
    advise(*state, "dropper");
    while (demo_bank_answer(*state, INT64_MAX, &s)) {
        const int64_t held_tiyn = s.outcome_result == OUTCOME_HELD          ? 1000
                                  : s.outcome_result == OUTCOME_PARTLY_HELD ? 500
                                                                            : 0;
        assert_int_equal(s.held_amount_kzt_minor, held_tiyn);
        assert_int_equal(s.held_amount_present, held_tiyn > 0);
    }
}

static void later_revisions_are_not_answered(void **state) {
    struct signal s;
    for (uint32_t i = 0; i < ADVISED; i++) {
        struct recommendation r = advice(i, "honest");
        r.state = RECOMMENDATION_AMENDED;
        demo_bank_take(*state, &r);
    }
    assert_false(demo_bank_answer(*state, INT64_MAX, &s));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(droppers_are_answered_in_every_way_but_one),
        TEST(the_honest_were_wrongly_suspected),
        TEST(an_answer_waits_for_its_time),
        TEST(an_answer_names_its_advice),
        TEST(what_is_held_is_what_was_asked_for),
        TEST(later_revisions_are_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
