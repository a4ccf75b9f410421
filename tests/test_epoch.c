/* SPDX-License-Identifier: Apache-2.0 */
/* Where an epoch begins: the order log says it, and the group's offsets are a copy that may be lost
 * or set by somebody. And topics of the output and of the order log that are others than before. */
#include "tests/snapshot_stand.h"
#include "tests/support.h"

#include "schemas/order_record.h"

#include <string.h>

#define LETTERS "antifrod.transactions.dlq"

enum { TWICE = 2 * PARTITIONS };

/* The topics anew, as far as a test keeps them. */

struct kept {
    int32_t outputs;
    bool offsets, order, ends;
};

static const struct kept all = {PARTITIONS, true, true, true};

static struct memory_port *cluster_with(int32_t outputs) {
    struct memory_port *memory = memory_port_open();
    memory_port_create_topic(memory, INPUT, PARTITIONS);
    memory_port_create_topic(memory, RECOMMENDATIONS, outputs);
    memory_port_create_topic(memory, LETTERS, 1);
    memory_port_create_topic(memory, ORDER, 1);
    return memory;
}

static void commit_offsets(struct memory_port *memory, const struct port_position *positions) {
    struct port *port = memory_port_port(memory);
    struct error error;
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->send_offsets(port, positions, PARTITIONS, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
}

static void read_offsets(const struct stand *stand, struct port_position positions[PARTITIONS]) {
    struct port *port = memory_port_port(stand->base.memory);
    struct error error;
    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct port_position){INPUT, p, 0};
    assert_true(port->ops->committed(port, positions, PARTITIONS, &error));
}

/* As a build wrote it that knew no ends. */
static void copy_without_ends(const struct stand *stand, struct memory_port *to) {
    struct port_record r;
    for (size_t i = 0; memory_port_get(stand->base.memory, ORDER, 0, i, &r); i++) {
        struct error error;
        struct bytes value;
        struct order_record *record = order_record_decode(r.value, &error);
        assert_non_null(record);
        record->end_count = 0;
        assert_true(encode_order(stand->base.encoder, record, &value, &error));
        const struct port_message message = {.topic = ORDER,
                                             .timestamp_ms = r.timestamp_ms,
                                             .key = r.key,
                                             .value = {value.data, value.size - 1}};
        assert_true(memory_port_append(to, &message, r.offset));
        order_record_free(record);
    }
}

static void keep(struct stand *stand, struct kept kept) {
    struct memory_port *to = cluster_with(kept.outputs);
    sample_copy(stand->base.memory, to, INPUT, PARTITIONS, NULL);
    sample_copy(stand->base.memory, to, LETTERS, 1, NULL);
    sample_copy(stand->base.memory, to, RECOMMENDATIONS,
                kept.outputs < PARTITIONS ? kept.outputs : PARTITIONS, NULL);
    if (kept.order && kept.ends) sample_copy(stand->base.memory, to, ORDER, 1, NULL);
    if (kept.order && !kept.ends) copy_without_ends(stand, to);
    if (kept.offsets) logs_copy_committed(stand->base.memory, to, INPUT, PARTITIONS);
    logs_close(stand->base.memory);
    stand->base.memory = to;
}

/* What came of it. */

static size_t published(const struct stand *stand) {
    return logs_count(stand->base.memory, RECOMMENDATIONS, TWICE);
}

static size_t orders(const struct stand *stand) {
    return memory_port_count(stand->base.memory, ORDER, 0);
}

static int32_t last_epoch(const struct stand *stand) {
    struct port_record r;
    struct error error;
    assert_true(memory_port_get(stand->base.memory, ORDER, 0, orders(stand) - 1, &r));
    struct order_record *record = order_record_decode(r.value, &error);
    assert_non_null(record);
    const int32_t epoch = record->epoch;
    order_record_free(record);
    return epoch;
}

static void assert_offsets(const struct stand *stand, const struct port_position *due) {
    struct port_position positions[PARTITIONS];
    read_offsets(stand, positions);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_int_equal(positions[p].offset, due[p].offset);
}

/* A rebuild, and a start without the flag. */
static void must_rebuild(struct stand *stand) {
    stand->rebuild = true;
    must_run(stand);
    stand->rebuild = false;
    must_run(stand);
}

