/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every scene, on a random one. */
#include "tests/fake_account_defined.h"
#include "tests/scene.h"
#include "tests/support.h"

#include <stdlib.h>

enum { HOUR = 3600 };

static size_t random_scene(struct act *acts) {
    static const char *const accounts[] = {"a", "b", "c", "d", "e", "f", "g", "allowed"};
    static const char *const txs[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    uint64_t state = 5;
    int64_t at = 0;
    for (size_t i = 0; i < SCENE_MAX; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const uint64_t r = state >> 20;
        at += (int64_t)(r % 4000);
        if (r % 19 == 0) {
            acts[i] = (struct act){.at = at,
                                   .account = accounts[r / 3 % 8],
                                   .tx = txs[r / 29 % 8],
                                   .result = 1 + (enum outcome_result)(r / 7 % 8)};
            continue;
        }
        acts[i] = (struct act){
            .at = r % 13 == 0 ? at - 5000 : at,
            .account = accounts[r / 3 % 8],
            .tx = txs[r / 29 % 8],
            .score = (double)(int64_t)(r / 7 % 10) - 5,
            .unspent_tiyn = (int64_t)(r / 11 % 100000),
            .balance_known = r / 5 % 2 == 0,
            .balance_tiyn = (int64_t)(r / 17 % 150000) - 10000,
            .protected_tiyn = r / 41 % 3 == 0 ? (int64_t)(r / 43 % 80000) : 0,
            .traced_tiyn = r / 47 % 3 == 0 ? (int64_t)(r / 53 % 150000) : 0,
            .fast = r / 59 % 4 == 0 ? (double)(r / 61 % 10) / 10 : 0,
            .status = r % 11 == 0 ? TX_STATUS_REVERSED : TX_STATUS_SETTLED,
            .verdict = r % 17 == 0 ? VERDICT_BAD_TIME : VERDICT_ACCEPTED,
            .payer_too = r % 5 == 0,
            .bank = r / 3 % 8 < 4 ? "BANKKZ01" : "BANKKZ02",
        };
    }
    return SCENE_MAX;
}

/* What an hour has had, of all and of one bank. */
static unsigned given_since(size_t i, int64_t hour, const int64_t *hours, const char *bic) {
    unsigned count = 0;
    for (size_t k = 0; k <= i; k++) {
        const bool given =
            seen[k].state == RECOMMENDATION_ISSUED || seen[k].state == RECOMMENDATION_AMENDED;
        if (given && hours[seen_at[k]] == hour && seen[k].action == seen[i].action &&
            (bic == NULL || strcmp(seen_bic[k], bic) == 0))
            count++;
    }
    return count;
}

/* The least score of an action. */
enum { REVIEW = 0, HOLD = 2, SUSPEND = 3 };

/* Money at risk, where the score is at least that of a review. */
static int64_t at_risk_of(const struct act *act) {
    const bool reported = act->score < REVIEW || act->traced_tiyn > act->unspent_tiyn;
    return reported ? act->traced_tiyn : act->unspent_tiyn;
}

/* That the payee's side is. */
static bool is_urgent(const struct act *act) {
    if (act->score >= SUSPEND) return true;
    return act->score >= HOLD && at_risk_of(act) > 0 && act->fast >= 0.5;
}

/* No cap is passed but by what is urgent, which is never held back; and what is held back is so
 * while not even a review is to be had. */
static void test_whatever_comes_caps_hold_and_the_urgent_pass(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    static int64_t hours[SCENE_MAX];
    static char names[SCENE_MAX][16];
    const size_t count = random_scene(acts);
    const struct limits caps = {4, 3, 1000, 2, 0, 0};
    struct scene *scene = scene_open(&caps);
    int64_t clock_s = 0;
    size_t capped = 0, urgent = 0, raised = 0;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "crowd-%zu", i % 150);
        acts[i].account = names[i];
        acts[i].at /= 10; /* more to an hour */
        if (acts[i].verdict == VERDICT_ACCEPTED && acts[i].result == OUTCOME_UNKNOWN &&
            decide_stand_monday() + acts[i].at > clock_s)
            clock_s = decide_stand_monday() + acts[i].at;
        hours[i] = clock_s / HOUR;
    }
    memset(decided, DECISION_COUNT, sizeof decided);
    free(scene_play(scene, acts, count, 64));
    for (size_t i = 0; i < seen_count; i++) {
        const int64_t hour = hours[seen_at[i]];
        const bool review = seen[i].action == ACTION_REVIEW_ONLY;
        if (seen[i].action == ACTION_SUSPEND_EBANKING) continue;
        if (seen[i].priority == PRIORITY_URGENT) continue;
        if (seen[i].state > RECOMMENDATION_AMENDED) continue;
        assert_true(given_since(i, hour, hours, NULL) <= (review ? caps.review : caps.hold));
        assert_true(given_since(i, hour, hours, seen_bic[i]) <= caps.per_bank);
    }
    for (size_t i = 0; i < count; i++) {
        capped += decided[i] == DECISION_CAPPED;
        if (decided[i] == DECISION_COUNT || !is_urgent(&acts[i])) continue;
        assert_int_not_equal(decided[i], DECISION_CAPPED);
        urgent += decided[i] == DECISION_ISSUED;
        raised += decided[i] == DECISION_ISSUED && acts[i].score < SUSPEND;
    }
    assert_true(capped > 5 && urgent > 3 && raised > 3);
    scene_close(scene);
}

/* Whatever happens, what is advised is suspect money, no more than may be held of the account, and
 * nothing once the advice is over. */
