/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals: its rules one by one, and what no reporter can bring about. */
#include "tests/chance.h"
#include "tests/signals_asked.h"

#include <stdio.h>
#include <stdlib.h>

static void nothing_is_known_of_nobody(void **unused) {
    (void)unused;
    struct signals *t = table();
    const struct signal_evidence nothing = {.weight = 0};
    const struct signal_evidence answer = of(t, "a", NOW);
    assert_memory_equal(&answer, &nothing, sizeof nothing);
    assert_int_equal(signals_bytes(t), 0);
    assert_int_equal(signals_count(t), 0);
    signals_close(t);
    signals_close(NULL);
}

static void the_weight_is_what_the_source_is_sure_of(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "r"));
    apply(t, a_signal_of("2", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CORROBORATED, "c"));
    apply(t, a_signal_of("3", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "f"));
    apply(t, a_signal_of("4", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REJECTED, "x"));
    assert_true(of(t, "r", NOW).weight == 0.3);
    assert_true(of(t, "c", NOW).weight == 0.6);
    assert_true(of(t, "f", NOW).weight == 1);
    assert_true(of(t, "x", NOW).weight == 0);
    signals_close(t);
}

static void a_report_decays_and_a_confirmation_ends(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "r"));
    apply(t, a_signal_of("2", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "f"));
    assert_true(of(t, "r", NOW - 1).weight == 0);
    assert_true(of(t, "r", NOW + 5 * DAY).weight == 0.15);
    assert_true(of(t, "f", NOW + 10 * DAY - 1).weight == 1);
    assert_true(of(t, "r", NOW + 10 * DAY).weight == 0);
    assert_true(of(t, "f", NOW + 10 * DAY).weight == 0);
    signals_close(t);
}

static void two_sources_corroborate_as_long_as_both_last(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "a"));
    apply(t, a_signal_of("2", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "a"));
    assert_true(of(t, "a", NOW).weight == 0.3);
    struct signal other =
        a_signal_of("3", SIGNAL_INCIDENT, SOURCE_POLICE, CONFIDENCE_REPORTED, "a");
    signal_times(&other, NOW, NOW + 2 * DAY);
    apply(t, other);
    assert_true(of(t, "a", NOW).weight == 0.6);
    assert_true(of(t, "a", NOW + DAY).weight == 0.6 * 0.5);
    assert_true(of(t, "a", NOW + 2 * DAY).weight == 0.3 * 0.8);
    signals_close(t);
}

static void the_party_weighs_what_its_heaviest_subject_does(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "a"));
    struct signal s = a_signal("2", SUBJECT_PHONE, "p", 0);
    s.source = SOURCE_POLICE;
    s.confidence = CONFIDENCE_CORROBORATED;
    apply(t, s);
    const struct account_key keys[] = {subject_key_of(SUBJECT_ACCOUNT, text_of("a")),
                                       subject_key_of(SUBJECT_PERSON, text_of("nobody")),
                                       subject_key_of(SUBJECT_PHONE, text_of("p"))};
    struct signal_evidence e;
    char id[SIGNAL_ID_SIZE];
    signals_ask(t, keys, 3, NOW, &e);
    assert_true(e.weight == 0.6);
    assert_int_equal(e.strongest_count, 2);
    assert_string_equal(signals_id(t, e.strongest[0], id), "2");
    assert_string_equal(signals_id(t, e.strongest[1], id), "1");
    assert_true(ask(t, SUBJECT_DEVICE, "p", NOW).weight == 0);
    signals_close(t);
}

static void a_victim_and_an_honest_outcome_weigh_nothing(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s = a_signal("1", SUBJECT_ACCOUNT, "dropper", 0);
    signal_also(&s, SUBJECT_ACCOUNT, "victim", ROLE_VICTIM);
    apply(t, s);
    s = a_signal_of("2", SIGNAL_OUTCOME, SOURCE_BANK, CONFIDENCE_CONFIRMED, "honest");
    s.outcome_result = OUTCOME_FALSE_POSITIVE;
    apply(t, s);
    s = a_signal_of("3", SIGNAL_OUTCOME, SOURCE_BANK, CONFIDENCE_CONFIRMED, "fraud");
    s.outcome_result = OUTCOME_CONFIRMED_FRAUD;
    apply(t, s);
    assert_true(of(t, "dropper", NOW).weight == 0.3);
    assert_true(of(t, "victim", NOW).weight == 0);
    assert_true(of(t, "honest", NOW).weight == 0);
    assert_true(of(t, "fraud", NOW).weight == 1);
    signals_close(t);
}

