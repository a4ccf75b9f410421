/* SPDX-License-Identifier: Apache-2.0 */
/* Advice to the paying side: rows are played through decide in batches of any size, and what it
 * says to payers' banks is held to sentences, and on random rows to its slow twin. */
#include "tests/chance.h"
#include "tests/fake_account_defined.h"
#include "tests/naive_payer_side.h"
#include "tests/support.h"

#include "detector/base/calendar.h"
#include "detector/decide.h"
#include "detector/runs.h"
#include "detector/service/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR = 3600, DAY = 86400, ROWS_MAX = 1024, SAID_MAX = 4096 };

/* One record. `at` counts from a Monday, 09:00 at UTC+5. A transaction is scored on its payee's
 * side, where it is accepted; a row with a result is an OUTCOME about `about`. */
struct row {
    int64_t at;
    enum tx_status status;
    const char *tx, *payer, *payee;
    double score;
    enum verdict verdict;
    int64_t amount_tiyn;
    const char *bank; /* of the payer; NULL: PAYERKZ1 */
    bool moved;       /* an attempt behind what it attempts */
    enum outcome_result result;
    const char *about;
};

/* What it came to. */
struct said {
    char line[NAIVE_LINE_SIZE];
    char id[RECOMMENDATION_ID_SIZE + 1], payee_id[RECOMMENDATION_ID_SIZE + 1];
    char account[64], why[64], signal_id[16];
    struct recommendation r; /* without its texts */
    size_t row;
};

struct stage {
    struct decide_options options;
    struct decide *decide;
    struct batch *batch;
    int64_t clock_s;
    size_t first, played; /* rows of the batch in hand, and before it */
};

static struct model *model;
static struct account accounts[ROWS_MAX];
static struct row rows[ROWS_MAX];
static struct said said[SAID_MAX];
static size_t said_count;

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"REVIEW_ONLY\": {\"probability\": 0.6, \"per_hour\": 1000, \"priority\": \"LOW\"},"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": 1000, \"priority\": \"HIGH\"},"
    "\"SUSPEND_EBANKING\": {\"probability\": 0.95, \"per_hour\": 1000, \"priority\": \"URGENT\"}},"
    "\"payer_side\": {%s},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 1,"
    "\"protected_flows\": [], \"allow\": [{\"account_token\": \"allowed\", \"reason\": \"a test\", "
    "\"expires\": \"2026-06-03\"}]}";

#define RULE(action, from, caps, priority)                                                         \
    "\"" action "\": {\"payee_action\": \"" from "\", " caps ", \"priority\": \"" priority "\"}"
static const char both[] =
    RULE("ASK_PAYER", "HOLD_AMOUNT", "\"per_hour\": 1000", "NORMAL") ", " RULE(
        "SUSPEND_INSTRUCTION", "SUSPEND_EBANKING", "\"per_hour\": 1000", "HIGH");

static int open_model(void **unused) {
    (void)unused;
    char json[1024];
    struct error error = {0};
    (void)snprintf(
        json, sizeof json,
        "{\"format\": \"saqshy-model/1\", \"id\": \"model\", \"features_sha256\": "
        "\"%s\", \"intercept\": 0, \"transforms\": {}, \"terms\": [{\"name\": \"first\", "
        "\"type\": \"linear\", \"feature\": \"%s\", \"weight\": 1, \"text\": {\"en\": "
        "\"e\", \"ru\": \"r\", \"kk\": \"k\"}}], \"provenance\": {}, "
        "\"calibration\": {\"type\": \"logistic\"}}",
        feature_table_sha256(), feature_table[0].name);
    model = model_parse(json, strlen(json), "model", &error);
    return model == NULL;
}

static int close_model(void **unused) {
    (void)unused;
    model_free(model);
    return 0;
}

static struct policy *policy_of(const char *payer_side) {
    char json[sizeof written_policy + 512];
    struct error error = {0};
    (void)snprintf(json, sizeof json, written_policy, payer_side);
    struct policy *policy = policy_parse(json, strlen(json), "policy", model, &error);
    if (policy == NULL) fail_msg("%s", error.text);
    return policy;
}

