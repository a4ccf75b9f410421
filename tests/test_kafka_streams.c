/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the Kafka port on the embedded broker: a new assignment while the client's queues are
 * full of the old one; and what the reader thread hands over. */
#include "tests/patience.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/broker/embedded_broker.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_port.h"

#include <stdio.h>
#include <stdlib.h>

#define TOPIC "antifrod.transactions"
enum { PARTITIONS = 2, RECORDS = 4000, SOME = 300, WAIT_MS = 100 };
enum { LARGE = 60000 }; /* larger than a block of the reader */

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
    for (const int64_t until = patience_until(); patience_left(until);) {
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

/* The next record of the first stream. */
static struct port_record take_one(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port_record record;
    size_t count = 0;
    for (const int64_t until = patience_until(); patience_left(until);) {
        must(stand->port->ops->poll(stand->port, 0, &record, 1, &count, &error), &error);
        if (count == 1) return record;
        stand->port->ops->wait(stand->port, WAIT_MS);
    }
    fail_msg("nothing came");
    return record;
}

static void records_that_are_not_released_outlive_their_assignment(void **state) {
    struct stand *stand = *state;
    struct port *port = stand->port;
    struct port_record kept[SOME];
    assign_at(stand, 0);
    for (int i = 0; i < SOME; i++)
        kept[i] = take_one(stand);
    assign_at(stand, 1000);
    take(stand, 1000, RECORDS - 1000);
    for (int i = 0; i < SOME; i++) {
        assert_int_equal(kept[i].offset, i);
        assert_int_equal(kept[i].value.size, 10);
        assert_memory_equal(kept[i].value.data, "0123456789", 10);
    }
    port->ops->release(port, kept, SOME);
}

/* The stream that nobody takes from is full; that must not keep the other's from coming. */
static void a_stream_that_is_not_taken_from_holds_up_no_other(void **state) {
    struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    struct port *port = stand->port;
    struct port_record records[SOME];
    size_t count = 0, taken = 0;
    assign_at(stand, 0);
    const int64_t until = patience_until();
    while (taken < RECORDS && patience_left(until)) {
        must(port->ops->poll(port, 1, records, SOME, &count, &error), &error);
        port->ops->release(port, records, count);
        taken += count;
        if (count == 0) port->ops->wait(port, WAIT_MS);
    }
    assert_int_equal(taken, RECORDS);
    while (!port->ops->at_end(port, 1) && patience_left(until))
        port->ops->wait(port, WAIT_MS);
    assert_true(port->ops->at_end(port, 1));
    assert_false(port->ops->at_end(port, 0));
}

static void send(struct stand *stand, const uint8_t *value, const uint32_t *sizes, int count) {
    static const struct port_header headers[] = {{"first", {(const uint8_t *)"1", 1}},
                                                 {"second", {(const uint8_t *)"22", 2}}};
    struct error error = {.code = ERROR_NONE};
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    must(feed != NULL, &error);
    for (int i = 0; i < count; i++) {
        const struct port_message message = {.topic = TOPIC,
                                             .timestamp_ms = 1,
                                             .key = {(const uint8_t *)"key", 3},
                                             .value = {sizes[i] == 0 ? NULL : value, sizes[i]},
                                             .headers = headers,
                                             .header_count = (size_t)(i % 3)};
        must(kafka_feed_send(feed, &message, &error), &error);
    }
    must(kafka_feed_flush(feed, &error), &error);
    kafka_feed_close(feed);
}

static void check_headers(struct port *port, const struct port_record *record, int count) {
    struct port_header header;
    for (int i = 0; i < count; i++) {
        assert_true(port->ops->header(port, record, (size_t)i, &header));
        assert_string_equal(header.name, i == 0 ? "first" : "second");
        assert_int_equal(header.value.size, i + 1);
    }
    assert_false(port->ops->header(port, record, (size_t)count, &header));
}

/* Enough of them that every block is used again. */
static void sizes_keys_and_headers_arrive_as_they_were_sent(void **state) {
    static const uint32_t some[] = {10, LARGE, 0, 5000, 5000, 32768, 1, LARGE, 30000, 3000};
    enum { COUNT = 100, KINDS = sizeof some / sizeof *some };
    struct stand *stand = *state;
    uint32_t sizes[COUNT];
    uint8_t *value = malloc(LARGE);
    assert_non_null(value);
    for (int i = 0; i < LARGE; i++)
        value[i] = (uint8_t)(i * 7 / 3);
    for (int i = 0; i < COUNT; i++)
        sizes[i] = some[i % KINDS];
    send(stand, value, sizes, COUNT);
    assign_at(stand, RECORDS);
    for (int i = 0; i < COUNT; i++) {
        struct port_record record = take_one(stand);
        assert_int_equal(record.offset, RECORDS + i);
        assert_int_equal(record.key.size, 3);
        assert_memory_equal(record.key.data, "key", 3);
        assert_int_equal(record.value.data == NULL, sizes[i] == 0);
        assert_int_equal(record.value.size, sizes[i]);
        if (sizes[i] > 0) assert_memory_equal(record.value.data, value, sizes[i]);
        check_headers(stand->port, &record, i % 3);
        stand->port->ops->release(stand->port, &record, 1);
    }
    free(value);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_new_assignment_begins_at_its_place_whatever_lay_in_the_queues, setup, teardown),
        cmocka_unit_test_setup_teardown(an_assignment_at_once_replaced_leaves_nothing_behind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(records_that_are_not_released_outlive_their_assignment,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_is_not_taken_from_holds_up_no_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sizes_keys_and_headers_arrive_as_they_were_sent, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
