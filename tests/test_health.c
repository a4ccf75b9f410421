/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd is told: a datagram socket stands where systemd listens. */
#include "tests/support.h"

#include "detector/base/steady.h"
#include "detector/broker/memory_port.h"
#include "detector/pipeline.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"
#include "detector/snapshots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct listener {
    int socket;
    char folder[32], path[64];
};

static int listen_to_us(void **state) {
    static struct listener listener;
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    strcpy(listener.folder, "/tmp/saqshy-XXXXXX");
    if (mkdtemp(listener.folder) == NULL) return -1;
    snprintf(listener.path, sizeof listener.path, "%s/notify", listener.folder);
    memcpy(where.sun_path, listener.path, strlen(listener.path) + 1);
    listener.socket = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(listener.socket, (struct sockaddr *)&where, sizeof where) != 0) return -1;
    setenv("NOTIFY_SOCKET", listener.path, 1);
    *state = &listener;
    return 0;
}

static int leave(void **state) {
    const struct listener *listener = *state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    health_start();
    close(listener->socket);
    unlink(listener->path);
    return rmdir(listener->folder);
}

/* The next message that has come, or "". */
static const char *heard(void **state) {
    static char text[512];
    const struct listener *listener = *state;
    const ssize_t size = recv(listener->socket, text, sizeof text - 1, MSG_DONTWAIT);
    text[size < 0 ? 0 : size] = '\0';
    return text;
}

/* This message is among those that have come. */
static bool hears(void **state, const char *message) {
    const char *text;
    do
        text = heard(state);
    while (text[0] != '\0' && strcmp(text, message) != 0);
    return text[0] != '\0';
}

static void systemd_hears_when_the_engine_is_live_and_when_it_stops(void **state) {
    health_set_ready(true);
    assert_non_null(strstr(heard(state), "READY=1"));
    assert_true(health_ready());
    health_stopping();
    assert_non_null(strstr(heard(state), "STOPPING=1"));
    health_set_ready(false);
    assert_null(strstr(heard(state), "READY=1"));
    assert_false(health_ready());
}

static void systemd_hears_how_far_the_replay_is(void **state) {
    health_replaying(7340032);
    assert_non_null(strstr(heard(state), "7340032"));
}

static void systemd_hears_of_a_snapshot_once_a_percent(void **state) {
    health_restoring(0, 10000);
    assert_string_equal(heard(state), "STATUS=restoring a snapshot, 0 % (0 of 10000 accounts)");
    health_restoring(99, 10000);
    assert_string_equal(heard(state), "");
    health_restoring(103, 10000);
    assert_string_equal(heard(state), "STATUS=restoring a snapshot, 1 % (103 of 10000 accounts)");
    health_restoring(10000, 10000);
    assert_non_null(strstr(heard(state), "100 %"));
    health_set_ready(false);
}

static void the_watchdog_is_fed_once_a_third_of_its_period(void **state) {
    setenv("WATCHDOG_USEC", "3600000000", 1);
    health_start();
    assert_string_equal(heard(state), "WATCHDOG=1");
    health_beat();
    assert_string_equal(heard(state), "");
}

static void without_a_watchdog_a_beat_is_silent(void **state) {
    health_start();
    health_beat();
    assert_string_equal(heard(state), "");
}

static void the_watchdog_of_another_process_is_not_fed(void **state) {
    setenv("WATCHDOG_USEC", "3600000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    health_start();
    unsetenv("WATCHDOG_PID");
    assert_string_equal(heard(state), "");
}

static void alive_until_the_last_beat_is_too_old(void **state) {
    (void)state;
    const int64_t before_ms = steady_ms();
    health_beat();
    assert_true(health_alive_at(before_ms + HEALTH_BEAT_MAX_MS));
    assert_false(health_alive_at(steady_ms() + HEALTH_BEAT_MAX_MS + 1));
}

static void run(const struct pipeline_options *options) {
    struct error error = {.code = ERROR_NONE};
    struct pipeline *pipeline = pipeline_open(options, &error);
    assert_non_null(pipeline);
    assert_true(pipeline_run(pipeline, &error));
    pipeline_close(pipeline);
}

static void remove_snapshots(struct disk *disk) {
    struct snapshot_list list;
    struct error error;
    assert_true(snapshots_list(disk, NULL, &list, &error));
    for (size_t i = 0; i < list.count; i++)
        assert_true(disk->ops->remove(disk, list.names[i].text, &error));
    disk->ops->dispose(disk);
}

static void a_pipeline_is_ready_only_while_it_is_live(void **state) {
    struct memory_port *memory = memory_port_open();
    struct port *port = memory_port_port(memory);
    const struct listener *listener = *state;
    struct options options;
    struct error error = {.code = ERROR_NONE};
    struct disk *disk = disk_posix_open(listener->folder, &error);
    options_init(&options);
    strcpy(options.start_from, "earliest");
    const char *const topics[] = {options.topic_transactions, options.topic_recommendations,
                                  options.topic_dead_letters, options.topic_order};
    for (size_t i = 0; i < 4; i++)
        assert_true(memory_port_create_topic(memory, topics[i], 1));
    const struct pipeline_options settings = {
        .options = &options, .port = port, .snapshots = disk, .stop_at_end = true};
    run(&settings);
    assert_non_null(strstr(heard(state), "replaying"));
    assert_non_null(strstr(heard(state), "READY=1"));
    assert_string_equal(heard(state), "STATUS=not live");
    assert_int_equal(metrics_get(METRIC_READY), 0);
    run(&settings);
    assert_true(hears(state, "STATUS=restoring a snapshot, 100 % (0 of 0 accounts)"));
    assert_true(hears(state, "STATUS=replaying the order log, 0 records so far"));
    assert_true(hears(state, "READY=1\nSTATUS=live"));
    remove_snapshots(disk);
    port->ops->close(port);
    options_free(&options);
}

#define LISTENING(test) cmocka_unit_test_setup_teardown(test, listen_to_us, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        LISTENING(systemd_hears_when_the_engine_is_live_and_when_it_stops),
        LISTENING(systemd_hears_how_far_the_replay_is),
        LISTENING(systemd_hears_of_a_snapshot_once_a_percent),
        LISTENING(the_watchdog_is_fed_once_a_third_of_its_period),
        LISTENING(without_a_watchdog_a_beat_is_silent),
        LISTENING(the_watchdog_of_another_process_is_not_fed),
        cmocka_unit_test(alive_until_the_last_beat_is_too_old),
        LISTENING(a_pipeline_is_ready_only_while_it_is_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