static void stage_open(struct stage *s, const char *payer_side, uint32_t instructions_max) {
    struct error error = {0};
    *s = (struct stage){
        .options = {.policy = policy_of(payer_side),
                    .model = model,
                    .score = score_open(model, BATCH_SIDES, "auto", &error),
                    .runs = runs_new(&(struct inputs){{"in", ""}}, 16),
                    .build = text_of("build"),
                    .episodes_max = 1000,
                    .instructions_max = instructions_max,
                    .issued_max = 1000},
        .batch = batch_new(),
        .clock_s = INT64_MIN,
    };
    s->decide = decide_open(&s->options, &error);
    assert_non_null(s->decide);
    said_count = 0;
    metrics_reset();
}

static void stage_close(struct stage *s) {
    decide_close(s->decide);
    batch_free(s->batch);
    runs_free((struct runs *)(uintptr_t)s->options.runs);
    score_close((struct score *)(uintptr_t)s->options.score);
    policy_free((struct policy *)(uintptr_t)s->options.policy);
}

/* The state goes through a snapshot's bytes into a stage that is new. */
static void restart(struct stage *s) {
    struct error error = {0};
    struct pack pack = {0};
    decide_save(s->decide, &pack);
    decide_close(s->decide);
    s->decide = decide_open(&s->options, &error);
    struct unpack unpack = {.at = pack.data, .end = pack.data + pack.size};
    assert_true(decide_load(s->decide, &unpack));
    assert_ptr_equal(unpack.at, unpack.end);
    free(pack.data);
}

static int64_t monday(void) {
    int32_t day;
    assert_true(calendar_parse("2026-06-01", &day));
    return calendar_day_start_s(day) + 9 * HOUR;
}

static uint32_t number_of(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint32_t)(uint8_t)*name) * 16777619u;
    return hash;
}

static struct transaction transaction_of(const struct row *row) {
    const int64_t second = monday() + row->at;
    return (struct transaction){
        .event_id = text_of("event"),
        .tx_id = text_of(row->tx),
        .tx_status = (uint8_t)row->status,
        .payer = {.account_token = text_of(row->payer),
                  .bank_bic = text_of(row->bank == NULL ? "PAYERKZ1" : row->bank)},
        .payee = {.account_token = text_of(row->payee), .bank_bic = text_of("PAYEEKZ1")},
        .event_time_s = second,
        .event_time_us = second * 1000000,
        .ingest_time_s = second,
        .ingest_time_us = second * 1000000 + 5,
        .ingest_time_present = true,
        .amount_tiyn = row->amount_tiyn == 0 ? 1000 : row->amount_tiyn,
    };
}

static struct signal outcome_of(const struct row *row) {
    return (struct signal){.signal_id = text_of("answer"),
                           .kind = SIGNAL_OUTCOME,
                           .source = SOURCE_BANK,
                           .reported_at_us = (monday() + row->at) * 1000000,
                           .recommendation_id = text_of(row->about),
                           .outcome_present = true,
                           .outcome_result = (uint8_t)row->result};
}

static void add_side(struct batch *batch, uint32_t event, const struct row *row, size_t number) {
    const uint32_t side = batch->sides++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][side] = NAN;
    batch->features[0][side] = batch->logit[side] = row->score;
    batch->side[side] = (struct side){.event = event,
                                      .account_number = number_of(row->payee),
                                      .role = SIDE_PAYEE,
                                      .account = &accounts[number]};
}