static void lists_show_their_colour(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_LIST_ENTRY, SOURCE_BANK, CONFIDENCE_REPORTED, "g"));
    struct signal s = a_signal_of("2", SIGNAL_LIST_ENTRY, SOURCE_HUB, CONFIDENCE_CONFIRMED, "b");
    s.list_colour = COLOUR_BLACK;
    apply(t, s);
    apply(t, a_signal_of("3", SIGNAL_LIST_ENTRY, SOURCE_CITIZEN_BOT, CONFIDENCE_CONFIRMED, "c"));
    assert_true(of(t, "g", NOW).listed_grey && !of(t, "g", NOW).listed_black);
    assert_true(of(t, "b", NOW).listed_black && !of(t, "b", NOW).listed_grey);
    assert_false(of(t, "c", NOW).listed_grey);
    assert_false(of(t, "b", NOW + 10 * DAY).listed_black);
    signals_close(t);
}

static void a_later_revision_replaces_the_whole(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s = a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    assert_int_equal(apply(t, s), EFFECT_ADDED);
    assert_int_equal(apply(t, s), EFFECT_REPLAYED);
    s.revision = 3;
    s.subjects[0].token = text_of("b");
    assert_int_equal(apply(t, s), EFFECT_REVISED);
    assert_true(of(t, "a", NOW).weight == 0 && of(t, "b", NOW).weight == 1);
    s.revision = 2;
    s.subjects[0].token = text_of("a");
    assert_int_equal(apply(t, s), EFFECT_REPLAYED);
    s.revision = 4;
    s.confidence = CONFIDENCE_REJECTED;
    assert_int_equal(apply(t, s), EFFECT_REVISED);
    assert_true(of(t, "a", NOW).weight == 0 && of(t, "b", NOW).weight == 0);
    assert_int_equal(signals_count(t), 1);
    signals_close(t);
}

static void a_shorter_revision_does_not_let_the_earlier_one_come_back(void **unused) {
    (void)unused;
    struct signals *t = table();
    const struct signal first =
        a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    struct signal ends = first;
    ends.revision = 2;
    signal_times(&ends, NOW, NOW + HOUR);
    apply(t, first);
    assert_int_equal(signals_apply(t, &ends, NOW + 2 * HOUR), EFFECT_REVISED);
    assert_true(of(t, "a", NOW + 2 * HOUR).weight == 0);
    assert_int_equal(signals_apply(t, &first, NOW + 3 * DAY), EFFECT_REPLAYED);
    assert_int_equal(signals_apply(t, &first, NOW + 10 * DAY), EFFECT_EXPIRED);
    assert_true(of(t, "a", NOW + 3 * DAY).weight == 0);
    signals_close(t);
}

static void only_its_own_source_and_the_hub_may_revise(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s = a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    apply(t, s);
    s.revision = 2;
    s.confidence = CONFIDENCE_REJECTED;
    s.source = SOURCE_MFO;
    assert_int_equal(apply(t, s), EFFECT_STRANGER);
    assert_true(of(t, "a", NOW).weight == 1);
    s.source = SOURCE_HUB;
    assert_int_equal(apply(t, s), EFFECT_REVISED);
    assert_true(of(t, "a", NOW).weight == 0);
    signals_close(t);
}

static void a_citizens_report_keeps_no_id_from_others(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s =
        a_signal_of("1", SIGNAL_BOT_REPORT, SOURCE_CITIZEN_BOT, CONFIDENCE_REPORTED, "a");
    s.revision = INT32_MAX;
    apply(t, s);
    assert_int_equal(
        apply(t, a_signal_of("1", SIGNAL_INCIDENT, SOURCE_POLICE, CONFIDENCE_CONFIRMED, "b")),
        EFFECT_REVISED);
    assert_int_equal(apply(t, s), EFFECT_STRANGER);
    assert_true(of(t, "b", NOW).weight == 1);
    assert_true(of(t, "a", NOW).bot_weight == 0);
    signals_close(t);
}

