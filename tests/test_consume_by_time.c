/* SPDX-License-Identifier: Apache-2.0 */
/* The stage that fills batches, offline, on logs in memory: signals of several partitions and
 * transactions in the order of their time stamps, all of them here or sent while it runs. */
#include "tests/chance.h"
#include "tests/consume_stand.h"
#include "tests/support.h"

enum { SIGNAL_PARTITIONS = 3 };

static int setup(void **state) {
    static struct consume_stand stand;
    const struct consume_options how = {.merge_slice_ms = 1, .compacted_by_time = true};
    consume_stand_open(&stand, SIGNAL_PARTITIONS, &how);
    *state = &stand;
    return 0;
}

static int teardown(void **state) {
    consume_stand_close(*state);
    return 0;
}

/* Takes everything: "s5 t6 " for a signal at 5 ms and a transaction at 6 ms, in the order taken. */
static void take_all(const struct consume_stand *stand, char *out, size_t size) {
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
    const struct consume_stand *stand = *state;
    char order[256];
    consume_stand_append(stand, SIGNALS, 2, 10);
    consume_stand_append(stand, SIGNALS, 2, 30);
    consume_stand_append(stand, SIGNALS, 0, 20);
    consume_stand_append(stand, SIGNALS, 0, 30);
    consume_stand_append(stand, SIGNALS, 1, 25);
    consume_stand_append(stand, SIGNALS, 1, INT64_MAX);
    consume_stand_append(stand, TOPIC, 1, 30);
    consume_stand_append(stand, TOPIC, 0, 31);
    take_all(stand, order, sizeof order);
    assert_string_equal(order, "s10 s20 s25 s30 s30 t30 t31 s9223372036854775807 ");
}

/* Whatever there is, in whatever partition: never does one go before what has an earlier time. */
static void any_mixture_is_taken_in_order(void **state) {
    const struct consume_stand *stand = *state;
    enum { COUNT = 3000 };
    struct chance chance = {7};
    struct error error;
    int64_t last_ms = 0;
    uint32_t taken = 0;
    for (int64_t at_ms = 0; at_ms < COUNT; at_ms++) {
        const bool signal = chance_below(&chance, 2) == 0;
        consume_stand_append(
            stand, signal ? SIGNALS : TOPIC,
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
static const struct consume_stand *fed;
static size_t feed_before; /* this stream, once */

static bool poll_fed(struct port *port, size_t stream, struct port_record *records, size_t max,
                     size_t *count, struct error *error) {
    if (stream == feed_before) {
        feed_before = SIZE_MAX;
        consume_stand_append(fed, TOPIC, 0, 40);
        consume_stand_append(fed, SIGNALS, 0, 45);
        consume_stand_append(fed, SIGNALS, SIGNAL_PARTITIONS - 1, 50);
        consume_stand_append(fed, TOPIC, 1, 60);
    }
    return honest->poll(port, stream, records, max, count, error);
}

static void what_is_sent_while_it_runs_is_taken_in_order(void **state) {
    struct consume_stand *stand = *state;
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
