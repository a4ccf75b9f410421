/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy dlq redrive` where the broker refuses letters: the others go back, once, and it is said
 * which stay. */
#include "tests/support.h"

#include "detector/commands/dlq_batch.h"
#include "tests/dlq_stand.h"
#include "tests/memory_logs.h"

#include <stdio.h>

/* A broker that refuses records: nothing is committed beside one, and the producer is of no use
 * any more. */

enum { BAD = 13 }; /* the last byte of a value that is refused */

struct refusing {
    struct port_ops ops;
    const struct port_ops *real;
    const char *all_of; /* every record of this topic is refused */
    enum error_code code;
    bool open, refused, broken;
    int fences;
    struct dlq_stand *stand;
    int64_t sent_between; /* offset of a letter that another redrive sends, or -1 */
};
static struct refusing refusing;

static bool is_bad(const struct port_message *message) {
    if (refusing.all_of != NULL) return strcmp(message->topic, refusing.all_of) == 0;
    return message->value.size > 0 && message->value.data[message->value.size - 1] == BAD;
}

static enum port_status refusing_begin(struct port *port, struct error *error) {
    assert_false(refusing.open || refusing.broken);
    refusing.open = true;
    return refusing.real->begin(port, error);
}

static enum port_status refusing_produce(struct port *port, const struct port_message *message,
                                         struct error *error) {
    refusing.refused = refusing.refused || is_bad(message);
    return refusing.real->produce(port, message, error);
}

static enum port_status refusing_commit(struct port *port, struct error *error) {
    if (refusing.refused) {
        error_set(error, refusing.code, "it is no good");
        return PORT_REFUSED;
    }
    refusing.open = false;
    return refusing.real->commit(port, error);
}

static enum port_status refusing_abort(struct port *port, struct error *error) {
    refusing.open = false;
    refusing.broken = refusing.refused;
    const enum port_status status = refusing.real->abort(port, error);
    return refusing.refused ? PORT_REBUILD : status;
}

/* Another redrive sends the letter, and an engine writes a new one. */
static void go_between(struct dlq_stand *stand, int64_t offset) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)offset);
    const struct port_header redriven = {DLQ_REDRIVEN,
                                         {(const uint8_t *)text, (uint32_t)strlen(text)}};
    const struct port_message marker = {
        .topic = DEAD_LETTERS, .headers = &redriven, .header_count = 1};
    assert_true(memory_port_append(stand->base.memory, &marker, -1));
    dlq_stand_forge(stand, INPUT, "0", "BAD_VALUE");
}

static bool refusing_fence(struct port *port, struct error *error) {
    refusing.open = refusing.refused = refusing.broken = false;
    if (++refusing.fences == 2 && refusing.sent_between >= 0)
        go_between(refusing.stand, refusing.sent_between);
    return refusing.real->fence(port, error);
}

static void refuse(struct dlq_stand *stand, const char *all_of, enum error_code code) {
    struct port *port = memory_port_port(stand->base.memory);
    refusing = (struct refusing){.ops = *port->ops,
                                 .real = port->ops,
                                 .all_of = all_of,
                                 .code = code,
                                 .stand = stand,
                                 .sent_between = -1};
    refusing.ops.begin = refusing_begin;
    refusing.ops.produce = refusing_produce;
    refusing.ops.commit = refusing_commit;
    refusing.ops.abort = refusing_abort;
    refusing.ops.fence = refusing_fence;
    port->ops = &refusing.ops;
}

static void one_that_the_broker_refuses_holds_no_other_up(void **state) {
    struct dlq_stand *stand = *state;
    enum { LETTERS = DLQ_BATCH_LETTERS + 20 };
    for (int i = 0; i < LETTERS; i++)
        dlq_stand_send_unknown(stand, 0, i == 3 || i == 4 || i == LETTERS - 1 ? BAD : 0);
    memory_stand_play(&stand->base);
    refuse(stand, NULL, ERROR_CONFIG);
    dlq_stand_redrive_aloud(stand, LETTERS - 3);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_REFUSED_BY_BROKER, 3);
    dlq_stand_expect(stand, "REFUSED_BY_BROKER: " INPUT "/0 offset 4: it is no good\n");
    assert_int_equal(stand->result.refused, 3);
    dlq_stand_redrive_aloud(stand, 0);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_REFUSED_BY_BROKER, 3);
    assert_int_equal(stand->result.before, LETTERS - 3);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 2 * LETTERS - 3);
}

/* It is asked once. */
static void where_nothing_may_be_written_holds_nothing_else_up(void **state) {
    struct dlq_stand *stand = *state;
    memory_port_create_topic(stand->base.memory, SIGNALS, 1);
    for (int i = 0; i < 30; i++)
        dlq_stand_forge(stand, i % 3 == 0 ? INPUT : SIGNALS, "0", "BAD_VALUE");
    refuse(stand, SIGNALS, ERROR_DENIED);
    dlq_stand_redrive_aloud(stand, 10);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_DENIED, 20);
    assert_int_equal(refusing.fences, 3);
    assert_int_equal(memory_port_count(stand->base.memory, SIGNALS, 0), 0);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 10);
}

static void where_markers_are_refused_nothing_goes_back(void **state) {
    struct dlq_stand *stand = *state;
    const struct dlq_query query = dlq_stand_query(stand);
    for (uint8_t i = 0; i < 5; i++)
        dlq_stand_send_unknown(stand, 0, i);
    memory_stand_play(&stand->base);
    refuse(stand, DEAD_LETTERS, ERROR_DENIED);
    assert_false(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->error.code, ERROR_DENIED);
    assert_non_null(strstr(stand->error.text, "takes no marker into " DEAD_LETTERS));
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 5);
}

static void what_came_meanwhile_is_left_alone(void **state) {
    struct dlq_stand *stand = *state;
    for (int i = 0; i < 5; i++)
        dlq_stand_forge(stand, INPUT, "0", "BAD_VALUE");
    dlq_stand_send_unknown(stand, 0, BAD);
    memory_stand_play(&stand->base);
    refuse(stand, NULL, ERROR_CONFIG);
    refusing.sent_between = 2;
    dlq_stand_redrive_aloud(stand, 4);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_REFUSED_BY_BROKER, 1);
    assert_int_equal(stand->result.before, 1);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 1 + 4);
    dlq_stand_redrive_aloud(stand, 1);
    assert_int_equal(stand->result.before, 5);
}

static void a_limit_holds_behind_a_refusal_too(void **state) {
    struct dlq_stand *stand = *state;
    struct dlq_query query = dlq_stand_query(stand);
    for (int i = 0; i < DLQ_BATCH_LETTERS + 20; i++)
        dlq_stand_send_unknown(stand, 0, i == 0 ? BAD : 0);
    memory_stand_play(&stand->base);
    refuse(stand, NULL, ERROR_CONFIG);
    query.limit = DLQ_BATCH_LETTERS;
    assert_true(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->result.redriven, DLQ_BATCH_LETTERS - 1);
    assert_int_equal(stand->result.refused, 1);
}

static void killed_anywhere_beside_one_that_is_refused_too(void **state) {
    struct dlq_stand *stand = *state;
    enum { LETTERS = 8 };
    bool ended = false;
    for (int calls = 0; !ended; calls++) {
        logs_close(stand->base.memory);
        stand->base.memory = sample_cluster(DLQ_PARTITIONS);
        for (int i = 0; i < LETTERS; i++)
            dlq_stand_send_unknown(stand, 0, i == 2 ? BAD : 0);
        memory_stand_play(&stand->base);
        refuse(stand, NULL, ERROR_CONFIG);
        ended = dlq_stand_redrive_dying(stand, calls, PORT_REBUILD);
        const int64_t first = stand->result.redriven;
        dlq_stand_must_redrive(stand, NULL, LETTERS - 1 - first);
        assert_int_equal(stand->result.refused, 1);
        assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 2 * LETTERS - 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dlq_stand_setup, dlq_stand_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_that_the_broker_refuses_holds_no_other_up),
        TEST(where_nothing_may_be_written_holds_nothing_else_up),
        TEST(where_markers_are_refused_nothing_goes_back),
        TEST(what_came_meanwhile_is_left_alone),
        TEST(a_limit_holds_behind_a_refusal_too),
        TEST(killed_anywhere_beside_one_that_is_refused_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
