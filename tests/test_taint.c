/* SPDX-License-Identifier: Apache-2.0 */
/* Traced money by hand: where it is now, what withdrawals leave, what is asked of it, and its
 * bounds. */
#include "tests/taint_stand.h"

#include "tests/a_signal.h"
#include "tests/rows.h"
#include "tests/sample.h"

#include <stdio.h>

static void a_report_is_traced_to_where_the_money_is_now(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100);
    pay(B, C, 70);
    move(C, 0, 30, EVENT_TYPE_CASH_WITHDRAWAL);
    assert_int_equal(there(B), 0);
    report(stolen);
    assert_int_equal(there(B), 30);
    assert_int_equal(there(C), 40);
    pay(C, D, 25);
    assert_int_equal(there(C), 15);
    assert_int_equal(there(D), 25);
    compare();
}

static void a_withdrawal_takes_the_marks_away_wherever_they_are(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100), other = pay(E, B, 50);
    struct report *first = report(stolen);
    report(other);
    pay(B, C, 120);
    assert_int_equal(there(C), 120);
    withdraw(first);
    assert_int_equal(there(B), 30);
    assert_int_equal(there(C), 20);
    compare();
}

static void what_two_reports_name_stays_until_both_are_withdrawn(void **state) {
    (void)state;
    const uint32_t stolen = pay(A, B, 100);
    struct report *first = report(stolen), *second = report(stolen);
    withdraw(first);
    assert_int_equal(there(B), 100);
    withdraw(second);
    assert_int_equal(there(B), 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).sources, 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).marks, 0);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
}

static void a_report_without_ids_is_of_the_amount_near_its_time(void **state) {
    (void)state;
    pay(A, B, 90);
    pay(C, B, 100);
    struct signal s = a_signal("near", SUBJECT_ACCOUNT, names[B], 0);
    s.occurred_at_present = s.amount_present = true;
    s.occurred_at_s = SAMPLE_START_S + 20 * HOUR_S;
    s.amount_kzt_minor = 100;
    send_signal(&s);
    assert_int_equal(there(B), 100);
    s.signal_id = text_of("too far");
    s.occurred_at_s = SAMPLE_START_S + 2 * DAY_S;
    s.amount_kzt_minor = 90;
    send_signal(&s);
    assert_int_equal(there(B), 100);
    s.signal_id = text_of("without an amount");
    s.occurred_at_s = SAMPLE_START_S + HOUR_S;
    s.amount_present = false;
    send_signal(&s);
    assert_int_equal(there(B), 190);
    hold_all_to_twin();
}

static void without_an_amount_it_is_of_p2p_transfers_alone(void **state) {
    (void)state;
    move(A, B, 100, EVENT_TYPE_SALARY_OR_BENEFIT);
    move(A, B, 50, EVENT_TYPE_OWN_TRANSFER);
    move(A, B, 25, EVENT_TYPE_C2B_PAYMENT);
    move(0, B, 12, EVENT_TYPE_CASH_DEPOSIT);
    pay(A, B, 6);
    struct signal s = a_signal("near", SUBJECT_ACCOUNT, names[B], 0);
    s.occurred_at_present = true;
    s.occurred_at_s = SAMPLE_START_S;
    send_signal(&s);
    assert_int_equal(there(B), 6);
    s.signal_id = text_of("of an amount");
    s.amount_present = true;
    s.amount_kzt_minor = 25;
    send_signal(&s);
    assert_int_equal(there(B), 31);
}

/* How many transfers of a report are not there: of the last signal. */
static uint32_t untraced(const struct signal *s) {
    send_signal(s);
    return stand.batch->signal_untraced[0];
}

static void what_a_report_names_and_is_not_there_is_told(void **state) {
    (void)state;
    struct report r = {.id = "ahead", .events = {pay(A, B, 100), pay(A, C, 50)}, .count = 2};
    struct signal s = signal_about(&r, false);
    s.related_tx_ids[s.tx_id_count++] = text_of("tx-3");
    assert_int_equal(untraced(&s), 1);
    s.related_tx_ids[s.tx_id_count++] = text_of("never");
    s.revision++;
    assert_int_equal(untraced(&s), 2);
    assert_int_equal(there(B) + there(C), 150);
    stand.cut = true; /* nothing is compared */
    move(B, 0, 20, EVENT_TYPE_CASH_WITHDRAWAL);
    pay(A, B, 30); /* tx-3 */
    s.tx_id_count--;
    s.revision++;
    assert_int_equal(untraced(&s), 0);
    assert_int_equal(there(B), 110);
    s.confidence = CONFIDENCE_REJECTED;
    s.related_tx_ids[0] = text_of("never");
    s.revision++;
    assert_int_equal(untraced(&s), 0);
}

