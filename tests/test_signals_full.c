/* SPDX-License-Identifier: Apache-2.0 */
/* A table of signals that is full before the first transaction has moved the clock. */
#include "detector/base/log.h"
#include "detector/service/metrics.h"
#include "tests/memory_stand.h"
#include "tests/support.h"

#include <stdio.h>

#define SIGNALS "antifrod.signals"
enum { PARTITIONS = 1, MAX = 100, DAY = 86400 };

static int setup(void **state) {
    static struct memory_stand stand;
    log_set_level(LOG_LEVEL_WARN);
    *state = &stand;
    if (!memory_stand_open(&stand, PARTITIONS)) return -1;
    stand.options.signals_max = MAX;
    return memory_port_create_topic(stand.memory, SIGNALS, PARTITIONS) ? 0 : -1;
}

static int teardown(void **state) {
    memory_stand_close(*state);
    return 0;
}

/* So many signals, good for 30 days from then on. */
static void send(const struct memory_stand *stand, const char *name, int count, int64_t second) {
    for (int i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s-%d", name, i);
        const struct signal signal = sample_signal(id, id, second);
        sample_send_signal(stand->memory, stand->encoder, id, &signal, PARTITIONS);
    }
}

/* Starts anew, with what was replayed held to what was written down. */
static void run(const struct memory_stand *stand) {
    metrics_reset();
    memory_stand_play(stand);
}

static void expect(int64_t added, int64_t full) {
    assert_int_equal(metrics_get_signal(EFFECT_ADDED), added);
    assert_int_equal(metrics_get_signal(EFFECT_FULL), full);
}

static void what_had_ended_makes_room_for_what_comes(void **state) {
    struct memory_stand *stand = *state;
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
    struct memory_stand *stand = *state;
    send(stand, "live", MAX - 10, 0);
    send(stand, "ended", 5, -60 * DAY);
    send(stand, "newer", 20, DAY);
    run(stand);
    expect(MAX - 10 + 5 + 10, 10);
}

/* However late a signal says that it is. */
static void a_clock_is_what_counts_once_there_is_one(void **state) {
    struct memory_stand *stand = *state;
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
