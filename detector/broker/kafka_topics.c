/* SPDX-License-Identifier: Apache-2.0 */
/* What the brokers know of topics and partitions. One that has just come back may not know yet what
 * is there: it is asked for KAFKA_UNKNOWN_MS before a topic counts as missing. */
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"
#include "detector/service/health.h"

/* False: ERROR_CONFIG, or stopped. Several that are missing are waited for together. */
static bool ask_again(struct kafka_port *k, const char *topic, const char *why,
                      struct error *error) {
    const int64_t now_ms = steady_ms();
    int64_t since_ms = 0;
    if (atomic_compare_exchange_strong(&k->unknown_ms, &since_ms, now_ms)) {
        since_ms = now_ms;
        log_warn("event=topic_unknown topic=%s why=\"%s\" next=\"asks again for %d s\"", topic, why,
                 KAFKA_UNKNOWN_MS / 1000);
    }
    if (now_ms - since_ms >= KAFKA_UNKNOWN_MS)
        return error_set(error, ERROR_CONFIG, "topic %s: %s, for %d s; create it or allow it first",
                         topic, why, KAFKA_UNKNOWN_MS / 1000);
    health_beat();
    return kafka_pause(k, "metadata", why, error);
}

static bool is_known(struct kafka_port *k) {
    atomic_store(&k->unknown_ms, 0);
    return true;
}

/* RD_KAFKA_RESP_ERR_NO_ERROR: `count` holds how many there are, which is not 0. */
static rd_kafka_resp_err_t ask_count(struct kafka_port *k, rd_kafka_topic_t *topic,
                                     int32_t *count) {
    rd_kafka_t *client = k->feeding ? k->producer : k->consumer;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t failed = rd_kafka_metadata(client, 0, topic, &metadata, KAFKA_CALL_MS);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) return failed;
    failed = metadata->topics[0].err;
    *count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    const bool empty = failed == RD_KAFKA_RESP_ERR_NO_ERROR && *count == 0;
    return empty ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : failed;
}

/* `may_lack`: a topic that the brokers do not know has no partition, and is not waited for. */
static bool count_of(struct kafka_port *k, rd_kafka_topic_t *topic, bool may_lack, int32_t *count,
                     struct error *error) {
    const char *name = rd_kafka_topic_name(topic);
    for (bool going = true; going;) {
        const rd_kafka_resp_err_t failed = ask_count(k, topic, count);
        const char *why = rd_kafka_err2str(failed);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return is_known(k);
        if (failed == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return error_set(error, ERROR_CONFIG, "topic %s: %s; allow it first%s", name, why,
                             may_lack ? ", or take its name out of the options" : "");
        if (may_lack && failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            *count = 0;
            return is_known(k);
        }
        going = failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                    ? ask_again(k, name, why, error)
                    : kafka_engine_try_again(k, "metadata", why, error);
    }
    return false;
}

static bool count_named(struct kafka_port *k, const char *topic, bool may_lack, int32_t *count,
                        struct error *error) {
    rd_kafka_topic_t *handle =
        rd_kafka_topic_new(k->feeding ? k->producer : k->consumer, topic, NULL);
    if (handle == NULL)
        return error_set(error, ERROR_CONFIG, "%s is not a topic name Kafka takes", topic);
    const bool known = count_of(k, handle, may_lack, count, error);
    rd_kafka_topic_destroy(handle);
    return known;
}

bool kafka_partition_count(struct port *port, const char *topic, int32_t *count,
                           struct error *error) {
    return count_named(kafka_self(port), topic, false, count, error);
}

bool kafka_find_topic(struct port *port, const char *topic, int32_t *count, struct error *error) {
    return count_named(kafka_self(port), topic, true, count, error);
}

/* After a call about one partition that answered `failed`: whether it is worth another try. */
static bool retry_place(struct kafka_port *k, const char *what, const char *topic,
                        int32_t partition, rd_kafka_resp_err_t failed, struct error *error) {
    const bool unknown = failed == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
                         failed == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                         failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    char place[300];
    snprintf(place, sizeof place, "%.256s/%d", topic, (int)partition);
    return unknown ? ask_again(k, place, rd_kafka_err2str(failed), error)
                   : kafka_engine_retry(k, what, failed, error);
}

bool kafka_watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                      int64_t *high, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    for (bool going = true; going;) {
        const rd_kafka_resp_err_t failed = rd_kafka_query_watermark_offsets(
            k->consumer, topic, partition, low, high, KAFKA_CALL_MS);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return is_known(k);
        going = retry_place(k, "watermarks", topic, partition, failed, error);
    }
    return false;
}

/* Committed offsets. A call that went well may hold partitions that did not. */

static const rd_kafka_topic_partition_t *first_failed(const rd_kafka_topic_partition_list_t *list) {
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return &list->elems[i];
    return NULL;
}

bool kafka_try_committed(struct kafka_port *k, rd_kafka_topic_partition_list_t *list) {
    return rd_kafka_committed(k->consumer, list, KAFKA_RETRY_MS) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           first_failed(list) == NULL;
}

bool kafka_ask_committed(struct kafka_port *k, rd_kafka_topic_partition_list_t *list,
                         struct error *error) {
    for (bool going = true; going;) {
        const rd_kafka_resp_err_t failed = rd_kafka_committed(k->consumer, list, KAFKA_CALL_MS);
        const rd_kafka_topic_partition_t *at = first_failed(list);
        if (failed != RD_KAFKA_RESP_ERR_NO_ERROR)
            going = kafka_engine_retry(k, "committed", failed, error);
        else if (at != NULL)
            going = retry_place(k, "committed", at->topic, at->partition, at->err, error);
        else
            return is_known(k);
    }
    return false;
}