static void must_fail_twice(struct stand *stand, enum error_code code, const char *text) {
    must_fail(stand, code, text);
    stand->rebuild = true;
    must_fail(stand, code, text);
    stand->rebuild = false;
}

/* The offsets of the group. */

static void lost_offsets_are_committed_anew(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    read_offsets(stand, before);
    kept.offsets = false;
    keep(stand, kept);
    const size_t count = orders(stand);
    must_run(stand);
    assert_int_equal(orders(stand), count + 1);
    assert_offsets(stand, before);
    must_run(stand);
    assert_int_equal(orders(stand), count + 1);
    remove_all(stand->disk); /* the record without records is replayed, too */
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    assert_is_as_in_one_go(stand, RECORDS);
}

static void offsets_set_back_stop_a_start_and_a_rebuild_takes_nothing_twice(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    const struct port_position start[PARTITIONS] = {{INPUT, 0, 0}, {INPUT, 1, 0}};
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    read_offsets(stand, before);
    const size_t count = published(stand);
    assert_true(count > 20);
    commit_offsets(stand->base.memory, start);
    must_fail(stand, ERROR_BAD_DATA, "to 0; set it back to ");
    must_rebuild(stand);
    assert_int_equal(last_epoch(stand), 1);
    assert_int_equal(published(stand), count);
    assert_offsets(stand, before);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    assert_true(published(stand) > count + 20);
}

static void offsets_set_forward_lose_nothing_by_a_rebuild(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS], forward[PARTITIONS];
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    read_offsets(stand, before);
    memcpy(forward, before, sizeof forward);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    for (int32_t p = 0; p < PARTITIONS; p++)
        forward[p].offset += 1000;
    commit_offsets(stand->base.memory, forward);
    stand->rebuild = true;
    must_run(stand);
    struct port_record r;
    struct error error;
    for (size_t i = 0; memory_port_get(stand->base.memory, ORDER, 0, i, &r); i++) {
        struct order_record *record = order_record_decode(r.value, &error);
        assert_non_null(record);
        const bool first = record->epoch == 1 && record->sequence == 0;
        for (uint32_t run = 0; first && run < record->run_count; run++)
            assert_int_equal(record->runs[run].next_offset,
                             before[record->runs[run].partition].offset);
        order_record_free(record);
    }
}

static void a_rebuild_without_offsets_takes_nothing_twice(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    read_offsets(stand, before);
    const size_t count = published(stand);
    kept.offsets = false;
    keep(stand, kept);
    must_rebuild(stand);
    must_rebuild(stand); /* nothing was taken in the epoch before */
    assert_int_equal(last_epoch(stand), 2);
    assert_int_equal(published(stand), count);
    assert_offsets(stand, before);
}

/* What was there before a first start from the end was never to be taken. */
static void a_partition_of_which_nothing_was_taken_stays_where_the_epoch_began(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    struct kept kept = all;
    snprintf(stand->base.options.start_from, sizeof stand->base.options.start_from, "latest");
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    sample_send_raw(stand->base.memory, 0, "no transaction", 14);
    must_run(stand);
    read_offsets(stand, before);
    kept.offsets = false;
    keep(stand, kept);
    must_rebuild(stand);
    assert_int_equal(published(stand), 0);
    assert_int_equal(memory_port_count(stand->base.memory, LETTERS, 0), 1);
    assert_offsets(stand, before);
}

static void where_the_order_log_names_no_ends_the_group_says_it(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    read_offsets(stand, before);
    const size_t count = published(stand);
    kept.ends = false;
    keep(stand, kept);
    must_rebuild(stand);
    assert_int_equal(published(stand), count);
    assert_offsets(stand, before);
}

/* The output. */

static void assert_no_snapshot_was_touched(struct stand *stand,
                                           const struct snapshot_list *before) {
    const struct snapshot_list after = list_of(stand->disk);
    assert_true(before->count > 0);
    assert_int_equal(after.count, before->count);
    for (size_t i = 0; i < after.count; i++)
        assert_string_equal(after.names[i].text, before->names[i].text);
}

