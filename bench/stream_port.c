/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream_port.h"

#include "bench/made_signal.h"
#include "bench/random_model.h"
#include "detector/base/steady.h"
#include "detector/broker/memory_port.h"
#include "detector/transaction.h"
#include "schemas/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SLOTS: more records than anybody holds at once. */
enum { SLOTS = 4096, VALUE_MAX = 512, START_S = MADE_START_S, WEEK_S = 7 * 86400, MS = 1000 };
enum { STREAMS = 8 };

/* An input that is made. */
struct made {
    const char *topic;
    int64_t count, next; /* records there are; the next to be read */
    uint8_t *values;     /* of the last SLOTS */
    struct port_record (*make)(struct stream_port *, int64_t offset);
};

enum { TRANSACTIONS, SIGNALS, MADE };

struct stream_port {
    struct port port;
    struct stream_port_options options;
    struct port *memory; /* everything but what is made */
    struct encoder *encoder;
    struct made made[MADE];
    struct {
        struct made *made; /* NULL: one of the memory port's */
        size_t index;
    } streams[STREAMS]; /* assigned */
    double seconds_per_record;
};

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

/* Kept for a while. */
static struct port_record record_of(const struct made *made, int64_t offset, int64_t second,
                                    struct bytes value) {
    must(value.size <= VALUE_MAX, "a record is too large");
    uint8_t *kept = made->values + (size_t)(offset % SLOTS) * VALUE_MAX;
    memcpy(kept, value.data, value.size);
    return (struct port_record){
        .offset = offset, .timestamp_ms = second * MS, .value = {kept, value.size}};
}

static struct port_record make_transaction(struct stream_port *s, int64_t offset) {
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
    must(encode_transaction(s->encoder, &tx, &value, &error), "a transaction cannot be made");
    return record_of(&s->made[TRANSACTIONS], offset, tx.ingest_time_s, value);
}

static struct port_record make_signal(struct stream_port *s, int64_t offset) {
    char texts[3][MADE_TEXT];
    struct signal signal = made_signal((uint64_t)offset, texts);
    signal.reported_at_us = signal.reported_at_s * MS * MS;
    signal.valid_from_us = signal.valid_from_s * MS * MS;
    signal.valid_until_us = signal.valid_until_s * MS * MS;
    struct bytes value;
    struct error error;
    must(encode_signal(s->encoder, &signal, &value, &error), "a signal cannot be made");
    return record_of(&s->made[SIGNALS], offset, START_S, value);
}

/* The port. */

/* NULL: it is not made. */
static struct made *made_of(struct stream_port *s, const char *topic) {
    for (int i = 0; i < MADE; i++)
        if (s->made[i].values != NULL && strcmp(topic, s->made[i].topic) == 0) return &s->made[i];
    return NULL;
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
    const struct made *made = made_of(s, topic);
    if (made == NULL)
        return s->memory->ops->watermarks(s->memory, topic, partition, low, high, error);
    *low = 0;
    *high = made->count;
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
        struct made *made = made_of(s, positions[i].topic);
        s->streams[i].made = made;
        s->streams[i].index = other;
        if (made != NULL)
            made->next = positions[i].offset;
        else
            others[other++] = positions[i];
    }
    return s->memory->ops->assign(s->memory, others, other, error);
}

static bool poll(struct port *port, size_t stream, struct port_record *records, size_t max,
                 size_t *count, struct error *error) {
    struct stream_port *s = self(port);
    struct made *made = s->streams[stream].made;
    if (made == NULL)
        return s->memory->ops->poll(s->memory, s->streams[stream].index, records, max, count,
                                    error);
    for (*count = 0; *count < max && made->next < made->count; made->next++)
        records[(*count)++] = made->make(s, made->next);
    return true;
}

static bool at_end(struct port *port, size_t stream) {
    const struct stream_port *s = self(port);
    const struct made *made = s->streams[stream].made;
    return made != NULL ? made->next == made->count
                        : s->memory->ops->at_end(s->memory, s->streams[stream].index);
}

static int64_t known_end(struct port *port, size_t stream) {
    const struct stream_port *s = self(port);
    const struct made *made = s->streams[stream].made;
    return made != NULL ? made->count
                        : s->memory->ops->known_end(s->memory, s->streams[stream].index);
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
    for (int i = 0; i < MADE; i++)
        free(s->made[i].values);
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

static void open_made(struct stream_port *s, struct memory_port *memory, int which,
                      const struct made *made) {
    s->made[which] = *made;
    s->made[which].values = malloc((size_t)SLOTS * VALUE_MAX);
    must(s->made[which].values != NULL && memory_port_create_topic(memory, made->topic, 1),
         "no memory");
}

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
    open_made(s, memory, TRANSACTIONS,
              &(struct made){.topic = options->topic, .make = make_transaction});
    if (options->signals > 0)
        open_made(s, memory, SIGNALS,
                  &(struct made){.topic = options->signal_topic,
                                 .count = options->signals,
                                 .make = make_signal});
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        must(memory_port_create_topic(memory, topics[i], 1), "no memory");
    s->encoder = encoder_open(&error);
    must(s->encoder != NULL, "no memory");
    return s;
}

struct port *stream_port_port(struct stream_port *s) {
    return &s->port;
}

void stream_port_extend(struct stream_port *s, int64_t records) {
    s->made[TRANSACTIONS].count = records;
}
