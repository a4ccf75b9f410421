/* SPDX-License-Identifier: Apache-2.0 */
/* The typologies of the synthetic feed leave their traces, and labels and groups say which they
 * are. docs/GENERATOR.md makes the claims. */
#include "tests/gen_seen.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static void every_typology_is_planted_and_reached_by_tainted_money(void **state) {
    (void)state;
    int planted[GEN_TYPOLOGY_COUNT] = {0}, reached[GEN_TYPOLOGY_COUNT] = {0};
    for (uint32_t i = 0; i < gen_label_count(feed.gen); i++) {
        const struct gen_label label = gen_label(feed.gen, i);
        planted[label.typology]++;
        reached[label.typology] += label.first_bad_s != 0;
    }
    assert_int_equal(gen_label_count(feed.gen), ACCOUNTS * 20 / 1000);
    assert_int_equal(planted[GEN_HONEST], 0);
    for (int i = GEN_FORWARDER; i < GEN_TYPOLOGY_COUNT; i++)
        assert_in_range(2 * reached[i], planted[i] + 2, 2 * planted[i]);
}

static void a_label_names_the_first_tainted_credit(void **state) {
    (void)state;
    int64_t *first = calloc(feed.gen->count, sizeof *first);
    for
        EACH(s)
    if (s->bad && s->status == TX_STATUS_SETTLED && s->payee != NOBODY && first[s->payee] == 0)
        first[s->payee] = s->event_s;
    for (uint32_t i = 0; i < gen_label_count(feed.gen); i++) {
        const struct gen_label label = gen_label(feed.gen, i);
        assert_int_equal(first[gen_sample_number(feed.numbers, text_of(label.account_token))],
                         label.first_bad_s);
    }
    free(first);
}

static bool in_group(uint32_t account, const char *name) {
    const char *group;
    for (uint32_t n = 0; (group = gen_group(feed.gen, account, n)) != NULL; n++)
        if (strcmp(group, name) == 0) return true;
    return false;
}

static void groups_name_every_account_and_victims_are_those_who_paid(void **state) {
    (void)state;
    bool *paid = calloc(feed.gen->count, sizeof *paid);
    size_t victims = 0;
    for
        EACH(s)
    if (s->bad && s->status == TX_STATUS_SETTLED && honest(s->payer)) paid[s->payer] = true;
    assert_int_equal(gen_account_count(feed.gen), feed.gen->count);
    for (uint32_t i = 0; i < feed.gen->count; i++) {
        const struct person *p = person(i);
        const bool plain = p->typology == GEN_HONEST;
        assert_non_null(gen_group(feed.gen, i, 0));
        assert_true(plain || in_group(i, gen_typology_name(p->typology)));
        assert_int_equal(in_group(i, "pensioner"), plain && p->role == ROLE_PENSIONER);
        assert_int_equal(in_group(i, "victim"), paid[i]);
        assert_true(plain || gen_group(feed.gen, i, 1) == NULL);
        victims += paid[i];
    }
    free(paid);
    assert_true(victims > 20);
}

/* Of the tainted money of one typology: how much came, and how much had left within `within_s` of
 * the latest tainted credit. */
static void follow(enum gen_typology typology, int64_t within_s, int64_t *in, int64_t *out) {
    int64_t *arrived = calloc(feed.gen->count, sizeof *arrived);
    *in = *out = 0;
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED) continue;
            if (is(s->payee, typology)) {
                *in += s->amount;
                arrived[s->payee] = s->event_s;
            }
            if (is(s->payer, typology) && s->event_s - arrived[s->payer] <= within_s)
                *out += s->amount;
        }
    free(arrived);
}

static void forwarders_pass_most_of_it_on_within_minutes(void **state) {
    (void)state;
    int64_t in, out;
    follow(GEN_FORWARDER, 36 * MINUTE_S, &in, &out);
    assert_in_range(100 * out / in, 80, 110);
}

