/* SPDX-License-Identifier: Apache-2.0 */
/* tool_overtaken -X KEY=VALUE…: two engines' ports with one shard on a real broker. Ends with 0
 * when who took over last has the shard, and the other one is told so.
 *
 * The first is frozen before its client has told the coordinator of a message, until the message
 * has timed out; a successor takes over and has a transaction open as the first goes on and aborts.
 * What is frozen is the client's main thread, in its log callback: it alone talks to the
 * coordinator. Then successors come just before and behind the new epoch of a first one that renews
 * its producer, and as one that takes its shard again misses the answer to its claim. */
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

rd_kafka_error_t *__real_rd_kafka_init_transactions(rd_kafka_t *client, int timeout_ms);
rd_kafka_error_t *__wrap_rd_kafka_init_transactions(rd_kafka_t *client, int timeout_ms);
rd_kafka_error_t *__real_rd_kafka_commit_transaction(rd_kafka_t *client, int timeout_ms);
rd_kafka_error_t *__wrap_rd_kafka_commit_transaction(rd_kafka_t *client, int timeout_ms);

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

static void begin(struct port *port, const struct options *options, struct error *error) {
    must_be(PORT_OK, port->ops->begin(port, error), "begin", error);
    produce(port, options, error);
    send_offsets(port, options, error);
}

static struct port *take_over(const struct options *options, struct error *error) {
    struct port *port = kafka_port_open(options, error);
    must(port != NULL && port->ops->fence(port, error), "taking over", error);
    begin(port, options, error);
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

static void overtaken_while_frozen(struct options *options, struct error *error) {
    set(options, "transaction.timeout.ms=1000", error);
    struct port *first = take_over(options, error);
    must_be(PORT_OK, first->ops->commit(first, error), "the first commit", error);
    begin_frozen(first, options, error);
    set(options, "transaction.timeout.ms=60000", error);
    struct port *successor = take_over(options, error);
    abort_late(first, error);
    must_be(PORT_OK, successor->ops->commit(successor, error), "the successor's commit", error);
    must(!first->ops->fence(first, error) && error->code == ERROR_FENCED,
         "the first takes the shard back", error);
    first->ops->close(first);
    successor->ops->close(successor);
}

/* When a successor comes, and who came. */
enum moment { NEVER, BEFORE_INIT, BEHIND_INIT, BEHIND_COMMIT };
static enum moment awaited;
static const struct options *of_shard;
static struct port *comer;

static bool comes(enum moment now) {
    struct error error = {.code = ERROR_NONE};
    if (awaited != now) return false;
    awaited = NEVER;
    comer = take_over(of_shard, &error);
    must_be(PORT_OK, comer->ops->commit(comer, &error), "the comer's first commit", &error);
    return true;
}

rd_kafka_error_t *__wrap_rd_kafka_init_transactions(rd_kafka_t *client, int timeout_ms) {
    comes(BEFORE_INIT);
    rd_kafka_error_t *failed = __real_rd_kafka_init_transactions(client, timeout_ms);
    if (failed == NULL) comes(BEHIND_INIT);
    return failed;
}

rd_kafka_error_t *__wrap_rd_kafka_commit_transaction(rd_kafka_t *client, int timeout_ms) {
    rd_kafka_error_t *failed = __real_rd_kafka_commit_transaction(client, timeout_ms);
    if (failed != NULL || !comes(BEHIND_COMMIT)) return failed;
    return rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "the answer was lost");
}

static struct port *who_commits(const struct options *options, struct error *error) {
    struct port *port = take_over(options, error);
    must_be(PORT_OK, port->ops->commit(port, error), "commit", error);
    return port;
}

static void must_commit(struct port *port, const struct options *options, struct error *error) {
    begin(port, options, error);
    must_be(PORT_OK, port->ops->commit(port, error), "who has the shard commits", error);
}

static void close_both(struct port *first) {
    first->ops->close(first);
    comer->ops->close(comer);
}

static void overtaken_behind_its_new_epoch(const struct options *options, struct error *error) {
    struct port *first = who_commits(options, error);
    kafka_self(first)->doubtful = true;
    awaited = BEHIND_INIT;
    must_be(PORT_FENCED, first->ops->begin(first, error), "the overtaken one's begin", error);
    must_commit(comer, options, error);
    close_both(first);
}

/* It shuts out who came, and nobody else has the shard. */
static void overtaken_before_its_new_epoch(const struct options *options, struct error *error) {
    struct port *first = who_commits(options, error);
    kafka_self(first)->doubtful = true;
    awaited = BEFORE_INIT;
    must_be(PORT_REBUILD, first->ops->begin(first, error), "the begin that shuts out", error);
    must(first->ops->fence(first, error), "the shard is its own", error);
    must_commit(first, options, error);
    close_both(first);
}

static void overtaken_behind_its_claim(const struct options *options, struct error *error) {
    struct port *first = who_commits(options, error);
    awaited = BEHIND_COMMIT;
    must(!first->ops->fence(first, error) && error->code == ERROR_FENCED,
         "the first claims the shard again", error);
    must_commit(comer, options, error);
    close_both(first);
}

int main(int argc, char **argv) {
    struct options options;
    struct error error = {.code = ERROR_NONE};
    log_set_level(LOG_LEVEL_ERROR);
    options_init(&options);
    set(&options, "kafka.producer.debug=metadata", &error);
    set(&options, "kafka.producer.topic.metadata.refresh.interval.ms=100", &error);
    for (int i = 2; i < argc; i += 2)
        set(&options, argv[i], &error);
    of_shard = &options;
    overtaken_while_frozen(&options, &error);
    overtaken_behind_its_new_epoch(&options, &error);
    overtaken_before_its_new_epoch(&options, &error);
    overtaken_behind_its_claim(&options, &error);
    options_free(&options);
    return 0;
}
