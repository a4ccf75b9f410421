/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/engine_rig.h"

#include "bench/random_model.h"
#include "bench/wide_model.h"
#include "detector/admit.h"
#include "detector/base/steady.h"
#include "models/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_SIZE = 33, START_S = 1767225600, WEEK_S = 7 * 86400, VALUE_MAX = 1024, MILLI = 1000 };

struct engine_rig {
    struct engine_rig_options options;
    struct model *model;
    struct policy *policy;
    struct runs *runs;
    struct encoder *encoder;
    struct decode *decode;
    struct signals *signals;
    struct apply *apply;
    struct score *score;
    struct decide *decide;
    struct batch *batch;
    struct transaction tx[BATCH_EVENTS];
    char tokens[BATCH_EVENTS][2][TOKEN_SIZE], ids[BATCH_EVENTS][TOKEN_SIZE];
    uint8_t *values; /* of the records made: one behind the other */
    struct port_record made[RIG_BATCHES][BATCH_EVENTS];
    uint64_t first_ordinal; /* of the next batch to run */
    uint32_t next_batch;
    uint64_t random, ordinal, recommendations, record_bytes, records;
    double seconds_per_event, clock_s;
};

static uint32_t below(struct engine_rig *r, uint32_t limit) {
    return (uint32_t)((random_next(&r->random) >> 32) * limit >> 32);
}

static void must(bool ok, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s\n", error->text);
    exit(1);
}

static void open_stages(struct engine_rig *r) {
    struct error error = {.text = "no memory"};
    const struct engine_rig_options *o = &r->options;
    must((r->batch = batch_new()) != NULL, &error);
    must((r->model = wide_model(o->terms, o->seed, &error)) != NULL, &error);
    must((r->policy = policy_shipped(r->model, &error)) != NULL, &error);
    must((r->runs = runs_new(&(struct inputs){{"bench", ""}}, 1024)) != NULL, &error);
    must((r->encoder = encoder_open(&error)) != NULL, &error);
    const struct decode_options decode = {.schema_dir = "", .value_bytes_max = 65536};
    must((r->decode = decode_open(&decode, &error)) != NULL, &error);
    r->signals = signals_open(&(struct signals_options){.max = 100000}, &error);
    must(r->signals != NULL, &error);
    const struct apply_options apply = {.accounts = {.memory_limit = o->memory_limit,
                                                     .prefault_bytes = UINT64_C(64) << 20,
                                                     .dormancy_s = 180 * 86400},
                                        .kernel_tier = o->kernel_tier,
                                        .signals = r->signals,
                                        .taint = {.limits = {10, 72 * 3600, 100000, 0},
                                                  .walk_max = 4096,
                                                  .accounts_max = o->tainted_max}};
    must((r->apply = apply_open(&apply, &error)) != NULL, &error);
    r->score = score_open(r->model, BATCH_SIDES, o->kernel_tier, &error);
    must(r->score != NULL, &error);
    const struct decide_options decide = {.policy = r->policy,
                                          .model = r->model,
                                          .score = r->score,
                                          .runs = r->runs,
                                          .build = text_of("bench"),
                                          .episodes_max = 65536,
                                          .instructions_max = 65536,
                                          .issued_max = 1 << 24};
    must((r->decide = decide_open(&decide, &error)) != NULL, &error);
}

struct engine_rig *engine_rig_open(const struct engine_rig_options *options) {
    struct engine_rig *r = calloc(1, sizeof *r);
    if (r == NULL) exit(1);
    r->values = malloc((size_t)RIG_BATCHES * BATCH_EVENTS * VALUE_MAX);
    if (r->values == NULL) exit(1);
    r->options = *options;
    r->random = options->seed;
    r->clock_s = START_S;
    r->seconds_per_event = (double)WEEK_S * 2.0 / (double)options->accounts / options->events;
    open_stages(r);
    return r;
}

void engine_rig_close(struct engine_rig *r) {
    decide_close(r->decide);
    apply_close(r->apply);
    signals_close(r->signals);
    score_close(r->score);
    decode_close(r->decode);
    encoder_close(r->encoder);
    runs_free(r->runs);
    policy_free(r->policy);
    model_free(r->model);
    batch_free(r->batch);
    free(r->values);
    free(r);
}

static struct text token(struct engine_rig *r, uint32_t row, int role, uint32_t account) {
    static const char digits[] = "0123456789abcdef";
    char *out = r->tokens[row][role];
    memset(out, '0', TOKEN_SIZE - 1);
    for (int i = TOKEN_SIZE - 2; account > 0; account >>= 4)
        out[i--] = digits[account % 16];
    return (struct text){out, TOKEN_SIZE - 1};
}

