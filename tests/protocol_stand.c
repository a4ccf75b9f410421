/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/protocol_stand.h"

#include "tests/support.h"

#include "detector/broker/kafka_feed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void end_case(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    _exit(1);
}

void protocol_open(struct stand *stand, const char *delivery) {
    struct error error = {.code = ERROR_NONE};
    memset(stand, 0, sizeof *stand);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    stand->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    stand->cluster = rd_kafka_mock_cluster_new(stand->client, 1);
    rd_kafka_mock_topic_create(stand->cluster, INPUT, 1, 1);
    rd_kafka_mock_topic_create(stand->cluster, OUTPUT, 1, 1);
    options_init(&stand->options);
    snprintf(stand->options.delivery, sizeof stand->options.delivery, "%s", delivery);
    snprintf(stand->options.bootstrap_servers, sizeof stand->options.bootstrap_servers, "%s",
             rd_kafka_mock_cluster_bootstraps(stand->cluster));
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    for (uint8_t i = 0; feed != NULL && i < RECORDS; i++) {
        const struct port_message message = {.topic = INPUT, .value = {&i, 1}};
        if (!kafka_feed_send(feed, &message, &error)) end_case("feeding", error.text);
    }
    if (feed == NULL || !kafka_feed_flush(feed, &error)) end_case("feeding", error.text);
    kafka_feed_close(feed);
}

void protocol_close(struct stand *stand) {
    stand->port->ops->close(stand->port);
    rd_kafka_mock_cluster_destroy(stand->cluster);
    rd_kafka_destroy(stand->client);
}
