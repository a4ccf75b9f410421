/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_port.h"

#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"
#include "detector/service/health.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(struct port *port) {
    struct timespec now;
    (void)port;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void warn_away(struct kafka_port *k, const char *what, const char *why) {
    const int64_t now = steady_ms();
    int64_t warned = atomic_load(&k->warned_ms);
    if (now - warned < KAFKA_WARN_MS) return;
    if (atomic_compare_exchange_strong(&k->warned_ms, &warned, now))
        log_warn("event=broker_away doing=%s why=\"%s\" next=\"keeps trying\"", what, why);
}

bool kafka_pause(struct kafka_port *k, const char *what, const char *why, struct error *error) {
    if (!atomic_load(&k->stopped)) usleep(KAFKA_RETRY_MS * 1000);
    if (!atomic_load(&k->stopped)) return true;
    return error_set(error, ERROR_INTERRUPTED, "stopped while waiting for the broker (%s: %s)",
                     what, why);
}

bool kafka_try_again(struct kafka_port *k, const char *what, const char *why, struct error *error) {
    warn_away(k, what, why);
    return kafka_pause(k, what, why, error);
}

bool kafka_engine_try_again(struct kafka_port *k, const char *what, const char *why,
                            struct error *error) {
    health_beat();
    return kafka_try_again(k, what, why, error);
}