/* What came to the payee of the row before leaves again as cash. */
static void cash_out(struct engine_rig *r, uint32_t row) {
    const struct transaction *before = &r->tx[row - 1];
    struct transaction *tx = &r->tx[row];
    if (before->payee.account_token.size == 0) return;
    tx->tx_status = TX_STATUS_SETTLED;
    tx->event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    tx->amount_minor = before->amount_minor;
    memcpy(r->tokens[row][0], before->payee.account_token.data, TOKEN_SIZE);
    tx->payer.account_token = (struct text){r->tokens[row][0], TOKEN_SIZE - 1};
    tx->payee.account_token = (struct text){0};
}

static void fill_sides(struct engine_rig *r, uint32_t row, uint32_t luck) {
    struct transaction *tx = &r->tx[row];
    const uint32_t accounts = r->options.accounts;
    if (tx->event_type != EVENT_TYPE_CASH_DEPOSIT)
        tx->payer.account_token = token(r, row, 0, below(r, accounts));
    if (tx->event_type != EVENT_TYPE_CASH_WITHDRAWAL)
        tx->payee.account_token = token(r, row, 1, below(r, accounts));
    if (row < r->options.hot_rows) {
        tx->event_type = EVENT_TYPE_P2P_TRANSFER;
        tx->tx_status = TX_STATUS_SETTLED;
        tx->payer.account_token = token(r, row, 0, below(r, accounts));
        tx->payee.account_token = token(r, row, 1, accounts);
    } else if (luck >= 990 && row > 0) {
        cash_out(r, row);
    }
    tx->payer.balance_after_present = true;
    tx->payer.balance_after_minor = below(r, 100000000);
}

/* Mostly transfers between people, with cash, shops, attempts, a few reversals and droppers. */
static void fill_row(struct engine_rig *r, uint32_t row) {
    static const uint8_t kinds[16] = {
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_C2B_PAYMENT,
        EVENT_TYPE_C2B_PAYMENT,      EVENT_TYPE_C2B_PAYMENT,  EVENT_TYPE_TAX_OR_UTILITY,
        EVENT_TYPE_CASH_WITHDRAWAL,  EVENT_TYPE_CASH_DEPOSIT, EVENT_TYPE_OWN_TRANSFER,
        EVENT_TYPE_SALARY_OR_BENEFIT};
    struct transaction *tx = &r->tx[row];
    const uint64_t ordinal = r->ordinal++;
    const uint32_t luck = below(r, 1000);
    snprintf(r->ids[row], TOKEN_SIZE, "%032llx", (unsigned long long)ordinal);
    r->clock_s += r->seconds_per_event;
    *tx = (struct transaction){
        .event_id = {r->ids[row], TOKEN_SIZE - 1},
        .tx_id = {r->ids[row], TOKEN_SIZE - 1},
        .currency = text_of("KZT"),
        .reporter_bic = text_of("BANKKZKA"),
        .event_time_s = (int64_t)r->clock_s,
        .amount_minor = 100 * (1 + (int64_t)below(r, 200000)),
        .tx_status = luck < 10   ? TX_STATUS_ATTEMPTED
                     : luck < 12 ? TX_STATUS_REVERSED
                                 : TX_STATUS_SETTLED,
        .event_type = kinds[below(r, 16)],
        .active_call = TRISTATE_NULL,
        .remote_access = TRISTATE_NULL,
    };
    tx->event_time_us = tx->event_time_s * 1000000;
    tx->payer.phone_owner_mismatch = tx->payee.phone_owner_mismatch = TRISTATE_NULL;
    fill_sides(r, row, luck);
    r->batch->input[row].ordinal = ordinal;
    runs_add(r->runs, ordinal, INPUT_TRANSACTIONS, 0, (int64_t)ordinal);
}

static void fill_rows(struct engine_rig *r) {
    r->batch->count = BATCH_EVENTS;
    for (uint32_t row = 0; row < BATCH_EVENTS; row++)
        fill_row(r, row);
}

/* As decode would leave them. */
static void admit_rows(struct engine_rig *r) {
    for (uint32_t row = 0; row < BATCH_EVENTS; row++) {
        const char *why;
        r->batch->tx[row] = r->tx[row];
        r->batch->clock_s[row] = r->tx[row].event_time_s;
        r->batch->verdict[row] = admit(&r->batch->tx[row], INT64_MIN, &why);
    }
}

void engine_rig_warm_up(struct engine_rig *r, double entries) {
    const double batches = (double)r->options.accounts * entries / BATCH_SIDES;
    for (double i = 0; i < batches; i++) {
        fill_rows(r);
        admit_rows(r);
        apply_batch(r->apply, r->batch);
    }
}

