/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/consume_stand.h"

#include "tests/memory_logs.h"
#include "tests/support.h"

static const struct inputs inputs = {{TOPIC, SIGNALS}};

static void add_streams(struct consume *consume, enum input_kind kind, int32_t partitions) {
    struct error error;
    for (int32_t p = 0; p < partitions; p++)
        assert_true(consume_add_stream(consume, kind, p, 0, &error));
}

void consume_stand_begin(struct consume_stand *stand) {
    struct error error;
    stand->runs = runs_new(&inputs, RECORDS_MAX);
    assert_non_null(stand->runs);
    stand->how.port = memory_port_port(stand->memory);
    stand->how.runs = stand->runs;
    stand->how.inputs = inputs;
    stand->how.merge_wait_ms = 500;
    stand->consume = consume_open(&stand->how, &error);
    assert_non_null(stand->consume);
    add_streams(stand->consume, INPUT_TRANSACTIONS, PARTITIONS);
    add_streams(stand->consume, INPUT_SIGNALS, stand->signal_partitions);
    assert_true(consume_assign(stand->consume, NULL, &error));
}

void consume_stand_open(struct consume_stand *stand, int32_t signal_partitions,
                        const struct consume_options *how) {
    *stand = (struct consume_stand){.memory = memory_port_open(),
                                    .batch = batch_new(),
                                    .how = *how,
                                    .signal_partitions = signal_partitions};
    assert_non_null(stand->batch);
    memory_port_create_topic(stand->memory, TOPIC, PARTITIONS);
    if (signal_partitions > 0) memory_port_create_topic(stand->memory, SIGNALS, signal_partitions);
    consume_stand_begin(stand);
}

void consume_stand_close(struct consume_stand *stand) {
    consume_close(stand->consume);
    batch_free(stand->batch);
    runs_free(stand->runs);
    logs_close(stand->memory);
}

void consume_stand_append(const struct consume_stand *stand, const char *topic, int32_t partition,
                          int64_t timestamp_ms) {
    const struct port_message message = {.topic = topic,
                                         .partition = partition,
                                         .timestamp_ms = timestamp_ms,
                                         .value = {(const uint8_t *)"x", 1}};
    assert_true(memory_port_append(stand->memory, &message, -1));
}
