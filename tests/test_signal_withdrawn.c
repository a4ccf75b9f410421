/* SPDX-License-Identifier: Apache-2.0 */
/* Advice that rests on signals, when they are withdrawn or speak of somebody else: rows go through
 * apply, score and decide, one a batch, under a model with a term of behaviour (credits in an hour)
 * and two of what is reported: a list, and money. */
#include "tests/support.h"

#include "tests/a_signal.h"
#include "tests/decide_stand.h"
#include "tests/engine.h"
#include "tests/rows.h"
#include "tests/sample.h"

#include <stdio.h>

enum { HOUR = 3600, DAY = 86400, TENGE = 100, SEEN_MAX = 32 };

struct seen {
    enum recommendation_state state;
    char account[16], why[32], signal_id[16], id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision;
};

static struct {
    struct decide_stand at;
    struct signals *signals;
    struct apply *apply;
    uint64_t ordinal;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
} stand;

/* Five credits within an hour, or a signal that is confirmed, are enough to hold. */
static const double intercept = -2.5;
static const char terms[] =
    "{\"name\": \"credits\", \"type\": \"linear\", \"feature\": \"in_count_1h\", \"weight\": 1, "
    "\"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}},"
    "{\"name\": \"reported\", \"type\": \"linear\", \"feature\": \"list_evidence\", \"weight\": 4, "
    "\"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}},"
    "{\"name\": \"traced\", \"type\": \"step\", \"feature\": \"taint_hop\", \"knot\": 1, "
    "\"side\": \"above\", \"weight\": 4, "
    "\"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}}";

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": 1000, \"priority\": \"HIGH\"}},"
    "\"payer_side\": {\"ASK_PAYER\": {\"payee_action\": \"HOLD_AMOUNT\", \"per_hour\": 1000, "
    "\"priority\": \"NORMAL\"}},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 5,"
    "\"protected_flows\": [], \"allow\": [], \"holidays\": [], \"working_weekends\": [],"
    "\"provenance\": {}}";

static int set_up(void **state) {
    (void)state;
    struct error error = {0};
    const struct signals_options signals = {.max = 256};
    memset(&stand, 0, sizeof stand);
    decide_stand_open(&stand.at, decide_stand_model_of(intercept, terms), written_policy,
                      &(struct decide_room){
                          .runs = 1 << 16, .episodes = 100, .instructions = 100, .issued = 1000});
    stand.signals = signals_open(&signals, &error);
    stand.apply = engine_open_with("auto", NULL, 180 * (int64_t)DAY, stand.signals);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    apply_close(stand.apply);
    signals_close(stand.signals);
    decide_stand_close(&stand.at);
    return 0;
}

static void note(const struct recommendation *r) {
    assert_true(stand.seen_count < SEEN_MAX);
    struct seen *seen = &stand.seen[stand.seen_count++];
    seen->state = r->state;
    seen->revision = r->revision;
    memcpy(seen->id, r->id, sizeof seen->id);
    decide_stand_print(seen->account, sizeof seen->account, r->target_account_token);
    decide_stand_print(seen->why, sizeof seen->why, text_of(r->change.why));
    decide_stand_print(seen->signal_id, sizeof seen->signal_id, r->change.signal_id);
}

static void decide(void) {
    struct batch *b = stand.at.batch;
    const struct recommendation *r;
    uint32_t event;
    apply_batch(stand.apply, b);
    score_batch(stand.at.score, &b->features[0][0], BATCH_COLUMN, b->sides, b->logit);
    decide_batch(stand.at.decide, b);
    while ((r = decide_next(stand.at.decide, &event)) != NULL)
        note(r);
    rows_clear(b);
}

static void take(const struct transaction *tx) {
    rows_clear(stand.at.batch);
    rows_add(stand.at.batch, tx, stand.ordinal);
    runs_add(stand.at.runs, stand.ordinal, INPUT_TRANSACTIONS, 0, (int64_t)stand.ordinal);
    stand.ordinal++;
    decide();
}