static void what_is_never_traced_is_not_missing(void **state) {
    (void)state;
    struct signal s = a_signal("nobody", SUBJECT_ACCOUNT, names[B], 0);
    assert_int_equal(untraced(&s), 0); /* it names no transfer */
    s.related_tx_ids[s.tx_id_count++] = text_of("tx-0");
    s.signal_id = text_of("bot");
    s.source = SOURCE_CITIZEN_BOT;
    assert_int_equal(untraced(&s), 0);
    s.signal_id = text_of("list");
    s.source = SOURCE_POLICE;
    s.kind = SIGNAL_LIST_ENTRY;
    assert_int_equal(untraced(&s), 0);
    s.signal_id = text_of("incident");
    s.kind = SIGNAL_INCIDENT;
    assert_int_equal(untraced(&s), 1);
    assert_int_equal(untraced(&s), 0); /* REPLAYED */
}

static void a_report_without_ids_misses_all_or_nothing(void **state) {
    (void)state;
    struct signal s = a_signal("near", SUBJECT_ACCOUNT, names[B], 0);
    s.occurred_at_present = true;
    s.occurred_at_s = SAMPLE_START_S;
    pay(C, D, 5);
    assert_int_equal(untraced(&s), 1);
    stand.cut = true; /* nothing is compared */
    pay(A, B, 5);
    pay(A, B, 6);
    s.revision = 2;
    assert_int_equal(untraced(&s), 0);
    assert_int_equal(there(B), 11);
}

/* It left, and nothing of it can be followed. */
static void a_victim_s_cash_is_there_all_the_same(void **state) {
    (void)state;
    pay(C, A, 100);
    struct signal s = a_signal("cash", SUBJECT_ACCOUNT, names[A], 0);
    s.subjects[0].role = ROLE_VICTIM;
    s.related_tx_ids[s.tx_id_count++] = text_of("tx-1");
    assert_int_equal(untraced(&s), 1);
    move(A, 0, 70, EVENT_TYPE_CASH_WITHDRAWAL);
    s.revision = 2;
    assert_int_equal(untraced(&s), 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).sources, 0);
}

/* Anyone can report an enemy. */
static void a_citizen_s_report_is_not_traced(void **state) {
    (void)state;
    struct report r = {.id = "citizen", .events = {pay(A, B, 100)}, .count = 1};
    struct signal s = signal_about(&r, false);
    s.source = SOURCE_CITIZEN_BOT;
    send_signal(&s);
    assert_int_equal(there(B), 0);
    struct signal as_victim = signal_about(&r, true);
    as_victim.signal_id = text_of("as victim");
    as_victim.source = SOURCE_CITIZEN_BOT;
    send_signal(&as_victim);
    assert_int_equal(there(B), 0);
    const struct signal grey =
        a_signal_of("list", SIGNAL_LIST_ENTRY, SOURCE_BANK, CONFIDENCE_CORROBORATED, names[B]);
    send_signal(&grey);
    s.signal_id = text_of("another citizen");
    send_signal(&s); /* somebody else speaks of B, but not of this transfer */
    assert_int_equal(there(B), 0);
    hold_all_to_twin();
}

/* Its withdrawal after that would find no signal that is in force. */
static void a_report_counts_to_the_end_of_its_term(void **state) {
    (void)state;
    struct report r = {.id = "short", .events = {pay(A, B, 100)}, .count = 1};
    struct signal s = signal_about(&r, false);
    s.valid_until_present = true;
    s.valid_until_s = SAMPLE_START_S + stand.second + DAY_S;
    pay(B, C, 70);
    const uint32_t other = pay(E, B, 50);
    send_signal(&s);
    report(other);
    struct taint *t = (struct taint *)(uintptr_t)apply_taint(stand.apply);
    taint_maintain(t, s.valid_until_s - 1);
    assert_int_equal(there(B), 80);
    assert_int_equal(there(C), 70);
    taint_maintain(t, s.valid_until_s);
    assert_int_equal(there(B), 50);
    assert_int_equal(there(C), 0);
}