static void add_row(struct stage *s, size_t number) {
    const struct row *row = &rows[number];
    struct batch *batch = s->batch;
    const uint32_t event = batch->count++;
    const bool outcome = row->result != OUTCOME_UNKNOWN;
    if (!outcome && monday() + row->at > s->clock_s) s->clock_s = monday() + row->at;
    batch->input[event] = (struct input){.record.offset = (int64_t)number,
                                         .kind = outcome ? INPUT_SIGNALS : INPUT_TRANSACTIONS,
                                         .topic = "in",
                                         .ordinal = number};
    batch->verdict[event] = outcome ? VERDICT_SIGNAL : row->verdict;
    batch->clock_s[event] = s->clock_s;
    if (outcome) {
        batch->signal[event] = outcome_of(row);
        batch->signal_effect[event] = EFFECT_ADDED;
        return;
    }
    batch->tx[event] = transaction_of(row);
    batch->moved[event] = row->moved;
    if (row->verdict == VERDICT_ACCEPTED && row->payee != NULL) add_side(batch, event, row, number);
}

static void print(char *out, size_t room, struct text text) {
    (void)snprintf(out, room, "%.*s", (int)text.size, text.data == NULL ? "" : text.data);
}

static void note(const struct recommendation *r, size_t row) {
    assert_true(said_count < SAID_MAX);
    struct said *one = &said[said_count++];
    *one = (struct said){.r = *r, .row = row};
    memcpy(one->id, r->id, sizeof one->id);
    print(one->payee_id, sizeof one->payee_id, r->payee_id);
    print(one->account, sizeof one->account, r->target_account_token);
    print(one->why, sizeof one->why, text_of(r->change.why));
    print(one->signal_id, sizeof one->signal_id, r->change.signal_id);
    if (r->payee_id.data != NULL) naive_payer_side_line(r, one->line);
}

static void play_batch(struct stage *s) {
    const struct recommendation *r;
    uint32_t event;
    decide_batch(s->decide, s->batch);
    while ((r = decide_next(s->decide, &event)) != NULL)
        note(r, s->first + event);
    assert_null(decide_next(s->decide, &event));
    s->first += s->batch->count;
    s->batch->count = s->batch->sides = 0;
}

/* Plays rows[] from where it is up to `count`. */
static void play(struct stage *s, size_t count, uint32_t batch_size) {
    for (; s->played < count; s->played++) {
        add_row(s, s->played);
        if (s->batch->count == batch_size) play_batch(s);
    }
    play_batch(s);
}

