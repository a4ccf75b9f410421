/* SPDX-License-Identifier: Apache-2.0 */
/* When reversals withdraw advice, and when not: scenes of one account are played through apply and
 * decide, and its side gets the score that the scene says. What was tried to get a dropper free is
 * here, each try a scene. */
#include "tests/support.h"

#include "detector/account.h"
#include "tests/chance.h"
#include "tests/decide_stand.h"
#include "tests/engine.h"
#include "tests/rows.h"
#include "tests/sample.h"

#include <stdio.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, DORMANCY_S = 180 * DAY, SEEN_MAX = 64 };

#define ACCOUNT "mule"
#define BELOW (-1.0)
#define HOLD 2.0

enum what { CREDIT, DEBIT, CASH, DEPOSIT, SENT_BACK, RETURNED, NO_FUNDS };

/* SENT_BACK reverses a CREDIT, RETURNED a DEBIT; NO_FUNDS is a bank's answer to the episode that
 * `tx` opened. */
struct move {
    int64_t at; /* event time and, unless late, when it was taken in */
    enum what what;
    const char *tx;
    int64_t tiyn;
    double score;
    int64_t late_s; /* taken in so much later */
};

struct seen {
    enum recommendation_state state;
    int64_t at_risk_tiyn, hold_tiyn;
    char why[32], id[RECOMMENDATION_ID_SIZE + 1];
};

static struct {
    struct decide_stand at;
    struct apply *apply;
    uint64_t ordinal;
    const char *account;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
} stand;

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"REVIEW_ONLY\": {\"probability\": 0.5, \"per_hour\": 10000, \"priority\": \"LOW\"},"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": 10000, \"priority\": \"HIGH\"}},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 5,"
    "\"protected_flows\": [], \"allow\": [], \"holidays\": [], \"working_weekends\": [],"
    "\"provenance\": {}}";

static int set_up(void **state) {
    (void)state;
    memset(&stand, 0, sizeof stand);
    decide_stand_open(&stand.at, decide_stand_model(), written_policy,
                      &(struct decide_room){
                          .runs = 1 << 16, .episodes = 1000, .instructions = 1000, .issued = 1000});
    stand.account = ACCOUNT;
    stand.apply = engine_open("auto", NULL, DORMANCY_S);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    apply_close(stand.apply);
    decide_stand_close(&stand.at);
    return 0;
}

/* Playing. */

/* Of the account in hand; those of earlier histories expire meanwhile. */
static void note(const struct recommendation *r) {
    if (!text_equal(r->target_account_token, text_of(stand.account))) return;
    assert_true(stand.seen_count < SEEN_MAX);
    struct seen *seen = &stand.seen[stand.seen_count++];
    seen->state = r->state;
    seen->at_risk_tiyn = r->at_risk_kzt_minor;
    seen->hold_tiyn = r->hold_amount_present ? r->hold_amount_kzt_minor : 0;
    memcpy(seen->id, r->id, sizeof seen->id);
    (void)snprintf(seen->why, sizeof seen->why, "%s", r->change.why == NULL ? "" : r->change.why);
    if (r->state == RECOMMENDATION_WITHDRAWN)
        assert_string_equal(r->reasons[0].code, r->change.why);
}

static void decide(void) {
    const struct recommendation *r;
    uint32_t event;
    for (decide_batch(stand.at.decide, stand.at.batch);
         (r = decide_next(stand.at.decide, &event)) != NULL;)
        note(r);
}

static struct transaction transaction_of(const struct move *m) {
    const bool in = m->what == CREDIT || m->what == SENT_BACK || m->what == DEPOSIT;
    struct transaction tx = sample_transfer(m->tx, in ? "other" : stand.account,
                                            in ? stand.account : "other", m->at, m->tiyn);
    if (m->what == CASH) tx = sample_cash(m->tx, stand.account, m->at, m->tiyn);
    if (m->what == DEPOSIT) tx.event_type = EVENT_TYPE_CASH_DEPOSIT;
    if (m->what == SENT_BACK || m->what == RETURNED) tx.tx_status = TX_STATUS_REVERSED;
    tx.ingest_time_present = true;
    tx.ingest_time_s = tx.event_time_s + m->late_s;
    tx.ingest_time_us = tx.ingest_time_s * 1000000;
    return tx;
}

