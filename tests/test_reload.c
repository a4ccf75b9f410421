/* SPDX-License-Identifier: Apache-2.0 */
/* Commits that fail for a while: the state is rebuilt again and again, but later and later, and a
 * stop does not wait for it. Time goes on only while the engine waits. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/pipeline.h"
#include "tests/sample.h"

#include <stdatomic.h>
#include <unistd.h>

enum { PARTITIONS = 2, FENCES_MAX = 64, BEAT_MS = 200, PAUSED_MS = 4000 };

struct stand {
    struct memory_port *memory;
    struct options options;
    char directory[64];
    const struct port_ops *real;
    struct port_ops ops;
    struct pipeline *pipeline;
    bool meddled; /* once a commit has failed, somebody who is no engine has set the offsets */
    int failures_left, stop_at; /* a pause that is stopped, counted by fences; 0: none */
    int fences;
    int64_t fenced_ms[FENCES_MAX];
    int64_t longest_wait_ms, stopped_ms;
};
static struct stand stand;
static _Atomic int64_t now_ms;
static _Atomic int64_t failed_ms; /* of the last commit; -1: fenced since */

int64_t steady_ns(void) {
    return atomic_load(&now_ms) * 1000000;
}

static bool fence(struct port *port, struct error *error) {
    assert_true(stand.fences < FENCES_MAX);
    stand.fenced_ms[stand.fences++] = now_ms;
    failed_ms = -1;
    if (stand.meddled && stand.fences > 1)
        return error_set(error, ERROR_BAD_DATA, "somebody has set the offsets");
    return stand.real->fence(port, error);
}

static enum port_status begin(struct port *port, struct error *error) {
    if (!stand.meddled || stand.fences < 2) return stand.real->begin(port, error);
    error_set(error, ERROR_UNAVAILABLE, "the producer is of no use");
    return PORT_REBUILD;
}

static enum port_status commit(struct port *port, struct error *error) {
    if (stand.failures_left == 0) return stand.real->commit(port, error);
    stand.failures_left--;
    failed_ms = now_ms;
    error_set(error, ERROR_UNAVAILABLE, "this was to happen");
    return PORT_REBUILD;
}

static void wait_for(struct port *port, int timeout_ms) {
    (void)port;
    if (timeout_ms > stand.longest_wait_ms) stand.longest_wait_ms = timeout_ms;
    now_ms += timeout_ms;
    usleep(200); /* for the publisher thread */
    if (stand.fences != stand.stop_at || failed_ms < 0 || now_ms - failed_ms < PAUSED_MS) return;
    if (stand.stopped_ms == 0) stand.stopped_ms = now_ms;
    pipeline_stop(stand.pipeline);
}

static int setup(void **state) {
    memset(&stand, 0, sizeof stand);
    now_ms = 0;
    failed_ms = -1;
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(PARTITIONS);
    struct port *port = memory_port_port(stand.memory);
    stand.real = port->ops;
    stand.ops = *port->ops;
    stand.ops.fence = fence;
    stand.ops.begin = begin;
    stand.ops.commit = commit;
    stand.ops.wait = wait_for;
    port->ops = &stand.ops;
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

static bool run(int failures, struct error *error) {
    const struct pipeline_options options = {
        .options = &stand.options, .port = memory_port_port(stand.memory), .stop_at_end = true};
    stand.failures_left = failures;
    stand.fences = 0;
    stand.pipeline = pipeline_open(&options, error);
    assert_non_null(stand.pipeline);
    const bool ok = pipeline_run(stand.pipeline, error);
    pipeline_close(stand.pipeline);
    return ok;
}

static void each_reload_in_a_row_comes_later(void **state) {
    static const int64_t pauses_ms[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    enum { FAILURES = sizeof pauses_ms / sizeof pauses_ms[0] };
    struct error error = {.code = ERROR_NONE};
    (void)state;
    assert_true(run(FAILURES, &error));
    assert_int_equal(stand.fences, FAILURES + 1);
    for (int i = 0; i < FAILURES; i++)
        assert_in_range(stand.fenced_ms[i + 1] - stand.fenced_ms[i], pauses_ms[i], INT64_MAX);
    assert_in_range(stand.longest_wait_ms, 1, BEAT_MS); /* the heart beats in between */
}

static void a_stop_breaks_the_pause(void **state) {
    struct error error = {.code = ERROR_NONE};
    (void)state;
    stand.stop_at = 9;
    assert_false(run(20, &error));
    assert_int_equal(error.code, ERROR_INTERRUPTED);
    assert_int_equal(stand.fences, 9);
    assert_int_equal(now_ms, stand.stopped_ms);
}

static void damage_that_the_fence_finds_is_not_doubted(void **state) {
    struct error error = {.code = ERROR_NONE};
    (void)state;
    stand.meddled = true;
    assert_false(run(1, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_int_equal(stand.fences, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_reload_in_a_row_comes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stop_breaks_the_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_that_the_fence_finds_is_not_doubted, setup,
                                        teardown),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