static void pay_so(enum tx_status status, const char *payer, const char *payee, int64_t second) {
    char id[24];
    (void)snprintf(id, sizeof id, "t%u", (unsigned)stand.ordinal);
    struct transaction tx = sample_transfer(id, payer, payee, second, 1000 * TENGE);
    tx.tx_status = (uint8_t)status;
    take(&tx);
}

static void pay(const char *payer, const char *payee, int64_t second) {
    pay_so(TX_STATUS_SETTLED, payer, payee, second);
}

static void tell(struct signal signal, enum signal_effect due) {
    rows_clear(stand.at.batch);
    rows_add_signal(stand.at.batch, &signal, stand.ordinal);
    runs_add(stand.at.runs, stand.ordinal, INPUT_SIGNALS, 0, (int64_t)stand.ordinal);
    stand.ordinal++;
    apply_batch(stand.apply, stand.at.batch);
    assert_int_equal(stand.at.batch->signal_effect[0], due);
    const struct recommendation *r;
    uint32_t event;
    decide_batch(stand.at.decide, stand.at.batch);
    while ((r = decide_next(stand.at.decide, &event)) != NULL)
        note(r);
}

static void confirm(const char *id, const char *account, enum signal_source source) {
    tell(a_signal_of(id, SIGNAL_LIST_ENTRY, source, CONFIDENCE_CONFIRMED, account), EFFECT_ADDED);
}

static void withdraw(const char *of, enum signal_source source) {
    char id[16];
    (void)snprintf(id, sizeof id, "w-%s", of);
    tell(a_withdrawal(id, of, source), EFFECT_WITHDRAWN);
}

