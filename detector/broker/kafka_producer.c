/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"

#include <assert.h>
#include <stdio.h>

void kafka_producer_close(struct kafka_port *k) {
    if (k->offsets != NULL) rd_kafka_topic_partition_list_destroy(k->offsets);
    if (k->group != NULL) rd_kafka_consumer_group_metadata_destroy(k->group);
    if (k->producer != NULL) {
        rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(k->producer);
    }
    k->offsets = NULL;
    k->group = NULL;
    k->producer = NULL;
}

static bool init_transactions(struct kafka_port *k, struct error *error) {
    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_init_transactions(k->producer, KAFKA_CALL_MS);
        if (failed == NULL) return true;
        char why[256];
        snprintf(why, sizeof why, "%s", rd_kafka_error_string(failed));
        const bool retriable = rd_kafka_error_is_retriable(failed) != 0;
        const bool denied = kafka_is_denied(rd_kafka_error_code(failed));
        rd_kafka_error_destroy(failed);
        if (!retriable)
            return error_set(error, denied ? ERROR_DENIED : ERROR_UNAVAILABLE,
                             "init_transactions for shard %s: %s", k->options->shard_id, why);
        if (!kafka_engine_try_again(k, "init_transactions", why, error)) return false;
    }
}

static bool new_producer(struct kafka_port *k, struct error *error) {
    kafka_producer_close(k);
    k->doubtful = false;
    k->begun_ms = steady_ms();
    k->delivery_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    k->producer = kafka_client_new(k, OPTIONS_PRODUCER, error);
    if (k->producer == NULL) return false;
    if (k->port.exactly_once) k->group = rd_kafka_consumer_group_metadata_new(k->options->shard_id);
    return true;
}

/* Who takes over shuts out everybody; who had the shard before first looks, at each try, whether
 * somebody else has it now, and leaves it to him. A broker that has just come back makes for more
 * tries. */
bool kafka_fence(struct port *port, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    if (!port->exactly_once) return new_producer(k, error);
    if (k->command) return new_producer(k, error) && init_transactions(k, error);
    const bool had_shard = atomic_load(&k->has_shard);
    for (;;) {
        if (had_shard && !kafka_claim_holds(k, error)) return false;
        atomic_store(&k->has_shard, false);
        if (!new_producer(k, error) || !init_transactions(k, error)) return false;
        const enum port_status status = kafka_claim(k, error);
        if (status == PORT_OK) {
            atomic_store(&k->looked_ms, steady_ms());
            atomic_store(&k->has_shard, true);
            return true;
        }
        if (status == PORT_STOPPED) return false;
        if (status == PORT_FENCED) error->code = ERROR_FENCED;
        if (error->code != ERROR_UNAVAILABLE) return false;
        const struct error why = *error;
        if (!kafka_engine_try_again(k, "take over", why.text, error)) return false;
    }
}

/* Somebody left his name while a producer was renewed. Before that had its epoch: he is shut out,
 * what he may have committed is read anew, and the shard is claimed, so that somebody has it. After
 * it: he has the shard, and the claim is refused. */
static enum port_status claim_renewed(struct kafka_port *k, struct error *error) {
    const struct error found = *error;
    const enum port_status status = kafka_claim(k, error);
    if (status != PORT_OK && status != PORT_FENCED) return status;
    *error = found;
    if (status == PORT_OK) error->code = ERROR_UNAVAILABLE;
    return status == PORT_OK ? PORT_REBUILD : PORT_FENCED;
}

/* A producer whose last call was slow or retried makes room for a new one, so that a late request
 * of it cannot end a later transaction. The state stands where the last commit left it, unless
 * somebody came between. */
static enum port_status renew(struct kafka_port *k, struct error *error) {
    if (k->command) {
        error_set(
            error, ERROR_UNAVAILABLE,
            "the last transaction was slow or had to be asked for again, and another producer "
            "with the id %s may have come meanwhile",
            k->options->shard_id);
        return PORT_REBUILD;
    }
    const bool held = kafka_claim_holds(k, error);
    if (!held && error->code == ERROR_FENCED) return PORT_FENCED;
    if (held && new_producer(k, error) && init_transactions(k, error) &&
        kafka_claim_holds(k, error))
        return PORT_OK;
    if (error->code == ERROR_FENCED) return claim_renewed(k, error);
    return error->code == ERROR_INTERRUPTED ? PORT_STOPPED : PORT_REBUILD;
}

