/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/log.h"
#include "detector/broker/kafka_internal.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool kafka_consumer_open(struct kafka_port *k, struct error *error) {
    k->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (k->event_fd < 0) return error_set(error, ERROR_IO, "no event descriptor can be had");
    k->consumer = kafka_client_new(k, OPTIONS_CONSUMER, error);
    if (k->consumer == NULL) return false;
    rd_kafka_poll_set_consumer(k->consumer);
    k->main_queue = rd_kafka_queue_get_consumer(k->consumer);
    return true;
}

static void drop_streams(struct kafka_port *k) {
    for (size_t i = 0; i < k->stream_count; i++) {
        if (k->streams[i].queue != NULL) {
            rd_kafka_queue_io_event_enable(k->streams[i].queue, -1, NULL, 0);
            rd_kafka_queue_destroy(k->streams[i].queue);
        }
        free(k->streams[i].topic);
    }
    free(k->streams);
    k->streams = NULL;
    k->stream_count = 0;
}

void kafka_consumer_close(struct kafka_port *k) {
    drop_streams(k);
    if (k->main_queue != NULL) rd_kafka_queue_destroy(k->main_queue);
    if (k->consumer != NULL) {
        rd_kafka_consumer_close(k->consumer);
        rd_kafka_destroy(k->consumer);
    }
    if (k->event_fd >= 0) close(k->event_fd);
}

/* Topics. */

bool kafka_partition_count(struct port *port, const char *topic, int32_t *count,
                           struct error *error) {
    struct kafka_port *k = kafka_self(port);
    rd_kafka_t *client = k->feeding ? k->producer : k->consumer;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (handle == NULL)
        return error_set(error, ERROR_CONFIG, "%s is not a topic name Kafka takes", topic);
    bool known = false, going = true;
    while (!known && going) {
        const struct rd_kafka_metadata *metadata = NULL;
        const rd_kafka_resp_err_t failed =
            rd_kafka_metadata(client, 0, handle, &metadata, KAFKA_CALL_MS);
        const char *why = rd_kafka_err2str(failed);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const rd_kafka_metadata_topic_t *found = &metadata->topics[0];
            why = rd_kafka_err2str(found->err);
            known = found->err == RD_KAFKA_RESP_ERR_NO_ERROR && found->partition_cnt > 0;
            *count = found->partition_cnt;
            const bool missing = found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                                 found->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
            rd_kafka_metadata_destroy(metadata);
            if (missing)
                going = error_set(error, ERROR_CONFIG, "topic %s: %s; create it or allow it first",
                                  topic, why);
        }
        if (!known && going) going = kafka_engine_try_again(k, "metadata", why, error);
    }
    rd_kafka_topic_destroy(handle);
    return known;
}

bool kafka_watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                      int64_t *high, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    for (;;) {
        const rd_kafka_resp_err_t failed = rd_kafka_query_watermark_offsets(
            k->consumer, topic, partition, low, high, KAFKA_CALL_MS);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
        if (failed == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
            failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            return error_set(error, ERROR_CONFIG, "partition %s/%d does not exist", topic,
                             (int)partition);
        if (!kafka_engine_try_again(k, "watermarks", rd_kafka_err2str(failed), error)) return false;
    }
}

static void copy_committed(const rd_kafka_topic_partition_list_t *list,
                           struct port_position *positions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const int64_t offset = list->elems[i].offset;
        positions[i].offset = offset < 0 ? PORT_OFFSET_NONE : offset;
    }
}

bool kafka_committed(struct port *port, struct port_position *positions, size_t count,
                     struct error *error) {
    struct kafka_port *k = kafka_self(port);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition);
    bool ok = false, going = true;
    while (!ok && going) {
        const rd_kafka_resp_err_t failed = rd_kafka_committed(k->consumer, list, KAFKA_CALL_MS);
        ok = failed == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!ok) going = kafka_engine_try_again(k, "committed", rd_kafka_err2str(failed), error);
    }
    if (ok) copy_committed(list, positions, count);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* Streams. */

static int64_t kafka_offset(int64_t offset) {
    if (offset == PORT_OFFSET_EARLIEST) return RD_KAFKA_OFFSET_BEGINNING;
    if (offset == PORT_OFFSET_LATEST) return RD_KAFKA_OFFSET_END;
    return offset;
}

/* The queue is cut off from the consumer's own before the partition is assigned: what is fetched in
 * between would come out there, and be lost. */
static bool open_stream(struct kafka_port *k, struct kafka_stream *stream,
                        const struct port_position *position, struct error *error) {
    stream->topic = strdup(position->topic);
    stream->partition = position->partition;
    stream->next_offset = position->offset < 0 ? -1 : position->offset;
    stream->queue = rd_kafka_queue_get_partition(k->consumer, position->topic, stream->partition);
    if (stream->topic == NULL || stream->queue == NULL)
        return error_set(error, ERROR_FAILED, "no queue for %s/%d", position->topic,
                         (int)position->partition);
    static const uint64_t one = 1;
    rd_kafka_queue_forward(stream->queue, NULL);
    rd_kafka_queue_io_event_enable(stream->queue, k->event_fd, &one, sizeof one);
    return true;
}

static bool open_streams(struct kafka_port *k, const struct port_position *positions, size_t count,
                         struct error *error) {
    k->streams = calloc(count + 1, sizeof *k->streams);
    if (k->streams == NULL) return error_set(error, ERROR_FAILED, "no memory for the streams");
    for (size_t i = 0; i < count; i++) {
        k->stream_count++;
        if (!open_stream(k, &k->streams[i], &positions[i], error)) return false;
    }
    return true;
}

