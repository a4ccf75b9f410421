/* SPDX-License-Identifier: Apache-2.0 */
/* The stage that fills batches, on logs in memory: where a batch ends, and what goes first. */
#include "tests/support.h"

#include "tests/consume_stand.h"

#include <stdlib.h>

static uint64_t records_taken;

static int setup(void **state) {
    static struct consume_stand stand;
    consume_stand_open(&stand, 0, &(struct consume_options){.merge_slice_ms = 1000});
    records_taken = 0;
    *state = &stand;
    return 0;
}

static int teardown(void **state) {
    consume_stand_close(*state);
    return 0;
}

static void append(const struct consume_stand *stand, int count) {
    static int64_t timestamp_ms = 1;
    for (int i = 0; i < count; i++)
        consume_stand_append(stand, TOPIC, i % PARTITIONS, timestamp_ms++);
}

/* Takes until `last`; every batch is within one stride and goes on where the last one ended. */
static void take_until(struct consume_stand *stand, enum consume_outcome last) {
    struct error error;
    const struct batch *b = stand->batch;
    enum consume_outcome taken;
    while ((taken = consume_batch(stand->consume, stand->batch, &error)) == CONSUME_RECORDS) {
        assert_int_equal(b->input[0].ordinal, records_taken);
        const uint64_t end = records_taken + b->count - 1;
        assert_int_equal(b->input[b->count - 1].ordinal, end);
        assert_int_equal(records_taken / BATCH_STRIDE, end / BATCH_STRIDE);
        records_taken = end + 1;
        consume_release(stand->consume, stand->batch);
    }
    assert_int_equal(taken, last);
}

static void no_batch_reaches_across_a_stride(void **state) {
    struct consume_stand *stand = *state;
    static const int pieces[] = {100, 1000, 7, 1024, 1500};
    uint64_t all = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        append(stand, pieces[i]);
        all += (uint64_t)pieces[i];
        take_until(stand, CONSUME_AT_END);
        assert_int_equal(records_taken, all);
    }
}

static void nor_does_one_of_a_replay(void **state) {
    struct consume_stand *stand = *state;
    append(stand, 100);
    take_until(stand, CONSUME_AT_END);
    append(stand, 2400);
    take_until(stand, CONSUME_AT_END);
    uint32_t count = 0;
    const struct order_run *runs = consume_runs(stand->consume, &count);
    struct consume *live = stand->consume;
    struct runs *live_runs = stand->runs;
    consume_stand_begin(stand);
    consume_follow(stand->consume, runs, count);
    records_taken = 0;
    take_until(stand, CONSUME_DONE);
    assert_int_equal(records_taken, 2500);
    consume_close(live);
    runs_free(live_runs);
}

static void a_script_of_no_runs_takes_nothing(void **state) {
    struct consume_stand *stand = *state;
    append(stand, 10);
    consume_follow(stand->consume, NULL, 0);
    take_until(stand, CONSUME_DONE);
    assert_int_equal(records_taken, 0);
    take_until(stand, CONSUME_AT_END);
    assert_int_equal(records_taken, 10);
}

/* Each value as large as a broker takes. */
enum { LARGE = 1 << 20 };
static const struct port_ops *plain;

static bool poll_large(struct port *port, size_t stream, struct port_record *records, size_t max,
                       size_t *count, struct error *error) {
    static uint8_t large[LARGE];
    if (!plain->poll(port, stream, records, max, count, error)) return false;
    for (size_t i = 0; i < *count; i++)
        records[i].value = (struct bytes){large, LARGE};
    return true;
}

static void a_batch_ends_where_it_holds_enough_bytes(void **state) {
    enum { RECORDS = 100 };
    struct consume_stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    struct port_ops ops = *port->ops;
    struct error error;
    plain = port->ops;
    ops.poll = poll_large;
    port->ops = &ops;
    append(stand, RECORDS);
    for (uint32_t taken = 0; taken < RECORDS; taken += stand->batch->count) {
        consume_release(stand->consume, stand->batch);
        assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_RECORDS);
        assert_in_range(stand->batch->count, 1, BATCH_BYTES / LARGE);
    }
    consume_release(stand->consume, stand->batch);
    port->ops = plain;
}

