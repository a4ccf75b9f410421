/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the Kafka port on the embedded broker: a new assignment while the client's queues are
 * full of the old one. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/broker/embedded_broker.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_port.h"

#include <stdio.h>

#define TOPIC "antifrod.transactions"
enum { PARTITIONS = 2, RECORDS = 4000, SOME = 300, WAIT_MS = 100, WAITS_MAX = 100 };

struct stand {
    struct embedded_broker *broker;
    struct options options;
    struct port *port;
};

static void must(bool ok, const struct error *error) {
    if (!ok) fail_msg("%s: %s", error_name(error->code), error->text);
}

static void fill(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    must(feed != NULL, &error);
    for (int i = 0; i < RECORDS * PARTITIONS; i++) {
        const struct port_message message = {.topic = TOPIC,
                                             .partition = i % PARTITIONS,
                                             .timestamp_ms = 1 + i,
                                             .value = {(const uint8_t *)"0123456789", 10}};
        must(kafka_feed_send(feed, &message, &error), &error);
    }
    must(kafka_feed_flush(feed, &error), &error);
    kafka_feed_close(feed);
}

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    memset(&stand, 0, sizeof stand);
    options_init(&stand.options);
    stand.broker = embedded_broker_open(&error);
    if (stand.broker == NULL ||
        !embedded_broker_create_topic(stand.broker, TOPIC, PARTITIONS, &error))
        return -1;
    snprintf(stand.options.bootstrap_servers, sizeof stand.options.bootstrap_servers, "%s",
             embedded_broker_bootstrap(stand.broker));
    snprintf(stand.options.delivery, sizeof stand.options.delivery, "at-least-once");
    fill(&stand);
    stand.port = kafka_port_open(&stand.options, &error);
    *state = &stand;
    return stand.port == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    stand->port->ops->close(stand->port);
    embedded_broker_close(stand->broker);
    options_free(&stand->options);
    return 0;
}

static void assign_at(struct stand *stand, int64_t offset) {
    struct error error = {.code = ERROR_NONE};
    struct port_position positions[PARTITIONS];
    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct port_position){TOPIC, p, offset};
    must(stand->port->ops->assign(stand->port, positions, PARTITIONS, &error), &error);
}

/* Takes `count` records of each stream: they follow on each other from `offset`. */
static void take(struct stand *stand, int64_t offset, int64_t count) {
    struct error error = {.code = ERROR_NONE};
    struct port *port = stand->port;
    int64_t next[PARTITIONS] = {offset, offset};
    for (int waits = 0; waits < WAITS_MAX; waits++) {
        size_t some = 0;
        for (int p = 0; p < PARTITIONS; p++) {
            struct port_record records[SOME];
            const int64_t left = offset + count - next[p];
            must(port->ops->poll(port, (size_t)p, records, left < SOME ? (size_t)left : SOME, &some,
                                 &error),
                 &error);
            for (size_t i = 0; i < some; i++)
                assert_int_equal(records[i].offset, next[p]++);
            port->ops->release(port, records, some);
        }
        if (next[0] + next[1] == 2 * (offset + count)) return;
        if (some == 0) port->ops->wait(port, WAIT_MS);
    }
    fail_msg("%lld and %lld of %lld came", (long long)next[0], (long long)next[1],
             (long long)(offset + count));
}

static void a_new_assignment_begins_at_its_place_whatever_lay_in_the_queues(void **state) {
    static const int64_t places[] = {0, 100, 0, 3000, 250, 3999, 1, 2000, 1999, 0};
    struct stand *stand = *state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assign_at(stand, places[i]);
        take(stand, places[i], RECORDS - places[i] < SOME ? RECORDS - places[i] : SOME);
    }
    assign_at(stand, 0);
    take(stand, 0, RECORDS);
}

static void an_assignment_at_once_replaced_leaves_nothing_behind(void **state) {
    struct stand *stand = *state;
    for (int64_t place = 0; place < 10; place++) {
        assign_at(stand, 2000);
        assign_at(stand, place);
        take(stand, place, 50);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_new_assignment_begins_at_its_place_whatever_lay_in_the_queues, setup, teardown),
        cmocka_unit_test_setup_teardown(an_assignment_at_once_replaced_leaves_nothing_behind, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
