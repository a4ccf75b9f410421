/* SPDX-License-Identifier: Apache-2.0 */
/* The stage that fills batches, offline, on logs in memory: signals of several partitions and
 * transactions in the order of their time stamps, all of them here or sent while it runs. */
#include "detector/broker/memory_port.h"
#include "detector/consume.h"
#include "tests/chance.h"
#include "tests/support.h"

#include <stdlib.h>

#define TOPIC "transactions"
#define SIGNALS "signals"
enum { PARTITIONS = 2, SIGNAL_PARTITIONS = 3, RECORDS_MAX = 8192 };
static const struct inputs inputs = {{TOPIC, SIGNALS}};

struct stand {
    struct memory_port *memory;
    struct runs *runs;
    struct consume *consume;
    struct batch *batch;
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    stand = (struct stand){.memory = memory_port_open()};
    memory_port_create_topic(stand.memory, TOPIC, PARTITIONS);
    memory_port_create_topic(stand.memory, SIGNALS, SIGNAL_PARTITIONS);
    stand.runs = runs_new(&inputs, RECORDS_MAX);
    stand.batch = batch_new();
    const struct consume_options options = {.port = memory_port_port(stand.memory),
                                            .runs = stand.runs,
                                            .inputs = inputs,
                                            .merge_slice_ms = 1,
                                            .merge_wait_ms = 500,
                                            .compacted_by_time = true};
    stand.consume = consume_open(&options, &error);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_true(consume_add_stream(stand.consume, INPUT_TRANSACTIONS, p, 0, &error));
    for (int32_t p = 0; p < SIGNAL_PARTITIONS; p++)
        assert_true(consume_add_stream(stand.consume, INPUT_SIGNALS, p, 0, &error));
    assert_true(consume_assign(stand.consume, NULL, &error));
    *state = &stand;
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    consume_close(stand->consume);
    batch_free(stand->batch);
    runs_free(stand->runs);
    port->ops->close(port);
    return 0;
}

static void append(const struct stand *stand, const char *topic, int32_t partition, int64_t at_ms) {
    const struct port_message message = {.topic = topic,
                                         .partition = partition,
                                         .timestamp_ms = at_ms,
                                         .value = {(const uint8_t *)"x", 1}};
    assert_true(memory_port_append(stand->memory, &message, -1));
}

/* Takes everything: "s5 t6 " for a signal at 5 ms and a transaction at 6 ms, in the order taken. */
static void take_all(const struct stand *stand, char *out, size_t size) {
    struct error error;
    size_t used = 0;
    out[0] = '\0';
    while (consume_batch(stand->consume, stand->batch, &error) != CONSUME_AT_END) {
        for (uint32_t i = 0; i < stand->batch->count; i++) {
            const struct input *in = &stand->batch->input[i];
            used += (size_t)snprintf(out + used, size - used, "%c%lld ",
                                     in->kind == INPUT_SIGNALS ? 's' : 't',
                                     (long long)in->record.timestamp_ms);
            assert_true(used < size);
        }
        consume_release(stand->consume, stand->batch);
    }
}

static void signals_of_several_partitions_go_by_time(void **state) {
    const struct stand *stand = *state;
    char order[256];
    append(stand, SIGNALS, 2, 10);
    append(stand, SIGNALS, 2, 30);
    append(stand, SIGNALS, 0, 20);
    append(stand, SIGNALS, 0, 30);
    append(stand, SIGNALS, 1, 25);
    append(stand, SIGNALS, 1, INT64_MAX);
    append(stand, TOPIC, 1, 30);
    append(stand, TOPIC, 0, 31);
    take_all(stand, order, sizeof order);
    assert_string_equal(order, "s10 s20 s25 s30 s30 t30 t31 s9223372036854775807 ");
}

/* Whatever there is, in whatever partition: never does one go before what has an earlier time. */
static void any_mixture_is_taken_in_order(void **state) {
    const struct stand *stand = *state;
    enum { COUNT = 3000 };
    struct chance chance = {7};
    struct error error;
    int64_t last_ms = 0;
    uint32_t taken = 0;
    for (int64_t at_ms = 0; at_ms < COUNT; at_ms++) {
        const bool signal = chance_below(&chance, 2) == 0;
        append(stand, signal ? SIGNALS : TOPIC,
               (int32_t)chance_below(&chance, signal ? SIGNAL_PARTITIONS : PARTITIONS), at_ms);
    }
    while (consume_batch(stand->consume, stand->batch, &error) == CONSUME_RECORDS) {
        for (uint32_t i = 0; i < stand->batch->count; i++) {
            assert_true(stand->batch->input[i].record.timestamp_ms >= last_ms);
            last_ms = stand->batch->input[i].record.timestamp_ms;
        }
        taken += stand->batch->count;
        consume_release(stand->consume, stand->batch);
    }
    assert_int_equal(taken, COUNT);
}

/* A feeder that sends, in the order of time, right before a stream is asked. */
static const struct port_ops *honest;
static const struct stand *fed;
static size_t feed_before; /* this stream, once */

static bool poll_fed(struct port *port, size_t stream, struct port_record *records, size_t max,
                     size_t *count, struct error *error) {
    if (stream == feed_before) {
        feed_before = SIZE_MAX;
        append(fed, TOPIC, 0, 40);
        append(fed, SIGNALS, 0, 45);
        append(fed, SIGNALS, SIGNAL_PARTITIONS - 1, 50);
        append(fed, TOPIC, 1, 60);
    }
    return honest->poll(port, stream, records, max, count, error);
}

static void what_is_sent_while_it_runs_is_taken_in_order(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    struct port_ops feeding = *port->ops;
    char order[256];
    honest = port->ops;
    feeding.poll = poll_fed;
    fed = stand;
    for (size_t stream = 0; stream < PARTITIONS + SIGNAL_PARTITIONS; stream++) {
        teardown(state);
        setup(state);
        port = memory_port_port(stand->memory);
        port->ops = &feeding;
        feed_before = stream;
        take_all(stand, order, sizeof order);
        port->ops = honest;
        assert_string_equal(order, "t40 s45 s50 t60 ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signals_of_several_partitions_go_by_time, setup, teardown),
        cmocka_unit_test_setup_teardown(any_mixture_is_taken_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_sent_while_it_runs_is_taken_in_order, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