static void slow_forwarders_wait_for_hours(void **state) {
    (void)state;
    int64_t in, soon, later;
    follow(GEN_SLOW_FORWARDER, 36 * MINUTE_S, &in, &soon);
    follow(GEN_SLOW_FORWARDER, DAY_S, &in, &later);
    assert_in_range(100 * soon / in, 0, 45); /* some of it from an earlier credit */
    assert_in_range(100 * later / in, 60, 110);
}

static void operators_keep_about_a_twentieth_and_forward_by_transfer(void **state) {
    (void)state;
    int64_t in, out, by_transfer = 0, all = 0;
    follow(GEN_OPERATOR, DAYS * DAY_S, &in, &out);
    assert_in_range(1000 * out / in, 900, 955);
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED || !is(s->payer, GEN_OPERATOR)) continue;
            all++;
            by_transfer += s->type == EVENT_TYPE_P2P_TRANSFER && !honest(s->payee);
        }
    assert_in_range(100 * by_transfer / all, 70, 100);
}

/* One person's accounts in different banks; each credit below 190,000 KZT; one ATM a crew. */
static void a_card_farm_is_one_person_emptied_at_one_machine(void **state) {
    (void)state;
    uint64_t *atm = calloc(feed.gen->count, sizeof *atm);
    size_t withdrawals = 0, elsewhere = 0;
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED) continue;
            if (is(s->payee, GEN_CARD_FARM)) assert_true(s->amount <= 190000 * KZT);
            if (!is(s->payer, GEN_CARD_FARM)) continue;
            assert_int_equal(s->type, EVENT_TYPE_CASH_WITHDRAWAL);
            uint64_t *own = &atm[person(s->payer)->owner];
            if (*own == 0) *own = s->terminal;
            withdrawals++;
            elsewhere += *own != s->terminal;
        }
    free(atm);
    assert_true(withdrawals > 10);
    assert_int_equal(elsewhere, 0);
    for (uint32_t i = 1; i < feed.gen->label_count; i++) {
        const struct person *a = person(feed.gen->labels[i - 1]), *b = person(feed.gen->labels[i]);
        if (a->typology != GEN_CARD_FARM || b->typology != GEN_CARD_FARM || a->crew != b->crew)
            continue;
        assert_int_equal(a->owner, b->owner);
        assert_int_not_equal(a->bank, b->bank);
    }
}

static void couriers_leave_no_payee(void **state) {
    (void)state;
    int couriers = 0;
    for
        EACH(s)
    couriers += s->bad && s->type == EVENT_TYPE_CASH_WITHDRAWAL && honest(s->payer);
    assert_true(couriers > 0);
}

static void stopped_transfers_are_undone_by_victims_and_by_honest_payers(void **state) {
    (void)state;
    int undone[2] = {0, 0};
    for (size_t i = 0; i < feed.count; i++) {
        const struct seen *stopped = &feed.seen[i];
        if (stopped->status != TX_STATUS_SUSPENDED) continue;
        for (size_t k = i + 1; k < feed.count; k++)
            if (feed.seen[k].tx_id == stopped->tx_id && feed.seen[k].status == TX_STATUS_SETTLED)
                undone[stopped->bad] += feed.seen[k].reason == 'C';
    }
    assert_true(undone[true] > 0);
    assert_true(undone[false] > undone[true]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_typology_is_planted_and_reached_by_tainted_money),
        cmocka_unit_test(a_label_names_the_first_tainted_credit),
        cmocka_unit_test(groups_name_every_account_and_victims_are_those_who_paid),
        cmocka_unit_test(forwarders_pass_most_of_it_on_within_minutes),
        cmocka_unit_test(slow_forwarders_wait_for_hours),
        cmocka_unit_test(operators_keep_about_a_twentieth_and_forward_by_transfer),
        cmocka_unit_test(a_card_farm_is_one_person_emptied_at_one_machine),
        cmocka_unit_test(couriers_leave_no_payee),
        cmocka_unit_test(stopped_transfers_are_undone_by_victims_and_by_honest_payers),
    };
    return cmocka_run_group_tests(tests, generate, dispose);
}