/* A client that brings the last record of a stream again, before the next ones. */
static struct port_record last_given[PARTITIONS];
static const struct port_ops *honest;

static bool poll_twice(struct port *port, size_t stream, struct port_record *records, size_t max,
                       size_t *count, struct error *error) {
    struct port_record *last = &last_given[stream];
    const size_t again = last->handle != NULL;
    if (again) records[0] = *last;
    if (!honest->poll(port, stream, records + again, max - again, count, error)) return false;
    *count += again;
    if (*count > 0) *last = records[*count - 1];
    return true;
}

static void what_comes_twice_is_taken_once(void **state) {
    struct consume_stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    struct port_ops twice = *port->ops;
    honest = port->ops;
    twice.poll = poll_twice;
    port->ops = &twice;
    for (int i = 0; i < 3; i++) {
        append(stand, 700);
        take_until(stand, CONSUME_AT_END);
    }
    port->ops = honest;
    assert_int_equal(records_taken, 2100);
    for (size_t p = 0; p < PARTITIONS; p++)
        assert_int_equal(consume_position(stand->consume, p).offset, 1050);
}

/* Signals. */

static void add_signals(struct consume_stand *stand) {
    struct error error;
    assert_true(memory_port_create_topic(stand->memory, SIGNALS, 1));
    assert_true(consume_add_stream(stand->consume, INPUT_SIGNALS, 0, 0, &error));
    assert_true(consume_assign(stand->consume, NULL, &error));
}

static void append_signals(const struct consume_stand *stand, int count) {
    for (int i = 0; i < count; i++)
        consume_stand_append(stand, SIGNALS, 0, INT64_MAX);
}

/* Takes one batch: so many signals, then so many transactions. */
static void take_one(struct consume_stand *stand, uint32_t signals, uint32_t transactions) {
    struct error error;
    assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_RECORDS);
    assert_int_equal(stand->batch->count, signals + transactions);
    for (uint32_t i = 0; i < stand->batch->count; i++) {
        const bool signal = i < signals;
        assert_int_equal(stand->batch->input[i].kind, signal ? INPUT_SIGNALS : INPUT_TRANSACTIONS);
        assert_string_equal(stand->batch->input[i].topic, signal ? SIGNALS : TOPIC);
    }
    consume_release(stand->consume, stand->batch);
}

static void signals_go_first_whatever_their_time(void **state) {
    struct consume_stand *stand = *state;
    add_signals(stand);
    append(stand, 300);
    append_signals(stand, 10);
    take_one(stand, 10, BATCH_EVENTS - 10);
    append_signals(stand, 2);
    take_one(stand, 2, BATCH_EVENTS - 2);
}

/* A port whose signals' partition is behind and gives nothing, until it does. */
static bool withheld;

static bool poll_withheld(struct port *port, size_t stream, struct port_record *records, size_t max,
                          size_t *count, struct error *error) {
    *count = 0;
    return (withheld && stream == PARTITIONS) ||
           honest->poll(port, stream, records, max, count, error);
}

static bool at_end_withheld(struct port *port, size_t stream) {
    return !(withheld && stream == PARTITIONS) && honest->at_end(port, stream);
}

static struct port_ops withholding(struct consume_stand *stand) {
    struct port_ops ops = *memory_port_port(stand->memory)->ops;
    honest = memory_port_port(stand->memory)->ops;
    ops.poll = poll_withheld;
    ops.at_end = at_end_withheld;
    withheld = true;
    return ops;
}

