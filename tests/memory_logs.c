/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/memory_logs.h"

#include "tests/support.h"

void logs_close(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

size_t logs_count(const struct memory_port *memory, const char *topic, int32_t partitions) {
    size_t count = 0;
    for (int32_t p = 0; p < partitions; p++)
        count += memory_port_count(memory, topic, p);
    return count;
}

static void must_be_same(const struct memory_port *a, const struct memory_port *b,
                         const char *topic, int32_t partition) {
    const size_t count = memory_port_count(a, topic, partition);
    assert_int_equal(count, memory_port_count(b, topic, partition));
    for (size_t i = 0; i < count; i++) {
        struct port_record x, y;
        assert_true(memory_port_get(a, topic, partition, i, &x));
        assert_true(memory_port_get(b, topic, partition, i, &y));
        assert_int_equal(x.value.size, y.value.size);
        assert_memory_equal(x.value.data, y.value.data, x.value.size);
    }
}

void logs_must_be_same(const struct memory_port *a, const struct memory_port *b, const char *topic,
                       int32_t partitions) {
    for (int32_t p = 0; p < partitions; p++)
        must_be_same(a, b, topic, p);
}

void logs_copy_committed(struct memory_port *from, struct memory_port *to, const char *topic,
                         int32_t partitions) {
    struct port *source = memory_port_port(from), *target = memory_port_port(to);
    struct port_position positions[LOGS_COMMITTED_MAX];
    struct error error;
    assert_in_range(partitions, 1, LOGS_COMMITTED_MAX);
    const size_t count = (size_t)partitions;
    for (int32_t p = 0; p < partitions; p++)
        positions[p] = (struct port_position){topic, p, 0};
    assert_true(source->ops->committed(source, positions, count, &error));
    assert_int_equal(target->ops->begin(target, &error), PORT_OK);
    assert_int_equal(target->ops->send_offsets(target, positions, count, &error), PORT_OK);
    assert_int_equal(target->ops->commit(target, &error), PORT_OK);
}