static void play_rows(struct stage *s, const struct row *written, size_t count) {
    assert_true(s->played + count <= ROWS_MAX);
    memcpy(&rows[s->played], written, count * sizeof *written);
    play(s, s->played + count, 1);
}
#define PLAY(s, ...)                                                                               \
    play_rows(s, (const struct row[]){__VA_ARGS__},                                                \
              sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

#define SETTLED .status = TX_STATUS_SETTLED
#define ATTEMPTED .status = TX_STATUS_ATTEMPTED
#define SUSPENDED .status = TX_STATUS_SUSPENDED
#define REFUSED .status = TX_STATUS_REFUSED
#define REVERSED .status = TX_STATUS_REVERSED
#define DUPLICATE .verdict = VERDICT_DUPLICATE
/* Of a policy's actions: REVIEW_ONLY, HOLD_AMOUNT, SUSPEND_EBANKING. */
#define MILD .score = 0.5
#define HELD .score = 2
#define STRONG .score = 4
/* Opens advice on the account `dropper`, of which said[0] is the first. */
#define FLAGGED(score)                                                                             \
    { SETTLED, .tx = "loot", .payer = "first", .payee = "dropper", score }

static const struct said *last(void) {
    assert_true(said_count > 0);
    return &said[said_count - 1];
}

static void assert_last(enum recommendation_state state, enum action action, const char *why) {
    assert_int_equal(last()->r.state, state);
    assert_int_equal(last()->r.action, action);
    assert_string_equal(last()->why, why);
}

static void test_a_payment_to_a_flagged_account_is_asked_about(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(
        &s, FLAGGED(HELD),
        {.at = 60, ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", .amount_tiyn = 77});
    assert_int_equal(said_count, 2);
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    const struct recommendation *r = &last()->r;
    assert_string_equal(last()->account, "victim");
    assert_string_equal(last()->payee_id, said[0].id);
    assert_string_not_equal(last()->id, said[0].id);
    assert_int_equal(r->revision, 1);
    assert_int_equal(r->mode, MODE_LIVE);
    assert_int_equal(r->priority, PRIORITY_NORMAL);
    assert_false(r->hold_amount_present);
    assert_int_equal(r->at_risk_kzt_minor, 77);
    assert_int_equal(r->issued_at_us, (monday() + 60) * 1000000 + 5);
    assert_int_equal(r->decide_by_us, (monday() + 60 + HOUR) * 1000000 + 5);
    assert_int_equal(r->valid_until_us, said[0].r.valid_until_us);
    assert_true(r->score == 2 && r->threshold == said[0].r.threshold);
    assert_int_equal(r->reason_count, 1);
    assert_string_equal(r->reasons[0].code, "PAYEE_FLAGGED");
    assert_true(r->reasons[0].contribution == r->score);
    assert_int_equal(r->trail_count, 1);
    assert_int_equal(r->feature_count, 0);
    assert_int_equal(r->input_offset, 1);
    assert_int_equal(decide_open_instructions(s.decide), 1);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE), 1);
    stage_close(&s);
}

static void test_a_strong_action_on_the_payee_suspends_the_payment(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
    assert_int_equal(last()->r.priority, PRIORITY_HIGH);
    stage_close(&s);
}

static void test_a_payment_may_itself_be_what_flags_the_payee(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", HELD});
    assert_int_equal(said_count, 2);
    assert_string_equal(said[0].account, "dropper");
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    stage_close(&s);
}

static void test_nothing_is_said_of_a_payment_that_is_over_or_goes_elsewhere(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {SETTLED, .tx = "1", .payer = "victim", .payee = "dropper"},
         {REFUSED, .tx = "2", .payer = "victim", .payee = "dropper"},
         {.tx = "3", .payer = "victim", .payee = "dropper"},
         {ATTEMPTED, .tx = "4", .payer = "victim", .payee = "grandson"},
         {ATTEMPTED, .tx = "5", .payee = "dropper"}, {ATTEMPTED, .tx = "6", .payer = "victim"},
         {ATTEMPTED, .tx = "7", .payer = "victim", .payee = "dropper", .verdict = VERDICT_LATE});
    assert_int_equal(said_count, 1);
    stage_close(&s);
}

