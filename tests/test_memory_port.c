/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support.h"

#include "detector/broker/memory_port.h"

static const struct port_header trace = {"traceparent", {(const uint8_t *)"00-ab", 5}};

static struct port_message message(const char *topic, int32_t partition, const char *value) {
    return (struct port_message){.topic = topic,
                                 .partition = partition,
                                 .timestamp_ms = 7,
                                 .key = {(const uint8_t *)"key", 3},
                                 .value = {(const uint8_t *)value, (uint32_t)strlen(value)},
                                 .headers = &trace,
                                 .header_count = 1};
}

static int setup(void **state) {
    struct memory_port *memory = memory_port_open();
    *state = memory;
    return memory_port_create_topic(memory, "in", 2) && memory_port_create_topic(memory, "out", 1)
               ? 0
               : -1;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(*state);
    port->ops->close(port);
    return 0;
}

static void delivers_what_was_appended(void **state) {
    struct memory_port *memory = *state;
    struct port *port = memory_port_port(memory);
    struct error error;
    const struct port_message sent = message("in", 1, "hello");
    assert_true(memory_port_append(memory, &sent, 41));
    const struct port_position positions[] = {{"in", 0, PORT_OFFSET_EARLIEST}, {"in", 1, 41}};
    assert_true(port->ops->assign(port, positions, 2, &error));
    struct port_record record;
    size_t count = 0;
    assert_true(port->ops->at_end(port, 0));
    assert_false(port->ops->at_end(port, 1));
    assert_int_equal(port->ops->known_end(port, 1), 42);
    assert_true(port->ops->poll(port, 1, &record, 1, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(record.offset, 41);
    assert_memory_equal(record.value.data, "hello", 5);
    struct port_header header;
    assert_true(port->ops->header(port, &record, 0, &header));
    assert_string_equal(header.name, "traceparent");
    assert_false(port->ops->header(port, &record, 1, &header));
    assert_true(port->ops->at_end(port, 1));
}

static void offsets_never_go_back(void **state) {
    struct memory_port *memory = *state;
    const struct port_message sent = message("in", 0, "x");
    assert_true(memory_port_append(memory, &sent, 10));
    assert_false(memory_port_append(memory, &sent, 10));
    assert_true(memory_port_append(memory, &sent, -1));
    struct port_record record;
    assert_true(memory_port_get(memory, "in", 0, 1, &record));
    assert_int_equal(record.offset, 11);
}

static void shows_a_transaction_only_when_committed(void **state) {
    struct memory_port *memory = *state;
    struct port *port = memory_port_port(memory);
    struct error error;
    const struct port_message sent = message("out", 0, "x");
    const struct port_position read = {"in", 0, 5};
    struct port_position committed = read;
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->produce(port, &sent, &error), PORT_OK);
    assert_int_equal(port->ops->send_offsets(port, &read, 1, &error), PORT_OK);
    assert_int_equal(memory_port_count(memory, "out", 0), 0);
    assert_int_equal(port->ops->abort(port, &error), PORT_OK);
    assert_true(port->ops->committed(port, &committed, 1, &error));
    assert_int_equal(committed.offset, PORT_OFFSET_NONE);

    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->produce(port, &sent, &error), PORT_OK);
    assert_int_equal(port->ops->send_offsets(port, &read, 1, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
    assert_int_equal(memory_port_count(memory, "out", 0), 1);
    assert_true(port->ops->committed(port, &committed, 1, &error));
    assert_int_equal(committed.offset, 5);
}

static void names_a_missing_topic(void **state) {
    struct port *port = memory_port_port(*state);
    struct error error;
    int32_t count = 0;
    assert_false(port->ops->partition_count(port, "nowhere", &count, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "nowhere"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(delivers_what_was_appended, setup, teardown),
        cmocka_unit_test_setup_teardown(offsets_never_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(shows_a_transaction_only_when_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(names_a_missing_topic, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
