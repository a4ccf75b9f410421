/* SPDX-License-Identifier: Apache-2.0 */
/* The Kafka port, call by call, on librdkafka's mock cluster: topics that are not known, commands
 * in doubt, transactions that are given up, rights that are missing. */
#include "tests/protocol_stand.h"
#include "tests/support.h"

#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Topics. */

static void open_topics(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    protocol_open(stand, "exactly-once");
    stand->port = kafka_port_open(&stand->options, &error);
    assert_non_null(stand->port);
    rd_kafka_mock_topic_set_error(stand->cluster, INPUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

static void *learn_late(void *cluster) {
    usleep(1500 * 1000);
    rd_kafka_mock_topic_set_error(cluster, INPUT, RD_KAFKA_RESP_ERR_NO_ERROR);
    return NULL;
}

/* As a broker answers that has just come back. */
static void a_topic_that_is_unknown_for_a_while_is_asked_for_again(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    pthread_t learner;
    int32_t count = 0;
    (void)state;
    open_topics(&stand);
    assert_int_equal(pthread_create(&learner, NULL, learn_late, stand.cluster), 0);
    const int64_t start_ms = steady_ms();
    assert_true(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_int_equal(count, 1);
    assert_in_range(steady_ms() - start_ms, 1000, KAFKA_UNKNOWN_MS);
    pthread_join(learner, NULL);
    protocol_close(&stand);
}

static void assert_missing(const struct error *error, const char *topic) {
    assert_int_equal(error->code, ERROR_CONFIG);
    assert_non_null(strstr(error->text, topic));
    assert_non_null(strstr(error->text, "for 10 s"));
}

/* What is asked for next is waited for together with it. */
static void a_topic_that_stays_unknown_is_a_fault_of_the_configuration(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    int32_t count = 0;
    int64_t low = 0, high = 0;
    (void)state;
    open_topics(&stand);
    const int64_t start_ms = steady_ms();
    assert_false(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_missing(&error, INPUT);
    assert_in_range(steady_ms() - start_ms, KAFKA_UNKNOWN_MS, 2 * KAFKA_UNKNOWN_MS);
    const int64_t next_ms = steady_ms();
    assert_false(stand.port->ops->watermarks(stand.port, OUTPUT, 7, &low, &high, &error));
    assert_missing(&error, OUTPUT "/7");
    assert_in_range(steady_ms() - next_ms, 0, KAFKA_CALL_MS);
    protocol_close(&stand);
}

static void *stop_soon(void *port) {
    usleep(500 * 1000);
    ((struct port *)port)->ops->stop(port);
    return NULL;
}

static void a_stop_breaks_the_wait_for_a_topic(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    pthread_t stopper;
    int32_t count = 0;
    (void)state;
    open_topics(&stand);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, stand.port), 0);
    assert_false(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_int_equal(error.code, ERROR_INTERRUPTED);
    pthread_join(stopper, NULL);
    protocol_close(&stand);
}

static void a_partition_that_is_not_answered_for_is_not_one_without_an_offset(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    struct port_position at[] = {{INPUT, 0, 0}, {INPUT, 7, 0}};
    pthread_t stopper;
    (void)state;
    open_topics(&stand);
    rd_kafka_mock_topic_set_error(stand.cluster, INPUT, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(stand.port->ops->committed(stand.port, at, 1, &error));
    assert_int_equal(at[0].offset, PORT_OFFSET_NONE);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, stand.port), 0);
    assert_false(stand.port->ops->committed(stand.port, at, 2, &error));
    assert_int_equal(error.code, ERROR_INTERRUPTED);
    pthread_join(stopper, NULL);
    protocol_close(&stand);
}

/* Commands. */

static struct port *open_command(const struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port *port = kafka_port_open_command(&stand->options, &error);
    assert_non_null(port);
    return port;
}

static void fence_and_commit(struct port *port) {
    struct error error = {.code = ERROR_NONE};
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    assert_true(port->ops->fence(port, &error));
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->produce(port, &message, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
}

/* What the engine does, renewing its producer, would fence the successor: nothing is committed for
 * the id of a command that could say who that is. */
static void a_command_in_doubt_leaves_its_id_to_a_successor(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    protocol_open(&stand, "exactly-once");
    stand.port = open_command(&stand);
    rd_kafka_mock_broker_push_request_error_rtts(stand.cluster, 1, END, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, DELAY_MS);
    fence_and_commit(stand.port);
    const rd_kafka_t *producer = kafka_self(stand.port)->producer;
    struct port *successor = open_command(&stand);
    fence_and_commit(successor);
    assert_int_equal(stand.port->ops->begin(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_ptr_equal(kafka_self(stand.port)->producer, producer);
    successor->ops->close(successor);
    protocol_close(&stand);
}

/* What is refused is one record, or the right to write to its topic. */

enum { PRODUCE = 0, VALUE_MAX = 2 << 20 };

/* A command's port with an open transaction, whose next request of the kind is refused. */
static void open_refusing(struct stand *stand, int16_t key, rd_kafka_resp_err_t refusal) {
    struct error error = {.code = ERROR_NONE};
    protocol_open(stand, "exactly-once");
    stand->port = open_command(stand);
    assert_true(stand->port->ops->fence(stand->port, &error));
    assert_int_equal(stand->port->ops->begin(stand->port, &error), PORT_OK);
    rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, key, 1, refusal, 0);
}

static void must_be_refused(struct stand *stand, enum port_status status, enum error_code code,
                            const struct error *error) {
    assert_int_equal(status, PORT_REFUSED);
    assert_int_equal(error->code, code);
    fence_and_commit(stand->port);
    protocol_close(stand);
}

static void refuse_at_commit(int16_t key, rd_kafka_resp_err_t refusal, enum error_code code) {
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    struct error error = {.code = ERROR_NONE};
    struct stand stand;
    open_refusing(&stand, key, refusal);
    assert_int_equal(stand.port->ops->produce(stand.port, &message, &error), PORT_OK);
    must_be_refused(&stand, stand.port->ops->commit(stand.port, &error), code, &error);
}

static void a_command_is_told_of_a_record_that_is_refused(void **state) {
    (void)state;
    refuse_at_commit(PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD, ERROR_CONFIG);
    refuse_at_commit(PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_CONFIG);
    refuse_at_commit(ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERROR_DENIED);
}

/* Among the records behind it, none of which is to blame. */
static void a_command_is_told_before_it_commits(void **state) {
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    struct error error = {.code = ERROR_NONE};
    enum port_status status = PORT_OK;
    struct stand stand;
    (void)state;
    open_refusing(&stand, PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD);
    const int64_t start_ms = steady_ms();
    while (status == PORT_OK && steady_ms() - start_ms < KAFKA_WARN_MS) {
        status = stand.port->ops->produce(stand.port, &message, &error);
        usleep(1000);
    }
    must_be_refused(&stand, status, ERROR_CONFIG, &error);
}

static void a_command_is_told_of_a_record_that_the_client_refuses(void **state) {
    static const uint8_t value[VALUE_MAX];
    const struct port_message message = {.topic = OUTPUT, .value = {value, sizeof value}};
    struct error error = {.code = ERROR_NONE};
    struct stand stand;
    (void)state;
    open_refusing(&stand, PRODUCE, RD_KAFKA_RESP_ERR_NO_ERROR);
    const enum port_status status = stand.port->ops->produce(stand.port, &message, &error);
    assert_non_null(strstr(error.text, "produce to " OUTPUT));
    must_be_refused(&stand, status, ERROR_CONFIG, &error);
}

/* A broker that is slow or away is none of its records' fault. */
static void another_failure_is_no_refusal(void **state) {
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    struct error error = {.code = ERROR_NONE};
    struct stand stand;
    (void)state;
    open_refusing(&stand, PRODUCE, RD_KAFKA_RESP_ERR_UNKNOWN);
    assert_int_equal(stand.port->ops->produce(stand.port, &message, &error), PORT_OK);
    assert_int_equal(stand.port->ops->commit(stand.port, &error), PORT_ABORT);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    protocol_close(&stand);
}

/* Aborts. */

enum { WATCHED = 3 };

/* From here on `asked` knows how many requests of the kind came; WATCHED are enough. */
static void watch(const struct stand *stand, int16_t key) {
    rd_kafka_mock_clear_request_errors(stand->cluster, key);
    for (int i = 0; i < WATCHED; i++)
        rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, key, 1,
                                                     RD_KAFKA_RESP_ERR_NO_ERROR, 0);
}

static int asked(const struct stand *stand, int16_t key) {
    size_t left = 0;
    rd_kafka_mock_broker_error_stack_cnt(stand->cluster, 1, key, &left);
    return WATCHED - (int)left;
}

/* Live, with a message in its open transaction: one that comes to be late, or that the broker
 * refuses. */
static void open_transaction(struct stand *stand, int slow_ms, rd_kafka_resp_err_t refusal) {
    enum { LONG_MS = 30000, SHORT_MS = 1000 };
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    struct error error = {.code = ERROR_NONE};
    protocol_open(stand, "exactly-once");
    stand->options.transaction_timeout_ms = slow_ms > 0 ? SHORT_MS : LONG_MS;
    stand->port = kafka_port_open(&stand->options, &error);
    assert_non_null(stand->port);
    assert_true(stand->port->ops->fence(stand->port, &error));
    assert_int_equal(stand->port->ops->begin(stand->port, &error), PORT_OK);
    rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, PRODUCE, 1, refusal, 0);
    rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, ADD_PARTITIONS, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, slow_ms);
    assert_int_equal(stand->port->ops->produce(stand->port, &message, &error), PORT_OK);
    watch(stand, INIT_PRODUCER_ID);
    watch(stand, END);
}

static void a_transaction_whose_messages_are_there_is_aborted(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    open_transaction(&stand, 0, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(stand.port->ops->abort(stand.port, &error), PORT_OK);
    assert_int_equal(asked(&stand, END), 1);
    assert_int_equal(asked(&stand, INIT_PRODUCER_ID), 0);
    protocol_close(&stand);
}

/* What a successor leaves; the mock forgets offsets that are sent in a transaction. */
static void take_shard(const struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port *successor = kafka_port_open(&stand->options, &error);
    assert_non_null(successor);
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, INPUT, 0)->offset = A_UNIT;
    kafka_claim_sign(kafka_self(successor), offsets);
    assert_int_equal(rd_kafka_commit(kafka_self(successor)->consumer, offsets, 0),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(offsets);
    successor->ops->close(successor);
}

/* Its commit may have a twin under way, which would end the first unit: the producer is renewed,
 * for which is looked first who has the shard. The mock forgets that it was taken over. */
static void a_slow_claim_is_in_doubt(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    protocol_open(&stand, "exactly-once");
    take_shard(&stand);
    stand.port = kafka_port_open(&stand.options, &error);
    assert_non_null(stand.port);
    rd_kafka_mock_broker_push_request_error_rtts(stand.cluster, 1, END, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, DELAY_MS);
    assert_true(stand.port->ops->fence(stand.port, &error));
    assert_int_equal(stand.port->ops->begin(stand.port, &error), PORT_FENCED);
    protocol_close(&stand);
}

/* The client would ask for a new epoch as it aborts, by which a successor can be shut out. */
static void leave_to_successor(bool commits, rd_kafka_resp_err_t refusal) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    open_transaction(&stand, refusal == RD_KAFKA_RESP_ERR_NO_ERROR ? DELAY_MS : 0, refusal);
    if (commits) assert_int_equal(stand.port->ops->commit(stand.port, &error), PORT_ABORT);
    take_shard(&stand);
    assert_int_equal(stand.port->ops->abort(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_false(stand.port->ops->fence(stand.port, &error));
    assert_int_equal(error.code, ERROR_FENCED);
    assert_int_equal(asked(&stand, END), 0);
    assert_int_equal(asked(&stand, INIT_PRODUCER_ID), 0);
    protocol_close(&stand);
}

static void a_transaction_whose_messages_timed_out_is_left_to_a_successor(void **state) {
    (void)state;
    leave_to_successor(true, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void one_whose_messages_may_still_time_out_is_too(void **state) {
    (void)state;
    leave_to_successor(false, RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Or the broker does not know the producer's id any more. */
static void one_whose_messages_were_refused_is_too(void **state) {
    (void)state;
    leave_to_successor(true, RD_KAFKA_RESP_ERR_UNKNOWN);
    leave_to_successor(false, RD_KAFKA_RESP_ERR_UNKNOWN);
    leave_to_successor(true, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
    leave_to_successor(false, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
}

/* Rights. */

static void a_command_needs_no_right_on_a_group(void **state) {
    enum { OFFSET_FETCH = 9 };
    struct stand stand;
    (void)state;
    protocol_open(&stand, "exactly-once");
    stand.port = open_command(&stand);
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(
            stand.cluster, 1, OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0);
    fence_and_commit(stand.port);
    protocol_close(&stand);
}

/* The start of an engine without a right: what it is refused is said, and it does not wait. */
static void refuse_start(int16_t key, rd_kafka_resp_err_t refused, const char *call) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    struct port_position group = {INPUT, 0, 0};
    protocol_open(&stand, "exactly-once");
    stand.port = kafka_port_open(&stand.options, &error);
    assert_non_null(stand.port);
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(stand.cluster, 1, key, 1, refused, 0);
    assert_false(stand.port->ops->fence(stand.port, &error) &&
                 stand.port->ops->committed(stand.port, &group, 1, &error));
    assert_int_equal(error.code, ERROR_DENIED);
    if (strstr(error.text, call) == NULL) fail_msg("%s", error.text);
    protocol_close(&stand);
}

static void a_right_that_is_missing_is_no_broker_that_is_away(void **state) {
    enum { OFFSET_FETCH = 9 };
    (void)state;
    refuse_start(OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "committed");
    refuse_start(INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                 "init_transactions");
}

/* An engine in doubt looks whether the shard is still its own; nobody has stopped it. */
static void a_right_that_is_lost_meanwhile_is_no_stop(void **state) {
    enum { OFFSET_FETCH = 9 };
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    protocol_open(&stand, "exactly-once");
    stand.port = kafka_port_open(&stand.options, &error);
    assert_non_null(stand.port);
    assert_true(stand.port->ops->fence(stand.port, &error));
    kafka_self(stand.port)->doubtful = true;
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(
            stand.cluster, 1, OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0);
    assert_int_equal(stand.port->ops->begin(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_DENIED);
    protocol_close(&stand);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_needs_no_right_on_a_group),
        cmocka_unit_test(a_command_in_doubt_leaves_its_id_to_a_successor),
        cmocka_unit_test(a_command_is_told_of_a_record_that_is_refused),
        cmocka_unit_test(a_command_is_told_before_it_commits),
        cmocka_unit_test(a_command_is_told_of_a_record_that_the_client_refuses),
        cmocka_unit_test(another_failure_is_no_refusal),
        cmocka_unit_test(a_partition_that_is_not_answered_for_is_not_one_without_an_offset),
        cmocka_unit_test(a_transaction_whose_messages_are_there_is_aborted),
        cmocka_unit_test(a_slow_claim_is_in_doubt),
        cmocka_unit_test(a_transaction_whose_messages_timed_out_is_left_to_a_successor),
        cmocka_unit_test(one_whose_messages_may_still_time_out_is_too),
        cmocka_unit_test(one_whose_messages_were_refused_is_too),
        cmocka_unit_test(a_right_that_is_missing_is_no_broker_that_is_away),
        cmocka_unit_test(a_right_that_is_lost_meanwhile_is_no_stop),
        cmocka_unit_test(a_topic_that_is_unknown_for_a_while_is_asked_for_again),
        cmocka_unit_test(a_topic_that_stays_unknown_is_a_fault_of_the_configuration),
        cmocka_unit_test(a_stop_breaks_the_wait_for_a_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
