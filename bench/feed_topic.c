/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/feed_topic.h"

#include "detector/base/murmur2.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_port.h"
#include "schemas/encode.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <unistd.h>

enum { CALL_MS = 5000, WAIT_MS = 100 };

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

/* The broker answers before it knows the leaders itself. */
static bool await_leaders(rd_kafka_t *client, const char *name, int32_t partitions,
                          struct error *error) {
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    int32_t led = 0;
    for (int waits = 0; topic != NULL && led < partitions && waits < CALL_MS / WAIT_MS; waits++) {
        const struct rd_kafka_metadata *metadata = NULL;
        if (waits > 0) usleep(WAIT_MS * 1000);
        led = 0;
        if (rd_kafka_metadata(client, 0, topic, &metadata, CALL_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
            led += metadata->topics[0].partitions[i].leader >= 0;
        rd_kafka_metadata_destroy(metadata);
    }
    if (topic != NULL) rd_kafka_topic_destroy(topic);
    return led >= partitions ||
           error_set(error, ERROR_UNAVAILABLE, "%s has %d leaders of %d", name, led, partitions);
}

static bool create_now(rd_kafka_t *client, const char *name, int32_t partitions,
                       struct error *error) {
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
    return ok && await_leaders(client, name, partitions, error);
}

static bool delete_now(rd_kafka_t *client, const char *name, int32_t unused, struct error *error) {
    (void)unused;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CALL_MS);
    const bool ok = event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (event != NULL) rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    return ok || error_set(error, ERROR_UNAVAILABLE, "%s was not deleted", name);
}

static bool ask(const struct options *options, const char *topic, int32_t partitions,
                bool (*what)(rd_kafka_t *, const char *, int32_t, struct error *),
                struct error *error) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", options->bootstrap_servers, why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "2", why, sizeof why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (client == NULL) return error_set(error, ERROR_FAILED, "librdkafka: %s", why);
    const bool ok = what(client, topic, partitions, error);
    rd_kafka_destroy(client);
    return ok;
}

bool topic_create(const struct options *options, const char *topic, int32_t partitions,
                  struct error *error) {
    return ask(options, topic, partitions, create_now, error);
}

bool topic_delete(const struct options *options, const char *topic, struct error *error) {
    return ask(options, topic, 0, delete_now, error);
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
    bool ok = encoder != NULL && options_set(&options, "kafka.producer.compression.type",
                                             feed->codec, "--compression", error);
    struct kafka_feed *out = ok ? kafka_feed_open(&options, error) : NULL;
    ok = out != NULL && send_all(feed, gen, encoder, out, error);
    kafka_feed_close(out);
    encoder_close(encoder);
    gen_close(gen);
    options_free(&options);
    return ok;
}

/* Waits for the first record of a partition and compares it. */
static bool begins_with(struct port *port, const struct feed_topic *feed, int32_t partition,
                        struct bytes value, struct error *error) {
    const struct port_position position = {feed->topic, partition, 0};
    struct port_record record = {.offset = -1};
    size_t count = 0;
    if (!port->ops->assign(port, &position, 1, error)) return false;
    for (int waits = 0; count == 0 && waits < CALL_MS / WAIT_MS; waits++) {
        if (!port->ops->poll(port, 0, &record, 1, &count, error)) return false;
        if (count == 0) port->ops->wait(port, WAIT_MS);
    }
    const bool same = count == 1 && record.offset == 0 && record.value.size == value.size &&
                      memcmp(record.value.data, value.data, value.size) == 0;
    if (count == 1) port->ops->release(port, &record, 1);
    return same || error_set(error, ERROR_BAD_DATA,
                             "%s does not begin as the feed does: wipe the broker or take "
                             "another --seed",
                             feed->topic);
}

static bool same_feed(const struct feed_topic *feed, struct error *error) {
    struct transaction tx;
    struct bytes value;
    bool bad = false;
    struct gen *gen = gen_open(&feed->gen, error);
    struct encoder *encoder = gen == NULL ? NULL : encoder_open(error);
    struct port *port = encoder == NULL ? NULL : kafka_port_open(feed->options, error);
    const bool ok =
        port != NULL && gen_next(gen, &tx, &bad) &&
        encode_transaction(encoder, &tx, &value, error) &&
        begins_with(port, feed, murmur2_partition(transaction_key(&tx), feed->partitions), value,
                    error);
    if (port != NULL) port->ops->close(port);
    encoder_close(encoder);
    gen_close(gen);
    return ok;
}

bool feed_topic_fill(const struct feed_topic *feed, struct error *error) {
    int64_t count = 0;
    if (!topic_create(feed->options, feed->topic, feed->partitions, error) ||
        !held(feed, &count, error))
        return false;
    if (count == feed->records) return same_feed(feed, error);
    if (count != 0)
        return error_set(error, ERROR_BAD_DATA,
                         "%s holds %lld records, not %lld: wipe the broker or take another --seed",
                         feed->topic, (long long)count, (long long)feed->records);
    fprintf(stderr, "filling %s with %lld records\n", feed->topic, (long long)feed->records);
    return fill(feed, error);
}