static void signals_that_do_not_come_are_not_waited_for(void **state) {
    struct consume_stand *stand = *state;
    struct error error;
    add_signals(stand);
    append(stand, 20);
    append_signals(stand, 5);
    struct port_ops ops = withholding(stand);
    memory_port_port(stand->memory)->ops = &ops;
    take_one(stand, 0, 20);
    assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_EMPTY);
    withheld = false;
    take_one(stand, 5, 0);
    assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_AT_END);
    memory_port_port(stand->memory)->ops = honest;
}

static void what_is_to_be_read_first_is_waited_for(void **state) {
    struct consume_stand *stand = *state;
    struct error error;
    add_signals(stand);
    append(stand, 20);
    append_signals(stand, 5);
    struct port_ops ops = withholding(stand);
    memory_port_port(stand->memory)->ops = &ops;
    consume_read_first(stand->consume, PARTITIONS, 5);
    for (int i = 0; i < 3; i++)
        assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_EMPTY);
    assert_true(consume_reads_first(stand->consume));
    assert_false(consume_has_begun(stand->consume));
    withheld = false;
    take_one(stand, 5, 20);
    assert_false(consume_reads_first(stand->consume));
    assert_true(consume_has_begun(stand->consume));
    memory_port_port(stand->memory)->ops = honest;
}

/* The last offsets before the end are a marker's, or were compacted. */
static int64_t end_behind_a_marker(struct port *port, size_t stream) {
    return honest->known_end(port, stream) + 1;
}

static void an_end_without_a_record_is_reached_too(void **state) {
    struct consume_stand *stand = *state;
    struct error error;
    add_signals(stand);
    append(stand, 20);
    append_signals(stand, 5);
    honest = memory_port_port(stand->memory)->ops;
    struct port_ops ops = *honest;
    ops.known_end = end_behind_a_marker;
    consume_read_first(stand->consume, PARTITIONS, 6);
    take_one(stand, 5, 0);
    assert_int_equal(consume_batch(stand->consume, stand->batch, &error), CONSUME_EMPTY);
    memory_port_port(stand->memory)->ops = &ops;
    take_one(stand, 0, 20);
    memory_port_port(stand->memory)->ops = honest;
}

static void saved_streams_are_found_by_their_topics(void **state) {
    struct consume_stand *stand = *state;
    struct pack saved = {0};
    struct error error = {.code = ERROR_NONE};
    add_signals(stand);
    append(stand, 3);
    append_signals(stand, 5);
    take_one(stand, 5, 3);
    consume_save(stand->consume, &saved);
    const char *const names[] = {SIGNALS, "others"};
    for (int i = 0; i < 2; i++) {
        struct unpack in = {saved.data, saved.data + saved.size, false};
        const struct consume_options options = {.port = memory_port_port(stand->memory),
                                                .runs = stand->runs,
                                                .inputs = {{TOPIC, names[i]}}};
        struct consume *loaded = consume_open(&options, &error);
        assert_non_null(loaded);
        assert_int_equal(consume_load(loaded, &in, &error), i == 0);
        if (i == 0) assert_int_equal(consume_position(loaded, PARTITIONS).offset, 5);
        if (i == 0) assert_int_equal(consume_kind(loaded, PARTITIONS), INPUT_SIGNALS);
        consume_close(loaded);
    }
    assert_int_equal(error.code, ERROR_CONFIG);
    free(saved.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_batch_reaches_across_a_stride, setup, teardown),
        cmocka_unit_test_setup_teardown(nor_does_one_of_a_replay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_script_of_no_runs_takes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_ends_where_it_holds_enough_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_twice_is_taken_once, setup, teardown),
        cmocka_unit_test_setup_teardown(signals_go_first_whatever_their_time, setup, teardown),
        cmocka_unit_test_setup_teardown(signals_that_do_not_come_are_not_waited_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_to_be_read_first_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(an_end_without_a_record_is_reached_too, setup, teardown),
        cmocka_unit_test_setup_teardown(saved_streams_are_found_by_their_topics, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