/* The other party is never of interest. */
static void score_sides(double score) {
    struct batch *b = stand.at.batch;
    for (uint32_t i = 0; i < b->sides; i++) {
        const struct transaction *tx = &b->tx[b->side[i].event];
        const struct party *party = b->side[i].role == SIDE_PAYER ? &tx->payer : &tx->payee;
        const bool ours = text_equal(party->account_token, text_of(stand.account));
        b->features[0][i] = b->logit[i] = ours ? score : -9;
    }
}

static void answer(const struct move *m) {
    struct batch *b = stand.at.batch;
    b->count = 1;
    b->input[0] = (struct input){.kind = INPUT_SIGNALS, .topic = "s", .ordinal = stand.ordinal};
    b->verdict[0] = VERDICT_SIGNAL;
    b->signal_effect[0] = EFFECT_ADDED;
    b->clock_s[0] = SAMPLE_START_S + m->at;
    b->signal[0] = (struct signal){
        .signal_id = text_of("answer"),
        .kind = SIGNAL_OUTCOME,
        .source = SOURCE_BANK,
        .confidence = CONFIDENCE_CONFIRMED,
        .recommendation_id = text_of(stand.seen[stand.seen_count - 1].id),
        .outcome_present = true,
        .outcome_result = OUTCOME_NO_FUNDS,
    };
    runs_add(stand.at.runs, stand.ordinal++, INPUT_SIGNALS, 0, 0);
}

static void play_one(const struct move *m) {
    rows_clear(stand.at.batch);
    if (m->what == NO_FUNDS) {
        answer(m);
    } else {
        const struct transaction tx = transaction_of(m);
        stand.at.batch->input[0] = (struct input){.topic = "in"};
        rows_add(stand.at.batch, &tx, stand.ordinal);
        runs_add(stand.at.runs, stand.ordinal, INPUT_TRANSACTIONS, 0, (int64_t)stand.ordinal);
        stand.ordinal++;
        apply_batch(stand.apply, stand.at.batch);
        score_sides(m->score);
    }
    decide();
}

static void play(const struct move *moves, size_t count) {
    for (size_t i = 0; i < count; i++)
        play_one(&moves[i]);
}

#define PLAY(moves) play(moves, sizeof(moves) / sizeof *(moves))

/* The last revision is this one, number `count`. */
static void assert_last(size_t count, enum recommendation_state state, const char *why) {
    assert_int_equal(stand.seen_count, count);
    assert_int_equal(stand.seen[count - 1].state, state);
    assert_string_equal(stand.seen[count - 1].why, why);
}

#define assert_stands(count) assert_true(stand.seen_count == (count) && is_open())

static bool is_open(void) {
    return decide_open_episodes(stand.at.decide) == 1;
}

/* Honest people. */

static void a_mistaken_transfer_that_is_sent_back_withdraws(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "mistake", 900000, HOLD, 0},
        {2 * DAY, SENT_BACK, "mistake", 900000, BELOW, 0},
    };
    PLAY(moves);
    assert_int_equal(stand.seen[0].hold_tiyn, 900000);
    assert_last(2, RECOMMENDATION_WITHDRAWN, "TRANSACTION_REVERSED");
    assert_int_equal(stand.seen[1].hold_tiyn, 0);
    assert_false(is_open());
}

static void so_it_does_when_the_advice_began_with_another_transaction(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, DEPOSIT, "own", 5000, BELOW, 0},
        {HOUR, CREDIT, "mistake", 900000, BELOW, 0},
        {2 * HOUR, CASH, "bread", 2000, HOLD, 0}, /* of the money before */
        {3 * HOUR, SENT_BACK, "mistake", 900000, BELOW, 0},
    };
    PLAY(moves);
    assert_int_equal(stand.seen[0].at_risk_tiyn, 900000);
    assert_last(2, RECOMMENDATION_WITHDRAWN, "MONEY_REVERSED");
}

static void all_of_several_credits_have_to_go_back(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, BELOW, 0},           {60, CREDIT, "2", 1000, HOLD, 0},
        {120, CREDIT, "3", 1000, HOLD, 0},          {HOUR, SENT_BACK, "2", 1000, BELOW, 0},
        {2 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(2);
    play_one(&(struct move){3 * HOUR, SENT_BACK, "3", 1000, BELOW, 0});
    assert_last(3, RECOMMENDATION_WITHDRAWN, "MONEY_REVERSED");
}

