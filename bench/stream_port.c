/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream_port.h"

#include "bench/random_model.h"
#include "detector/base/steady.h"
#include "detector/broker/memory_port.h"
#include "detector/transaction.h"
#include "schemas/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SLOTS: more records than anybody holds at once. */
enum { SLOTS = 4096, VALUE_MAX = 512, START_S = 1767225600, WEEK_S = 7 * 86400, MS = 1000 };
enum { STREAMS = 8 };

struct stream_port {
    struct port port;
    struct stream_port_options options;
    struct port *memory; /* everything but the input */
    struct encoder *encoder;
    int64_t count, next;     /* records there are; the next to be read */
    size_t streams[STREAMS]; /* assigned: which of the memory port's; INPUT: the input */
    double seconds_per_record;
    uint8_t *values;
};

enum { INPUT = 1000 };

static struct stream_port *self(struct port *port) {
    return (struct stream_port *)port; /* its first member */
}

static void must(bool ok, const char *what) {
    if (ok) return;
    (void)fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Records. */

static uint32_t below(uint64_t *random, uint32_t limit) {
    return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

static struct port_record make(struct stream_port *s, int64_t offset) {
    uint64_t random = s->options.seed + (uint64_t)offset * 2;
    char payer[40], payee[40], id[40];
    struct transaction tx = {.event_type = EVENT_TYPE_P2P_TRANSFER,
                             .tx_status = TX_STATUS_SETTLED,
                             .ingest_time_present = true,
                             .active_call = TRISTATE_NULL,
                             .remote_access = TRISTATE_NULL,
                             .currency = text_of("KZT")};
    tx.ingest_time_s = START_S + (int64_t)((double)offset * s->seconds_per_record);
    tx.event_time_s = tx.ingest_time_s;
    tx.ingest_time_us = tx.event_time_us = tx.ingest_time_s * MS * MS;
    tx.amount_minor = 1 + below(&random, 10000000);
    snprintf(id, sizeof id, "%032llx", (unsigned long long)offset);
    snprintf(payer, sizeof payer, "%032x", below(&random, s->options.accounts));
    snprintf(payee, sizeof payee, "%032x", below(&random, s->options.accounts));
    tx.tx_id = tx.event_id = text_of(id);
    tx.payer.account_token = text_of(payer);
    tx.payee.account_token = text_of(payee);
    struct bytes value;
    struct error error;
    must(encode_transaction(s->encoder, &tx, &value, &error) && value.size <= VALUE_MAX,
         "a record cannot be made");
    uint8_t *kept = s->values + (size_t)(offset % SLOTS) * VALUE_MAX;
    memcpy(kept, value.data, value.size);
    return (struct port_record){
        .offset = offset, .timestamp_ms = tx.ingest_time_s * MS, .value = {kept, value.size}};
}

/* The port. */

static bool is_input(const struct stream_port *s, const char *topic) {
    return strcmp(topic, s->options.topic) == 0;
}

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    return self(port)->memory->ops->partition_count(self(port)->memory, topic, count, error);
}

static bool find_topic(struct port *port, const char *topic, int32_t *count, struct error *error) {
    return self(port)->memory->ops->find_topic(self(port)->memory, topic, count, error);
}

static bool watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *error) {
    struct stream_port *s = self(port);
    if (!is_input(s, topic))
        return s->memory->ops->watermarks(s->memory, topic, partition, low, high, error);
    *low = 0;
    *high = s->count;
    return true;
}

static bool committed(struct port *port, struct port_position *positions, size_t count,
                      struct error *error) {
    return self(port)->memory->ops->committed(self(port)->memory, positions, count, error);
}

static bool assign(struct port *port, const struct port_position *positions, size_t count,
                   struct error *error) {
    struct stream_port *s = self(port);
    struct port_position others[STREAMS];
    size_t other = 0;
    must(count <= STREAMS, "too many streams");
    for (size_t i = 0; i < count; i++) {
        const bool input = is_input(s, positions[i].topic);
        s->streams[i] = input ? INPUT : other;
        if (input)
            s->next = positions[i].offset;
        else
            others[other++] = positions[i];
    }
    return s->memory->ops->assign(s->memory, others, other, error);
}

static bool poll(struct port *port, size_t stream, struct port_record *records, size_t max,
                 size_t *count, struct error *error) {
    struct stream_port *s = self(port);
    if (s->streams[stream] != INPUT)
        return s->memory->ops->poll(s->memory, s->streams[stream], records, max, count, error);
    for (*count = 0; *count < max && s->next < s->count; s->next++)
        records[(*count)++] = make(s, s->next);
    return true;
}