static void test_a_review_alone_is_no_reason_to_ask(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(MILD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    PLAY(&s, {.at = 1, SETTLED, .tx = "u", .payer = "x", .payee = "dropper", HELD},
         {.at = 2, ATTEMPTED, .tx = "v", .payer = "victim", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    stage_close(&s);
}

static void test_the_policy_may_leave_the_paying_side_alone(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, "", 16);
    PLAY(&s, FLAGGED(STRONG), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    stage_close(&s);
}

static void test_an_allowed_account_is_neither_asked_nor_asked_about(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "allowed", .payee = "dropper"});
    assert_int_equal(said_count, 1);
    assert_int_equal(metrics_get(METRIC_ALLOWED), 1);
    stage_close(&s);
}

/* The payer's ring knows the attempt already, so that what follows is a duplicate to apply. */
static void test_a_suspension_that_follows_an_attempt_is_news(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"}, FLAGGED(HELD),
         {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 1);
    PLAY(&s, {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_last(RECOMMENDATION_ISSUED, ACTION_ASK_PAYER, "");
    stage_close(&s);
}

static void test_a_payment_is_advised_on_once(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 2);
    PLAY(&s, {ATTEMPTED, .tx = "t", .payer = "other", .payee = "dropper"},
         {ATTEMPTED, .tx = "u", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 4);
    assert_string_not_equal(said[1].id, said[2].id);
    assert_string_not_equal(said[1].id, said[3].id);
    stage_close(&s);
}

static void assert_closes(struct row row, const char *why) {
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    row.tx = "t";
    row.payer = "victim";
    row.payee = "dropper";
    PLAY(&s, row, row);
    assert_int_equal(said_count, 3);
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, why);
    assert_int_equal(last()->r.revision, 2);
    assert_string_equal(last()->id, said[1].id);
    assert_string_equal(last()->payee_id, said[0].id);
    assert_string_equal(last()->r.reasons[0].code, why);
    assert_int_equal(last()->r.change.what_count, 1);
    assert_string_equal(last()->r.change.what[0], "state");
    assert_int_equal(decide_open_instructions(s.decide), 0);
    PLAY(&s, {SUSPENDED, .tx = "t", .payer = "victim", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 3);
    stage_close(&s);
}

static void test_it_closes_when_the_payment_is_over(void **unused) {
    (void)unused;
    assert_closes((struct row){SETTLED}, "INSTRUCTION_SETTLED");
    assert_closes((struct row){SETTLED, DUPLICATE}, "INSTRUCTION_SETTLED");
    assert_closes((struct row){REFUSED, DUPLICATE}, "INSTRUCTION_REFUSED");
    assert_closes((struct row){REVERSED}, "TRANSACTION_REVERSED");
}

static void test_it_closes_with_the_advice_on_the_payee(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {ATTEMPTED, .tx = "u", .payer = "other", .payee = "dropper"},
         {SETTLED, .tx = "x", .payer = "first", .payee = "second dropper", HELD},
         {ATTEMPTED, .tx = "v", .payer = "victim", .payee = "second dropper"});
    PLAY(&s, {.result = OUTCOME_FALSE_POSITIVE, .about = said[0].id});
    assert_int_equal(said_count, 8);
    assert_string_equal(said[5].account, "dropper");
    assert_string_equal(said[6].account, "victim");
    assert_string_equal(said[7].account, "other");
    for (size_t i = 6; i < 8; i++) {
        assert_int_equal(said[i].r.state, RECOMMENDATION_WITHDRAWN);
        assert_string_equal(said[i].why, "PAYEE_WITHDRAWN");
    }
    assert_int_equal(decide_open_instructions(s.decide), 1);
    PLAY(&s, {ATTEMPTED, .tx = "w", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 8);
    stage_close(&s);
}

static void test_it_expires_with_the_term_of_the_advice_on_the_payee(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD),
         {.at = HOUR, ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"},
         {.at = 39 * HOUR - 1, ATTEMPTED, .tx = "u", .payer = "a", .payee = "b"});
    assert_int_equal(said_count, 2);
    PLAY(&s, {.at = 39 * HOUR, ATTEMPTED, .tx = "v", .payer = "a", .payee = "b"});
    assert_int_equal(said_count, 4);
    assert_string_equal(said[2].account, "dropper");
    assert_last(RECOMMENDATION_EXPIRED, ACTION_ASK_PAYER, "TERM_OVER");
    stage_close(&s);
}

static void answer(struct stage *s, enum outcome_result result) {
    stage_open(s, both, 16);
    PLAY(s, FLAGGED(HELD), {ATTEMPTED, .tx = "t", .payer = "victim", .payee = "dropper"});
    PLAY(s, {.result = result, .about = said[1].id});
}

static void test_an_answer_to_it_is_heard(void **unused) {
    (void)unused;
    struct stage s;
    answer(&s, OUTCOME_RELEASED);
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, "OUTCOME_RELEASED");
    assert_string_equal(last()->signal_id, "answer");
    assert_int_equal(s.batch->answered[0], ACTION_ASK_PAYER);
    stage_close(&s);
    answer(&s, OUTCOME_DECLINED);
    assert_int_equal(said_count, 2);
    assert_int_equal(decide_open_instructions(s.decide), 0);
    PLAY(&s, {SETTLED, .tx = "t", .payer = "victim", .payee = "dropper"});
    assert_int_equal(said_count, 2);
    stage_close(&s);
    answer(&s, OUTCOME_HELD);
    assert_int_equal(decide_open_instructions(s.decide), 1);
    stage_close(&s);
}

static void test_caps_are_its_own_and_of_each_bank(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s,
               RULE("ASK_PAYER", "HOLD_AMOUNT", "\"per_hour\": 2",
                    "NORMAL") ", " RULE("SUSPEND_INSTRUCTION", "SUSPEND_EBANKING",
                                        "\"per_hour\": 9, \"per_hour_per_bank\": 1", "HIGH"),
               16);
    PLAY(&s, FLAGGED(STRONG), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"},
         {ATTEMPTED, .tx = "3", .payer = "c", .payee = "dropper", .bank = "OTHERKZ1"},
         {ATTEMPTED, .tx = "4", .payer = "d", .payee = "dropper"},
         {ATTEMPTED, .tx = "5", .payer = "e", .payee = "dropper"});
    static const enum action due[] = {ACTION_SUSPEND_INSTRUCTION, ACTION_ASK_PAYER,
                                      ACTION_SUSPEND_INSTRUCTION, ACTION_ASK_PAYER};
    assert_int_equal(said_count, 5);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(said[i + 1].r.action, due[i]);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CAPPED), 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_HELD_BACK), 1);
    assert_int_equal(metrics_get(METRIC_CAPPED), 0);
    PLAY(&s, {.at = HOUR, ATTEMPTED, .tx = "5", .payer = "e", .payee = "dropper"});
    assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
    stage_close(&s);
}