/* What ended is forgotten at once, its marks a little later. */
static void a_report_that_comes_anew_after_its_end_counts_to_the_new_one(void **state) {
    (void)state;
    struct report r = {.id = "again", .events = {pay(A, B, 100)}, .count = 1};
    struct signal s = signal_about(&r, false);
    s.valid_until_present = true;
    s.valid_until_s = SAMPLE_START_S + stand.second + DAY_S;
    send_signal(&s);
    stand.second += DAY_S;
    pay(D, E, 1);
    assert_int_equal(there(B), 100);
    s.valid_until_s += 3 * DAY_S;
    send_signal(&s);
    assert_int_equal(stand.batch->signal_effect[0], EFFECT_ADDED);
    taint_maintain((struct taint *)(uintptr_t)apply_taint(stand.apply), rows_clock_s());
    assert_int_equal(there(B), 100);
    stand.second += 3 * DAY_S;
    stand.ordinal = BATCH_STRIDE - 1;
    pay(D, E, 1);
    pay(D, E, 1);
    assert_int_equal(there(B), 0);
    hold_all_to_twin();
}

static void a_rejected_revision_undoes_the_report(void **state) {
    (void)state;
    struct report *r = report(pay(A, B, 100));
    struct signal s = signal_about(r, false);
    s.confidence = CONFIDENCE_REJECTED;
    send_signal(&s);
    assert_int_equal(there(B), 0);
}

static struct taint_answer ask(uint32_t account) {
    struct taint_answer answer;
    taint_ask((struct taint *)(uintptr_t)apply_taint(stand.apply), account_named(account)->number,
              SAMPLE_START_S + stand.second, rows_clock_s(), &answer);
    return answer;
}

static void an_answer_says_how_much_how_far_and_from_how_many(void **state) {
    (void)state;
    const uint32_t one = pay(A, B, 100), two = pay(E, C, 40);
    report(one);
    report(two);
    pay(B, D, 60);
    pay(C, D, 40);
    pay(B, D, 30);
    assert_int_equal(ask(D).amount_72h, 130);
    assert_int_equal(ask(D).hop, 2);
    assert_int_equal(ask(D).payers_24h, 2);
    assert_int_equal(ask(B).hop, 1);
    assert_int_equal(ask(A).hop, 0);
    assert_int_equal(ask(D).there, 130);
    assert_int_equal(ask(B).there, 10);
    move(D, 0, 50, EVENT_TYPE_CASH_WITHDRAWAL);
    assert_int_equal(ask(D).there, 80);
    stand.second += DAY_S;
    assert_int_equal(ask(D).payers_24h, 0);
    assert_int_equal(ask(D).amount_72h, 130);
    stand.second += 2 * DAY_S;
    assert_int_equal(ask(D).amount_72h, 0);
    assert_int_equal(ask(D).hop, 0);
}

/* By the vector of the payee of the last event. */
static void the_next_dropper_is_known_by_the_payment_that_makes_him_one(void **state) {
    (void)state;
    report(pay(A, B, 100));
    const uint64_t before = stand.vectors;
    pay(B, C, 70); /* hold_vectors compares: of both sides some is traced */
    assert_int_equal(stand.vectors - before, 2);
    again(stand.count - 1, TX_STATUS_REFUSED); /* nothing moves, and B is known */
    assert_int_equal(stand.vectors - before, 4);
}

static void nothing_is_known_of_a_source_after_eight_days(void **state) {
    (void)state;
    report(pay(A, B, 100));
    stand.second += 8 * DAY_S;
    pay(C, D, 1);
    assert_int_equal(there(B), 100);
    stand.second += 60;
    for (uint32_t i = 0; i < 5; i++) {
        stand.ordinal = (stand.ordinal / BATCH_STRIDE + 1) * BATCH_STRIDE;
        pay(C, D, 1);
    }
    const struct taint_counts counts = taint_count(apply_taint(stand.apply));
    assert_int_equal(counts.accounts + counts.marks + counts.sources, 0);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
}

static void an_account_that_is_forgotten_takes_its_marks_along(void **state) {
    (void)state;
    report(pay(A, B, 100));
    stand.second += 180 * (int64_t)DAY_S;
    pay(B, C, 1);
    assert_int_equal(account_named(B)->flags & ACCOUNT_TAINTED, 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).accounts, 0);
}