/* Whether a fence means another engine: a transaction open for longer than its time-out was ended
 * by the broker, or by another engine since; `kafka_fence` finds out. */
static enum port_status fenced_or_timed_out(struct kafka_port *k, struct error *error) {
    const int64_t open_ms = steady_ms() - k->begun_ms;
    if (open_ms >= k->options->transaction_timeout_ms) return PORT_REBUILD;
    if (!k->command) kafka_claim_tell(k, error);
    return PORT_FENCED;
}

/* What no second try mends, and an operator must: ERROR_NONE for everything else. */
static enum error_code final_code(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
        code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
        return ERROR_CONFIG;
    return kafka_is_denied(code) ? ERROR_DENIED : ERROR_NONE;
}

/* Of one record or its topic: what else is sent is not to blame. */
static bool is_refusal(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

/* The first failed delivery of a unit says more than the commit that failed of it; that a message
 * was purged says less. */
static void name_cause(struct kafka_port *k, rd_kafka_resp_err_t code, struct error *error) {
    const bool delivery =
        k->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR && !kafka_is_purged(k->delivery_error);
    const enum error_code final = final_code(delivery ? k->delivery_error : code);
    if (delivery)
        error_prefix(error, "a message to %s was not delivered (%s)", k->delivery_topic,
                     rd_kafka_err2str(k->delivery_error));
    if (final == ERROR_CONFIG)
        error_prefix(error, "raise max.message.bytes of %s and kafka.producer.message.max.bytes",
                     delivery ? k->delivery_topic : "the topic");
    if (final != ERROR_NONE) error->code = final;
}

enum port_status kafka_judge(struct kafka_port *k, const char *what, rd_kafka_error_t *failed,
                             struct error *error) {
    const rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
    const bool abortable = rd_kafka_error_txn_requires_abort(failed) != 0;
    error_set(error, ERROR_UNAVAILABLE, "%s: %s (%s)", what, rd_kafka_error_string(failed),
              rd_kafka_error_name(failed));
    rd_kafka_error_destroy(failed);
    name_cause(k, code, error);
    if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
        return fenced_or_timed_out(k, error);
    if (k->command && (is_refusal(code) || is_refusal(k->delivery_error))) {
        if (error->code == ERROR_UNAVAILABLE) error->code = ERROR_CONFIG;
        return PORT_REFUSED;
    }
    return abortable ? PORT_ABORT : PORT_REBUILD;
}

enum port_status kafka_begin(struct port *port, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    k->begun_ms = steady_ms();
    k->delivery_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!port->exactly_once) return PORT_OK;
    if (k->doubtful) {
        const enum port_status status = renew(k, error);
        if (status != PORT_OK) return status;
    }
    k->begun_ms = steady_ms();
    atomic_store(&k->looked_ms, k->begun_ms);
    rd_kafka_error_t *failed = rd_kafka_begin_transaction(k->producer);
    return failed == NULL ? PORT_OK : kafka_judge(k, "begin", failed, error);
}

static rd_kafka_headers_t *headers_of(const struct port_message *message) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct port_header *header = &message->headers[i];
        rd_kafka_header_add(headers, header->name, -1, header->value.data,
                            (ssize_t)header->value.size);
    }
    return headers;
}

static rd_kafka_error_t *produce_once(struct kafka_port *k, const struct port_message *message) {
    rd_kafka_headers_t *headers = headers_of(message);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = message->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = message->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)message->key.data, message->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)message->value.data, message->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *failed =
        rd_kafka_produceva(k->producer, parts, sizeof parts / sizeof parts[0]);
    if (failed != NULL) rd_kafka_headers_destroy(headers);
    return failed;
}

/* A transaction that has failed already takes no message; of what, its commit says. */
static rd_kafka_error_t *cause_of(struct kafka_port *k, rd_kafka_error_t *failed) {
    if (!k->command || rd_kafka_error_code(failed) != RD_KAFKA_RESP_ERR__STATE) return failed;
    rd_kafka_error_destroy(failed);
    return rd_kafka_commit_transaction(k->producer, KAFKA_CALL_MS);
}

static enum port_status judge_message(struct kafka_port *k, const struct port_message *message,
                                      rd_kafka_error_t *failed, struct error *error) {
    char what[300];
    snprintf(what, sizeof what, "produce to %s", message->topic);
    return kafka_judge(k, what, cause_of(k, failed), error);
}