/* librdkafka before 2.1 loses or repeats messages when a batch is taken while another thread
 * assigns, seeks or pauses. So one thread does both, one after the other, and nothing here seeks,
 * pauses or belongs to a group that rebalances; take_message drops what lies before the stream's
 * place. */
bool kafka_assign(struct port *port, const struct port_position *positions, size_t count,
                  struct error *error) {
    struct kafka_port *k = kafka_self(port);
    k->assigner = pthread_self();
    drop_streams(k);
    rd_kafka_assign(k->consumer, NULL);
    if (!open_streams(k, positions, count, error)) return false;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)
            ->offset = kafka_offset(positions[i].offset);
    const rd_kafka_resp_err_t failed = rd_kafka_assign(k->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_UNAVAILABLE, "assign: %s", rd_kafka_err2str(failed));
}

static bool fail_fatal(struct kafka_port *k, struct error *error) {
    char why[512];
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(k->consumer, why, sizeof why);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_UNAVAILABLE, "the Kafka consumer is dead: %s (%s)", why,
                     rd_kafka_err2name(code));
}

/* Errors and events that belong to no partition. A record here has bypassed its stream. */
static bool serve_main_queue(struct kafka_port *k, struct error *error) {
    rd_kafka_message_t *message;
    while ((message = rd_kafka_consume_queue(k->main_queue, 0)) != NULL) {
        const bool stray = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!stray) log_debug("event=consumer_error why=\"%s\"", rd_kafka_message_errstr(message));
        rd_kafka_message_destroy(message);
        assert(!stray && "a record outside its partition's queue");
    }
    return fail_fatal(k, error);
}

/* What a message that carries an error means for its stream. */
static bool take_error(struct kafka_stream *stream, const rd_kafka_message_t *message,
                       struct error *error) {
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        stream->eof = true;
        return true;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return error_set(error, ERROR_INPUT_GONE,
                         "%s/%d does not hold offset %lld any more (%s); what lies between is lost "
                         "to this shard: restore the topic, or take a new shard.id with start.from",
                         stream->topic, (int)stream->partition, (long long)stream->next_offset,
                         rd_kafka_message_errstr(message));
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return error_set(error, ERROR_DENIED, "%s: %s", stream->topic,
                         rd_kafka_message_errstr(message));
    default:
        log_debug("event=stream_error topic=%s partition=%d why=\"%s\"", stream->topic,
                  (int)stream->partition, rd_kafka_message_errstr(message));
        return true;
    }
}

static struct bytes bytes_of(const void *data, size_t size) {
    return (struct bytes){data, data == NULL ? 0 : (uint32_t)size};
}

static bool take_message(struct kafka_stream *stream, rd_kafka_message_t *message,
                         struct port_record *records, size_t *count, struct error *error) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const bool ok = take_error(stream, message, error);
        rd_kafka_message_destroy(message);
        return ok;
    }
    if (message->offset < stream->next_offset) { /* state has it already */
        rd_kafka_message_destroy(message);
        return true;
    }
    stream->next_offset = message->offset + 1;
    stream->eof = false;
    records[(*count)++] =
        (struct port_record){.offset = message->offset,
                             .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
                             .key = bytes_of(message->key, message->key_len),
                             .value = bytes_of(message->payload, message->len),
                             .handle = message};
    return true;
}

bool kafka_poll(struct port *port, size_t index, struct port_record *records, size_t max,
                size_t *count, struct error *error) {
    enum { BATCH = 512 };
    struct kafka_port *k = kafka_self(port);
    assert(index < k->stream_count && pthread_equal(k->assigner, pthread_self()));
    struct kafka_stream *stream = &k->streams[index];
    rd_kafka_message_t *messages[BATCH];
    *count = 0;
    const ssize_t got =
        rd_kafka_consume_batch_queue(stream->queue, 0, messages, max < BATCH ? max : BATCH);
    bool ok = true;
    for (ssize_t i = 0; i < got; i++) {
        if (ok)
            ok = take_message(stream, messages[i], records, count, error);
        else
            rd_kafka_message_destroy(messages[i]);
    }
    if (!ok) kafka_release(port, records, *count);
    return ok && (*count > 0 || serve_main_queue(k, error));
}

int64_t kafka_known_end(struct port *port, size_t index) {
    struct kafka_port *k = kafka_self(port);
    const struct kafka_stream *stream = &k->streams[index];
    int64_t low = -1, high = -1;
    if (rd_kafka_get_watermark_offsets(k->consumer, stream->topic, stream->partition, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high < 0 ? -1 : high;
}

bool kafka_at_end(struct port *port, size_t index) {
    const struct kafka_stream *stream = &kafka_self(port)->streams[index];
    if (stream->eof) return true;
    const int64_t end = kafka_known_end(port, index);
    return end >= 0 && stream->next_offset >= end;
}

void kafka_wait(struct port *port, int timeout_ms) {
    struct pollfd descriptor = {.fd = kafka_self(port)->event_fd, .events = POLLIN};
    uint64_t drained;
    if (poll(&descriptor, 1, timeout_ms) > 0 && read(descriptor.fd, &drained, sizeof drained) < 0)
        return;
}

void kafka_wake(struct port *port) {
    const uint64_t one = 1;
    if (write(kafka_self(port)->event_fd, &one, sizeof one) < 0) return;
}

void kafka_release(struct port *port, struct port_record *records, size_t count) {
    (void)port;
    for (size_t i = 0; i < count; i++)
        rd_kafka_message_destroy(records[i].handle);
}

bool kafka_header(struct port *port, const struct port_record *record, size_t index,
                  struct port_header *out) {
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;
    (void)port;
    if (rd_kafka_message_headers(record->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_all(headers, index, &out->name, &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    out->value = bytes_of(value, size);
    return true;
}