/* Bounds. */

static void reopen(struct taint_options options) {
    close_engine();
    stand.options = options;
    open_engine();
}

static struct taint_options bounds(uint32_t walk_max, uint32_t accounts_max) {
    return (struct taint_options){{10, 72 * HOUR_S, 0, 0}, walk_max, accounts_max};
}

static void a_walk_that_is_cut_off_is_counted_and_marked(void **state) {
    (void)state;
    reopen(bounds(1, 100));
    const uint32_t stolen = pay(A, B, 100);
    pay(B, C, 100);
    pay(C, D, 100);
    report(stolen);
    assert_int_equal(ask(C).amount_72h, 100); /* as far as it got */
    assert_int_equal(there(D), 0);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
    assert_true(ask(C).approximate);
}

static void all_transfers_of_a_report_share_its_walk(void **state) {
    (void)state;
    reopen(bounds(1, 100));
    const uint32_t events[] = {pay(A, B, 100), pay(A, E, 100)};
    pay(B, C, 100);
    pay(E, D, 100);
    report_of(events, 2, false);
    assert_int_equal(taint_count(apply_taint(stand.apply)).walked, 1);
    assert_int_equal(ask(C).amount_72h, 100);
    assert_int_equal(ask(E).amount_72h, 100);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
}

static void a_table_that_is_full_takes_no_more(void **state) {
    (void)state;
    reopen(bounds(100, 2));
    report(pay(A, B, 100));
    pay(B, C, 60);
    pay(B, D, 40);
    assert_int_equal(there(C), 60);
    assert_int_equal(there(D), 0);
    const struct taint_counts counts = taint_count(apply_taint(stand.apply));
    assert_int_equal(counts.accounts, 2);
    assert_true(counts.bounded > 0);
    assert_false(ask(C).approximate);
    assert_true(ask(D).approximate);
    pay(D, E, 1); /* whose features say so, too */
    assert_true(stand.batch->side[0].taint_approximate);
    assert_false(stand.batch->side[1].taint_approximate);
}

static void a_transfer_that_has_no_room_among_the_reported_marks_its_payee(void **state) {
    (void)state;
    reopen(bounds(100, 1));
    report(pay(A, B, 100));
    report(pay(A, C, 50));
    assert_int_equal(taint_count(apply_taint(stand.apply)).sources, 1);
    assert_int_equal(there(C), 0);
    assert_true(ask(C).approximate);
    assert_false(ask(B).approximate);
}

static void the_mark_outlives_what_had_no_room(void **state) {
    (void)state;
    reopen(bounds(100, 2));
    report(pay(A, B, 100));
    for (int i = 0; i < 7; i++)
        pay(B, B, 10); /* eight marks are all there are */
    assert_int_equal(taint_count(apply_taint(stand.apply)).marks, 8);
    assert_false(ask(B).approximate);
    pay(B, C, 10);
    assert_int_equal(taint_count(apply_taint(stand.apply)).accounts, 1);
    assert_true(ask(C).approximate);
}

static void a_mark_is_felt_for_eight_days_at_least_and_sixteen_at_most(void **state) {
    (void)state;
    reopen(bounds(100, 1));
    report(pay(A, B, 100));
    pay(B, C, 60);
    assert_true(ask(C).approximate);
    for (int day = 1; day <= 16; day++) {
        stand.second += DAY_S - 60;
        pay(D, C, 1);
        if (day <= 8) assert_true(ask(C).approximate);
    }
    assert_false(ask(C).approximate);
    assert_int_equal(account_named(C)->flags & ACCOUNT_BOUNDED, 0);
}

/* Of 33 credits of eight parts each, by turns from two whose parts are half as many. */
static void an_account_has_256_parts_and_then_is_approximate(void **state) {
    (void)state;
    char id[24];
    reopen(bounds(4096, 4096));
    stand.cut = true; /* nothing is compared */
    for (int i = 0; i < 33; i++) {
        const uint32_t from = i % 2 == 0 ? B : E;
        if (i > 0) assert_false(ask(D).approximate);
        stand.count = 0;
        for (int part = 0; part < 8; part++) {
            pay(C, from, 10);
            pay(C, from, 7);
        }
        snprintf(id, sizeof id, "of-ten-%d", i);
        struct signal s = a_signal(id, SUBJECT_ACCOUNT, names[from], 0);
        s.occurred_at_present = s.amount_present = true;
        s.occurred_at_s = SAMPLE_START_S + stand.second;
        s.amount_kzt_minor = 10;
        send_signal(&s);
        pay(from, D, 136);
    }
    assert_int_equal(ask(D).amount_72h, 2560);
    assert_true(ask(D).approximate);
}

