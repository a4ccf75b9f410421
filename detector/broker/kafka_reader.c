/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_reader.h"

#include "detector/base/log.h"
#include "detector/broker/kafka_block.h"
#include "detector/broker/ring.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    BLOCKS = RING_SLOTS,
    BLOCKS_BACK = BLOCKS / 2, /* the reader is woken for so many; the engine keeps fewer */
};

struct stream {
    struct kafka_reader *reader;
    char *topic;
    int32_t partition;
    rd_kafka_queue_t *queue;
    struct ring full;  /* to the engine */
    struct ring spare; /* and back */
    atomic_bool ready; /* librdkafka put something into an empty queue */
    struct kafka_block *blocks[BLOCKS];

    /* The reader's. */
    struct kafka_block *filling;
    int64_t read_offset; /* one past the last record read; negative until known */
    bool pending;        /* the queue may hold more */
    bool failed;         /* an error went through: what comes behind it is of no use */

    /* The engine's. */
    struct kafka_block *front;
    uint32_t taken; /* records of `front` */
    uint32_t given_back;
    int64_t next_offset;
    bool eof, answered;
};

struct kafka_reader {
    rd_kafka_t *consumer;
    rd_kafka_queue_t *main;
    struct bell *engine;
    struct bell bell;
    atomic_bool main_ready, closing;
    bool started;
    pthread_t thread;
    size_t stream_count;
    struct stream streams[];
};

/* The reader thread. */

/* What a message that carries an error means for its stream: nothing, its end, or block->error. */
static void note_error(const struct stream *s, struct kafka_block *block,
                       const rd_kafka_message_t *message) {
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        block->eof = true;
        return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        error_set(&block->error, ERROR_INPUT_GONE, "%s/%d does not hold offset %lld (%s)", s->topic,
                  (int)s->partition, (long long)s->read_offset, rd_kafka_message_errstr(message));
        return;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        error_set(&block->error, ERROR_DENIED, "%s: %s", s->topic,
                  rd_kafka_message_errstr(message));
        return;
    default:
        log_debug("event=stream_error topic=%s partition=%d why=\"%s\"", s->topic,
                  (int)s->partition, rd_kafka_message_errstr(message));
    }
}

/* A block handed over is seen whole: the ring releases, its other end acquires. */
static void hand_over(struct stream *s) {
    s->filling->outstanding = s->filling->count;
    const bool pushed = ring_push(&s->full, s->filling);
    assert(pushed && "more blocks than there are");
    s->filling = NULL;
    bell_ring(s->reader->engine);
}

static bool get_spare(struct stream *s) {
    if (s->filling != NULL) return true;
    s->filling = ring_pop(&s->spare);
    if (s->filling == NULL) return false;
    kafka_block_clear(s->filling);
    return true;
}

/* librdkafka's callback for each message of a queue, which it destroys itself afterwards. */
static void on_message(rd_kafka_message_t *message, void *opaque) {
    struct stream *s = opaque;
    struct kafka_block *block = s->filling;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_error(s, block, message);
    } else if (message->offset >= s->read_offset) { /* else the state has it already */
        s->read_offset = message->offset + 1;
        block->eof = false;
        kafka_block_add(block, message);
    }
    s->failed = block->error.code != ERROR_NONE;
    if (!s->failed && !kafka_block_full(block)) return;
    hand_over(s);
    if (!s->failed && get_spare(s)) return;
    s->pending = true;
    rd_kafka_yield(s->reader->consumer);
}

/* True when there may be more, and room for it. */
static bool read_stream(struct stream *s) {
    if (atomic_exchange(&s->ready, false)) s->pending = true;
    if (!s->pending || s->failed || !get_spare(s)) return false;
    s->pending = false;
    rd_kafka_consume_callback_queue(s->queue, 0, on_message, s);
    const struct kafka_block *block = s->filling;
    if (block != NULL && (block->count > 0 || block->eof)) hand_over(s);
    return s->pending;
}

/* Errors and events that belong to no partition. A record here has bypassed its stream. */
static void serve_main(struct kafka_reader *r) {
    rd_kafka_message_t *message;
    if (!atomic_exchange(&r->main_ready, false)) return;
    while ((message = rd_kafka_consume_queue(r->main, 0)) != NULL) {
        const bool stray = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!stray) log_debug("event=consumer_error why=\"%s\"", rd_kafka_message_errstr(message));
        rd_kafka_message_destroy(message);
        assert(!stray && "a record outside its partition's queue");
    }
    bell_ring(r->engine); /* it looks whether the consumer lives */
}

static void *work(void *argument) {
    struct kafka_reader *r = argument;
    while (!atomic_load(&r->closing)) {
        bool more = false;
        serve_main(r);
        for (size_t i = 0; i < r->stream_count; i++)
            more |= read_stream(&r->streams[i]);
        if (!more) bell_wait(&r->bell, -1);
    }
    return NULL;
}

/* Life. */

/* Of librdkafka's threads, under the lock of the queue. */
static void on_stream_ready(rd_kafka_t *consumer, void *opaque) {
    struct stream *s = opaque;
    (void)consumer;
    atomic_store(&s->ready, true);
    bell_ring(&s->reader->bell);
}

static void on_main_ready(rd_kafka_t *consumer, void *opaque) {
    struct kafka_reader *r = opaque;
    (void)consumer;
    atomic_store(&r->main_ready, true);
    bell_ring(&r->bell);
}

