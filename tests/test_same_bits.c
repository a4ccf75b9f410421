/* SPDX-License-Identifier: Apache-2.0 */
/* The same bits everywhere: recorded days give one digest, whatever compiled the program, whichever
 * tier runs, however the input comes in pieces. The digests are constants: builds of other
 * compilers and levels of optimisation run the same test. They change with the generator, the
 * features, the shipped model and policy, and the version. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/decode.h"
#include "detector/kernels.h"
#include "detector/pipeline.h"
#include "models/score.h"
#include "schemas/order_record.h"
#include "tests/engine.h"
#include "tests/feed.h"
#include "tests/rows.h"
#include "tests/sample.h"

#include <stdio.h>

#define TRANSACTIONS "antifrod.transactions"
#define SIGNALS "antifrod.signals"
#define ORDER "antifrod.order"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define SIDES_SHA256 "6a56f7b89de9732d1c410c216513597905a7c1c1c99893a4eead09ca5e4fefdf"
#define OUTPUT_SHA256 "4eab4269cb3bf5dcc67cc8181c87d6b05a4eed4cbafb2f90fe98c2a087a64a42"
enum { PARTITIONS = 4, DORMANCY_S = 180 * 86400, SIGNAL_EVERY = 50 };

static const struct kernels *tiers[ENGINE_TIERS_MAX];
static int tier_count;

/* A digest of pieces: each with the one before. */
struct chain {
    uint8_t digest[DIGEST_SIZE];
};

static void add(struct chain *chain, const void *data, size_t size) {
    static uint8_t buffer[DIGEST_SIZE + (1 << 16)];
    assert_true(size <= sizeof buffer - DIGEST_SIZE);
    memcpy(buffer, chain->digest, DIGEST_SIZE);
    if (size > 0) memcpy(buffer + DIGEST_SIZE, data, size);
    digest_sha256(buffer, DIGEST_SIZE + size, chain->digest);
}

static void expect(const char *pinned, const struct chain *chain, const char *how, int number) {
    char hex[DIGEST_HEX_SIZE];
    digest_hex(chain->digest, DIGEST_SIZE, hex);
    if (strcmp(hex, pinned) != 0) fail_msg("%s, %d: %s; pinned is %s", how, number, hex, pinned);
}

/* What is told after a transaction: of it and its sides, and of a call to the payer. */
static struct signal told_of(const struct transaction *tx, int number, char id[24]) {
    const struct text payer = tx->payer.account_token, payee = tx->payee.account_token;
    snprintf(id, 24, "signal-%d", number);
    struct signal s = sample_signal(id, "", tx->event_time_s - SAMPLE_START_S);
    s.subjects[0].token = payee.size > 0 ? payee : payer;
    if (number % 3 == 1 && payer.size > 0) s.subjects[0].token = payer;
    s.related_tx_ids[s.tx_id_count++] = tx->tx_id;
    if (number % 3 != 2 || tx->payer.phone_token.size == 0) return s;
    s.kind = SIGNAL_FRAUD_CALL;
    s.telecom_present = true;
    s.called_phone_token = tx->payer.phone_token;
    return s;
}

/* Three days of 1,500 people, as records, and signals about some of them. */
static struct memory_port *recorded_days(int32_t partitions) {
    const struct gen_options options = {.seed = 4,
                                        .start_s = SAMPLE_START_S - 5 * 3600,
                                        .days = 3,
                                        .accounts = 1500,
                                        .daily_per_mille = 3000,
                                        .dropper_per_mille = 20};
    struct error error;
    struct gen *gen = gen_open(&options, &error);
    struct encoder *encoder = encoder_open(&error);
    struct memory_port *memory = sample_cluster(partitions);
    struct transaction tx;
    char id[24];
    bool bad;
    assert_non_null(gen);
    assert_non_null(encoder);
    assert_true(memory_port_create_topic(memory, SIGNALS, partitions));
    for (int i = 1; gen_next(gen, &tx, &bad); i++) {
        sample_send(memory, encoder, &tx, partitions);
        if (i % (SIGNAL_EVERY - 1) != 0) continue;
        const struct signal signal = told_of(&tx, i / (SIGNAL_EVERY - 1), id);
        sample_send_signal(memory, encoder, id, &signal, partitions);
    }
    encoder_close(encoder);
    gen_close(gen);
    return memory;
}