#define assert_last(count, due, reason)                                                            \
    do {                                                                                           \
        assert_int_equal(stand.seen_count, count);                                                 \
        assert_int_equal(stand.seen[(count)-1].state, RECOMMENDATION_##due);                       \
        assert_string_equal(stand.seen[(count)-1].why, reason);                                    \
    } while (0)

/* Vera is reported, and paid. */
static void flag_vera(void) {
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    pay("anna", "vera", 60);
    assert_last(1, ISSUED, "");
    assert_string_equal(stand.seen[0].account, "vera");
}

static void advice_goes_with_the_signal_that_it_rests_on(void **state) {
    (void)state;
    flag_vera();
    withdraw("s", SOURCE_POLICE);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
    assert_string_equal(stand.seen[1].signal_id, "w-s");
    assert_int_equal(stand.seen[1].revision, 2);
    assert_int_equal(decide_open_episodes(stand.at.decide), 0);
}

static void so_it_does_after_a_restart(void **state) {
    (void)state;
    flag_vera();
    decide_stand_restart(&stand.at);
    withdraw("s", SOURCE_POLICE);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void so_it_does_by_a_revision_that_rejects(void **state) {
    (void)state;
    flag_vera();
    struct signal s =
        a_signal_of("s", SIGNAL_LIST_ENTRY, SOURCE_POLICE, CONFIDENCE_REJECTED, "vera");
    s.revision = 2;
    tell(s, EFFECT_REVISED);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
    assert_string_equal(stand.seen[1].signal_id, "s");
}

static void no_cool_down_follows(void **state) {
    (void)state;
    flag_vera();
    withdraw("s", SOURCE_POLICE);
    confirm("s2", "vera", SOURCE_BANK);
    pay("anna", "vera", 120);
    assert_last(3, ISSUED, "");
    assert_int_equal(stand.seen[2].revision, 1);
}

static void a_signal_of_another_holds_it(void **state) {
    (void)state;
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    confirm("s2", "vera", SOURCE_BANK);
    pay("anna", "vera", 60);
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, 1);
    decide_stand_restart(&stand.at);
    withdraw("s2", SOURCE_BANK);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void a_citizens_report_holds_nothing(void **state) {
    (void)state;
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    tell(a_signal_of("bot", SIGNAL_BOT_REPORT, SOURCE_CITIZEN_BOT, CONFIDENCE_REPORTED, "vera"),
         EFFECT_ADDED);
    pay("anna", "vera", 60);
    withdraw("s", SOURCE_POLICE);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void what_behaviour_alone_had_flagged_stands(void **state) {
    (void)state;
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    for (int i = 0; i < 5; i++)
        pay("anna", "vera", 60 + i);
    assert_true(stand.seen_count > 0);
    const size_t before = stand.seen_count;
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, before);
    assert_int_equal(decide_open_episodes(stand.at.decide), 1);
}

static void another_withdrawal_changes_nothing(void **state) {
    (void)state;
    flag_vera();
    confirm("other", "gleb", SOURCE_POLICE);
    withdraw("other", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, 1);
}

/* By one signal. */
static void flag_vera_and_gleb(void) {
    pay("anna", "boris", 0);
    struct signal s =
        a_signal_of("s", SIGNAL_LIST_ENTRY, SOURCE_POLICE, CONFIDENCE_CONFIRMED, "vera");
    signal_also(&s, SUBJECT_ACCOUNT, "gleb", ROLE_DROPPER);
    tell(s, EFFECT_ADDED);
    pay("anna", "vera", 60);
    pay("anna", "gleb", 61);
}

static void one_signal_may_carry_several(void **state) {
    (void)state;
    flag_vera_and_gleb();
    assert_int_equal(stand.seen_count, 2);
    withdraw("s", SOURCE_POLICE);
    assert_last(4, WITHDRAWN, "SIGNAL_WITHDRAWN");
    assert_string_equal(stand.seen[2].why, "SIGNAL_WITHDRAWN");
    assert_string_not_equal(stand.seen[2].account, stand.seen[3].account);
}

static void payers_are_told_that_it_is_over(void **state) {
    (void)state;
    flag_vera();
    pay_so(TX_STATUS_SUSPENDED, "dana", "vera", 90);
    const size_t before = stand.seen_count;
    assert_string_equal(stand.seen[before - 1].account, "dana");
    withdraw("s", SOURCE_POLICE);
    assert_last(before + 2, WITHDRAWN, "PAYEE_WITHDRAWN");
    assert_string_equal(stand.seen[before].why, "SIGNAL_WITHDRAWN");
}

/* Of two payees by one signal, and of each in turn. */
static void payers_to_several_are_told(void **state) {
    (void)state;
    flag_vera_and_gleb();
    pay_so(TX_STATUS_SUSPENDED, "dana", "vera", 90);
    pay_so(TX_STATUS_SUSPENDED, "egor", "gleb", 91);
    const size_t before = stand.seen_count;
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, before + 4);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(stand.seen[before + 2 * i].why, "SIGNAL_WITHDRAWN");
        assert_string_equal(stand.seen[before + 2 * i + 1].why, "PAYEE_WITHDRAWN");
    }
    assert_int_equal(decide_open_instructions(stand.at.decide), 0);
}

/* What ends by its term was true; whoever takes its id later has no say. */
static void an_id_that_comes_again_withdraws_nothing(void **state) {
    (void)state;
    pay("anna", "boris", 0);
    struct signal s =
        a_signal_of("s", SIGNAL_LIST_ENTRY, SOURCE_POLICE, CONFIDENCE_CONFIRMED, "vera");
    signal_times(&s, SIGNALS_START_S, SIGNALS_START_S + DAY);
    tell(s, EFFECT_ADDED);
    pay("anna", "vera", 60);
    for (int day = 2; day < 4; day++)
        pay("anna", "boris", day * DAY);
    confirm("else", "boris", SOURCE_HUB);
    confirm("s", "gleb", SOURCE_BANK);
    withdraw("s", SOURCE_BANK);
    assert_int_equal(stand.seen_count, 1);
    assert_int_equal(decide_open_episodes(stand.at.decide), 1);
}

