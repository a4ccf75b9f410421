/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support.h"

#include "detector/broker/memory_port.h"
#include "detector/publisher.h"

#include <stdlib.h>

static struct port_message message(const char *value) {
    return (struct port_message){.topic = "out",
                                 .value = {(const uint8_t *)value, (uint32_t)strlen(value)}};
}

static void await(struct publisher *publisher, struct port *port) {
    while (publisher_busy(publisher))
        port->ops->wait(port, 50);
}

static void a_unit_keeps_copies(void **state) {
    (void)state;
    struct commit_unit *unit = commit_unit_new(1 << 20);
    char text[] = "first";
    char name[] = "header";
    const struct port_header header = {name, {(const uint8_t *)"h", 1}};
    struct port_message sent = message(text);
    sent.headers = &header;
    sent.header_count = 1;
    struct error error;
    assert_true(commit_unit_add(unit, &sent, &error));
    memset(text, 'x', sizeof text);
    memset(name, 'x', sizeof name);
    const struct port_message kept = commit_unit_message(unit, 0);
    assert_memory_equal(kept.value.data, "first", 5);
    assert_memory_equal(kept.headers[0].name, "header", 6);
    assert_null(kept.key.data);
    commit_unit_free(unit);
}

static void a_unit_survives_many_sizes_and_reuse(void **state) {
    (void)state;
    struct commit_unit *unit = commit_unit_new(64 << 20);
    struct error error;
    uint8_t *value = malloc(200000);
    assert_non_null(value);
    for (int round = 0; round < 3; round++) {
        commit_unit_reset(unit);
        for (uint32_t i = 0; i < 300; i++) {
            const struct port_message sent = {.topic = "out", .value = {value, i * 613 % 200000}};
            memset(value, (int)i & 255, i * 613 % 200000);
            assert_true(commit_unit_add(unit, &sent, &error));
        }
        for (uint32_t i = 1; i < 300; i++) {
            const struct port_message kept = commit_unit_message(unit, i);
            assert_int_equal(kept.value.data[0], i & 255);
            assert_int_equal(kept.value.data[kept.value.size - 1], i & 255);
        }
    }
    free(value);
    commit_unit_free(unit);
}

static void a_unit_refuses_to_grow_past_its_limit(void **state) {
    (void)state;
    struct commit_unit *unit = commit_unit_new(10);
    struct error error;
    const struct port_message sent = message("123456");
    assert_true(commit_unit_add(unit, &sent, &error));
    assert_false(commit_unit_add(unit, &sent, &error));
    assert_non_null(strstr(error.text, "commit.bytes.max"));
    commit_unit_free(unit);
}

static void commits_units_in_order(void **state) {
    (void)state;
    struct memory_port *memory = memory_port_open();
    struct port *port = memory_port_port(memory);
    assert_true(memory_port_create_topic(memory, "out", 1));
    struct error error;
    struct publisher *publisher = publisher_open(port, 1 << 20, &error);
    assert_non_null(publisher);
    const char *const values[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        const struct port_message sent = message(values[i]);
        assert_true(commit_unit_add(publisher_filling(publisher), &sent, &error));
        await(publisher, port);
        assert_true(publisher_ready(publisher));
        publisher_seal(publisher);
    }
    await(publisher, port);
    assert_int_equal(publisher_status(publisher, &error), PORT_OK);
    assert_int_equal(memory_port_count(memory, "out", 0), 3);
    struct port_record record;
    assert_true(memory_port_get(memory, "out", 0, 2, &record));
    assert_memory_equal(record.value.data, "c", 1);
    publisher_close(publisher);
    port->ops->close(port);
}

static void a_failed_commit_is_told_and_ends_sealing(void **state) {
    (void)state;
    struct memory_port *memory = memory_port_open();
    struct port *port = memory_port_port(memory);
    struct error error;
    struct publisher *publisher = publisher_open(port, 1 << 20, &error);
    const struct port_message sent = message("topic does not exist");
    assert_true(commit_unit_add(publisher_filling(publisher), &sent, &error));
    publisher_seal(publisher);
    await(publisher, port);
    assert_int_equal(publisher_status(publisher, &error), PORT_ABORT);
    assert_false(publisher_ready(publisher));
    publisher_close(publisher);
    port->ops->close(port);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_keeps_copies),
        cmocka_unit_test(a_unit_survives_many_sizes_and_reuse),
        cmocka_unit_test(a_unit_refuses_to_grow_past_its_limit),
        cmocka_unit_test(commits_units_in_order),
        cmocka_unit_test(a_failed_commit_is_told_and_ends_sealing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
