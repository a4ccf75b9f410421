/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/embedded_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct embedded_broker {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
};

struct embedded_broker *embedded_broker_open(struct error *error) {
    char why[256] = "";
    struct embedded_broker *broker = calloc(1, sizeof *broker);
    if (broker != NULL) {
        /* The client that carries the cluster connects nowhere, and need not say so. */
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
        broker->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        if (broker->client == NULL) rd_kafka_conf_destroy(conf);
        if (broker->client != NULL) broker->cluster = rd_kafka_mock_cluster_new(broker->client, 1);
        if (broker->cluster != NULL) return broker;
    }
    embedded_broker_close(broker);
    error_set(error, ERROR_FAILED, "the embedded broker cannot be started: %s", why);
    return NULL;
}

const char *embedded_broker_bootstrap(const struct embedded_broker *broker) {
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

bool embedded_broker_create_topic(struct embedded_broker *broker, const char *topic,
                                  int32_t partitions, struct error *error) {
    const rd_kafka_resp_err_t failed =
        rd_kafka_mock_topic_create(broker->cluster, topic, partitions, 1);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_FAILED, "embedded broker, topic %s: %s", topic,
                     rd_kafka_err2str(failed));
}

void embedded_broker_close(struct embedded_broker *broker) {
    if (broker == NULL) return;
    if (broker->cluster != NULL) rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->client != NULL) rd_kafka_destroy(broker->client);
    free(broker);
}