bool kafka_is_purged(rd_kafka_resp_err_t failed) {
    return failed == RD_KAFKA_RESP_ERR__PURGE_QUEUE || failed == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

bool kafka_is_denied(rd_kafka_resp_err_t failed) {
    switch (failed) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

bool kafka_engine_retry(struct kafka_port *k, const char *what, rd_kafka_resp_err_t failed,
                        struct error *error) {
    if (kafka_is_denied(failed))
        return error_set(error, ERROR_DENIED, "%s: %s; docs/OPERATIONS.md lists the rights", what,
                         rd_kafka_err2str(failed));
    return kafka_engine_try_again(k, what, rd_kafka_err2str(failed), error);
}

/* librdkafka's own errors: only that all brokers are away is news; the rest comes back from the
 * calls. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque) {
    (void)client;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) warn_away(opaque, "connect", reason);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    (void)client;
    if (level <= 3) log_debug("event=librdkafka facility=%s text=\"%s\"", facility, text);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    struct kafka_port *k = opaque;
    (void)client;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    k->delivery_failures++;
    if (k->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR && !kafka_is_purged(k->delivery_error))
        return;
    k->delivery_error = message->err;
    snprintf(k->delivery_topic, sizeof k->delivery_topic, "%s", rd_kafka_topic_name(message->rkt));
}

struct setting {
    const char *key, *value;
};

static bool set(rd_kafka_conf_t *conf, const char *key, const char *value, struct error *error) {
    char why[512];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
    return error_set(error, ERROR_CONFIG, "kafka.%s: %s", key, why);
}

static bool set_all(rd_kafka_conf_t *conf, const struct setting *settings, struct error *error) {
    for (; settings->key != NULL; settings++)
        if (!set(conf, settings->key, settings->value, error)) return false;
    return true;
}

/* A full queue must not be looked at again only after a whole second, which is what librdkafka does
 * of itself: the engine would empty it in less and stand still. Libraries without a setting for it
 * look whenever their broker thread is woken, and the answer to a metadata request wakes it. */
static bool set_refill(rd_kafka_conf_t *conf, struct error *error) {
    char why[256];
    const bool known = rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", why, sizeof why) ==
                       RD_KAFKA_CONF_OK;
    return known || set(conf, "topic.metadata.refresh.interval.ms", "30", error);
}

static bool set_consumer(struct kafka_port *k, rd_kafka_conf_t *conf, struct error *error) {
    const struct setting settings[] = {
        {"group.id", k->options->shard_id},     {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},  {"isolation.level", "read_committed"},
        {"auto.offset.reset", "error"},         {"enable.partition.eof", "true"},
        {"fetch.message.max.bytes", "1048576"}, {"queued.min.messages", "50000"},
        {"fetch.wait.max.ms", "100"},           {NULL, NULL}};
    return set_all(conf, settings, error) && set_refill(conf, error);
}

static bool set_producer(struct kafka_port *k, rd_kafka_conf_t *conf, struct error *error) {
    char timeout[24];
    snprintf(timeout, sizeof timeout, "%lld", (long long)k->options->transaction_timeout_ms);
    const struct setting shared[] = {
        {"acks", "all"}, {"linger.ms", "1"}, {"retry.backoff.ms", "10"}, {NULL, NULL}};
    const struct setting transactional[] = {{"transactional.id", k->options->shard_id},
                                            {"transaction.timeout.ms", timeout},
                                            {"enable.idempotence", "true"},
                                            {NULL, NULL}};
    const struct setting feeding[] = {
        {"enable.idempotence", "true"}, {"linger.ms", "5"}, {NULL, NULL}};
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return set_all(conf, shared, error) && (!k->feeding || set_all(conf, feeding, error)) &&
           (!k->port.exactly_once || set_all(conf, transactional, error));
}

static bool set_passthrough(struct kafka_port *k, enum options_client client, rd_kafka_conf_t *conf,
                            struct error *error) {
    const char *key, *value;
    for (size_t i = 0; options_passthrough(k->options, client, i, &key, &value); i++)
        if (!set(conf, key, value, error)) return false;
    return true;
}

rd_kafka_t *kafka_client_new(struct kafka_port *k, enum options_client client,
                             struct error *error) {
    const bool consumer = client == OPTIONS_CONSUMER;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, k);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    const struct setting shared[] = {{"bootstrap.servers", k->options->bootstrap_servers},
                                     {"client.id", "saqshy"},
                                     {"reconnect.backoff.max.ms", "2000"},
                                     {NULL, NULL}};
    char why[512] = "";
    rd_kafka_t *made = NULL;
    if (set_all(conf, shared, error) &&
        (consumer ? set_consumer(k, conf, error) : set_producer(k, conf, error)) &&
        set_passthrough(k, client, conf, error)) {
        made =
            rd_kafka_new(consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, why, sizeof why);
        if (made == NULL) error_set(error, ERROR_CONFIG, "librdkafka: %s", why);
    }
    if (made == NULL) rd_kafka_conf_destroy(conf);
    return made;
}

static void stop(struct port *port) {
    atomic_store(&kafka_self(port)->stopped, true);
    kafka_wake(port);
}

static void close_port(struct port *port) {
    if (port == NULL) return;
    struct kafka_port *k = kafka_self(port);
    kafka_producer_close(k);
    kafka_consumer_close(k);
    free(k);
}

static const struct port_ops operations = {
    .name = "kafka",
    .partition_count = kafka_partition_count,
    .find_topic = kafka_find_topic,
    .watermarks = kafka_watermarks,
    .committed = kafka_committed,
    .assign = kafka_assign,
    .poll = kafka_poll,
    .at_end = kafka_at_end,
    .known_end = kafka_known_end,
    .wait = kafka_wait,
    .wake = kafka_wake,
    .release = kafka_release,
    .header = kafka_header,
    .fence = kafka_fence,
    .begin = kafka_begin,
    .produce = kafka_produce,
    .send_offsets = kafka_send_offsets,
    .commit = kafka_commit,
    .abort = kafka_abort,
    .now_ms = now_ms,
    .stop = stop,
    .close = close_port,
};

/* Fetched blocks and messages come and go at the rate of the input: their memory is kept. For the
 * whole process; calls after the first change nothing. */
static void keep_freed_memory(void) {
    enum { KEPT = 256 << 20, ADDED = 16 << 20, MAPPED = 32 << 20 };
    mallopt(M_TRIM_THRESHOLD, KEPT);
    mallopt(M_TOP_PAD, ADDED);
    mallopt(M_MMAP_THRESHOLD, MAPPED);
}

static struct port *open_port(const struct options *options, struct error *error) {
    struct kafka_port *k = calloc(1, sizeof *k);
    if (k == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the Kafka clients");
        return NULL;
    }
    keep_freed_memory();
    k->options = options;
    k->bell.fd = -1;
    kafka_claim_name(k);
    k->warned_ms = steady_ms() - KAFKA_WARN_MS;
    k->port = (struct port){.ops = &operations,
                            .exactly_once = strcmp(options->delivery, "exactly-once") == 0};
    if (!kafka_consumer_open(k, error)) {
        close_port(&k->port);
        return NULL;
    }
    return &k->port;
}

struct port *kafka_port_open(const struct options *options, struct error *error) {
    struct port *port = open_port(options, error);
    if (port != NULL && !port->exactly_once)
        log_warn("event=at_least_once text=\"commits are no transactions here: after a crash a "
                 "recommendation may come twice\"");
    return port;
}

struct port *kafka_port_open_command(const struct options *options, struct error *error) {
    struct port *port = open_port(options, error);
    if (port != NULL) kafka_self(port)->command = true;
    return port;
}

const char *kafka_port_library(void) {
    static char text[256];
    char features[200] = "";
    size_t size = sizeof features;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_get(conf, "builtin.features", features, &size);
    rd_kafka_conf_destroy(conf);
    snprintf(text, sizeof text, "%s (%s)", rd_kafka_version_str(), features);
    return text;
}