static void part_of_it_back_changes_nothing_until_the_rest_is(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, SENT_BACK, "1", 999, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
    play_one(&(struct move){2 * HOUR, SENT_BACK, "1", 1, BELOW, 0});
    assert_last(2, RECOMMENDATION_WITHDRAWN, "TRANSACTION_REVERSED");
}

static void money_that_was_spent_and_given_back_may_go_back(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, DEBIT, "2", 400, BELOW, 0},
        {2 * HOUR, RETURNED, "2", 400, BELOW, 0},
        {3 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_last(2, RECOMMENDATION_WITHDRAWN, "TRANSACTION_REVERSED");
}

static void a_reversal_that_comes_late_withdraws(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, BELOW, 0},
        {3 * HOUR, CREDIT, "2", 1000, HOLD, 0},
        {4 * HOUR, SENT_BACK, "2", 1000, BELOW, 0},
        {HOUR, SENT_BACK, "1", 1000, BELOW, 5 * HOUR}, /* older than the advice */
    };
    play(moves, 3);
    assert_stands(1);
    play_one(&moves[3]);
    assert_last(2, RECOMMENDATION_WITHDRAWN, "MONEY_REVERSED");
}

static void a_reversal_starts_no_cool_down(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, SENT_BACK, "1", 1000, HOLD, 0},
        {2 * HOUR, CREDIT, "2", 1000, HOLD, 0},
        {HOUR + DAY, CREDIT, "3", 1000, HOLD, 0},
    };
    play(moves, 3);
    assert_last(3, RECOMMENDATION_ISSUED, "");
    play_one(&moves[3]);
    assert_last(4, RECOMMENDATION_AMENDED, "MORE_MONEY");
}

static void what_came_and_went_days_before_holds_nothing_up(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "friend", 500, BELOW, 0},
        {HOUR, CASH, "1", 500, BELOW, 0},
        {2 * DAY, CREDIT, "mistake", 900000, HOLD, 0},
        {3 * DAY, SENT_BACK, "mistake", 900000, BELOW, 0},
    };
    PLAY(moves);
    assert_last(2, RECOMMENDATION_WITHDRAWN, "TRANSACTION_REVERSED");
}

/* Droppers: one small credit. */

static void one_small_credit_among_others_frees_nobody(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "large", 900000, BELOW, 0},
        {60, CREDIT, "small", 100, HOLD, 0}, /* an accomplice's, and the one that crosses */
        {HOUR, SENT_BACK, "small", 100, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

static void neither_where_the_rest_is_older_than_a_day_by_now(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "large", 900000, BELOW, 0},
        {23 * HOUR, CREDIT, "small", 100, HOLD, 0},
        {2 * DAY, SENT_BACK, "small", 100, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

static void nor_where_the_rest_was_older_than_a_day_when_it_began(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "large", 900000, BELOW, 0},
        {30 * HOUR, CREDIT, "small", 100, HOLD, 0},
        {31 * HOUR, SENT_BACK, "small", 100, BELOW, 0},
    };
    PLAY(moves);
    assert_int_equal(stand.seen[0].at_risk_tiyn, 100);
    assert_stands(1);
}

static void a_reversed_debit_brings_the_money_back_and_frees_nobody(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 900000, BELOW, 0},
        {60, DEBIT, "2", 900000, HOLD, 0},
        {HOUR, RETURNED, "2", 900000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

static void a_reversal_of_something_unknown_is_not_its_own(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, SENT_BACK, "unknown", 1000, BELOW, 0}, /* takes from the newest credit */
    };
    PLAY(moves);
    assert_stands(1);
}

/* Droppers: credits that came after the advice. */

static void what_came_after_the_advice_frees_nobody(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, CREDIT, "after", 1000, BELOW, 0},
        {2 * HOUR, SENT_BACK, "after", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
    play_one(&(struct move){3 * HOUR, CASH, "cash", 1000, BELOW, 0});
    play_one(&(struct move){4 * HOUR, CREDIT, "again", 1000, BELOW, 0});
    play_one(&(struct move){5 * HOUR, SENT_BACK, "again", 1000, BELOW, 0});
    assert_stands(1);
}