static void a_withdrawal_undoes_in_any_order(void **unused) {
    (void)unused;
    const struct signal s =
        a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    struct signals *t = table();
    assert_int_equal(apply(t, s), EFFECT_ADDED);
    assert_int_equal(apply(t, a_withdrawal("w", "1", SOURCE_BANK)), EFFECT_WITHDRAWN);
    assert_int_equal(apply(t, a_withdrawal("w", "1", SOURCE_BANK)), EFFECT_REPLAYED);
    assert_int_equal(apply(t, s), EFFECT_REPLAYED);
    assert_true(of(t, "a", NOW).weight == 0);
    signals_close(t);
    t = table();
    assert_int_equal(apply(t, a_withdrawal("w", "1", SOURCE_HUB)), EFFECT_REMEMBERED);
    assert_int_equal(apply(t, s), EFFECT_WITHDRAWN);
    assert_true(of(t, "a", NOW).weight == 0);
    signals_close(t);
}

static void a_strangers_withdrawal_undoes_nothing(void **unused) {
    (void)unused;
    const struct signal s =
        a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    for (int first = 0; first < 2; first++) {
        struct signals *t = table();
        if (first) apply(t, s);
        assert_int_equal(apply(t, a_withdrawal("w", "1", SOURCE_CITIZEN_BOT)), EFFECT_REMEMBERED);
        if (!first) apply(t, s);
        assert_true(of(t, "a", NOW).weight == 1);
        signals_close(t);
    }
}

static void a_withdrawal_is_forgotten_at_its_end(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s = a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    const struct signal withdrawal = a_withdrawal("w", "1", SOURCE_BANK);
    apply(t, withdrawal);
    signal_times(&s, NOW + 10 * DAY, NOW + 20 * DAY);
    assert_int_equal(signals_apply(t, &withdrawal, NOW + 10 * DAY), EFFECT_EXPIRED);
    assert_int_equal(signals_apply(t, &s, NOW + 10 * DAY), EFFECT_ADDED);
    assert_true(of(t, "a", NOW + 10 * DAY).weight == 1);
    signals_close(t);
}

static void what_is_over_gives_its_room_back(void **unused) {
    (void)unused;
    struct signals *t = table_of(100);
    char id[16];
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "%d", i);
        assert_int_equal(apply(t, a_signal(id, SUBJECT_ACCOUNT, id, 0)), EFFECT_ADDED);
    }
    assert_int_equal(apply(t, a_signal("more", SUBJECT_ACCOUNT, "more", 0)), EFFECT_FULL);
    assert_true(of(t, "more", NOW).weight == 0);
    struct signal later = a_signal("later", SUBJECT_ACCOUNT, "later", 11 * DAY);
    assert_int_equal(signals_apply(t, &later, NOW + 11 * DAY), EFFECT_ADDED);
    assert_int_equal(signals_count(t), 100 - 64 + 1);
    later.signal_id = text_of("latest");
    signals_apply(t, &later, NOW + 11 * DAY);
    assert_int_equal(signals_count(t), 2);
    signals_close(t);
}

/* Signals of a source, each with so many subjects, until one is not taken or `most` are. How many.
 */
static int fill(struct signals *t, enum signal_source source, const char *name, int subjects,
                int most) {
    static char tokens[SIGNAL_SUBJECTS_MAX][24];
    for (int i = 0; i < most; i++) {
        char id[64];
        snprintf(id, sizeof id, "%s-%d-an-id-that-takes-room-of-its-own", name, i);
        struct signal s = a_signal_of(id, SIGNAL_INCIDENT, source, CONFIDENCE_CONFIRMED, name);
        for (int j = 1; j < subjects; j++) {
            snprintf(tokens[j], sizeof tokens[j], "%d-%d", i, j);
            signal_also(&s, SUBJECT_ACCOUNT, tokens[j], ROLE_DROPPER);
        }
        const enum signal_effect effect = apply(t, s);
        if (effect == EFFECT_FULL) return i;
        assert_int_equal(effect, EFFECT_ADDED);
    }
    return most;
}

