/* SPDX-License-Identifier: Apache-2.0 */
/* A table of signals that is full before the first transaction has moved the clock. */
#include "detector/base/log.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "tests/sample.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

#define SIGNALS "antifrod.signals"
enum { PARTITIONS = 1, MAX = 100, DAY = 86400 };

struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    char directory[64];
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    stand = (struct stand){0};
    log_set_level(LOG_LEVEL_WARN);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.options.signals_max = MAX;
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    *state = &stand;
    return stand.encoder != NULL && memory_port_create_topic(stand.memory, SIGNALS, PARTITIONS)
               ? 0
               : -1;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    port->ops->close(port);
    encoder_close(stand->encoder);
    sample_directory_remove(stand->directory, &stand->options);
    return 0;
}

/* So many signals, good for 30 days from then on. */
static void send(const struct stand *stand, const char *name, int count, int64_t second) {
    for (int i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s-%d", name, i);
        const struct signal signal = sample_signal(id, id, second);
        sample_send_signal(stand->memory, stand->encoder, id, &signal, PARTITIONS);
    }
}

/* Starts anew, with what was replayed held to what was written down. */
static void run(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options options = {
        .options = &stand->options, .port = memory_port_port(stand->memory), .stop_at_end = true};
    metrics_reset();
    struct pipeline *pipeline = pipeline_open(&options, &error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, &error);
    pipeline_close(pipeline);
    if (!ok) fail_msg("%s: %s", error_name(error.code), error.text);
}

static void expect(int64_t added, int64_t full) {
    assert_int_equal(metrics_get_signal(EFFECT_ADDED), added);
    assert_int_equal(metrics_get_signal(EFFECT_FULL), full);
}

static void what_had_ended_makes_room_for_what_comes(void **state) {
    struct stand *stand = *state;
    send(stand, "ended", MAX - 10, -60 * DAY);
    send(stand, "live", 100, 0);
    run(stand);
    expect(MAX - 10 + 100, 0);
    sample_send_crowd(stand->memory, stand->encoder, 0, 50, 20, PARTITIONS);
    run(stand);
    assert_int_equal(metrics_get(METRIC_REPLAYED), MAX - 10 + 100);
    assert_int_equal(metrics_get_verdict(VERDICT_ACCEPTED), 50);
}

static void what_is_live_makes_none(void **state) {
    struct stand *stand = *state;
    send(stand, "live", MAX - 10, 0);
    send(stand, "ended", 5, -60 * DAY);
    send(stand, "newer", 20, DAY);
    run(stand);
    expect(MAX - 10 + 5 + 10, 10);
}

/* However late a signal says that it is. */
static void a_clock_is_what_counts_once_there_is_one(void **state) {
    struct stand *stand = *state;
    send(stand, "live", MAX, 0);
    sample_send_crowd(stand->memory, stand->encoder, 0, 50, 20, PARTITIONS);
    run(stand);
    send(stand, "later", 5, 40 * DAY);
    run(stand);
    expect(0, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_had_ended_makes_room_for_what_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_live_makes_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_is_what_counts_once_there_is_one, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
