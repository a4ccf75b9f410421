/* SPDX-License-Identifier: Apache-2.0 */
/* An input topic that was made anew and filled again while the engine was down. A snapshot stands
 * where the last commit ended, so that nothing is replayed that could tell. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/input_tail.h"
#include "detector/service/metrics.h"
#include "tests/memory_stand.h"

#include <stdio.h>

#define INPUT "antifrod.transactions"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, RECORDS = 200 };

struct stand {
    struct memory_stand base;
    struct disk *disk;
    int32_t input_partitions;
    bool rebuild, forget_ends;
    struct error error;
};

static int setup(void **state) {
    static struct stand stand;
    stand = (struct stand){.input_partitions = PARTITIONS};
    *state = &stand;
    if (!memory_stand_open(&stand.base, PARTITIONS)) return -1;
    stand.disk = disk_posix_open(stand.base.directory, &stand.error);
    return stand.disk == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    stand->disk->ops->dispose(stand->disk);
    memory_stand_close(&stand->base);
    return 0;
}

static bool run(struct stand *stand) {
    struct pipeline_options how = memory_stand_how(&stand->base);
    how.snapshots = stand->disk;
    how.rebuild = stand->rebuild;
    metrics_reset();
    return memory_stand_run(&how, &stand->error);
}

static void must_run(struct stand *stand) {
    if (!run(stand)) fail_msg("%s: %s", error_name(stand->error.code), stand->error.text);
    assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
}

static void must_be_refused(struct stand *stand, const char *text) {
    const size_t before = memory_port_count(stand->base.memory, ORDER, 0);
    assert_false(run(stand));
    assert_int_equal(stand->error.code, ERROR_INPUT_GONE);
    if (strstr(stand->error.text, text) == NULL || strstr(stand->error.text, "made anew") == NULL)
        fail_msg("%s", stand->error.text);
    assert_int_equal(memory_port_count(stand->base.memory, ORDER, 0), before);
}

static void send(struct stand *stand, int count) {
    static int number;
    for (int i = 0; i < count; i++, number++) {
        char payer[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", number % 50);
        snprintf(tx_id, sizeof tx_id, "tx-%d", number);
        const struct transaction tx =
            sample_transfer(tx_id, payer, "payee", 20 * number, 1000 + number);
        sample_send(stand->base.memory, stand->base.encoder, &tx, stand->input_partitions);
    }
}

/* The topics anew: everything as it was, but the input as `change` has it, record by record. */

enum change { KEEP, CHANGE, LEAVE_OUT };
typedef enum change change_of(int32_t partition, size_t index, size_t count);

static uint32_t cut_ends(const struct stand *stand, struct bytes value, uint8_t *out) {
    struct error error;
    struct order_record *record = order_record_decode(value, &error);
    assert_non_null(record);
    record->end_count = 0;
    assert_true(encode_order(stand->base.encoder, record, &value, &error));
    order_record_free(record);
    memcpy(out, value.data, value.size);
    return value.size - 1; /* the empty array */
}

static void copy_record(const struct stand *stand, struct memory_port *to, const char *topic,
                        int32_t partition, size_t index, enum change change) {
    struct port_record r;
    uint8_t value[4096];
    struct port_header headers[32];
    size_t count = 0;
    assert_true(memory_port_get(stand->base.memory, topic, partition, index, &r));
    while (memory_port_get_header(&r, count, &headers[count]))
        count++;
    assert_true(r.value.size <= sizeof value);
    memcpy(value, r.value.data, r.value.size);
    struct port_message copy = {.topic = topic,
                                .partition = partition,
                                .timestamp_ms = r.timestamp_ms,
                                .key = r.key,
                                .value = {value, r.value.size},
                                .headers = headers,
                                .header_count = count};
    if (change == CHANGE) value[r.value.size - 1] ^= 1;
    if (stand->forget_ends && strcmp(topic, ORDER) == 0)
        copy.value.size = cut_ends(stand, r.value, value);
    if (change != LEAVE_OUT) assert_true(memory_port_append(to, &copy, r.offset));
}

static struct memory_port *cluster(const struct stand *stand) {
    struct memory_port *memory = memory_port_open();
    memory_port_create_topic(memory, INPUT, stand->input_partitions);
    memory_port_create_topic(memory, "antifrod.freeze-recommendations", PARTITIONS);
    memory_port_create_topic(memory, "antifrod.transactions.dlq", 1);
    memory_port_create_topic(memory, ORDER, 1);
    return memory;
}

static void make_anew(struct stand *stand, change_of *change) {
    static const char *const topics[] = {INPUT, ORDER, "antifrod.freeze-recommendations"};
    struct memory_port *memory = cluster(stand);
    for (size_t t = 0; t < 3; t++)
        for (int32_t p = 0; p < PARTITIONS; p++) {
            const size_t count = memory_port_count(stand->base.memory, topics[t], p);
            for (size_t i = 0; i < count; i++)
                if (t > 0 || p < stand->input_partitions)
                    copy_record(stand, memory, topics[t], p, i,
                                t == 0 ? change(p, i, count) : KEEP);
        }
    logs_copy_committed(stand->base.memory, memory, INPUT, stand->input_partitions);
    logs_close(stand->base.memory);
    stand->base.memory = memory;
}

static enum change keep(int32_t partition, size_t index, size_t count) {
    (void)partition;
    (void)index;
    (void)count;
    return KEEP;
}

static enum change change_all(int32_t partition, size_t index, size_t count) {
    (void)partition;
    (void)index;
    (void)count;
    return CHANGE;
}

static enum change change_second(int32_t partition, size_t index, size_t count) {
    (void)index;
    (void)count;
    return partition == 1 ? CHANGE : KEEP;
}