static void citizens_take_half_of_the_room_at_most(void **unused) {
    (void)unused;
    struct signals *t = table_of(100);
    assert_int_equal(fill(t, SOURCE_CITIZEN_BOT, "enemy", 1, 200), 50);
    const struct signal withdrawal = a_withdrawal("w", "unheard of", SOURCE_CITIZEN_BOT);
    assert_int_equal(apply(t, withdrawal), EFFECT_FULL);
    assert_int_equal(fill(t, SOURCE_POLICE, "dropper", 1, 200), 50);
    assert_true(of(t, "dropper", NOW).weight == 1);
    signals_close(t);
}

static void citizens_with_many_subjects_leave_half_of_the_room_too(void **unused) {
    (void)unused;
    struct signals *t = table_of(100);
    const int taken = fill(t, SOURCE_CITIZEN_BOT, "enemy", SIGNAL_SUBJECTS_MAX, 200);
    assert_true(taken > 0 && taken < 50);
    struct signal again = a_signal_of("enemy-0-an-id-that-takes-room-of-its-own", SIGNAL_INCIDENT,
                                      SOURCE_CITIZEN_BOT, CONFIDENCE_CONFIRMED, "enemy");
    again.revision = 2;
    assert_int_equal(apply(t, again), EFFECT_REVISED);
    assert_int_equal(fill(t, SOURCE_POLICE, "dropper", 1, 60), 60);
    signals_close(t);
}

static void many_subjects_need_room_too(void **unused) {
    (void)unused;
    struct signals *t = table_of(1);
    struct signal s =
        a_signal("an id that is no UUID and takes room of its own", SUBJECT_ACCOUNT, "0", 0);
    static char tokens[SIGNAL_SUBJECTS_MAX][12];
    for (int i = 1; i < SIGNAL_SUBJECTS_MAX; i++) {
        snprintf(tokens[i], sizeof tokens[i], "%d", i);
        signal_also(&s, SUBJECT_ACCOUNT, tokens[i], ROLE_DROPPER);
    }
    for (s.revision = 1; s.revision < 100; s.revision++)
        assert_int_equal(apply(t, s), s.revision == 1 ? EFFECT_ADDED : EFFECT_REVISED);
    assert_true(of(t, "31", NOW).weight == 0.3);
    signals_close(t);
}

static void the_weakest_of_a_source_give_way(void **unused) {
    (void)unused;
    struct signals *t = table();
    char id[16];
    struct signal real =
        a_signal_of("real", SIGNAL_INCIDENT, SOURCE_MFO, CONFIDENCE_CONFIRMED, "a");
    apply(t, real);
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "%d", i);
        apply(t, a_signal_of(id, SIGNAL_INCIDENT, i % 2 ? SOURCE_MFO : SOURCE_BANK,
                             CONFIDENCE_REPORTED, "a"));
    }
    assert_true(of(t, "a", NOW).weight == 1);
    real.revision = 2;
    real.confidence = CONFIDENCE_REJECTED;
    apply(t, real);
    assert_true(of(t, "a", NOW).weight == 0.6);
    signals_close(t);
}

/* Calls. */

static struct signal a_call(const char *id, const char *from, const char *to, int64_t second) {
    struct signal s = a_signal(id, SUBJECT_PHONE, from, 0);
    s.kind = SIGNAL_FRAUD_CALL;
    s.source = SOURCE_MOBILE_OPERATOR;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.telecom_present = true;
    s.called_phone_token = text_of(to);
    s.occurred_at_present = true;
    s.occurred_at_s = NOW + second;
    return s;
}

static void a_call_marks_both_ends_and_weighs_nothing(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal box = a_call("1", "box", "called", 60);
    box.kind = SIGNAL_SIM_BOX;
    signal_also(&box, SUBJECT_ACCOUNT, "owner", ROLE_DROPPER);
    apply(t, box);
    apply(t, a_call("2", "box", "called", 30));
    const struct signal_evidence caller = ask(t, SUBJECT_PHONE, "box", NOW + HOUR);
    const struct signal_evidence called = ask(t, SUBJECT_PHONE, "called", NOW + HOUR);
    assert_true(caller.sim_box && caller.weight == 0 && caller.called_s == 0);
    assert_true(!called.sim_box && called.weight == 0 && called.called_s == NOW + 60);
    assert_int_equal(ask(t, SUBJECT_PHONE, "called", NOW + 40).called_s, NOW + 30);
    assert_int_equal(ask(t, SUBJECT_PHONE, "called", NOW + 10).called_s, 0);
    assert_true(of(t, "owner", NOW + HOUR).weight == 0 && !of(t, "owner", NOW + HOUR).sim_box);
    signals_close(t);
}

