/* SPDX-License-Identifier: Apache-2.0 */
/* The whole path through librdkafka, on the embedded broker: at-least-once, and across protocol
 * errors. */
#include "tests/support.h"

#include "detector/base/murmur2.h"
#include "detector/broker/embedded_broker.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_port.h"
#include "detector/pipeline.h"
#include "tests/sample.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRANSACTIONS "antifrod.transactions"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define DEAD_LETTERS "antifrod.transactions.dlq"
enum { PARTITIONS = 2, RECORDS_MAX = 64 };

/* Requests by their number in the Kafka protocol. */
enum { PRODUCE = 0, FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, OFFSET_COMMIT = 8 };

struct stand {
    struct embedded_broker *broker;
    struct encoder *encoder;
    struct options options;
    char directory[64];
};

static void point_at(struct stand *stand, const char *bootstrap) {
    snprintf(stand->options.bootstrap_servers, sizeof stand->options.bootstrap_servers, "%s",
             bootstrap);
}

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    snprintf(stand.options.delivery, sizeof stand.options.delivery, "at-least-once");
    stand.encoder = encoder_open(&error);
    stand.broker = embedded_broker_open(&error);
    *state = &stand;
    if (stand.encoder == NULL || stand.broker == NULL) return -1;
    point_at(&stand, embedded_broker_bootstrap(stand.broker));
    return embedded_broker_create_topic(stand.broker, TRANSACTIONS, PARTITIONS, &error) &&
                   embedded_broker_create_topic(stand.broker, RECOMMENDATIONS, PARTITIONS,
                                                &error) &&
                   embedded_broker_create_topic(stand.broker, DEAD_LETTERS, 1, &error) &&
                   embedded_broker_create_topic(stand.broker, "antifrod.order", 1, &error)
               ? 0
               : -1;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    embedded_broker_close(stand->broker);
    encoder_close(stand->encoder);
    sample_directory_remove(stand->directory, &stand->options);
    return 0;
}

static void must(bool ok, const struct error *error) {
    if (!ok) fail_msg("%s: %s", error_name(error->code), error->text);
}

/* `count` transfers to one account, a minute apart, each from another payer. */
static void send_burst(struct stand *stand, const char *payee, int first, int count) {
    struct error error = {.code = ERROR_NONE};
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    must(feed != NULL, &error);
    for (int i = first; i < first + count; i++) {
        char payer[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%s-%d", payee, i);
        const struct transaction tx = sample_transfer(tx_id, payer, payee, 60 * i, 5000000);
        const struct bytes key = {(const uint8_t *)payer, (uint32_t)strlen(payer)};
        struct port_message message = {
            .topic = TRANSACTIONS, .partition = murmur2_partition(key, PARTITIONS), .key = key};
        must(encode_transaction(stand->encoder, &tx, &message.value, &error) &&
                 kafka_feed_send(feed, &message, &error),
             &error);
    }
    must(kafka_feed_flush(feed, &error), &error);
    kafka_feed_close(feed);
}

static void send_raw(struct stand *stand, const char *value) {
    struct error error = {.code = ERROR_NONE};
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    must(feed != NULL, &error);
    const struct port_message message = {
        .topic = TRANSACTIONS, .value = {(const uint8_t *)value, (uint32_t)strlen(value)}};
    must(kafka_feed_send(feed, &message, &error) && kafka_feed_flush(feed, &error), &error);
    kafka_feed_close(feed);
}

static void must_run(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port *port = kafka_port_open(&stand->options, &error);
    must(port != NULL, &error);
    const struct pipeline_options options = {
        .options = &stand->options, .port = port, .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&options, &error);
    must(pipeline != NULL && pipeline_run(pipeline, &error), &error);
    pipeline_close(pipeline);
    port->ops->close(port);
}

static size_t read_partition(struct port *port, size_t stream, const char *key) {
    struct port_record records[RECORDS_MAX];
    struct error error = {.code = ERROR_NONE};
    size_t total = 0, count = 0;
    while (!port->ops->at_end(port, stream)) {
        must(port->ops->poll(port, stream, records, RECORDS_MAX, &count, &error), &error);
        for (size_t i = 0; i < count; i++)
            if (key != NULL) assert_memory_equal(records[i].key.data, key, strlen(key));
        port->ops->release(port, records, count);
        total += count;
        if (count == 0) port->ops->wait(port, 20);
    }
    return total;
}

/* Records of a topic, as another group reads them; all of them must have the key, if one is given.
 */
static size_t count_of(struct stand *stand, const char *topic, const char *key) {
    struct error error = {.code = ERROR_NONE};
    struct options other = stand->options;
    int32_t partitions = 0;
    size_t total = 0;
    snprintf(other.shard_id, sizeof other.shard_id, "reader");
    struct port *port = kafka_port_open(&other, &error);
    must(port != NULL && port->ops->partition_count(port, topic, &partitions, &error), &error);
    struct port_position positions[PARTITIONS];
    for (int32_t p = 0; p < partitions; p++)
        positions[p] = (struct port_position){topic, p, PORT_OFFSET_EARLIEST};
    must(port->ops->assign(port, positions, (size_t)partitions, &error), &error);
    for (int32_t p = 0; p < partitions; p++)
        total += read_partition(port, (size_t)p, key);
    port->ops->close(port);
    return total;
}

static void events_in_give_recommendations_out(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 3);
    send_raw(stand, "not a record");
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS, "dropper"), 1);
    assert_int_equal(count_of(stand, DEAD_LETTERS, NULL), 1);
}

