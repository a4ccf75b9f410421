/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/payments.h"

#include "tests/fake_account.h"
#include "tests/support.h"

#include "detector/service/metrics.h"

#include <math.h>
#include <stdio.h>

static struct account accounts[ROWS_MAX];
struct row rows[ROWS_MAX];
struct said said[SAID_MAX];
size_t said_count;

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"REVIEW_ONLY\": {\"probability\": 0.6, \"per_hour\": 1000, \"priority\": \"LOW\"},"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": 1000, \"priority\": \"HIGH\"},"
    "\"SUSPEND_EBANKING\": {\"probability\": 0.95, \"per_hour\": 1000, \"priority\": \"URGENT\"}},"
    "\"payer_side\": {%s},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 1,"
    "\"protected_flows\": [], \"allow\": [{\"account_token\": \"allowed\", \"reason\": \"a test\", "
    "\"author\": \"me\", \"expires\": \"2026-06-03\"}]}";

const char both[] = RULE("ASK_PAYER", "HOLD_AMOUNT", "\"per_hour\": 1000", "NORMAL") ", " RULE(
    "SUSPEND_INSTRUCTION", "SUSPEND_EBANKING", "\"per_hour\": 1000", "HIGH");

void payments_open(struct payments *s, const char *payer_side, uint32_t instructions_max) {
    char policy[sizeof written_policy + 512];
    assert_true(account_is_fake);
    (void)snprintf(policy, sizeof policy, written_policy, payer_side);
    *s = (struct payments){.clock_s = INT64_MIN};
    decide_stand_open(
        &s->stand, decide_stand_model(), policy,
        &(struct decide_room){
            .runs = 16, .episodes = 1000, .instructions = instructions_max, .issued = 1000});
    said_count = 0;
    metrics_reset();
}

void payments_close(struct payments *s) {
    decide_stand_close(&s->stand);
}

struct transaction payments_transaction(const struct row *row) {
    const int64_t second = decide_stand_monday() + row->at;
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

bool payments_is_signal(const struct row *row) {
    return row->result != OUTCOME_UNKNOWN || row->withdraws != NULL;
}

struct signal payments_signal(const struct row *row) {
    struct signal s = {.signal_id = text_of("withdrawal"),
                       .kind = SIGNAL_WITHDRAWAL,
                       .source = SOURCE_BANK,
                       .reported_at_us = (decide_stand_monday() + row->at) * 1000000};
    if (row->withdraws != NULL) {
        s.withdraws_signal_id = text_of(row->withdraws);
        return s;
    }
    s.signal_id = text_of(row->id == NULL ? "answer" : row->id);
    s.kind = SIGNAL_OUTCOME;
    s.recommendation_id = text_of(row->about);
    s.outcome_present = true;
    s.outcome_result = (uint8_t)row->result;
    return s;
}

enum signal_effect payments_effect(const struct row *row) {
    return row->withdraws != NULL ? EFFECT_WITHDRAWN : row->effect;
}

static void add_side(struct batch *batch, uint32_t event, const struct row *row, size_t number) {
    const uint32_t side = batch->sides++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][side] = NAN;
    batch->features[0][side] = batch->logit[side] = row->score;
    batch->side[side] = (struct side){.event = event,
                                      .account_number = decide_stand_number(row->payee),
                                      .role = SIDE_PAYEE,
                                      .account = &accounts[number]};
}

static void add_row(struct payments *s, size_t number) {
    const struct row *row = &rows[number];
    struct batch *batch = s->stand.batch;
    const uint32_t event = batch->count++;
    const bool signal = payments_is_signal(row);
    if (!signal && decide_stand_monday() + row->at > s->clock_s)
        s->clock_s = decide_stand_monday() + row->at;
    batch->input[event] = (struct input){.record.offset = (int64_t)number,
                                         .kind = signal ? INPUT_SIGNALS : INPUT_TRANSACTIONS,
                                         .topic = "in",
                                         .ordinal = number};
    batch->verdict[event] = signal ? VERDICT_SIGNAL : row->verdict;
    batch->clock_s[event] = s->clock_s;
    if (signal) {
        batch->signal[event] = payments_signal(row);
        batch->signal_effect[event] = payments_effect(row);
        return;
    }
    batch->tx[event] = payments_transaction(row);
    batch->moved[event] = row->moved;
    if (row->verdict == VERDICT_ACCEPTED && row->payee != NULL) add_side(batch, event, row, number);
}

static void note(const struct recommendation *r, size_t row) {
    assert_true(said_count < SAID_MAX);
    struct said *one = &said[said_count++];
    *one = (struct said){.r = *r, .row = row};
    memcpy(one->id, r->id, sizeof one->id);
    decide_stand_print(one->payee_id, sizeof one->payee_id, r->payee_id);
    decide_stand_print(one->account, sizeof one->account, r->target_account_token);
    decide_stand_print(one->why, sizeof one->why, text_of(r->change.why));
    decide_stand_print(one->signal_id, sizeof one->signal_id, r->change.signal_id);
    if (r->payee_id.data != NULL) naive_payer_side_line(r, one->line);
}

static void play_batch(struct payments *s) {
    const struct recommendation *r;
    uint32_t event;
    decide_batch(s->stand.decide, s->stand.batch);
    while ((r = decide_next(s->stand.decide, &event)) != NULL)
        note(r, s->first + event);
    assert_null(decide_next(s->stand.decide, &event));
    s->first += s->stand.batch->count;
    s->stand.batch->count = s->stand.batch->sides = 0;
}

void payments_play(struct payments *s, size_t count, uint32_t batch_size) {
    for (; s->played < count; s->played++) {
        add_row(s, s->played);
        if (s->stand.batch->count == batch_size) play_batch(s);
    }
    play_batch(s);
}

void payments_play_rows(struct payments *s, const struct row *written, size_t count) {
    assert_true(s->played + count <= ROWS_MAX);
    memcpy(&rows[s->played], written, count * sizeof *written);
    payments_play(s, s->played + count, 1);
}

const struct said *last(void) {
    assert_true(said_count > 0);
    return &said[said_count - 1];
}

void assert_last(enum recommendation_state state, enum action action, const char *why) {
    assert_int_equal(last()->r.state, state);
    assert_int_equal(last()->r.action, action);
    assert_string_equal(last()->why, why);
}