static enum change shorten(int32_t partition, size_t index, size_t count) {
    (void)partition;
    return index + 1 == count ? LEAVE_OUT : KEEP;
}

/* The last that was taken is not there, one that came later is. */
static enum change make_hole(int32_t partition, size_t index, size_t count) {
    return partition == 0 && index + 2 == count ? LEAVE_OUT : KEEP;
}

static enum change trim(int32_t partition, size_t index, size_t count) {
    (void)partition;
    return index + 1 == count ? KEEP : LEAVE_OUT;
}

static enum change trim_and_change(int32_t partition, size_t index, size_t count) {
    (void)partition;
    return index + 1 == count ? CHANGE : LEAVE_OUT;
}

/* Tests. */

static void the_same_input_is_gone_on_with(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    make_anew(stand, keep);
    send(stand, RECORDS);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), RECORDS);
}

static void a_topic_that_was_filled_again_stops_the_engine(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    make_anew(stand, change_all);
    must_be_refused(stand, INPUT "/0 holds another record");
    send(stand, RECORDS);
    must_be_refused(stand, INPUT "/0 holds another record");
}

static void a_partition_that_was_long_quiet_is_looked_at_too(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    for (int i = 0; i < 3; i++) {
        sample_send_raw(stand->base.memory, 0, "no frame", 8);
        must_run(stand); /* each with a commit */
    }
    make_anew(stand, change_second);
    must_be_refused(stand, INPUT "/1 holds another record");
}

static void a_shorter_one_stops_the_engine(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    make_anew(stand, shorten);
    must_be_refused(stand, INPUT "/0 ends before");
}

static void one_without_the_record_stops_the_engine(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    sample_send_raw(stand->base.memory, 0, "no frame", 8);
    make_anew(stand, make_hole);
    must_be_refused(stand, INPUT "/0 holds no record");
}

/* Then nothing can be compared, and the stream goes on as before. */
static void retention_may_take_what_was_taken_last(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    for (int32_t p = 0; p < PARTITIONS; p++)
        sample_send_raw(stand->base.memory, p, "no frame", 8);
    make_anew(stand, trim);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), PARTITIONS);
    make_anew(stand, trim_and_change); /* what was taken after it is compared again */
    must_be_refused(stand, "holds another record");
}

static void a_rebuild_takes_what_was_made_anew_from_its_beginning(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    const size_t second = memory_port_count(stand->base.memory, INPUT, 1);
    make_anew(stand, change_second);
    must_be_refused(stand, "--rebuild");
    stand->rebuild = true;
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), second);
    stand->rebuild = false;
    send(stand, RECORDS);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), RECORDS);
}

static void one_with_fewer_partitions_is_another_one(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    stand->input_partitions = 1;
    make_anew(stand, keep);
    must_be_refused(stand, INPUT "/1 ends before");
    stand->rebuild = true;
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), 0); /* the first goes on */
    stand->rebuild = false;
    send(stand, RECORDS);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_RECORDS), RECORDS);
}

/* Bells of who is read to its end already are no silence of the others. */

static const struct port_ops *real_ops;
static int wakes_left;

static void wakes_early(struct port *port, int timeout_ms) {
    (void)port;
    (void)timeout_ms;
    wakes_left--;
}

static bool comes_late(struct port *port, size_t stream, struct port_record *records, size_t room,
                       size_t *count, struct error *error) {
    *count = 0;
    return wakes_left > 0 || real_ops->poll(port, stream, records, room, count, error);
}

static bool never_at_end(struct port *port, size_t stream) {
    (void)port;
    (void)stream;
    return false;
}

static bool never_stopping(const void *context) {
    (void)context;
    return false;
}

static void a_wake_up_is_not_a_wait(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->base.memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    struct order_end end = {.topic = text_of(INPUT)};
    const struct input_tail tail = {.port = port,
                                    .inputs = {{INPUT, ""}},
                                    .ends = &end,
                                    .count = 1,
                                    .stopping = never_stopping};
    enum input_found found = INPUT_NOTHING;
    sample_send_raw(stand->base.memory, 0, "no frame", 8);
    ops.poll = comes_late;
    ops.at_end = never_at_end;
    ops.wait = wakes_early;
    real_ops = before;
    port->ops = &ops;
    wakes_left = 1000;
    const bool ok = input_tail_read(&tail, &found, &stand->error);
    port->ops = before;
    assert_true(ok);
    assert_int_equal(found, INPUT_OTHER);
}

/* Order records as a build wrote them that knew no `ends`: nothing can be compared either. */
static void an_order_log_that_does_not_tell_is_gone_on_with(void **state) {
    struct stand *stand = *state;
    send(stand, RECORDS);
    must_run(stand);
    stand->forget_ends = true;
    make_anew(stand, change_all);
    stand->forget_ends = false;
    send(stand, RECORDS);
    must_run(stand);
    make_anew(stand, change_all); /* and from then on they tell */
    must_be_refused(stand, "holds another record");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_same_input_is_gone_on_with),
        TEST(a_topic_that_was_filled_again_stops_the_engine),
        TEST(a_partition_that_was_long_quiet_is_looked_at_too),
        TEST(a_shorter_one_stops_the_engine),
        TEST(one_without_the_record_stops_the_engine),
        TEST(retention_may_take_what_was_taken_last),
        TEST(a_rebuild_takes_what_was_made_anew_from_its_beginning),
        TEST(one_with_fewer_partitions_is_another_one),
        TEST(a_wake_up_is_not_a_wait),
        TEST(an_order_log_that_does_not_tell_is_gone_on_with),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