static void a_restart_goes_on_where_the_order_log_ends(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 2);
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS, NULL), 0);
    send_burst(stand, "dropper", 2, 1);
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS, "dropper"), 1);
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS, "dropper"), 1);
}

static void at_least_once_is_said_once(void **state) {
    struct stand *stand = *state;
    char path[96], said[8192] = "";
    snprintf(path, sizeof path, "%s/said", stand->directory);
    fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    FILE *file = fopen(path, "w+");
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    const char *first = strstr(said, "event=at_least_once");
    assert_non_null(first);
    assert_null(strstr(first + 1, "event=at_least_once"));
    assert_non_null(strstr(said, "delivery=at-least-once"));
}

/* A mock cluster of the test's own, to which the broker's answers can be dictated. */
struct mock {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
};

static struct mock mock_open(struct stand *stand) {
    char why[256];
    struct mock mock = {.client =
                            rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why)};
    assert_non_null(mock.client);
    mock.cluster = rd_kafka_mock_cluster_new(mock.client, 1);
    assert_non_null(mock.cluster);
    rd_kafka_mock_topic_create(mock.cluster, TRANSACTIONS, PARTITIONS, 1);
    rd_kafka_mock_topic_create(mock.cluster, RECOMMENDATIONS, PARTITIONS, 1);
    rd_kafka_mock_topic_create(mock.cluster, DEAD_LETTERS, 1, 1);
    rd_kafka_mock_topic_create(mock.cluster, "antifrod.order", 1, 1);
    point_at(stand, rd_kafka_mock_cluster_bootstraps(mock.cluster));
    return mock;
}

static void mock_close(struct mock mock) {
    rd_kafka_mock_cluster_destroy(mock.cluster);
    rd_kafka_destroy(mock.client);
}

static void errors_that_pass_lose_nothing(void **state) {
    struct stand *stand = *state;
    const struct mock mock = mock_open(stand);
    send_burst(stand, "dropper", 0, 3);
    rd_kafka_mock_push_request_errors(mock.cluster, METADATA, 1,
                                      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    rd_kafka_mock_push_request_errors(mock.cluster, LIST_OFFSETS, 1,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    rd_kafka_mock_push_request_errors(mock.cluster, FETCH, 2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    rd_kafka_mock_push_request_errors(mock.cluster, PRODUCE, 2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    rd_kafka_mock_push_request_errors(mock.cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS, "dropper"), 1);
    mock_close(mock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_in_give_recommendations_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_where_the_order_log_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(at_least_once_is_said_once, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_that_pass_lose_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
