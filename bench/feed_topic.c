/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/feed_topic.h"

#include "detector/base/murmur2.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_port.h"
#include "schemas/encode.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

enum { CALL_MS = 5000 };

/* The answer of one CreateTopics call about its only topic. */
static bool created(rd_kafka_event_t *event, struct error *error) {
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result =
        event == NULL ? NULL : rd_kafka_event_CreateTopics_result(event);
    if (result == NULL) return error_set(error, ERROR_UNAVAILABLE, "no answer to CreateTopics");
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count != 1)
        return error_set(error, ERROR_UNAVAILABLE, "CreateTopics: %s",
                         rd_kafka_event_error_string(event));
    const rd_kafka_resp_err_t failed = rd_kafka_topic_result_error(topics[0]);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           failed == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
           error_set(error, ERROR_UNAVAILABLE, "%s: %s", rd_kafka_topic_result_name(topics[0]),
                     rd_kafka_err2str(failed));
}

static bool create(rd_kafka_t *client, const char *name, int32_t partitions, struct error *error) {
    char why[256];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, why, sizeof why);
    if (topic == NULL) return error_set(error, ERROR_CONFIG, "%s: %s", name, why);
    rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CALL_MS);
    const bool ok = created(event, error);
    if (event != NULL) rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    return ok;
}

bool topic_create(const struct options *options, const char *topic, int32_t partitions,
                  struct error *error) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", options->bootstrap_servers, why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (client == NULL) return error_set(error, ERROR_FAILED, "librdkafka: %s", why);
    const bool ok = create(client, topic, partitions, error);
    rd_kafka_destroy(client);
    return ok;
}

static bool held(const struct feed_topic *feed, int64_t *count, struct error *error) {
    struct port *port = kafka_port_open(feed->options, error);
    bool ok = port != NULL;
    *count = 0;
    for (int32_t p = 0; ok && p < feed->partitions; p++) {
        int64_t low = 0, high = 0;
        ok = port->ops->watermarks(port, feed->topic, p, &low, &high, error);
        *count += high - low;
    }
    if (port != NULL) port->ops->close(port);
    return ok;
}

static bool send_all(const struct feed_topic *feed, struct gen *gen, struct encoder *encoder,
                     struct kafka_feed *out, struct error *error) {
    struct transaction tx;
    bool bad = false;
    const int64_t from_ms = gen_end_s(gen) * 1000; /* no record is older than its transaction */
    for (int64_t i = 0; i < feed->records; i++) {
        if (!gen_next(gen, &tx, &bad))
            return error_set(error, ERROR_FAILED, "the feed ends after %lld records", (long long)i);
        struct port_message message = {.topic = feed->topic,
                                       .timestamp_ms = from_ms + i * 1000 / feed->per_second,
                                       .key = transaction_key(&tx)};
        message.partition = murmur2_partition(message.key, feed->partitions);
        if (!encode_transaction(encoder, &tx, &message.value, error) ||
            !kafka_feed_send(out, &message, error))
            return false;
    }
    return kafka_feed_flush(out, error);
}

static bool fill(const struct feed_topic *feed, struct error *error) {
    struct options options = *feed->options;
    options.passthrough = NULL;
    struct gen *gen = gen_open(&feed->gen, error);
    struct encoder *encoder = gen == NULL ? NULL : encoder_open(error);
    struct kafka_feed *out = encoder == NULL ? NULL : kafka_feed_open(&options, error);
    const bool ok = out != NULL && send_all(feed, gen, encoder, out, error);
    kafka_feed_close(out);
    encoder_close(encoder);
    gen_close(gen);
    options_free(&options);
    return ok;
}

bool feed_topic_fill(const struct feed_topic *feed, struct error *error) {
    int64_t count = 0;
    if (!topic_create(feed->options, feed->topic, feed->partitions, error) ||
        !held(feed, &count, error))
        return false;
    if (count == feed->records) return true;
    if (count != 0)
        return error_set(error, ERROR_BAD_DATA,
                         "%s holds %lld records, not %lld: wipe the broker or take another --seed",
                         feed->topic, (long long)count, (long long)feed->records);
    fprintf(stderr, "filling %s with %lld records\n", feed->topic, (long long)feed->records);
    return fill(feed, error);
}