/* Another signal speaks of the account by the time of a later entry that changes nothing. */
static void what_spoke_at_the_latest_entry_counts(void **state) {
    (void)state;
    flag_vera();
    confirm("s2", "vera", SOURCE_BANK);
    pay("anna", "vera", 120);
    const size_t before = stand.seen_count;
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, before);
    withdraw("s2", SOURCE_BANK);
    assert_last(before + 1, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

/* In the order of their ids, whatever the order in which they came to rest on it. */
static void many_go_in_the_order_of_their_ids(void **state) {
    (void)state;
    struct signal s =
        a_signal_of("s", SIGNAL_LIST_ENTRY, SOURCE_POLICE, CONFIDENCE_CONFIRMED, "p0");
    static const char *const names[] = {"p1", "p2", "p3", "p4", "p5", "p6", "p7"};
    pay("anna", "boris", 0);
    for (size_t i = 0; i < 7; i++)
        signal_also(&s, SUBJECT_ACCOUNT, names[i], ROLE_DROPPER);
    tell(s, EFFECT_ADDED);
    pay("anna", "p0", 60);
    for (size_t i = 0; i < 7; i++)
        pay("anna", names[i], 61 + (int64_t)i);
    assert_int_equal(stand.seen_count, 8);
    decide_stand_restart(&stand.at);
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(stand.seen_count, 16);
    for (size_t i = 9; i < 16; i++)
        assert_true(strcmp(stand.seen[i - 1].id, stand.seen[i].id) < 0);
}

/* Of the signal that flag_vera rests on. */
static struct signal revised(const char *account) {
    struct signal s =
        a_signal_of("s", SIGNAL_LIST_ENTRY, SOURCE_POLICE, CONFIDENCE_CONFIRMED, account);
    s.revision = 2;
    return s;
}

static void advice_goes_with_a_revision_that_names_somebody_else(void **state) {
    (void)state;
    for (int restarted = 0; restarted < 2; restarted++) {
        tear_down(NULL);
        set_up(NULL);
        flag_vera();
        if (restarted == 1) decide_stand_restart(&stand.at);
        tell(revised("gleb"), EFFECT_REVISED);
        assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
        assert_string_equal(stand.seen[1].account, "vera");
        assert_string_equal(stand.seen[1].signal_id, "s");
        pay("anna", "gleb", 120);
        assert_last(3, ISSUED, "");
    }
}

static void so_it_does_where_the_account_is_a_victims(void **state) {
    (void)state;
    flag_vera();
    struct signal s = revised("vera");
    s.subjects[0].role = ROLE_VICTIM;
    tell(s, EFFECT_REVISED);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void so_it_does_where_the_revision_weighs_nothing(void **state) {
    (void)state;
    flag_vera();
    struct signal s = revised("vera");
    s.kind = SIGNAL_MULTI_LOAN_APPLICATION;
    s.list_colour = COLOUR_NULL;
    tell(s, EFFECT_REVISED);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void so_it_does_where_it_is_a_citizens_report_now(void **state) {
    (void)state;
    flag_vera();
    struct signal s = revised("vera");
    s.kind = SIGNAL_BOT_REPORT;
    s.list_colour = COLOUR_NULL;
    tell(s, EFFECT_REVISED);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void whom_it_still_names_it_carries(void **state) {
    (void)state;
    flag_vera();
    struct signal s = revised("gleb");
    signal_also(&s, SUBJECT_ACCOUNT, "vera", ROLE_DROPPER);
    s.confidence = CONFIDENCE_CORROBORATED;
    decide_stand_restart(&stand.at);
    tell(s, EFFECT_REVISED);
    assert_int_equal(stand.seen_count, 1);
    decide_stand_restart(&stand.at);
    withdraw("s", SOURCE_POLICE);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void of_several_those_go_that_it_names_no_more(void **state) {
    (void)state;
    flag_vera_and_gleb();
    assert_int_equal(stand.seen_count, 2);
    tell(revised("gleb"), EFFECT_REVISED);
    assert_last(3, WITHDRAWN, "SIGNAL_WITHDRAWN");
    assert_string_equal(stand.seen[2].account, "vera");
    withdraw("s", SOURCE_POLICE);
    assert_last(4, WITHDRAWN, "SIGNAL_WITHDRAWN");
    assert_string_equal(stand.seen[3].account, "gleb");
}

/* Who is named by person, phone or device is the party of the entry that rests on it. */
static void a_party_may_be_named_otherwise_than_before(void **state) {
    (void)state;
    struct transaction tx = sample_transfer("t-vera", "anna", "vera", 60, 1000 * TENGE);
    tx.payee.person_token = text_of("vera-herself");
    tx.payee.phone_token = text_of("veras-phone");
    tx.device_token = text_of("annas-device");
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    take(&tx);
    assert_last(1, ISSUED, "");
    struct signal s = revised("vera-herself");
    s.subjects[0].type = SUBJECT_PERSON;
    tell(s, EFFECT_REVISED);
    s.subjects[0] = (struct signal_subject){text_of("veras-phone"), SUBJECT_PHONE, ROLE_CALLER};
    s.revision = 3;
    tell(s, EFFECT_REVISED);
    assert_int_equal(stand.seen_count, 1);
    s.subjects[0] = (struct signal_subject){text_of("annas-device"), SUBJECT_DEVICE, ROLE_DROPPER};
    s.revision = 4;
    tell(s, EFFECT_REVISED);
    assert_last(2, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

static void a_revision_leaves_what_others_or_behaviour_hold(void **state) {
    (void)state;
    pay("anna", "boris", 0);
    confirm("s", "vera", SOURCE_POLICE);
    confirm("s2", "vera", SOURCE_BANK);
    pay("anna", "vera", 60);
    tell(revised("gleb"), EFFECT_REVISED);
    assert_int_equal(stand.seen_count, 1);
    for (int i = 1; i < 5; i++)
        pay("anna", "vera", 60 + i);
    const size_t before = stand.seen_count;
    withdraw("s2", SOURCE_BANK);
    assert_int_equal(stand.seen_count, before);
    assert_int_equal(decide_open_episodes(stand.at.decide), 1);
}

/* A report of the transfer that vera got from anna, and two transfers; what it brought goes on to
 * gleb, of whom nobody speaks. */
static void flag_gleb_by_money(struct signal *report) {
    pay("anna", "vera", 0); /* t0 */
    pay("anna", "boris", 1);
    *report = a_signal("s", SUBJECT_ACCOUNT, "vera", 2);
    report->source = SOURCE_POLICE;
    report->subjects[0].role = ROLE_BENEFICIARY;
    report->related_tx_ids[0] = text_of("t0");
    report->tx_id_count = 1;
    tell(*report, EFFECT_ADDED);
    pay("vera", "gleb", 60);
    for (size_t i = 0; i < stand.seen_count; i++)
        if (strcmp(stand.seen[i].account, "gleb") == 0) return;
    fail_msg("gleb is not flagged");
}

static size_t withdrawn_of(const char *account) {
    size_t count = 0;
    for (size_t i = 0; i < stand.seen_count; i++)
        count += strcmp(stand.seen[i].account, account) == 0 &&
                 strcmp(stand.seen[i].why, "SIGNAL_WITHDRAWN") == 0;
    return count;
}

/* The victim's side tells of the same transfer. */
static void money_that_is_still_reported_carries(void **state) {
    struct signal report;
    (void)state;
    flag_gleb_by_money(&report);
    report.revision = 2;
    report.subjects[0] = (struct signal_subject){text_of("anna"), SUBJECT_ACCOUNT, ROLE_VICTIM};
    tell(report, EFFECT_REVISED);
    assert_int_equal(withdrawn_of("gleb"), 0);
    decide_stand_restart(&stand.at);
    withdraw("s", SOURCE_POLICE);
    assert_int_equal(withdrawn_of("gleb"), 1);
}

static void money_of_another_transfer_carries_nothing(void **state) {
    struct signal report;
    (void)state;
    flag_gleb_by_money(&report);
    report.revision = 2;
    report.subjects[0].token = text_of("boris");
    report.related_tx_ids[0] = text_of("t1");
    tell(report, EFFECT_REVISED);
    assert_int_equal(withdrawn_of("gleb"), 1);
}

/* Vera's advice is by her name alone: what money the report names is nothing to it. */
static void whom_it_named_is_not_carried_by_money_of_others(void **state) {
    struct signal report;
    (void)state;
    pay("anna", "boris", 0); /* t0 */
    report = a_signal("s", SUBJECT_ACCOUNT, "vera", 2);
    report.source = SOURCE_POLICE;
    report.confidence = CONFIDENCE_CONFIRMED;
    signal_also(&report, SUBJECT_ACCOUNT, "boris", ROLE_BENEFICIARY);
    report.related_tx_ids[0] = text_of("t0");
    report.tx_id_count = 1;
    tell(report, EFFECT_ADDED);
    pay("anna", "vera", 60);
    report.revision = 2;
    report.subjects[0] = report.subjects[1];
    report.subject_count = 1;
    tell(report, EFFECT_REVISED);
    assert_int_equal(withdrawn_of("vera"), 1);
}

/* Answers. */

static struct signal an_answer(enum outcome_result result, const char *to) {
    struct signal s = a_signal("answer", SUBJECT_ACCOUNT, "vera", 100);
    s.kind = SIGNAL_OUTCOME;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.outcome_present = true;
    s.recommendation_id = text_of(to);
    s.outcome_result = (uint8_t)result;
    return s;
}

/* By its bank or the hub, as any signal. */
static void an_answer_is_withdrawn_by_whoever_may(void **state) {
    (void)state;
    flag_vera();
    pay_so(TX_STATUS_SUSPENDED, "dana", "vera", 90);
    const size_t before = stand.seen_count;
    tell(an_answer(OUTCOME_CONFIRMED_FRAUD, stand.seen[0].id), EFFECT_ADDED);
    tell(a_withdrawal("w1", "answer", SOURCE_POLICE), EFFECT_REMEMBERED);
    assert_int_equal(stand.seen_count, before);
    tell(a_withdrawal("w2", "answer", SOURCE_BANK), EFFECT_WITHDRAWN);
    assert_last(before + 1, WITHDRAWN, "PAYEE_WITHDRAWN");
    pay("anna", "vera", 120);
    assert_last(before + 2, ISSUED, "");
    assert_string_not_equal(stand.seen[before + 1].id, stand.seen[0].id);
}

/* An answer is a report, too: what rests on it goes with it. */
static void what_rests_on_an_answer_goes_with_it(void **state) {
    (void)state;
    flag_vera();
    tell(an_answer(OUTCOME_CONFIRMED_FRAUD, "0123456789abcdef0123456789abcdef"), EFFECT_ADDED);
    pay("anna", "vera", 120);
    withdraw("s", SOURCE_POLICE);
    const size_t before = stand.seen_count;
    struct signal held = an_answer(OUTCOME_HELD, "0123456789abcdef0123456789abcdef");
    held.revision = 2;
    tell(held, EFFECT_REVISED);
    assert_last(before + 1, WITHDRAWN, "SIGNAL_WITHDRAWN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(advice_goes_with_the_signal_that_it_rests_on),
        TEST(so_it_does_after_a_restart),
        TEST(so_it_does_by_a_revision_that_rejects),
        TEST(no_cool_down_follows),
        TEST(a_signal_of_another_holds_it),
        TEST(a_citizens_report_holds_nothing),
        TEST(what_behaviour_alone_had_flagged_stands),
        TEST(another_withdrawal_changes_nothing),
        TEST(one_signal_may_carry_several),
        TEST(payers_are_told_that_it_is_over),
        TEST(payers_to_several_are_told),
        TEST(an_id_that_comes_again_withdraws_nothing),
        TEST(what_spoke_at_the_latest_entry_counts),
        TEST(many_go_in_the_order_of_their_ids),
        TEST(advice_goes_with_a_revision_that_names_somebody_else),
        TEST(so_it_does_where_the_account_is_a_victims),
        TEST(so_it_does_where_the_revision_weighs_nothing),
        TEST(so_it_does_where_it_is_a_citizens_report_now),
        TEST(whom_it_still_names_it_carries),
        TEST(of_several_those_go_that_it_names_no_more),
        TEST(a_party_may_be_named_otherwise_than_before),
        TEST(a_revision_leaves_what_others_or_behaviour_hold),
        TEST(money_that_is_still_reported_carries),
        TEST(money_of_another_transfer_carries_nothing),
        TEST(whom_it_named_is_not_carried_by_money_of_others),
        TEST(an_answer_is_withdrawn_by_whoever_may),
        TEST(what_rests_on_an_answer_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