static void test_whatever_happens_a_hold_keeps_its_bounds(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    const size_t count = random_scene(acts);
    struct scene *scene = scene_open(&wide);
    size_t holds = 0, bounded = 0;
    free(scene_play(scene, acts, count, 64));
    for (size_t i = 0; i < seen_count; i++) {
        const struct recommendation *r = &seen[i];
        const struct act *act = &acts[seen_at[i]];
        const bool over =
            r->state == RECOMMENDATION_WITHDRAWN || r->state == RECOMMENDATION_EXPIRED;
        if (over || r->action < ACTION_HOLD_AMOUNT) assert_false(r->hold_amount_present);
        if (!r->hold_amount_present) continue;
        holds++;
        assert_true(r->hold_amount_kzt_minor > 0);
        assert_true(r->hold_amount_kzt_minor <= r->at_risk_kzt_minor);
        if (strcmp(seen_account[i], act->account) != 0 || !act->balance_known) continue;
        assert_true(r->hold_amount_kzt_minor <= act->balance_tiyn - act->protected_tiyn);
        bounded++;
    }
    assert_true(holds > 30 && bounded > 10);
    scene_close(scene);
}

/* What was last advised on an account, and is in force. */
struct advised {
    bool open;
    enum action action;
    int64_t at_risk_tiyn; /* 0, too, when the bank found nothing since */
};

static struct advised *advised_on(struct advised all[16], const char *account) {
    const bool payer = strchr(account, '-') != NULL;
    return &all[(account[1] == 'l' ? 7 : account[0] - 'a') + (payer ? 8 : 0)];
}

static size_t take_advice(struct advised all[16], size_t next, uint64_t ordinal) {
    for (; next < seen_count && seen_at[next] == ordinal; next++) {
        const struct recommendation *r = &seen[next];
        struct advised *now = advised_on(all, seen_account[next]);
        if (r->state == RECOMMENDATION_AMENDED) {
            assert_true(now->open && r->action >= now->action);
            assert_true(r->action > now->action ||
                        4 * (r->at_risk_kzt_minor - now->at_risk_tiyn) >= now->at_risk_tiyn);
        }
        *now =
            (struct advised){r->state <= RECOMMENDATION_AMENDED, r->action, r->at_risk_kzt_minor};
    }
    return next;
}

static void take_answer(struct advised *advised, enum outcome_result result) {
    if (result == OUTCOME_NO_FUNDS) advised->at_risk_tiyn = 0;
    if (result == OUTCOME_DECLINED || result == OUTCOME_REFUNDED ||
        result == OUTCOME_CONFIRMED_FRAUD)
        advised->open = false;
}

static bool calls_for_an_amendment(const struct act *act, const struct advised *before) {
    const int64_t at_risk = at_risk_of(act), grown = at_risk - before->at_risk_tiyn;
    const bool stronger =
        act->score >= (before->action == ACTION_REVIEW_ONLY ? (int)HOLD : (int)SUSPEND);
    return (stronger && before->action < ACTION_SUSPEND_EBANKING) ||
           (grown > 0 && 4 * grown >= before->at_risk_tiyn);
}

/* By the score that amended. */
struct amended {
    size_t all, milder, below;
};

static void count_amendment(struct amended *amended, const struct act *act, enum action standing) {
    amended->all++;
    amended->below += act->score < REVIEW;
    amended->milder += act->score >= REVIEW && act->score < HOLD && standing > ACTION_REVIEW_ONLY;
}

/* Whatever its score, an entry behind which a quarter more is at risk is told of, never as a milder
 * action; and nothing else amends but a stronger action. */
static void test_no_growth_of_the_money_is_passed_over(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    struct advised advised[16] = {{0}};
    const size_t count = random_scene(acts);
    struct scene *scene = scene_open(&wide);
    struct amended amended = {0, 0, 0};
    size_t next = 0;
    memset(decided, DECISION_COUNT, sizeof decided);
    free(scene_play(scene, acts, count, 64));
    for (size_t i = 0; i < count; i++) {
        struct advised *before = advised_on(advised, acts[i].account);
        const enum action standing = before->action;
        next = take_advice(advised, next, i);
        if (acts[i].result != OUTCOME_UNKNOWN && answered[i] != ACTION_UNKNOWN)
            take_answer(before, acts[i].result);
        if (decided[i] == DECISION_AMENDED) count_amendment(&amended, &acts[i], standing);
        if (decided[i] == DECISION_STANDING || (decided[i] == DECISION_BELOW && before->open))
            assert_false(calls_for_an_amendment(&acts[i], before));
    }
    assert_true(amended.all > 30 && amended.milder > 3 && amended.below > 3);
    scene_close(scene);
}

static void test_the_size_of_batches_changes_nothing(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    const size_t count = random_scene(acts);
    const struct limits caps = {3, 2, 6, 2, 0, 0};
    char *first = NULL;
    const uint32_t sizes[] = {1, 2, 3, 7, 64, 128};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct scene *scene = scene_open(&caps);
        char *lines = scene_play(scene, acts, count, sizes[i]);
        scene_close(scene);
        if (first == NULL)
            first = lines;
        else
            assert_string_equal(lines, first);
        if (lines != first) free(lines);
    }
    size_t states[RECOMMENDATION_EXPIRED + 1] = {0};
    for (size_t i = 0; i < seen_count; i++)
        states[seen[i].state]++;
    assert_true(states[RECOMMENDATION_ISSUED] > 20 && states[RECOMMENDATION_AMENDED] > 5);
    assert_true(states[RECOMMENDATION_WITHDRAWN] > 0 && states[RECOMMENDATION_EXPIRED] > 10);
    free(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_happens_a_hold_keeps_its_bounds),
        cmocka_unit_test(test_whatever_comes_caps_hold_and_the_urgent_pass),
        cmocka_unit_test(test_no_growth_of_the_money_is_passed_over),
        cmocka_unit_test(test_the_size_of_batches_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
