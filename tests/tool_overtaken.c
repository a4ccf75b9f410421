/* SPDX-License-Identifier: Apache-2.0 */
/* tool_overtaken -X KEY=VALUE…: two engines' ports with one shard on a real broker. The first is
 * frozen before its client has told the coordinator of a message, until the message has timed out;
 * a successor takes over and has a transaction open as the first goes on and aborts. Ends with 0
 * when the successor commits and the first leaves it the shard.
 *
 * What is frozen is the client's main thread, in its log callback: it alone talks to the
 * coordinator. */
#include "detector/base/log.h"
#include "detector/broker/kafka_internal.h"
#include "detector/broker/kafka_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void log_callback(const rd_kafka_t *, int, const char *, const char *);
void __real_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_callback *callback);
void __wrap_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_callback *callback);

enum { LOOK_MS = 10 };

static _Atomic(const rd_kafka_t *) to_freeze;
static atomic_bool is_frozen;

static void freeze(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    (void)level, (void)facility;
    if (strstr(text, "[thrd:main]") == NULL) return;
    while (atomic_load(&to_freeze) == client) {
        atomic_store(&is_frozen, true);
        usleep(LOOK_MS * 1000);
    }
}

void __wrap_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_callback *callback) {
    (void)callback;
    __real_rd_kafka_conf_set_log_cb(conf, freeze);
}

static void must(bool ok, const char *what, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s: %s: %s\n", what, error_name(error->code), error->text);
    exit(1);
}

static void must_be(enum port_status wanted, enum port_status status, const char *what,
                    const struct error *error) {
    if (status != wanted) (void)fprintf(stderr, "%d, not %d: ", (int)status, (int)wanted);
    must(status == wanted, what, error);
}

static void set(struct options *options, const char *pair, struct error *error) {
    char key[128];
    const char *value = strchr(pair, '=');
    if (value == NULL) exit(2);
    snprintf(key, sizeof key, "%.*s", (int)(value - pair), pair);
    must(options_set(options, key, value + 1, "-X", error), key, error);
}

static void produce(struct port *port, const struct options *options, struct error *error) {
    const struct port_message message = {.topic = options->topic_recommendations,
                                         .value = {(const uint8_t *)"x", 1}};
    must_be(PORT_OK, port->ops->produce(port, &message, error), "produce", error);
}

static void send_offsets(struct port *port, const struct options *options, struct error *error) {
    const struct port_position at = {options->topic_transactions, 0, 0};
    must_be(PORT_OK, port->ops->send_offsets(port, &at, 1, error), "send_offsets", error);
}

static struct port *take_over(const struct options *options, struct error *error) {
    struct port *port = kafka_port_open(options, error);
    must(port != NULL && port->ops->fence(port, error), "taking over", error);
    must_be(PORT_OK, port->ops->begin(port, error), "begin", error);
    produce(port, options, error);
    send_offsets(port, options, error);
    return port;
}

/* Until its message has timed out; the main thread stays as it is. */
static void begin_frozen(struct port *port, const struct options *options, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    must_be(PORT_OK, port->ops->begin(port, error), "begin", error);
    atomic_store(&to_freeze, k->producer);
    while (!atomic_load(&is_frozen))
        usleep(LOOK_MS * 1000);
    produce(port, options, error);
    while (k->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_poll(k->producer, LOOK_MS);
}

static void abort_late(struct port *port, struct error *error) {
    atomic_store(&to_freeze, NULL);
    must_be(PORT_ABORT, port->ops->commit(port, error), "the first one's commit", error);
    must_be(PORT_REBUILD, port->ops->abort(port, error), "the first one's abort", error);
}

int main(int argc, char **argv) {
    struct options options;
    struct error error = {.code = ERROR_NONE};
    log_set_level(LOG_LEVEL_ERROR);
    options_init(&options);
    set(&options, "transaction.timeout.ms=1000", &error);
    set(&options, "kafka.producer.debug=metadata", &error);
    set(&options, "kafka.producer.topic.metadata.refresh.interval.ms=100", &error);
    for (int i = 2; i < argc; i += 2)
        set(&options, argv[i], &error);
    struct port *first = take_over(&options, &error);
    must_be(PORT_OK, first->ops->commit(first, &error), "the first commit", &error);
    begin_frozen(first, &options, &error);
    set(&options, "transaction.timeout.ms=60000", &error);
    struct port *successor = take_over(&options, &error);
    abort_late(first, &error);
    must_be(PORT_OK, successor->ops->commit(successor, &error), "the successor's commit", &error);
    must(!first->ops->fence(first, &error) && error.code == ERROR_FENCED,
         "the first takes the shard back", &error);
    first->ops->close(first);
    successor->ops->close(successor);
    options_free(&options);
    return 0;
}