static void a_phone_that_is_a_victims_was_called(void **unused) {
    (void)unused;
    struct signals *t = table();
    struct signal s = a_call("1", "caller", "", 0);
    signal_also(&s, SUBJECT_PHONE, "victim", ROLE_VICTIM);
    apply(t, s);
    assert_int_equal(ask(t, SUBJECT_PHONE, "victim", NOW).called_s, NOW);
    signals_close(t);
}

static void many_loans_are_a_mark(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_MULTI_LOAN_APPLICATION, SOURCE_CREDIT_BUREAU,
                         CONFIDENCE_CONFIRMED, "a"));
    assert_true(of(t, "a", NOW).multi_loan && of(t, "a", NOW).weight == 0);
    signals_close(t);
}

/* Citizens. */

static void a_citizens_report_counts_beside_another_source(void **unused) {
    (void)unused;
    struct signals *t = table();
    apply(t, a_signal_of("1", SIGNAL_BOT_REPORT, SOURCE_CITIZEN_BOT, CONFIDENCE_CONFIRMED, "a"));
    assert_true(of(t, "a", NOW).weight == 0 && of(t, "a", NOW).bot_only);
    assert_true(of(t, "a", NOW).bot_weight == 0.3);
    assert_int_equal(of(t, "a", NOW).strongest_count, 0);
    apply(t, a_call("2", "p", "q", 0));
    apply(t, a_signal_of("3", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "a"));
    assert_true(of(t, "a", NOW).weight == 0.6 && !of(t, "a", NOW).bot_only);
    assert_int_equal(of(t, "a", NOW).strongest_count, 2);
    apply(t, a_withdrawal("w", "3", SOURCE_BANK));
    assert_true(of(t, "a", NOW).weight == 0 && of(t, "a", NOW).bot_only);
    signals_close(t);
}

/* Whatever a citizens' source sends: any kind but an outcome's label, any confidence, any time. */
static struct signal adversarial(struct chance *chance, const char *id, const char *token,
                                 int64_t clock_s) {
    static const enum signal_kind kinds[] = {SIGNAL_INCIDENT,   SIGNAL_LIST_ENTRY,
                                             SIGNAL_BOT_REPORT, SIGNAL_SIM_BOX,
                                             SIGNAL_FRAUD_CALL, SIGNAL_MULTI_LOAN_APPLICATION,
                                             SIGNAL_OUTCOME,    SIGNAL_WITHDRAWAL};
    static const enum subject_type types[] = {SUBJECT_ACCOUNT, SUBJECT_PERSON, SUBJECT_PHONE,
                                              SUBJECT_DEVICE};
    struct signal s = a_signal(id, types[chance_below(chance, 4)], token, 0);
    s.kind = (uint8_t)kinds[chance_below(chance, 8)];
    s.source = SOURCE_CITIZEN_BOT;
    if (chance_is(chance, 20)) { /* another source that passes a citizen's report on */
        s.kind = SIGNAL_BOT_REPORT;
        s.source = (uint8_t)(1 + chance_below(chance, SOURCE_COUNT - 1));
    }
    s.confidence = (uint8_t)(1 + chance_below(chance, CONFIDENCE_COUNT - 1));
    s.revision = chance_is(chance, 10) ? INT32_MAX : 1 + (int32_t)chance_below(chance, 5);
    s.outcome_result = OUTCOME_CONFIRMED_FRAUD;
    s.list_colour = COLOUR_BLACK;
    s.telecom_present = true;
    s.called_phone_token = text_of(token);
    s.withdraws_signal_id = text_of("true-1");
    const int64_t from_s = clock_s - (int64_t)chance_below(chance, DAY);
    signal_times(&s, from_s, from_s + 1 + (int64_t)chance_below(chance, 400 * DAY));
    for (uint32_t i = chance_below(chance, 4); i > 0; i--)
        signal_also(&s, types[chance_below(chance, 4)], token,
                    (enum subject_role)chance_below(chance, ROLE_COUNT));
    return s;
}