static void more_output_partitions_need_a_new_epoch_and_touch_no_snapshot(void **state) {
    struct stand *stand = *state;
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    static struct snapshot_list before;
    before = list_of(stand->disk);
    const size_t count = published(stand);
    kept.outputs = TWICE;
    keep(stand, kept);
    must_fail(stand, ERROR_CONFIG, "has 4 partitions");
    must_fail(stand, ERROR_CONFIG, "--rebuild");
    assert_no_snapshot_was_touched(stand, &before);
    must_rebuild(stand);
    assert_int_equal(published(stand), count);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    must_run(stand);
    for (int32_t p = 0; p < TWICE; p++)
        assert_true(memory_port_count(stand->base.memory, RECOMMENDATIONS, p) > 0);
}

static void fewer_output_partitions_stop_every_start_and_touch_no_snapshot(void **state) {
    struct stand *stand = *state;
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    static struct snapshot_list before;
    before = list_of(stand->disk);
    const size_t count = orders(stand);
    kept.outputs = 1;
    keep(stand, kept);
    must_fail_twice(stand, ERROR_CONFIG, "has 1 partitions, fewer than");
    assert_no_snapshot_was_touched(stand, &before);
    assert_int_equal(orders(stand), count);
}

/* The order log. */

static void without_order_log_and_output_a_rebuild_goes_on_at_the_offsets(void **state) {
    struct stand *stand = *state;
    struct port_position before[PARTITIONS];
    struct kept kept = all;
    sample_send_raw(stand->base.memory, 0, "no transaction", 14);
    sample_send_raw(stand->base.memory, 1, "no transaction", 14);
    must_run(stand);
    read_offsets(stand, before);
    kept.order = false;
    keep(stand, kept);
    must_fail(stand, ERROR_INPUT_GONE, "--rebuild");
    must_rebuild(stand);
    assert_int_equal(memory_port_count(stand->base.memory, LETTERS, 0), 2);
    assert_offsets(stand, before);
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    assert_true(published(stand) > 20);
}

static void without_order_log_what_was_published_stops_every_start(void **state) {
    struct stand *stand = *state;
    struct kept kept = all;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    kept.order = false;
    keep(stand, kept);
    must_fail_twice(stand, ERROR_BAD_DATA, "the order log in antifrod.order is empty: ");
    assert_int_equal(orders(stand), 0);
}

/* A reload. */

static struct {
    const struct port_ops *real;
    int count;
} commits;

static enum port_status commit(struct port *port, struct error *error) {
    const int number = ++commits.count;
    if (number != 1 && number != 3) return commits.real->commit(port, error);
    error_set(error, ERROR_UNAVAILABLE, "this was to happen");
    return PORT_REBUILD;
}

static void a_reload_of_a_first_start_that_was_to_rebuild_rebuilds_nothing(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->base.memory);
    commits.real = port->ops;
    commits.count = 0;
    struct port_ops ops = *port->ops;
    ops.commit = commit;
    port->ops = &ops;
    send_crowd(stand, 0, RECORDS);
    stand->rebuild = true;
    must_run(stand); /* the first commit fails, and the one behind order record 0 */
    port->ops = commits.real;
    assert_true(commits.count > 3);
    assert_int_equal(last_epoch(stand), 0);
    stand->rebuild = false;
    assert_is_as_in_one_go(stand, RECORDS);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(lost_offsets_are_committed_anew),
        TEST(offsets_set_back_stop_a_start_and_a_rebuild_takes_nothing_twice),
        TEST(offsets_set_forward_lose_nothing_by_a_rebuild),
        TEST(a_rebuild_without_offsets_takes_nothing_twice),
        TEST(a_partition_of_which_nothing_was_taken_stays_where_the_epoch_began),
        TEST(where_the_order_log_names_no_ends_the_group_says_it),
        TEST(more_output_partitions_need_a_new_epoch_and_touch_no_snapshot),
        TEST(fewer_output_partitions_stop_every_start_and_touch_no_snapshot),
        TEST(without_order_log_and_output_a_rebuild_goes_on_at_the_offsets),
        TEST(without_order_log_what_was_published_stops_every_start),
        TEST(a_reload_of_a_first_start_that_was_to_rebuild_rebuilds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