static void a_credit_has_eight_parts_and_then_is_approximate(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        report(pay(A, B, 10));
        pay(C, B, 10);
    }
    pay(B, D, 200);
    assert_int_equal(there(D), 80);
    assert_true(ask(D).approximate);
    assert_false(ask(B).approximate);
    again(stand.count - 1, TX_STATUS_REVERSED);
    assert_int_equal(there(B), 80);
    for (uint32_t account = B; account <= D; account += D - B) {
        const struct naive_traced twin =
            naive_tracing_ask(stand.twin, account, SAMPLE_START_S + stand.second);
        assert_int_equal(twin.there, there(account));
        assert_int_equal(twin.amount_72h, ask(account).amount_72h);
    }
}

/* Nothing has left meanwhile: it is the question that finds out. */
static void what_is_there_of_money_that_left_the_ring_is_approximate(void **state) {
    (void)state;
    report(pay(A, B, 100));
    stand.cut = true; /* nothing is compared */
    for (uint32_t i = 0; i < RING_MAX; i++) {
        assert_false(ask(B).approximate);
        stand.count = 0;
        pay(C, B, 1);
    }
    assert_true(ask(B).approximate);
    assert_int_equal(ask(B).there, 0);
    assert_int_equal(taint_count(apply_taint(stand.apply)).bounded, 0);
}

static void a_ring_that_no_longer_says_is_approximate(void **state) {
    (void)state;
    report(pay(A, B, 100));
    pay(B, C, 1);
    for (uint32_t i = 0; i < EVENTS_MAX - 2; i++)
        pay(B, B, 1);
    stand.count = 0; /* nothing is compared */
    stand.cut = true;
    for (uint32_t i = 0; i < EVENTS_MAX - 2; i++)
        pay(B, B, 1);
    pay(B, C, 1);
    assert_true(ask(B).approximate);
    assert_true(taint_count(apply_taint(stand.apply)).bounded > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_traced_to_where_the_money_is_now),
        TEST(a_withdrawal_takes_the_marks_away_wherever_they_are),
        TEST(what_two_reports_name_stays_until_both_are_withdrawn),
        TEST(a_report_without_ids_is_of_the_amount_near_its_time),
        TEST(without_an_amount_it_is_of_p2p_transfers_alone),
        TEST(what_a_report_names_and_is_not_there_is_told),
        TEST(what_is_never_traced_is_not_missing),
        TEST(a_report_without_ids_misses_all_or_nothing),
        TEST(a_victim_s_cash_is_there_all_the_same),
        TEST(a_citizen_s_report_is_not_traced),
        TEST(a_report_counts_to_the_end_of_its_term),
        TEST(a_report_that_comes_anew_after_its_end_counts_to_the_new_one),
        TEST(a_rejected_revision_undoes_the_report),
        TEST(an_answer_says_how_much_how_far_and_from_how_many),
        TEST(the_next_dropper_is_known_by_the_payment_that_makes_him_one),
        TEST(nothing_is_known_of_a_source_after_eight_days),
        TEST(an_account_that_is_forgotten_takes_its_marks_along),
        TEST(a_walk_that_is_cut_off_is_counted_and_marked),
        TEST(all_transfers_of_a_report_share_its_walk),
        TEST(a_table_that_is_full_takes_no_more),
        TEST(a_transfer_that_has_no_room_among_the_reported_marks_its_payee),
        TEST(the_mark_outlives_what_had_no_room),
        TEST(a_mark_is_felt_for_eight_days_at_least_and_sixteen_at_most),
        TEST(a_credit_has_eight_parts_and_then_is_approximate),
        TEST(an_account_has_256_parts_and_then_is_approximate),
        TEST(what_is_there_of_money_that_left_the_ring_is_approximate),
        TEST(a_ring_that_no_longer_says_is_approximate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
