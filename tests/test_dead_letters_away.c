/* SPDX-License-Identifier: Apache-2.0 */
/* A dead-letter topic that is away holds the stream: nothing is dropped, and it goes on when the
 * topic is back. */
#include "tests/support.h"

#include "detector/pipeline.h"
#include "tests/sample.h"

#define DEAD_LETTERS "antifrod.transactions.dlq"
enum { PARTITIONS = 2, WAITS = 70 };

struct stand {
    struct memory_port *memory;
    struct options options;
    char directory[64];
    const struct port_ops *real;
    struct port_ops ops;
    struct pipeline *pipeline;
    int waits_left; /* until the topic is back; negative: never, and the engine is stopped */
};
static struct stand stand;

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    if (stand.waits_left != 0 && strcmp(topic, DEAD_LETTERS) == 0)
        return error_set(error, ERROR_CONFIG, "topic %s does not exist", topic);
    return stand.real->partition_count(port, topic, count, error);
}

static void no_wait(struct port *port, int timeout_ms) {
    (void)timeout_ms;
    (void)port;
    if (stand.waits_left > 0) stand.waits_left--;
    if (stand.waits_left < 0) pipeline_stop(stand.pipeline);
}

static int setup(void **state) {
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(PARTITIONS);
    struct port *port = memory_port_port(stand.memory);
    stand.real = port->ops;
    stand.ops = *port->ops;
    stand.ops.partition_count = partition_count;
    stand.ops.wait = no_wait;
    port->ops = &stand.ops;
    sample_send_raw(stand.memory, 0, "no frame", 8);
    *state = &stand;
    return 0;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    port->ops = stand.real;
    port->ops->close(port);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static void run(void) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options options = {
        .options = &stand.options, .port = memory_port_port(stand.memory), .stop_at_end = true};
    stand.pipeline = pipeline_open(&options, &error);
    const bool ok = stand.pipeline != NULL && pipeline_run(stand.pipeline, &error);
    pipeline_close(stand.pipeline);
    if (!ok) fail_msg("%s: %s", error_name(error.code), error.text);
}

static void it_is_waited_for_and_nothing_is_dropped(void **state) {
    (void)state;
    stand.waits_left = WAITS;
    run();
    assert_int_equal(memory_port_count(stand.memory, DEAD_LETTERS, 0), 1);
}

static void a_stop_while_it_is_away_is_a_clean_end(void **state) {
    (void)state;
    stand.waits_left = -1;
    run();
    assert_int_equal(memory_port_count(stand.memory, DEAD_LETTERS, 0), 0);
    assert_int_equal(memory_port_count(stand.memory, "antifrod.order", 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_is_waited_for_and_nothing_is_dropped),
        TEST(a_stop_while_it_is_away_is_a_clean_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