static bool open_stream(struct stream *s, uint32_t index, const struct port_position *position) {
    s->partition = position->partition;
    s->next_offset = s->read_offset = position->offset < 0 ? -1 : position->offset;
    s->topic = strdup(position->topic);
    if (s->topic == NULL) return false;
    for (int i = 0; i < BLOCKS; i++) {
        s->blocks[i] = kafka_block_new(index);
        if (s->blocks[i] == NULL) return false;
        ring_push(&s->spare, s->blocks[i]);
    }
    s->queue = rd_kafka_queue_get_partition(s->reader->consumer, s->topic, s->partition);
    if (s->queue == NULL) return false;
    rd_kafka_queue_forward(s->queue, NULL);
    rd_kafka_queue_cb_event_enable(s->queue, on_stream_ready, s);
    return true;
}

struct kafka_reader *kafka_reader_open(rd_kafka_t *consumer, rd_kafka_queue_t *main,
                                       const struct port_position *positions, size_t count,
                                       struct bell *engine, struct error *error) {
    const size_t size = sizeof(struct kafka_reader) + count * sizeof(struct stream);
    struct kafka_reader *r = aligned_alloc(_Alignof(struct kafka_reader), size);
    if (r == NULL) goto fail;
    memset(r, 0, size);
    r->consumer = consumer;
    r->main = main;
    r->engine = engine;
    r->main_ready = true;
    if (!bell_open(&r->bell)) goto fail;
    for (; r->stream_count < count; r->stream_count++) {
        struct stream *s = &r->streams[r->stream_count];
        s->reader = r;
        s->ready = true;
        if (!open_stream(s, (uint32_t)r->stream_count, &positions[r->stream_count])) {
            r->stream_count++; /* what it has is to be closed */
            goto fail;
        }
    }
    return r;
fail:
    kafka_reader_close(r);
    error_set(error, ERROR_FAILED, "no memory or no queue for the input partitions");
    return NULL;
}

bool kafka_reader_start(struct kafka_reader *r, struct error *error) {
    rd_kafka_queue_cb_event_enable(r->main, on_main_ready, r);
    r->started = pthread_create(&r->thread, NULL, work, r) == 0;
    return r->started || error_set(error, ERROR_FAILED, "the reader thread cannot be started");
}

/* What is not taken is nobody's; a block that the engine still has records of lives on without its
 * stream. */
static void drop_blocks(struct stream *s) {
    struct kafka_block *block;
    if (s->front != NULL) s->front->outstanding -= s->front->count - s->taken;
    while ((block = ring_pop(&s->full)) != NULL)
        block->outstanding = 0;
    for (int i = 0; i < BLOCKS; i++) {
        block = s->blocks[i];
        if (block == NULL) continue;
        block->orphan = block->outstanding > 0;
        if (!block->orphan) kafka_block_free(block);
    }
}

static void close_stream(struct stream *s) {
    if (s->queue != NULL) {
        rd_kafka_queue_cb_event_enable(s->queue, NULL, NULL);
        rd_kafka_queue_destroy(s->queue);
    }
    drop_blocks(s);
    free(s->topic);
}

void kafka_reader_close(struct kafka_reader *r) {
    if (r == NULL) return;
    if (r->started) {
        atomic_store(&r->closing, true);
        bell_ring(&r->bell);
        pthread_join(r->thread, NULL);
    }
    rd_kafka_queue_cb_event_enable(r->main, NULL, NULL);
    for (size_t i = 0; i < r->stream_count; i++)
        close_stream(&r->streams[i]);
    bell_close(&r->bell);
    free(r);
}

/* The engine thread. */

static void give_back(struct stream *s, struct kafka_block *block) {
    const bool pushed = ring_push(&s->spare, block);
    assert(pushed && "more blocks than there are");
    if (++s->given_back % BLOCKS_BACK == 0) bell_ring(&s->reader->bell);
}

static bool finish_front(struct stream *s, struct error *error) {
    struct kafka_block *block = s->front;
    s->front = NULL;
    s->eof = block->eof;
    const bool ok = block->error.code == ERROR_NONE;
    if (!ok) *error = block->error;
    if (block->count == 0) give_back(s, block);
    return ok;
}

static bool next_front(struct stream *s) {
    if (s->front != NULL) return true;
    s->front = ring_pop(&s->full);
    s->taken = 0;
    s->answered |= s->front != NULL;
    return s->front != NULL;
}

/* Up to `max` records of the front block. */
static uint32_t take_records(struct stream *s, struct port_record *records, size_t max) {
    const uint32_t left = s->front->count - s->taken;
    const uint32_t count = left < max ? left : (uint32_t)max;
    if (count == 0) return 0;
    memcpy(records, s->front->records + s->taken, count * sizeof *records);
    s->taken += count;
    s->next_offset = records[count - 1].offset + 1;
    s->eof = false;
    return count;
}

bool kafka_reader_take(struct kafka_reader *r, size_t stream, struct port_record *records,
                       size_t max, size_t *count, struct error *error) {
    assert(stream < r->stream_count);
    struct stream *s = &r->streams[stream];
    bool ok = true;
    *count = 0;
    while (ok && *count < max && next_front(s)) {
        *count += take_records(s, records + *count, max - *count);
        if (s->taken == s->front->count) ok = finish_front(s, error);
    }
    if (!ok) kafka_reader_release(r, records, *count);
    return ok;
}

void kafka_reader_release(struct kafka_reader *r, const struct port_record *records, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct kafka_slot *slot = records[i].handle;
        struct kafka_block *block = slot->block;
        if (--block->outstanding > 0) continue;
        if (block->orphan) {
            kafka_block_free(block);
        } else {
            give_back(&r->streams[block->stream], block);
        }
    }
}

struct kafka_place kafka_reader_place(const struct kafka_reader *r, size_t stream) {
    assert(stream < r->stream_count);
    const struct stream *s = &r->streams[stream];
    return (struct kafka_place){s->topic, s->partition, s->next_offset, s->eof, s->answered};
}
