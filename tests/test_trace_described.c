/* SPDX-License-Identifier: Apache-2.0 */
/* Which transfers `saqshy trace` takes an incident to mean that names none by its id; the engine
 * takes them by the same rule (detector/taint_near.h). */
#include "detector/commands/trace_subject.h"
#include "tests/a_signal.h"
#include "tests/support.h"

enum { DAY = 86400, HOUR = 3600, SUM = 500000 };
#define AT SIGNALS_START_S

struct stand {
    struct trace_pass *pass;
    struct signal report;
    struct trace_subject subject;
    struct error error;
};

static int setup(void **state) {
    static struct stand stand;
    *state = &stand;
    stand = (struct stand){.pass = trace_pass_new("t"),
                           .report = a_signal("r", SUBJECT_ACCOUNT, "dropper", 0)};
    stand.report.subjects[0].role = ROLE_DROPPER;
    stand.report.occurred_at_present = true;
    stand.report.occurred_at_s = AT;
    stand.report.amount_present = true;
    stand.report.amount_kzt_minor = SUM;
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    trace_pass_free(stand->pass);
    return 0;
}

static uint32_t account(struct stand *stand, const char *token) {
    return token == NULL ? 0 : names_number(&stand->pass->accounts, text_of(token)) + 1;
}

static struct trail_move *add(struct stand *stand, const char *payer, const char *payee,
                              int64_t second, int64_t amount) {
    struct trace_pass *p = stand->pass;
    p->moves = realloc(p->moves, (p->count + 1) * sizeof *p->moves);
    assert_non_null(p->moves);
    struct trail_move *m = &p->moves[p->count++];
    *m = (struct trail_move){.amount = amount,
                             .second = second,
                             .payer = account(stand, payer),
                             .payee = account(stand, payee),
                             .status = TX_STATUS_SETTLED,
                             .type = EVENT_TYPE_P2P_TRANSFER};
    return m;
}

static bool mark(struct stand *stand, size_t before) {
    stand->subject = (struct trace_subject){.kind = TRACED_INCIDENT,
                                            .name = "r",
                                            .described = true,
                                            .description = trace_describe(&stand->report, before)};
    return trace_subject_mark(stand->pass, &stand->subject, &stand->error);
}

/* A letter a move; x: it is marked. */
static void assert_marked(struct stand *stand, const char *wanted) {
    mark(stand, SIZE_MAX);
    size_t marked = 0;
    assert_int_equal(stand->pass->count, strlen(wanted));
    for (size_t i = 0; i < stand->pass->count; i++) {
        if (stand->pass->moves[i].source != (wanted[i] == 'x')) fail_msg("move %zu", i);
        marked += stand->pass->moves[i].source;
    }
    assert_int_equal(stand->subject.fitting, marked);
}

static void an_amount_is_meant_within_a_day(void **state) {
    struct stand *stand = *state;
    add(stand, "a", "dropper", AT - DAY - 1, SUM);
    add(stand, "a", "dropper", AT - DAY, SUM);
    add(stand, "a", "dropper", AT + DAY, SUM)->type = EVENT_TYPE_OWN_TRANSFER;
    add(stand, "a", "dropper", AT + DAY + 1, SUM);
    add(stand, "a", "dropper", AT, SUM + 1);
    assert_marked(stand, "-xx--");
}

static void without_an_amount_p2p_is_meant_within_an_hour(void **state) {
    struct stand *stand = *state;
    stand->report.amount_present = false;
    add(stand, "a", "dropper", AT - HOUR - 1, 1);
    add(stand, "a", "dropper", AT - HOUR, 1);
    add(stand, "a", "dropper", AT + HOUR, 2);
    add(stand, "a", "dropper", AT + HOUR + 1, 2);
    add(stand, "a", "dropper", AT, 3)->type = EVENT_TYPE_SALARY_OR_BENEFIT;
    assert_marked(stand, "-xx--");
}

static void amounts_are_as_the_engine_has_them(void **state) {
    struct stand *stand = *state;
    const int64_t large = INT64_C(1) << 40;
    stand->report.amount_kzt_minor = large;
    add(stand, "a", "dropper", AT, large + 32767);
    add(stand, "a", "dropper", AT, large + 32768);
    assert_marked(stand, "x-");
}

static void a_dropper_received_and_a_victim_sent(void **state) {
    struct stand *stand = *state;
    signal_also(&stand->report, SUBJECT_ACCOUNT, "victim", ROLE_VICTIM);
    signal_also(&stand->report, SUBJECT_ACCOUNT, "other", ROLE_OTHER);
    signal_also(&stand->report, SUBJECT_PHONE, "phone", ROLE_DROPPER);
    add(stand, "dropper", "a", AT, SUM);
    add(stand, "a", "dropper", AT, SUM);
    add(stand, "victim", "a", AT, SUM);
    add(stand, "a", "victim", AT, SUM);
    add(stand, "a", "other", AT, SUM);
    add(stand, "a", "phone", AT, SUM);
    add(stand, "victim", "dropper", AT, SUM);
    add(stand, "victim", NULL, AT, SUM);
    assert_marked(stand, "-xx---x-");
}

static void what_moved_nothing_is_not_meant(void **state) {
    struct stand *stand = *state;
    add(stand, "a", "dropper", AT, SUM)->status = TX_STATUS_REFUSED;
    add(stand, "a", "dropper", AT, SUM)->status = TX_STATUS_REVERSED;
    assert_marked(stand, "--");
}

static void what_came_behind_the_report_is_not_meant(void **state) {
    struct stand *stand = *state;
    add(stand, "a", "dropper", AT, SUM);
    add(stand, "a", "dropper", AT, SUM);
    assert_true(mark(stand, 1));
    assert_true(stand->pass->moves[0].source && !stand->pass->moves[1].source);
    assert_false(mark(stand, 0));
}

static void assert_refused(struct stand *stand, const char *why) {
    assert_false(mark(stand, SIZE_MAX));
    assert_int_equal(stand->error.code, ERROR_BAD_DATA);
    if (strstr(stand->error.text, why) == NULL) fail_msg("%s", stand->error.text);
}

static void what_fits_nothing_says_why(void **state) {
    struct stand *stand = *state;
    assert_refused(stand, "is of its amount and within a day of 2026-01-01 00:00:00 UTC");
    stand->report.amount_present = false;
    assert_refused(stand, "is from person to person and within an hour of");
    stand->report.subjects[0].role = ROLE_VICTIM;
    add(stand, "dropper", NULL, AT, SUM);
    assert_refused(stand, "those that fit went to no account");
    stand->report.occurred_at_present = false;
    assert_refused(stand, "and not when it happened");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_amount_is_meant_within_a_day),
        TEST(without_an_amount_p2p_is_meant_within_an_hour),
        TEST(amounts_are_as_the_engine_has_them),
        TEST(a_dropper_received_and_a_victim_sent),
        TEST(what_moved_nothing_is_not_meant),
        TEST(what_came_behind_the_report_is_not_meant),
        TEST(what_fits_nothing_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
