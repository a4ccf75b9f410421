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

/* No cap is passed but by what is urgent, which is never held back; and what is held back is so
 * while not even a review is to be had. */
static void test_whatever_comes_caps_hold_and_the_urgent_pass(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    static int64_t hours[SCENE_MAX];
    static char names[SCENE_MAX][16];
    const size_t count = random_scene(acts);
    const struct limits caps = {4, 3, 1000, 2, 0};
    struct scene *scene = scene_open(&caps);
    int64_t clock_s = 0;
    size_t capped = 0, urgent = 0;
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
        if (seen[i].state > RECOMMENDATION_AMENDED) continue;
        assert_true(given_since(i, hour, hours, NULL) <= (review ? caps.review : caps.hold));
        assert_true(given_since(i, hour, hours, seen_bic[i]) <= caps.per_bank);
    }
    for (size_t i = 0; i < count; i++) {
        capped += decided[i] == DECISION_CAPPED;
        if (decided[i] == DECISION_COUNT || acts[i].score < 3) continue;
        assert_int_not_equal(decided[i], DECISION_CAPPED);
        urgent += decided[i] == DECISION_ISSUED;
    }
    assert_true(capped > 5 && urgent > 3);
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

static void test_the_size_of_batches_changes_nothing(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    const size_t count = random_scene(acts);
    const struct limits caps = {3, 2, 6, 2, 0};
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
        cmocka_unit_test(test_the_size_of_batches_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
