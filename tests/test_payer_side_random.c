/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to payers' banks on random rows, held to its slow twin. */
#include "tests/chance.h"
#include "tests/fake_account_defined.h"
#include "tests/payments.h"
#include "tests/support.h"

#include <stdio.h>

enum { DAY = 86400 };

static const struct naive_payer_rule random_ask = {ACTION_HOLD_AMOUNT, 12, UINT32_MAX, false};
static const struct naive_payer_rule random_suspend = {ACTION_SUSPEND_EBANKING, 9, 4, false};
#define RANDOM_RULES                                                                               \
    RULE("ASK_PAYER", "HOLD_AMOUNT", "\"per_hour\": 12", "NORMAL")                                 \
    ", " RULE("SUSPEND_INSTRUCTION", "SUSPEND_EBANKING",                                           \
              "\"per_hour\": 9, \"per_hour_per_bank\": 4", "HIGH")

/* A payment; its later rows are of the same one more often than not. */
static struct row random_row(struct chance *chance, int64_t at) {
    static const enum tx_status statuses[] = {
        TX_STATUS_ATTEMPTED, TX_STATUS_ATTEMPTED, TX_STATUS_SUSPENDED, TX_STATUS_SETTLED,
        TX_STATUS_REFUSED,   TX_STATUS_REVERSED,  TX_STATUS_UNKNOWN};
    static const double scores[] = {-1, -1, -1, 0.5, 2, 2.5, 4};
    static const char *const banks[] = {"AKZ", "BKZ", "CKZ"};
    static char names[3][64][8];
    struct row row = {.at = at,
                      .status = statuses[chance_below(chance, 7)],
                      .score = scores[chance_below(chance, 7)],
                      .amount_tiyn = 1 + chance_below(chance, 1000),
                      .bank = banks[chance_below(chance, 3)]};
    const uint32_t tx = chance_below(chance, 60), payer = tx % 7, payee = tx % 5;
    row.tx = names[0][tx], row.payer = names[1][payer], row.payee = names[2][payee];
    (void)snprintf(names[0][tx], 8, "t%u", tx);
    (void)snprintf(names[1][payer], 8, "p%u", payer);
    (void)snprintf(names[2][payee], 8, "d%u", payee);
    if (chance_is(chance, 15)) row.verdict = VERDICT_DUPLICATE;
    if (chance_is(chance, 3)) row.verdict = VERDICT_LATE;
    if (chance_is(chance, 3)) row.payer = NULL;
    row.moved = chance_is(chance, 10);
    return row;
}

static struct row random_answer(struct chance *chance, int64_t at) {
    static char ids[16][8];
    const uint32_t id = chance_below(chance, 16);
    (void)snprintf(ids[id], sizeof ids[0], "a%u", id);
    if (chance_is(chance, 30)) return (struct row){.at = at, .withdraws = ids[id]};
    static const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED,
                                                  OUTCOME_DECLINED,       OUTCOME_CONFIRMED_FRAUD,
                                                  OUTCOME_HELD,           OUTCOME_NO_FUNDS};
    return (struct row){
        .at = at,
        .result = results[chance_below(chance, 6)],
        .id = ids[id],
        .effect = chance_is(chance, 30) ? EFFECT_REVISED : EFFECT_ADDED,
        .about = said[said_count - 1 -
                      chance_below(chance, (uint32_t)said_count) % 8 % (uint32_t)said_count]
                     .id};
}

static void twin_row(struct naive_payer_side *twin, const struct payments *s, size_t number,
                     int64_t clock_s, size_t *at) {
    const struct row *row = &rows[number];
    naive_payer_side_move(twin, clock_s);
    if (payments_is_signal(row)) {
        const struct signal signal = payments_signal(row);
        naive_payer_side_take_back(twin, &signal, payments_effect(row));
        if (signal.kind == SIGNAL_OUTCOME) naive_payer_side_hear(twin, &signal);
    }
    for (size_t i = *at; i < said_count && said[i].row == number; i++) {
        if (said[i].payee_id[0] != '\0') continue;
        struct recommendation r = said[i].r;
        r.target_account_token = text_of(said[i].account);
        naive_payer_side_advise(twin, &r);
    }
    const struct transaction tx = payments_transaction(row);
    if (!payments_is_signal(row) && row->verdict != VERDICT_LATE)
        naive_payer_side_take(twin, &tx, row->verdict == VERDICT_DUPLICATE, row->moved);
    for (; *at < said_count && said[*at].row == number; ++*at) {
        if (said[*at].payee_id[0] == '\0') continue;
        const char *due = naive_payer_side_due(twin);
        assert_string_equal(said[*at].line, due == NULL ? "nothing" : due);
    }
    const char *due = naive_payer_side_due(twin);
    if (due != NULL) fail_msg("row %zu of %zu: missing: %s", number, s->played, due);
}

static void play_random(uint64_t seed, unsigned counts[2]) {
    struct chance chance = {seed};
    struct payments s;
    const uint32_t max = seed % 2 == 0 ? 6 : 1000;
    struct naive_payer_side *twin = naive_payer_side_new(&random_ask, &random_suspend, max);
    int64_t at = 0, clock_s = INT64_MIN;
    size_t checked = 0, row = 0;
    payments_open(&s, RANDOM_RULES, max);
    while (s.played < 800) {
        const size_t end = s.played + 1 + chance_below(&chance, 40);
        for (size_t i = s.played; i < end; i++) {
            at += chance_is(&chance, 3) ? chance_below(&chance, DAY) : chance_below(&chance, 400);
            rows[i] = said_count > 0 && chance_is(&chance, 6) ? random_answer(&chance, at)
                                                              : random_row(&chance, at);
        }
        payments_play(&s, end, 1 + chance_below(&chance, 40));
        for (; row < s.played; row++) {
            const int64_t second = decide_stand_monday() + rows[row].at;
            if (!payments_is_signal(&rows[row]) && second > clock_s) clock_s = second;
            twin_row(twin, &s, row, clock_s, &checked);
        }
        if (chance_is(&chance, 30)) decide_stand_restart(&s.stand);
    }
    for (size_t i = 0; i < said_count; i++)
        counts[said[i].payee_id[0] != '\0' && said[i].r.state != RECOMMENDATION_ISSUED] +=
            said[i].payee_id[0] != '\0';
    assert_int_equal(checked, said_count);
    naive_payer_side_free(twin);
    payments_close(&s);
}

static void test_random_rows_agree_with_the_slow_twin(void **unused) {
    (void)unused;
    unsigned counts[2] = {0};
    for (uint64_t seed = 0; seed < 60; seed++)
        play_random(seed, counts);
    assert_true(counts[0] > 3000 && counts[1] > 1500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_rows_agree_with_the_slow_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