static bool at_end(struct port *port, size_t stream) {
    struct stream_port *s = self(port);
    return s->streams[stream] == INPUT ? s->next == s->count
                                       : s->memory->ops->at_end(s->memory, s->streams[stream]);
}

static int64_t known_end(struct port *port, size_t stream) {
    struct stream_port *s = self(port);
    return s->streams[stream] == INPUT ? s->count
                                       : s->memory->ops->known_end(s->memory, s->streams[stream]);
}

static void release(struct port *port, struct port_record *records, size_t count) {
    struct stream_port *s = self(port);
    for (size_t i = 0; i < count; i++)
        if (records[i].handle != NULL) s->memory->ops->release(s->memory, &records[i], 1);
}

static bool header(struct port *port, const struct port_record *record, size_t index,
                   struct port_header *out) {
    struct stream_port *s = self(port);
    return record->handle != NULL && s->memory->ops->header(s->memory, record, index, out);
}

static void wait(struct port *port, int timeout_ms) {
    self(port)->memory->ops->wait(self(port)->memory, timeout_ms);
}

static void wake(struct port *port) {
    self(port)->memory->ops->wake(self(port)->memory);
}

static bool fence(struct port *port, struct error *error) {
    return self(port)->memory->ops->fence(self(port)->memory, error);
}

static enum port_status begin(struct port *port, struct error *error) {
    return self(port)->memory->ops->begin(self(port)->memory, error);
}

static enum port_status produce(struct port *port, const struct port_message *message,
                                struct error *error) {
    return self(port)->memory->ops->produce(self(port)->memory, message, error);
}

static enum port_status send_offsets(struct port *port, const struct port_position *positions,
                                     size_t count, struct error *error) {
    return self(port)->memory->ops->send_offsets(self(port)->memory, positions, count, error);
}

static enum port_status commit(struct port *port, struct error *error) {
    return self(port)->memory->ops->commit(self(port)->memory, error);
}

static enum port_status abort_transaction(struct port *port, struct error *error) {
    return self(port)->memory->ops->abort(self(port)->memory, error);
}

static int64_t now_ms(struct port *port) {
    (void)port;
    return steady_ms();
}

static void stop(struct port *port) {
    self(port)->memory->ops->stop(self(port)->memory);
}

static void close_port(struct port *port) {
    struct stream_port *s = self(port);
    s->memory->ops->close(s->memory);
    encoder_close(s->encoder);
    free(s->values);
    free(s);
}

static const struct port_ops stream_ops = {
    .name = "stream",
    .partition_count = partition_count,
    .find_topic = find_topic,
    .watermarks = watermarks,
    .committed = committed,
    .assign = assign,
    .poll = poll,
    .at_end = at_end,
    .known_end = known_end,
    .wait = wait,
    .wake = wake,
    .release = release,
    .header = header,
    .fence = fence,
    .begin = begin,
    .produce = produce,
    .send_offsets = send_offsets,
    .commit = commit,
    .abort = abort_transaction,
    .now_ms = now_ms,
    .stop = stop,
    .close = close_port,
};

struct stream_port *stream_port_open(const struct stream_port_options *options) {
    static const char *const topics[] = {"antifrod.freeze-recommendations",
                                         "antifrod.transactions.dlq", "antifrod.order"};
    struct error error;
    struct stream_port *s = calloc(1, sizeof *s);
    must(s != NULL, "no memory");
    s->options = *options;
    s->port = (struct port){.ops = &stream_ops, .exactly_once = true};
    s->seconds_per_record = (double)WEEK_S * 2.0 / (double)options->accounts / options->events;
    struct memory_port *memory = memory_port_open();
    must(memory != NULL, "no memory");
    s->memory = memory_port_port(memory);
    must(memory_port_create_topic(memory, options->topic, 1), "no memory");
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        must(memory_port_create_topic(memory, topics[i], 1), "no memory");
    s->encoder = encoder_open(&error);
    s->values = malloc((size_t)SLOTS * VALUE_MAX);
    must(s->encoder != NULL && s->values != NULL, "no memory");
    return s;
}

struct port *stream_port_port(struct stream_port *s) {
    return &s->port;
}

void stream_port_extend(struct stream_port *s, int64_t records) {
    s->count = records;
}