enum port_status kafka_produce(struct port *port, const struct port_message *message,
                               struct error *error) {
    struct kafka_port *k = kafka_self(port);
    for (;;) {
        rd_kafka_error_t *failed = produce_once(k, message);
        if (failed == NULL) return PORT_OK;
        if (rd_kafka_error_code(failed) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return judge_message(k, message, failed, error);
        rd_kafka_error_destroy(failed);
        if (atomic_load(&k->stopped)) return PORT_STOPPED;
        rd_kafka_poll(k->producer, KAFKA_RETRY_MS);
    }
}

static rd_kafka_topic_partition_list_t *list_of(const struct port_position *positions,
                                                size_t count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        assert(positions[i].offset >= 0);
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)
            ->offset = positions[i].offset;
    }
    return list;
}

static bool again(struct kafka_port *k, const char *what, rd_kafka_error_t *failed,
                  struct error *error, enum port_status *status) {
    k->doubtful = true;
    if (rd_kafka_error_is_retriable(failed) == 0) {
        *status = kafka_judge(k, what, failed, error);
        return false;
    }
    char why[256];
    snprintf(why, sizeof why, "%s", rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
    *status = kafka_try_again(k, what, why, error) ? PORT_OK : PORT_STOPPED;
    return *status == PORT_OK;
}

enum port_status kafka_send_offsets(struct port *port, const struct port_position *positions,
                                    size_t count, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    rd_kafka_topic_partition_list_t *list = list_of(positions, count);
    if (!port->exactly_once) {
        if (k->offsets != NULL) rd_kafka_topic_partition_list_destroy(k->offsets);
        k->offsets = list;
        return PORT_OK;
    }
    kafka_claim_sign(k, list);
    const int64_t started_ms = steady_ms();
    enum port_status status = PORT_OK;
    rd_kafka_error_t *failed;
    while (count > 0 && (failed = rd_kafka_send_offsets_to_transaction(k->producer, list, k->group,
                                                                       KAFKA_CALL_MS)) != NULL)
        if (!again(k, "send_offsets", failed, error, &status)) break;
    rd_kafka_topic_partition_list_destroy(list);
    if (steady_ms() - started_ms > KAFKA_SLOW_MS) k->doubtful = true;
    return status;
}

/* At-least-once: everything delivered, then the offsets. */
static enum port_status commit_plainly(struct kafka_port *k, struct error *error) {
    const char *why = "messages are on their way";
    while (rd_kafka_flush(k->producer, KAFKA_CALL_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        if (!kafka_try_again(k, "flush", why, error)) return PORT_STOPPED;
    if (k->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, ERROR_UNAVAILABLE, "the unit is sent again");
        name_cause(k, k->delivery_error, error);
        return PORT_REBUILD;
    }
    for (;;) {
        const rd_kafka_resp_err_t failed = rd_kafka_commit(k->consumer, k->offsets, 0);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR || failed == RD_KAFKA_RESP_ERR__NO_OFFSET)
            return PORT_OK;
        if (!kafka_try_again(k, "commit", rd_kafka_err2str(failed), error)) return PORT_STOPPED;
    }
}

enum port_status kafka_commit(struct port *port, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    if (!port->exactly_once) return commit_plainly(k, error);
    const int64_t started_ms = steady_ms();
    enum port_status status = PORT_OK;
    rd_kafka_error_t *failed;
    while ((failed = rd_kafka_commit_transaction(k->producer, -1)) != NULL)
        if (!again(k, "commit", failed, error, &status)) return status;
    if (steady_ms() - started_ms > KAFKA_SLOW_MS) k->doubtful = true;
    return PORT_OK;
}

/* Where messages have failed, timed out for one, the client may ask for a new epoch as it aborts. A
 * broker that is asked while a successor's transaction is open ends that one and shuts the
 * successor out, before it sees whose epoch it was asked with; then nobody has the shard. False
 * also while messages may still fail. */
static bool keeps_epoch(struct kafka_port *k) {
    return rd_kafka_flush(k->producer, KAFKA_CALL_MS) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           k->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What is not aborted here `kafka_fence` ends, which looks first who has the shard. */
enum port_status kafka_abort(struct port *port, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    if (!port->exactly_once) return PORT_OK;
    if (!keeps_epoch(k)) {
        error_set(error, ERROR_UNAVAILABLE, "abort: messages were not delivered");
        return PORT_REBUILD;
    }
    rd_kafka_error_t *failed = rd_kafka_abort_transaction(k->producer, KAFKA_CALL_MS);
    return failed == NULL ? PORT_OK : kafka_judge(k, "abort", failed, error);
}
