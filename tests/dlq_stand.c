/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/dlq_stand.h"

#include "detector/base/log.h"
#include "detector/commands/dlq_letter.h"
#include "schemas/frame.h"
#include "tests/support.h"

#include <stdio.h>

int dlq_stand_setup(void **state) {
    static struct dlq_stand stand;
    stand = (struct dlq_stand){.error = {.code = ERROR_NONE}};
    log_set_level(LOG_LEVEL_WARN);
    *state = &stand;
    if (!memory_stand_open(&stand.base, DLQ_PARTITIONS)) return -1;
    memory_port_set_now(stand.base.memory, INT64_C(1767229200000));
    return 0;
}

int dlq_stand_teardown(void **state) {
    struct dlq_stand *stand = *state;
    memory_stand_close(&stand->base);
    printed_free(&stand->printed);
    return 0;
}

static const struct port_header sent_headers[] = {
    {"traceparent", {(const uint8_t *)"00-ab", 5}},
    {"binary", {(const uint8_t *)"\0\xff", 2}},
    {DLQ_REDRIVEN, {(const uint8_t *)"0", 1}}, /* whoever sent it cannot hide it */
    {"nothing", {NULL, 0}},
};

void dlq_stand_send(struct dlq_stand *stand, int32_t partition, const char *key, const void *value,
                    uint32_t size) {
    const struct port_message message = {
        .topic = INPUT,
        .partition = partition,
        .timestamp_ms = INT64_C(1767225600123),
        .key = {(const uint8_t *)key, key == NULL ? 0 : (uint32_t)strlen(key)},
        .value = {value, size},
        .headers = sent_headers,
        .header_count = 4};
    assert_true(memory_port_append(stand->base.memory, &message, -1));
}

void dlq_stand_send_unknown(struct dlq_stand *stand, int32_t partition, uint8_t last) {
    uint8_t value[FRAME_SIZE + 1];
    frame_write(value, 999);
    value[FRAME_SIZE] = last;
    dlq_stand_send(stand, partition, "k", value, sizeof value);
}

struct dlq_query dlq_stand_query(const struct dlq_stand *stand) {
    return (struct dlq_query){
        .options = &stand->base.options, .limit = INT64_MAX, .partition = -1, .bytes_max = 64};
}

void dlq_stand_expect(const struct dlq_stand *stand, const char *part) {
    if (strstr(stand->printed.text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, stand->printed.text);
}

bool dlq_stand_redrive(struct dlq_stand *stand, const struct dlq_query *query) {
    stand->error = (struct error){.code = ERROR_NONE};
    return dlq_redrive(memory_port_port(stand->base.memory), query, &stand->result, stderr,
                       &stand->error);
}

void dlq_stand_must_redrive(struct dlq_stand *stand, const char *reason, int64_t expected) {
    struct dlq_query query = dlq_stand_query(stand);
    query.reason = reason;
    if (!dlq_stand_redrive(stand, &query)) fail_msg("%s", stand->error.text);
    assert_int_equal(stand->result.redriven, expected);
}

void dlq_stand_forge(struct dlq_stand *stand, const char *topic, const char *partition,
                     const char *reason) {
    const struct port_header headers[] = {
        {"\x1b[2Jtraceparent", {(const uint8_t *)"00", 2}},
        {"__connect.errors.topic", {(const uint8_t *)topic, (uint32_t)strlen(topic)}},
        {"__connect.errors.partition", {(const uint8_t *)partition, (uint32_t)strlen(partition)}},
        {"__connect.errors.offset", {(const uint8_t *)"5", 1}},
        {"__connect.errors.exception.message", {(const uint8_t *)"\x1b]0;why\a", 8}},
        {"saqshy.dlq.reason", {(const uint8_t *)reason, (uint32_t)strlen(reason)}}};
    const struct port_message message = {.topic = DEAD_LETTERS,
                                         .value = {(const uint8_t *)"forged", 6},
                                         .headers = headers,
                                         .header_count = sizeof headers / sizeof headers[0]};
    assert_true(memory_port_append(stand->base.memory, &message, -1));
}

void dlq_stand_expect_refused(struct dlq_stand *stand, enum dlq_refusal refusal, int64_t count) {
    char line[80];
    assert_int_equal(stand->result.refused_for[refusal], count);
    snprintf(line, sizeof line, "refused: %s: ", dlq_refusal_name(refusal));
    dlq_stand_expect(stand, line);
}

void dlq_stand_redrive_aloud(struct dlq_stand *stand, int64_t expected) {
    const struct dlq_query query = dlq_stand_query(stand);
    FILE *said = printed_begin(&stand->printed);
    const bool ok = dlq_redrive(memory_port_port(stand->base.memory), &query, &stand->result, said,
                                &stand->error);
    fclose(said);
    if (!ok) fail_msg("%s", stand->error.text);
    assert_int_equal(stand->result.redriven, expected);
}

static struct dying {
    struct port_ops ops;
    const struct port_ops *real;
    int calls_left;
    enum port_status status;
} dying;

static bool dies(struct error *error) {
    if (dying.calls_left-- > 0) return false;
    error_set(error, ERROR_UNAVAILABLE, "dead");
    return true;
}

static enum port_status dying_begin(struct port *port, struct error *error) {
    return dies(error) ? dying.status : dying.real->begin(port, error);
}

static enum port_status dying_produce(struct port *port, const struct port_message *message,
                                      struct error *error) {
    return dies(error) ? dying.status : dying.real->produce(port, message, error);
}

static enum port_status dying_commit(struct port *port, struct error *error) {
    return dies(error) ? dying.status : dying.real->commit(port, error);
}

bool dlq_stand_redrive_dying(struct dlq_stand *stand, int calls, enum port_status status) {
    struct port *port = memory_port_port(stand->base.memory);
    const struct dlq_query query = dlq_stand_query(stand);
    dying = (struct dying){*port->ops, port->ops, calls, status};
    dying.ops.begin = dying_begin;
    dying.ops.produce = dying_produce;
    dying.ops.commit = dying_commit;
    port->ops = &dying.ops;
    const bool ok = dlq_stand_redrive(stand, &query);
    port->ops = dying.real;
    return ok;
}