static void test_what_is_urgent_always_has_room(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, RULE("SUSPEND_INSTRUCTION", "HOLD_AMOUNT", "\"per_hour\": 0", "URGENT"), 16);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"});
    assert_int_equal(said_count, 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CAPPED), 0);
    stage_close(&s);
}

static void test_none_is_added_when_there_are_too_many(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 2);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"},
         {ATTEMPTED, .tx = "3", .payer = "c", .payee = "dropper"});
    assert_int_equal(said_count, 3);
    assert_int_equal(metrics_get(METRIC_PAYER_SIDE_CROWDED), 1);
    assert_int_equal(decide_open_instructions(s.decide), 2);
    PLAY(&s, {SETTLED, .tx = "1", .payer = "a", .payee = "dropper"});
    assert_last(RECOMMENDATION_WITHDRAWN, ACTION_ASK_PAYER, "INSTRUCTION_SETTLED");
    stage_close(&s);
}

/* The term of the advice on the payee is over, and it is flagged anew: an event that was advised on
 * is not again, another one of the same payment is. */
static void test_none_is_given_twice(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD),
         {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"},
         {.at = 40 * HOUR, SETTLED, .tx = "x", .payer = "y", .payee = "z", .score = -1},
         {.at = 4 * DAY, SETTLED, .tx = "2", .payer = "b", .payee = "dropper", HELD},
         {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 5);
    assert_int_equal(said[4].r.state, RECOMMENDATION_ISSUED);
    restart(&s);
    PLAY(&s, {.at = 38 * HOUR, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 5);
    PLAY(&s, {.at = 4 * DAY, SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", DUPLICATE});
    assert_int_equal(said_count, 6);
    assert_string_equal(last()->account, "a");
    assert_int_equal(last()->r.revision, 1);
    for (size_t i = 0; i < 5; i++)
        assert_string_not_equal(last()->id, said[i].id);
    stage_close(&s);
}

static void test_a_copy_that_comes_behind_the_money_is_no_news(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(HELD), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper", .moved = true},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper", .moved = true});
    assert_int_equal(said_count, 1);
    stage_close(&s);
}

static void test_payers_are_warned_on_when_a_bank_has_confirmed_the_fraud(void **unused) {
    (void)unused;
    static const enum outcome_result results[] = {OUTCOME_CONFIRMED_FRAUD, OUTCOME_REFUNDED};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        stage_open(&s, both, 16);
        PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
        PLAY(&s, {.result = results[i], .about = said[0].id});
        assert_int_equal(decide_open_instructions(s.decide), 1);
        restart(&s);
        PLAY(&s, {.at = HOUR, SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
        assert_last(RECOMMENDATION_ISSUED, ACTION_SUSPEND_INSTRUCTION, "");
        assert_string_equal(last()->payee_id, said[0].id);
        assert_int_equal(last()->r.valid_until_us, (monday() + DAY) * 1000000);
        PLAY(&s, {.at = DAY, SUSPENDED, .tx = "3", .payer = "c", .payee = "dropper"});
        assert_int_equal(said_count, 4);
        assert_last(RECOMMENDATION_EXPIRED, ACTION_SUSPEND_INSTRUCTION, "TERM_OVER");
        stage_close(&s);
    }
}

static void test_a_bank_may_take_its_confirmation_back(void **unused) {
    (void)unused;
    static const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED,
                                                  OUTCOME_DECLINED};
    for (size_t i = 0; i < 3; i++) {
        struct stage s;
        stage_open(&s, both, 16);
        PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"});
        PLAY(&s, {.result = OUTCOME_CONFIRMED_FRAUD, .about = said[0].id});
        PLAY(&s, {.result = results[i], .about = said[0].id});
        assert_last(RECOMMENDATION_WITHDRAWN, ACTION_SUSPEND_INSTRUCTION,
                    i == 2 ? "PAYEE_DECLINED" : "PAYEE_WITHDRAWN");
        PLAY(&s, {SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
        assert_int_equal(said_count, 3);
        stage_close(&s);
    }
}

static void test_it_closes_when_the_payees_bank_declines(void **unused) {
    (void)unused;
    struct stage s;
    stage_open(&s, both, 16);
    PLAY(&s, FLAGGED(STRONG), {SUSPENDED, .tx = "1", .payer = "a", .payee = "dropper"},
         {SUSPENDED, .tx = "2", .payer = "b", .payee = "dropper"});
    PLAY(&s, {.result = OUTCOME_DECLINED, .about = said[0].id});
    assert_int_equal(said_count, 5);
    for (size_t i = 3; i < 5; i++) {
        assert_int_equal(said[i].r.state, RECOMMENDATION_WITHDRAWN);
        assert_string_equal(said[i].why, "PAYEE_DECLINED");
    }
    PLAY(&s, {SUSPENDED, .tx = "3", .payer = "c", .payee = "dropper"});
    assert_int_equal(said_count, 5);
    stage_close(&s);
}

/* A table that says it holds more than fits, twice the same, or a payee without an id. */
static void test_bytes_that_are_no_state_are_refused(void **unused) {
    (void)unused;
    struct stage s;
    struct error error = {0};
    struct pack pack = {0};
    stage_open(&s, both, 2);
    PLAY(&s, FLAGGED(HELD), {ATTEMPTED, .tx = "1", .payer = "a", .payee = "dropper"},
         {ATTEMPTED, .tx = "2", .payer = "b", .payee = "dropper"});
    decide_save(s.decide, &pack);
    struct decide_options small = s.options;
    small.instructions_max = 1;
    for (size_t size = 0; size <= pack.size; size++) {
        struct decide *decide = decide_open(size == pack.size ? &small : &s.options, &error);
        struct unpack unpack = {.at = pack.data, .end = pack.data + size};
        assert_false(decide_load(decide, &unpack));
        decide_close(decide);
    }
    free(pack.data);
    stage_close(&s);
}

/* Random rows against the twin. */

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
    static const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED,
                                                  OUTCOME_DECLINED,       OUTCOME_CONFIRMED_FRAUD,
                                                  OUTCOME_HELD,           OUTCOME_NO_FUNDS};
    return (struct row){
        .at = at,
        .result = results[chance_below(chance, 6)],
        .about = said[said_count - 1 -
                      chance_below(chance, (uint32_t)said_count) % 8 % (uint32_t)said_count]
                     .id};
}

static void twin_row(struct naive_payer_side *twin, const struct stage *s, size_t number,
                     int64_t clock_s, size_t *at) {
    const struct row *row = &rows[number];
    naive_payer_side_move(twin, clock_s);
    if (row->result != OUTCOME_UNKNOWN) {
        const struct signal outcome = outcome_of(row);
        naive_payer_side_hear(twin, &outcome);
    }
    for (size_t i = *at; i < said_count && said[i].row == number; i++) {
        if (said[i].payee_id[0] != '\0') continue;
        struct recommendation r = said[i].r;
        r.target_account_token = text_of(said[i].account);
        naive_payer_side_advise(twin, &r);
    }
    const struct transaction tx = transaction_of(row);
    if (row->result == OUTCOME_UNKNOWN && row->verdict != VERDICT_LATE)
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
    struct stage s;
    const uint32_t max = seed % 2 == 0 ? 6 : 1000;
    struct naive_payer_side *twin = naive_payer_side_new(&random_ask, &random_suspend, max);
    int64_t at = 0, clock_s = INT64_MIN;
    size_t checked = 0, row = 0;
    stage_open(&s, RANDOM_RULES, max);
    while (s.played < 800) {
        const size_t end = s.played + 1 + chance_below(&chance, 40);
        for (size_t i = s.played; i < end; i++) {
            at += chance_is(&chance, 3) ? chance_below(&chance, DAY) : chance_below(&chance, 400);
            rows[i] = said_count > 0 && chance_is(&chance, 6) ? random_answer(&chance, at)
                                                              : random_row(&chance, at);
        }
        play(&s, end, 1 + chance_below(&chance, 40));
        for (; row < s.played; row++) {
            const int64_t second = monday() + rows[row].at;
            if (rows[row].result == OUTCOME_UNKNOWN && second > clock_s) clock_s = second;
            twin_row(twin, &s, row, clock_s, &checked);
        }
        if (chance_is(&chance, 30)) restart(&s);
    }
    for (size_t i = 0; i < said_count; i++)
        counts[said[i].payee_id[0] != '\0' && said[i].r.state != RECOMMENDATION_ISSUED] +=
            said[i].payee_id[0] != '\0';
    assert_int_equal(checked, said_count);
    naive_payer_side_free(twin);
    stage_close(&s);
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
        cmocka_unit_test(test_a_payment_to_a_flagged_account_is_asked_about),
        cmocka_unit_test(test_a_strong_action_on_the_payee_suspends_the_payment),
        cmocka_unit_test(test_a_payment_may_itself_be_what_flags_the_payee),
        cmocka_unit_test(test_nothing_is_said_of_a_payment_that_is_over_or_goes_elsewhere),
        cmocka_unit_test(test_a_review_alone_is_no_reason_to_ask),
        cmocka_unit_test(test_the_policy_may_leave_the_paying_side_alone),
        cmocka_unit_test(test_an_allowed_account_is_neither_asked_nor_asked_about),
        cmocka_unit_test(test_a_suspension_that_follows_an_attempt_is_news),
        cmocka_unit_test(test_a_payment_is_advised_on_once),
        cmocka_unit_test(test_it_closes_when_the_payment_is_over),
        cmocka_unit_test(test_it_closes_with_the_advice_on_the_payee),
        cmocka_unit_test(test_it_expires_with_the_term_of_the_advice_on_the_payee),
        cmocka_unit_test(test_an_answer_to_it_is_heard),
        cmocka_unit_test(test_caps_are_its_own_and_of_each_bank),
        cmocka_unit_test(test_what_is_urgent_always_has_room),
        cmocka_unit_test(test_none_is_added_when_there_are_too_many),
        cmocka_unit_test(test_none_is_given_twice),
        cmocka_unit_test(test_a_copy_that_comes_behind_the_money_is_no_news),
        cmocka_unit_test(test_payers_are_warned_on_when_a_bank_has_confirmed_the_fraud),
        cmocka_unit_test(test_a_bank_may_take_its_confirmation_back),
        cmocka_unit_test(test_it_closes_when_the_payees_bank_declines),
        cmocka_unit_test(test_bytes_that_are_no_state_are_refused),
        cmocka_unit_test(test_random_rows_agree_with_the_slow_twin),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
