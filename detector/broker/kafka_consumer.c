/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/log.h"
#include "detector/broker/kafka_block.h"
#include "detector/broker/kafka_internal.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

bool kafka_consumer_open(struct kafka_port *k, struct error *error) {
    if (!bell_open(&k->bell)) return error_set(error, ERROR_IO, "no event descriptor can be had");
    k->consumer = kafka_client_new(k, OPTIONS_CONSUMER, error);
    if (k->consumer == NULL) return false;
    rd_kafka_poll_set_consumer(k->consumer);
    k->main_queue = rd_kafka_queue_get_consumer(k->consumer);
    return true;
}

static void *destroy_closed(void *consumer) {
    rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

/* librdkafka 2.0.2 refuses to close a consumer that a fatal error has killed, and then waits for
 * ever for the close when it destroys it. It also waits for ever, at times, where a topic was
 * deleted that it had assigned: then it is left behind, as the process is about to end. */
static void destroy_consumer(rd_kafka_t *consumer) {
    struct timespec until;
    pthread_t thread;
    const bool dead = rd_kafka_fatal_error(consumer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!dead) rd_kafka_consumer_close(consumer);
    if (pthread_create(&thread, NULL, destroy_closed, consumer) != 0) return;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += KAFKA_CALL_MS / 1000;
    if (pthread_timedjoin_np(thread, NULL, &until) == 0) return;
    pthread_detach(thread);
    log_warn("event=consumer_left why=\"librdkafka does not let go of it; was a topic deleted?\"");
}

void kafka_consumer_close(struct kafka_port *k) {
    kafka_reader_close(k->reader);
    if (k->main_queue != NULL) rd_kafka_queue_destroy(k->main_queue);
    if (k->consumer != NULL) destroy_consumer(k->consumer);
    bell_close(&k->bell);
}

/* Offsets. */

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
    bool ok = kafka_ask_committed(k, list, error);
    if (ok) copy_committed(list, positions, count);
    /* A successor's offsets are none that a start which has been overtaken could compare. */
    if (ok && atomic_load(&k->has_shard)) ok = kafka_claim_signed(k, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* Streams. */

static int64_t kafka_offset(int64_t offset) {
    if (offset == PORT_OFFSET_EARLIEST) return RD_KAFKA_OFFSET_BEGINNING;
    if (offset == PORT_OFFSET_LATEST) return RD_KAFKA_OFFSET_END;
    return offset;
}

static bool assign(struct kafka_port *k, const struct port_position *positions, size_t count,
                   struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)
            ->offset = kafka_offset(positions[i].offset);
    const rd_kafka_resp_err_t failed = rd_kafka_assign(k->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_UNAVAILABLE, "assign: %s", rd_kafka_err2str(failed));
}

/* librdkafka before 2.1 loses or repeats messages when some are taken while another thread assigns,
 * seeks or pauses. So no reader runs while this thread assigns, nothing here seeks, pauses or
 * belongs to a group that rebalances, and a reader drops what lies before its stream's place. */
bool kafka_assign(struct port *port, const struct port_position *positions, size_t count,
                  struct error *error) {
    struct kafka_port *k = kafka_self(port);
    k->assigner = pthread_self();
    kafka_reader_close(k->reader);
    rd_kafka_assign(k->consumer, NULL);
    k->reader = kafka_reader_open(k->consumer, k->main_queue, positions, count, &k->bell, error);
    return k->reader != NULL && assign(k, positions, count, error) &&
           kafka_reader_start(k->reader, error);
}

static bool fail_fatal(struct kafka_port *k, struct error *error) {
    char why[512];
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(k->consumer, why, sizeof why);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_UNAVAILABLE, "the Kafka consumer is dead: %s (%s)", why,
                     rd_kafka_err2name(code));
}

static struct bytes bytes_of(const void *data, size_t size) {
    return (struct bytes){data, data == NULL ? 0 : (uint32_t)size};
}

/* Completes "T/P does not hold offset N (why)": what is there, what is lost, what can be done. */
static bool explain_gone(struct kafka_port *k, size_t index, struct error *error) {
    const struct kafka_place place = kafka_reader_place(k->reader, index);
    const int64_t needed = place.next_offset;
    struct port_position done = {place.topic, place.partition, 0};
    struct error other;
    int64_t low = 0, high = 0;
    if (needed < 0 ||
        !kafka_watermarks(&k->port, place.topic, place.partition, &low, &high, &other) ||
        !kafka_committed(&k->port, &done, 1, &other))
        return false;
    const struct error found = *error;
    if (needed > high)
        return error_set(error, found.code,
                         "%s; it ends at %lld: was the topic made anew? Restore it, or take a new "
                         "shard.id with start.from",
                         found.text, (long long)high);
    return error_set(error, found.code,
                     "%s; it begins at %lld: %lld records from %lld on are gone, %lld of them were "
                     "never processed and are lost to this shard, the others are needed to rebuild "
                     "its state. Restore the topic, or take a new shard.id with start.from",
                     found.text, (long long)low, (long long)(low - needed), (long long)needed,
                     (long long)(done.offset >= 0 && low > done.offset ? low - done.offset : 0));
}

bool kafka_poll(struct port *port, size_t index, struct port_record *records, size_t max,
                size_t *count, struct error *error) {
    struct kafka_port *k = kafka_self(port);
    assert(pthread_equal(k->assigner, pthread_self()));
    if (!kafka_reader_take(k->reader, index, records, max, count, error))
        return error->code == ERROR_INPUT_GONE && explain_gone(k, index, error);
    return *count > 0 || (fail_fatal(k, error) && kafka_claim_look(k, error));
}

/* librdkafka keeps what it knew of an end from one assignment to the next. */
int64_t kafka_known_end(struct port *port, size_t index) {
    struct kafka_port *k = kafka_self(port);
    const struct kafka_place place = kafka_reader_place(k->reader, index);
    int64_t low = -1, high = -1;
    if (!place.answered ||
        rd_kafka_get_watermark_offsets(k->consumer, place.topic, place.partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high < 0 ? -1 : high;
}

bool kafka_at_end(struct port *port, size_t index) {
    const struct kafka_place place = kafka_reader_place(kafka_self(port)->reader, index);
    if (place.eof) return true;
    const int64_t end = kafka_known_end(port, index);
    return end >= 0 && place.next_offset >= end;
}

void kafka_wait(struct port *port, int timeout_ms) {
    bell_wait(&kafka_self(port)->bell, timeout_ms);
}

void kafka_wake(struct port *port) {
    bell_ring(&kafka_self(port)->bell);
}

void kafka_release(struct port *port, struct port_record *records, size_t count) {
    kafka_reader_release(kafka_self(port)->reader, records, count);
}

bool kafka_header(struct port *port, const struct port_record *record, size_t index,
                  struct port_header *out) {
    const struct kafka_slot *slot = record->handle;
    const void *value = NULL;
    size_t size = 0;
    (void)port;
    if (slot->headers == NULL || rd_kafka_header_get_all(slot->headers, index, &out->name, &value,
                                                         &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    out->value = bytes_of(value, size);
    return true;
}