static void what_came_after_it_and_is_still_there_holds_it_up(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, CREDIT, "after", 100, HOLD, 0},
        {2 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

/* Droppers: money that has left. */

static void money_that_had_left_before_its_reversal_frees_nobody(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, CASH, "2", 1000, BELOW, 0},
        {2 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

static void neither_where_part_of_it_had(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, HOLD, 0},
        {HOUR, CASH, "2", 1, BELOW, 0},
        {2 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

/* The last revision rests on little, the episode on what it began with. */
static void a_little_after_the_much_had_left_frees_nobody(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "much", 900000, HOLD, 0},
        {HOUR, CASH, "cash", 900000, BELOW, 0},
        {30 * HOUR, NO_FUNDS, "much", 0, 0, 0},
        {31 * HOUR, CREDIT, "little", 100, HOLD, 0},
        {32 * HOUR, SENT_BACK, "little", 100, BELOW, 0},
    };
    play(moves, 4);
    assert_last(2, RECOMMENDATION_AMENDED, "MONEY_AGAIN");
    assert_int_equal(stand.seen[1].at_risk_tiyn, 100);
    play_one(&moves[4]);
    assert_stands(2);
}

static void where_nothing_was_at_risk_nothing_goes_back(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "old", 100, BELOW, 0},
        {2 * DAY, DEPOSIT, "1", 900000, HOLD, 0},
        {2 * DAY + 1, SENT_BACK, "old", 100, BELOW, 0},
    };
    PLAY(moves);
    assert_int_equal(stand.seen[0].at_risk_tiyn, 0);
    assert_stands(1);
}

static void where_a_bank_found_nothing_nothing_goes_back(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, CREDIT, "1", 1000, BELOW, 0},
        {1, CASH, "unseen", 10, HOLD, 0}, /* money from elsewhere is spent first */
        {HOUR, NO_FUNDS, "unseen", 0, 0, 0},
        {2 * HOUR, SENT_BACK, "1", 1000, BELOW, 0},
    };
    play_one(&(struct move){-1, DEPOSIT, "0", 10, BELOW, 0});
    PLAY(moves);
    assert_stands(1);
}

static void where_the_account_would_be_advised_on_again_it_is_not_withdrawn(void **state) {
    (void)state;
    const struct move moves[] = {
        {0, DEPOSIT, "0", 900000, BELOW, 0},
        {1, CREDIT, "1", 1000, BELOW, 0},
        {2, CASH, "2", 10000, HOLD, 0},
        {HOUR, SENT_BACK, "1", 1000, HOLD, 0},
    };
    PLAY(moves);
    assert_stands(1);
}

static void what_the_ring_has_forgotten_may_be_there_still(void **state) {
    (void)state;
    static char names[ACCOUNT_EVENTS_MAX][16];
    play_one(&(struct move){0, CREDIT, "1", 1000, HOLD, 0});
    for (int i = 0; i < ACCOUNT_EVENTS_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "d%d", i);
        play_one(&(struct move){1 + i, DEPOSIT, names[i], 1000, BELOW, 0});
    }
    play_one(&(struct move){HOUR, SENT_BACK, "1", 1000, BELOW, 0});
    assert_stands(1);
}

/* Whatever happens within a day, by a plain statement of the account. */

enum { HISTORIES = 3000, MOVES = 24, CREDITS_MAX = MOVES };

struct statement {
    struct move credits[CREDITS_MAX];
    int64_t back[CREDITS_MAX];
    char names[MOVES][24];
    int count;
    int64_t there; /* exact until something was spent */
    bool spent;    /* a debit has found money; none is ever given back */
};

static struct move next_move(struct chance *chance, struct statement *s, int history, int number) {
    struct move m = {.at = history * DAY / 4 + number * 10 * MINUTE};
    m.score = chance_is(chance, 35) ? HOLD : BELOW;
    const uint32_t kind = chance_below(chance, 100);
    if (kind < 55 && s->count > 0) {
        const int i = (int)chance_below(chance, (uint32_t)s->count);
        m.what = SENT_BACK;
        m.tx = s->credits[i].tx;
        m.tiyn = chance_is(chance, 60) ? s->credits[i].tiyn - s->back[i]
                                       : 1 + (int64_t)chance_below(chance, 1000);
        if (chance_is(chance, 20)) m.at -= m.late_s = HOUR;
        return m;
    }
    (void)snprintf(s->names[number], sizeof s->names[0], "t%d-%d", history, number);
    m.tx = s->names[number];
    m.tiyn = 1 + (int64_t)chance_below(chance, 1000);
    m.what = kind < 96 ? CREDIT : CASH;
    return m;
}