/* All that a feature may be made of, as of somebody nobody reported. */
static void assert_no_feature(const struct signal_evidence *e) {
    assert_true(e->weight == 0 && !e->listed_grey && !e->listed_black);
    assert_true(!e->sim_box && !e->multi_loan && e->called_s == 0 && e->strongest_count == 0);
}

static void no_number_of_citizens_reports_enters_a_feature(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct chance chance = {seed};
        struct signals *t = table();
        int64_t clock_s = NOW;
        double most = 0;
        char id[32];
        apply(t, a_signal_of("true-1", SIGNAL_INCIDENT, SOURCE_POLICE, CONFIDENCE_CONFIRMED,
                             "dropper"));
        for (int i = 0; i < 1000; i++) {
            snprintf(id, sizeof id, "false-%u", chance_below(&chance, 600));
            const struct signal s = adversarial(&chance, id, "enemy", clock_s);
            signals_apply(t, &s, clock_s);
            clock_s += chance_below(&chance, 2) == 0 ? 0 : chance_below(&chance, 600);
            const struct signal_evidence e = of_enemy(t, "enemy", clock_s);
            assert_no_feature(&e);
            assert_true(e.bot_weight <= 0.3);
            if (e.bot_weight > most) most = e.bot_weight;
        }
        assert_true(most > 0.2);
        assert_true(of(t, "dropper", clock_s).weight == 1);
        signals_close(t);
    }
}

/* One other source that says something slight is not made more than what two say. */
static void citizens_add_to_another_source_no_more_than_corroboration(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct chance chance = {seed * 7919};
        struct signals *t = table();
        char id[32];
        struct signal faint =
            a_signal_of("1", SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_REPORTED, "enemy");
        signal_times(&faint, NOW - 9 * DAY, NOW + DAY);
        apply(t, faint);
        for (int i = 0; i < 200; i++) {
            snprintf(id, sizeof id, "false-%d", i);
            const struct signal s = adversarial(&chance, id, "enemy", NOW);
            signals_apply(t, &s, NOW);
        }
        assert_true(of_enemy(t, "enemy", NOW).weight <= 0.6 * 0.1 + 1e-12);
        assert_true(of_enemy(t, "enemy", NOW).weight >= 0.3 * 0.1 - 1e-12);
        signals_close(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_of_nobody),
        cmocka_unit_test(the_weight_is_what_the_source_is_sure_of),
        cmocka_unit_test(a_report_decays_and_a_confirmation_ends),
        cmocka_unit_test(two_sources_corroborate_as_long_as_both_last),
        cmocka_unit_test(the_party_weighs_what_its_heaviest_subject_does),
        cmocka_unit_test(a_victim_and_an_honest_outcome_weigh_nothing),
        cmocka_unit_test(lists_show_their_colour),
        cmocka_unit_test(a_later_revision_replaces_the_whole),
        cmocka_unit_test(a_shorter_revision_does_not_let_the_earlier_one_come_back),
        cmocka_unit_test(only_its_own_source_and_the_hub_may_revise),
        cmocka_unit_test(a_citizens_report_keeps_no_id_from_others),
        cmocka_unit_test(a_withdrawal_undoes_in_any_order),
        cmocka_unit_test(a_strangers_withdrawal_undoes_nothing),
        cmocka_unit_test(a_withdrawal_is_forgotten_at_its_end),
        cmocka_unit_test(what_is_over_gives_its_room_back),
        cmocka_unit_test(citizens_take_half_of_the_room_at_most),
        cmocka_unit_test(citizens_with_many_subjects_leave_half_of_the_room_too),
        cmocka_unit_test(many_subjects_need_room_too),
        cmocka_unit_test(the_weakest_of_a_source_give_way),
        cmocka_unit_test(a_call_marks_both_ends_and_weighs_nothing),
        cmocka_unit_test(a_phone_that_is_a_victims_was_called),
        cmocka_unit_test(many_loans_are_a_mark),
        cmocka_unit_test(a_citizens_report_counts_beside_another_source),
        cmocka_unit_test(no_number_of_citizens_reports_enters_a_feature),
        cmocka_unit_test(citizens_add_to_another_source_no_more_than_corroboration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
