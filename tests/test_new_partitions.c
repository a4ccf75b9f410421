/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions that the input gets while an engine runs and nothing comes in. */
#include "tests/support.h"

#include "detector/pipeline.h"
#include "tests/sample.h"

#define INPUT "antifrod.transactions"
#define ORDER "antifrod.order"

enum { BEFORE = 2, AFTER = 3, MINUTE_MS = 60000, WAITS = 40 };

static struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    struct disk *disk;
    char directory[64];
    const struct port_ops *real;
    struct port_ops ops;
    struct pipeline *pipeline;
    int partitions, waits;
    int64_t now_ms;
} stand;

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    const bool told = stand.real->partition_count(port, topic, count, error);
    if (told && strcmp(topic, INPUT) == 0) *count = stand.partitions;
    return told;
}

/* Time passes while nothing comes; the topic grows meanwhile, and then the engine is stopped. */
static void wait_a_minute(struct port *port, int timeout_ms) {
    (void)port;
    (void)timeout_ms;
    stand.now_ms += MINUTE_MS;
    memory_port_set_now(stand.memory, stand.now_ms);
    if (++stand.waits == WAITS / 2) stand.partitions = AFTER;
    if (stand.waits == WAITS) pipeline_stop(stand.pipeline);
}

static void send(const char *tx_id) {
    const struct transaction tx = sample_transfer(tx_id, "payer", "payee", 0, 1000);
    sample_send(stand.memory, stand.encoder, &tx, BEFORE);
}

static int setup(void **state) {
    struct error error;
    (void)state;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(AFTER);
    stand.encoder = encoder_open(&error);
    stand.disk = disk_posix_open(stand.directory, &error);
    stand.partitions = BEFORE;
    struct port *port = memory_port_port(stand.memory);
    stand.real = port->ops;
    stand.ops = *port->ops;
    stand.ops.partition_count = partition_count;
    stand.ops.wait = wait_a_minute;
    port->ops = &stand.ops;
    return stand.encoder == NULL || stand.disk == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    port->ops = stand.real;
    port->ops->close(port);
    encoder_close(stand.encoder);
    stand.disk->ops->dispose(stand.disk);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static void run(bool stop_at_end) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options options = {.options = &stand.options,
                                             .port = memory_port_port(stand.memory),
                                             .snapshots = stand.disk,
                                             .stop_at_end = stop_at_end};
    stand.waits = 0;
    stand.pipeline = pipeline_open(&options, &error);
    const bool ok = stand.pipeline != NULL && pipeline_run(stand.pipeline, &error);
    pipeline_close(stand.pipeline);
    if (!ok) fail_msg("%s: %s", error_name(error.code), error.text);
}

static void they_are_committed_though_nothing_comes(void **state) {
    (void)state;
    send("one");
    run(false);
    assert_int_equal(stand.partitions, AFTER);
    const size_t orders = memory_port_count(stand.memory, ORDER, 0);
    run(true); /* the snapshot at the stop knows of them, and so does the log */
    assert_int_equal(memory_port_count(stand.memory, ORDER, 0), orders);
    send("two");
    run(true);
    assert_true(memory_port_count(stand.memory, ORDER, 0) > orders);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_are_committed_though_nothing_comes, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