void engine_rig_hot(struct engine_rig *r, uint32_t rows) {
    r->options.hot_rows = rows;
}

/* Returns the place behind the values. */
static uint8_t *encode_rows(struct engine_rig *r, struct port_record *made, uint8_t *at) {
    struct error error;
    for (uint32_t row = 0; row < BATCH_EVENTS; row++) {
        struct bytes value;
        must(encode_transaction(r->encoder, &r->tx[row], &value, &error), &error);
        if (value.size > VALUE_MAX) abort();
        memcpy(at, value.data, value.size);
        made[row] = (struct port_record){
            .timestamp_ms = r->tx[row].event_time_s * MILLI,
            .value = {at, value.size},
        };
        at += value.size;
        r->record_bytes += value.size;
        r->records++;
    }
    return at;
}

void engine_rig_prepare(struct engine_rig *r, uint32_t batches) {
    uint8_t *at = r->values;
    r->first_ordinal = r->ordinal;
    r->next_batch = 0;
    for (uint32_t i = 0; i < batches; i++) {
        fill_rows(r);
        at = encode_rows(r, r->made[i], at);
    }
}

static void take_batch(struct engine_rig *r) {
    struct batch *b = r->batch;
    const struct port_record *made = r->made[r->next_batch++];
    b->count = BATCH_EVENTS;
    for (uint32_t row = 0; row < BATCH_EVENTS; row++) {
        b->input[row].record = made[row];
        b->input[row].ordinal = r->first_ordinal++;
        b->forced[row] = VERDICT_ACCEPTED;
    }
}

const struct batch *engine_rig_run(struct engine_rig *r, int64_t ns[RIG_PHASES]) {
    uint32_t event;
    struct batch *b = r->batch;
    take_batch(r);
    const int64_t start = steady_ns();
    decode_batch(r->decode, b);
    const int64_t decoded = steady_ns();
    apply_batch(r->apply, b);
    const int64_t applied = steady_ns();
    score_batch(r->score, &b->features[0][0], BATCH_COLUMN, b->sides, b->logit);
    const int64_t scored = steady_ns();
    decide_batch(r->decide, b);
    while (decide_next(r->decide, &event) != NULL)
        r->recommendations++;
    ns[RIG_DECODE] += decoded - start;
    ns[RIG_APPLY] += applied - decoded;
    ns[RIG_SCORE] += scored - applied;
    ns[RIG_DECIDE] += steady_ns() - scored;
    return b;
}

/* A signal is of the place of the row it came behind: the engine goes by the order of rows. */
int64_t engine_rig_report(struct engine_rig *r, uint32_t rows) {
    struct batch *b = r->batch;
    int64_t ns = 0;
    b->input[0].ordinal = b->input[b->count - 1].ordinal;
    b->clock_s[0] = b->clock_s[b->count - 1];
    b->count = 1;
    for (uint32_t row = 1; row < rows; row++) {
        const struct transaction *tx = &b->tx[row];
        if (b->verdict[row] != VERDICT_ACCEPTED || tx->payee.account_token.size == 0) continue;
        b->verdict[0] = VERDICT_SIGNAL;
        b->signal[0] = (struct signal){.signal_id = tx->tx_id,
                                       .kind = SIGNAL_INCIDENT,
                                       .source = SOURCE_POLICE,
                                       .confidence = CONFIDENCE_CONFIRMED,
                                       .revision = 1,
                                       .valid_from_s = b->clock_s[0],
                                       .subject_count = 1,
                                       .tx_id_count = 1};
        b->signal[0].subjects[0] =
            (struct signal_subject){tx->payee.account_token, SUBJECT_ACCOUNT, ROLE_DROPPER};
        b->signal[0].related_tx_ids[0] = tx->tx_id;
        const int64_t start = steady_ns();
        apply_batch(r->apply, b);
        ns += steady_ns() - start;
    }
    return ns;
}

int64_t engine_rig_score(struct engine_rig *r, struct score *score) {
    double logits[BATCH_SIDES];
    const struct batch *b = r->batch;
    const int64_t start = steady_ns();
    score_batch(score, &b->features[0][0], BATCH_COLUMN, b->sides, logits);
    return steady_ns() - start;
}

uint64_t engine_rig_recommendations(const struct engine_rig *r) {
    return r->recommendations;
}

double engine_rig_record_bytes(const struct engine_rig *r) {
    return (double)r->record_bytes / (double)r->records;
}

const struct apply *engine_rig_apply(const struct engine_rig *r) {
    return r->apply;
}