static void forget(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

/* The stages: verdicts, account numbers, features and logits, in batches of any size. */

struct stages {
    struct decode *decode;
    struct signals *signals;
    struct apply *apply;
    struct score *score;
    struct batch *batch;
};

static void open_stages(struct stages *s, const struct model *model, const char *tier) {
    struct error error;
    const struct decode_options decode = {.schema_dir = "", .value_bytes_max = 1 << 16};
    s->decode = decode_open(&decode, &error);
    s->signals = signals_open(&(struct signals_options){.max = 4096}, &error);
    assert_non_null(s->signals);
    s->apply = engine_open_with(tier, NULL, DORMANCY_S, s->signals);
    s->score = score_open(model, BATCH_SIDES, tier, &error);
    s->batch = batch_new();
    assert_true(s->decode != NULL && s->score != NULL && s->batch != NULL);
}

static void close_stages(struct stages *s) {
    decode_close(s->decode);
    apply_close(s->apply);
    signals_close(s->signals);
    score_close(s->score);
    batch_free(s->batch);
}

/* Number `at` of the one partition each: every 50th is a signal. */
static bool record_at(const struct memory_port *days, size_t at, struct input *input) {
    const size_t signals = at / SIGNAL_EVERY;
    const bool told = at % SIGNAL_EVERY == SIGNAL_EVERY - 1;
    input->kind = told ? INPUT_SIGNALS : INPUT_TRANSACTIONS;
    input->ordinal = at;
    return memory_port_get(days, told ? SIGNALS : TRANSACTIONS, 0, told ? signals : at - signals,
                           &input->record);
}

/* The next records, up to a multiple of ACCOUNTS_STRIDE. */
static void next_records(struct batch *b, const struct memory_port *days, size_t at,
                         uint32_t size) {
    b->count = b->sides = 0;
    while (b->count < size && (b->count == 0 || (at + b->count) % ACCOUNTS_STRIDE != 0)) {
        if (!record_at(days, at + b->count, &b->input[b->count])) return;
        b->forced[b->count++] = VERDICT_ACCEPTED;
    }
}

/* Of a feed without them the digest would say nothing of signals. */
static bool tells_of_signals(const double values[FEATURE_COUNT]) {
    static bool named, flagged, called, traced, collected;
    named |= values[FEATURE_list_evidence] > 0;
    flagged |= values[FEATURE_flagged_payers_24h] > 0;
    called |= values[FEATURE_fraud_call] > 0;
    traced |= values[FEATURE_taint_amount_72h] > 0 && values[FEATURE_taint_hop] > 1;
    collected |= values[FEATURE_collector_fan_in_24h] > 0;
    return named && flagged && called && traced && collected;
}

/* Returns whether there was something of each feature that signals make. */
static bool add_rows(struct chain *chain, const struct batch *b) {
    uint32_t side = 0;
    bool told = false;
    for (uint32_t row = 0; row < b->count; row++) {
        add(chain, &b->verdict[row], sizeof b->verdict[row]);
        for (; side < b->sides && b->side[side].event == row; side++) {
            double values[FEATURE_COUNT + 2];
            batch_vector(b, side, values);
            told |= tells_of_signals(values);
            values[FEATURE_COUNT] = b->logit[side];
            values[FEATURE_COUNT + 1] = b->side[side].account_number;
            add(chain, values, sizeof values);
        }
    }
    assert_int_equal(side, b->sides);
    return told;
}

static struct chain sides_of(const struct memory_port *days, const char *tier, uint32_t size) {
    struct error error;
    struct model *model = model_shipped(&error);
    struct stages s;
    struct chain chain = {{0}};
    bool told = false;
    assert_non_null(model);
    open_stages(&s, model, tier);
    for (size_t at = 0; at == 0 || s.batch->count > 0; at += s.batch->count) {
        next_records(s.batch, days, at, size);
        decode_batch(s.decode, s.batch);
        apply_batch(s.apply, s.batch);
        score_batch(s.score, &s.batch->features[0][0], BATCH_COLUMN, s.batch->sides,
                    s.batch->logit);
        told |= add_rows(&chain, s.batch);
    }
    assert_true(told);
    close_stages(&s);
    model_free(model);
    return chain;
}

static void every_side_is_the_same_for_any_tier_and_batch(void **state) {
    (void)state;
    static const uint32_t sizes[] = {BATCH_EVENTS, 1, 7, 64};
    struct memory_port *days = recorded_days(1);
    for (int t = 0; t < tier_count; t++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const struct chain chain = sides_of(days, tiers[t]->name, sizes[i]);
            expect(SIDES_SHA256, &chain, tiers[t]->name, (int)sizes[i]);
        }
    forget(days);
}

/* The whole pipeline: recommendations and the state hash, with the input in any pieces. */

static const struct port_ops *whole_ops;
static size_t fetch_max;

static bool poll_a_little(struct port *port, size_t stream, struct port_record *records, size_t max,
                          size_t *count, struct error *error) {
    return whole_ops->poll(port, stream, records, max < fetch_max ? max : fetch_max, count, error);
}

static void run_pipeline(struct memory_port *days, const char *tier, size_t fetch) {
    struct error error = {.code = ERROR_NONE};
    struct options options;
    struct port *port = memory_port_port(days);
    whole_ops = port->ops;
    fetch_max = fetch;
    struct port_ops ops = *whole_ops;
    ops.poll = poll_a_little;
    port->ops = &ops;
    options_init(&options);
    snprintf(options.start_from, sizeof options.start_from, "earliest");
    snprintf(options.kernel_tier, sizeof options.kernel_tier, "%s", tier);
    options.http_port = 0;
    const struct pipeline_options how = {.options = &options, .port = port, .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&how, &error);
    if (pipeline == NULL || !pipeline_run(pipeline, &error)) fail_msg("%s", error.text);
    pipeline_close(pipeline);
    options_free(&options);
    port->ops = whole_ops;
}

static void add_topic(struct chain *chain, const struct memory_port *days, const char *topic,
                      int32_t partitions) {
    struct port_record record;
    for (int32_t p = 0; p < partitions; p++)
        for (size_t i = 0; memory_port_get(days, topic, p, i, &record); i++) {
            add(chain, record.key.data, record.key.size);
            add(chain, record.value.data, record.value.size);
        }
}

static void add_state(struct chain *chain, const struct memory_port *days) {
    struct error error;
    struct port_record last;
    const size_t count = memory_port_count(days, ORDER, 0);
    assert_true(count > 0 && memory_port_get(days, ORDER, 0, count - 1, &last));
    struct order_record *order = order_record_decode(last.value, &error);
    assert_non_null(order);
    add(chain, &order->state_hash, sizeof order->state_hash);
    order_record_free(order);
}

static struct chain output_of(const char *tier, size_t fetch) {
    struct chain chain = {{0}};
    struct memory_port *days = recorded_days(PARTITIONS);
    run_pipeline(days, tier, fetch);
    size_t count = 0;
    for (int32_t p = 0; p < PARTITIONS; p++)
        count += memory_port_count(days, RECOMMENDATIONS, p);
    assert_true(count >= 10);
    add_topic(&chain, days, RECOMMENDATIONS, PARTITIONS);
    add_state(&chain, days);
    forget(days);
    return chain;
}

static void the_output_is_the_same_for_any_tier_and_fetch(void **state) {
    (void)state;
    static const size_t fetches[] = {SIZE_MAX, 1, 7, 64};
    for (int t = 0; t < tier_count; t++)
        for (size_t i = 0; i < sizeof fetches / sizeof *fetches; i++) {
            const struct chain chain = output_of(tiers[t]->name, fetches[i]);
            expect(OUTPUT_SHA256, &chain, tiers[t]->name, (int)fetches[i]);
        }
}

/* That cpu_best is what the processor has is test_cpu's. */
static void every_tier_that_the_processor_has_ran(void **state) {
    (void)state;
    print_message("tiers run:");
    for (int t = 0; t < tier_count; t++)
        print_message(" %s", tiers[t]->name);
    print_message("\n");
    assert_string_equal(tiers[tier_count - 1]->name, cpu_tier_name(cpu_best()));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_side_is_the_same_for_any_tier_and_batch),
        cmocka_unit_test(the_output_is_the_same_for_any_tier_and_fetch),
        cmocka_unit_test(every_tier_that_the_processor_has_ran),
    };
    tier_count = engine_tiers(tiers);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