static void enter(struct statement *s, const struct move *m) {
    if (m->what == CREDIT) {
        s->credits[s->count++] = *m;
        s->there += m->tiyn;
    } else if (m->what == CASH) {
        s->spent |= s->there > 0;
    } else {
        int i = 0;
        while (s->credits[i].tx != m->tx)
            i++;
        const int64_t rest = s->credits[i].tiyn - s->back[i];
        const int64_t back = m->tiyn < rest ? m->tiyn : rest;
        s->back[i] += back;
        s->there -= back;
    }
}

static bool all_went_back(const struct statement *s) {
    for (int i = 0; i < s->count; i++)
        if (s->back[i] < s->credits[i].tiyn) return false;
    return !s->spent;
}

/* Returns whether it was withdrawn. Repeated reversals of one amount are duplicates to the engine:
 * a statement does not enter them. */
static bool live(struct chance *chance, int history) {
    struct statement s = {.count = 0};
    char account[24];
    bool withdrawn = false;
    (void)snprintf(account, sizeof account, "mule-%d", history);
    stand.account = account;
    stand.seen_count = 0;
    for (int i = 0; i < MOVES && !withdrawn; i++) {
        const struct move m = next_move(chance, &s, history, i);
        const struct seen *last = stand.seen_count == 0 ? NULL : &stand.seen[stand.seen_count - 1];
        const int64_t at_risk_tiyn = last == NULL ? 0 : last->at_risk_tiyn;
        const size_t before = stand.seen_count;
        play_one(&m);
        if (stand.at.batch->verdict[0] == VERDICT_DUPLICATE) continue;
        enter(&s, &m);
        withdrawn = stand.seen_count > before &&
                    stand.seen[stand.seen_count - 1].state == RECOMMENDATION_WITHDRAWN;
        if (withdrawn) assert_true(all_went_back(&s));
        if (before > 0 && m.what == SENT_BACK && m.score < 0 && at_risk_tiyn > 0)
            assert_int_equal(withdrawn, all_went_back(&s));
    }
    return withdrawn;
}

static void advice_is_withdrawn_just_when_all_went_back_and_nothing_was_spent(void **state) {
    (void)state;
    int withdrawn = 0;
    struct chance chance = {7};
    for (int i = 0; i < HISTORIES; i++)
        withdrawn += live(&chance, i);
    assert_true(withdrawn > HISTORIES / 20 && withdrawn < HISTORIES * 19 / 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_mistaken_transfer_that_is_sent_back_withdraws),
        TEST(so_it_does_when_the_advice_began_with_another_transaction),
        TEST(all_of_several_credits_have_to_go_back),
        TEST(part_of_it_back_changes_nothing_until_the_rest_is),
        TEST(money_that_was_spent_and_given_back_may_go_back),
        TEST(a_reversal_that_comes_late_withdraws),
        TEST(a_reversal_starts_no_cool_down),
        TEST(what_came_and_went_days_before_holds_nothing_up),
        TEST(one_small_credit_among_others_frees_nobody),
        TEST(neither_where_the_rest_is_older_than_a_day_by_now),
        TEST(nor_where_the_rest_was_older_than_a_day_when_it_began),
        TEST(a_reversed_debit_brings_the_money_back_and_frees_nobody),
        TEST(a_reversal_of_something_unknown_is_not_its_own),
        TEST(what_came_after_the_advice_frees_nobody),
        TEST(what_came_after_it_and_is_still_there_holds_it_up),
        TEST(money_that_had_left_before_its_reversal_frees_nobody),
        TEST(neither_where_part_of_it_had),
        TEST(a_little_after_the_much_had_left_frees_nobody),
        TEST(where_nothing_was_at_risk_nothing_goes_back),
        TEST(where_a_bank_found_nothing_nothing_goes_back),
        TEST(where_the_account_would_be_advised_on_again_it_is_not_withdrawn),
        TEST(what_the_ring_has_forgotten_may_be_there_still),
        TEST(advice_is_withdrawn_just_when_all_went_back_and_nothing_was_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
