/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/output_tail.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/recommendation.h"
#include "detector/service/health.h"
#include "schemas/avro_text.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GROWTH = 16, /* of the stretch read, from round to round: 1, 16, 256 … offsets */
    POLL_RECORDS = 256,
    WAIT_MS = 200,
    SILENCE_S = 30, /* without a record, or for another shard's open transaction */
};

/* One of our recommendations. */
struct place {
    int64_t offset, sequence;
    uint8_t hash[DIGEST_SIZE];
};

struct partition {
    const struct order_output *due;
    int64_t low, high;   /* as the broker had them before this round */
    int64_t start;       /* of the stretch */
    struct place last;   /* of ours in the stretch */
    uint32_t found;      /* how many of ours it holds */
    bool settled, ended; /* nothing is to be read any more; this round is at its end */
};

struct check {
    const struct output_tail *tail;
    struct partition *partitions;
    struct port_position *positions; /* of a round; stream i is partition streams[i] */
    uint32_t *streams;
    uint32_t stream_count;
    struct avro_text *schema;
    char source[576]; /* ce_source of this shard */
};

/* Records. */

static bool is_ours(const struct check *c, const struct port_record *record) {
    struct port *port = c->tail->port;
    struct port_header header;
    const uint32_t size = (uint32_t)strlen(c->source);
    for (size_t i = 0; port->ops->header(port, record, i, &header); i++)
        if (strcmp(header.name, "ce_source") == 0)
            return header.value.size == size && memcmp(header.value.data, c->source, size) == 0;
    return false;
}

static void take_sequence(void *context, const struct avro_leaf *leaf) {
    if (strcmp(leaf->path, "sequence") == 0) *(int64_t *)context = leaf->number;
}

static bool bad(const struct partition *p, const struct check *c, struct error *error,
                const char *found) {
    char due[64] = "that there is none";
    if (p->due->next_sequence > 0)
        snprintf(due, sizeof due, "that number %lld is the last one",
                 (long long)p->due->next_sequence - 1);
    return error_set(error, ERROR_BAD_DATA,
                     "%s/%d: %s; of shard %s the order log says %s. Was the topic changed, or the "
                     "order log set back? `saqshy verify` shows what is whole; restore both topics "
                     "to one moment, or take a new shard.id",
                     c->tail->topic, (int)p->due->partition, found, c->tail->shard_id, due);
}

/* A recommendation of another build may be written by another schema: then only its hash is known,
 * which is enough when it is the one that is due. */
static bool read_sequence(struct check *c, const struct partition *p,
                          const struct port_record *record, struct place *place,
                          struct error *error) {
    const char *why = "it has no frame";
    char text[256];
    place->sequence = -1;
    place->offset = record->offset;
    if (record->value.data != NULL && record->value.size >= FRAME_SIZE) {
        const struct bytes body = {record->value.data + FRAME_SIZE,
                                   record->value.size - FRAME_SIZE};
        digest_sha256(body.data, body.size, place->hash);
        const bool due = memcmp(place->hash, p->due->last_hash, sizeof place->hash) == 0;
        const bool read = avro_text_read(c->schema, body, take_sequence, &place->sequence, &why);
        if (read) why = recommendation_sequence_fault(place->sequence);
        if (read && why == NULL) return true;
        if (due) place->sequence = p->due->next_sequence - 1;
        if (due) return true;
    }
    snprintf(text, sizeof text, "the record at offset %lld is no recommendation: %s",
             (long long)record->offset, why);
    return bad(p, c, error, text);
}

static bool take_record(struct check *c, struct partition *p, const struct port_record *record,
                        struct error *error) {
    struct place place;
    char text[256];
    if (!is_ours(c, record)) return true;
    if (p->found > 0 && record->offset <= p->last.offset) return true; /* delivered twice */
    if (!read_sequence(c, p, record, &place, error)) return false;
    if (p->found > 0 && place.sequence != p->last.sequence + 1) {
        snprintf(text, sizeof text,
                 "recommendation %lld at offset %lld comes after %lld at offset %lld",
                 (long long)place.sequence, (long long)place.offset, (long long)p->last.sequence,
                 (long long)p->last.offset);
        return bad(p, c, error, text);
    }
    p->last = place;
    p->found++;
    return true;
}

/* Reading. */

static bool ask_broker(const struct check *c, struct partition *p, struct error *error) {
    struct port *port = c->tail->port;
    return port->ops->watermarks(port, c->tail->topic, p->due->partition, &p->low, &p->high, error);
}

/* A round reads what is not settled yet, from `stretch` offsets before the end. */
static bool assign_round(struct check *c, int64_t stretch, struct error *error) {
    struct port *port = c->tail->port;
    c->stream_count = 0;
    for (uint32_t i = 0; i < c->tail->count; i++) {
        struct partition *p = &c->partitions[i];
        if (p->settled) continue;
        if (!ask_broker(c, p, error)) return false;
        p->start = p->high - p->low > stretch ? p->high - stretch : p->low;
        p->found = 0;
        p->ended = p->low >= p->high;
        c->streams[c->stream_count] = i;
        c->positions[c->stream_count++] = (struct port_position){
            c->tail->topic, p->due->partition, p->start > p->low ? p->start : PORT_OFFSET_EARLIEST};
    }
    return c->stream_count == 0 || port->ops->assign(port, c->positions, c->stream_count, error);
}

/* What the port knows of the end may be older than this round. */
static bool has_ended(const struct check *c, uint32_t stream, const struct partition *p) {
    struct port *port = c->tail->port;
    return port->ops->at_end(port, stream) && port->ops->known_end(port, stream) >= p->high;
}

static bool poll_stream(struct check *c, uint32_t stream, bool *got, struct error *error) {
    struct port *port = c->tail->port;
    struct partition *p = &c->partitions[c->streams[stream]];
    struct port_record records[POLL_RECORDS];
    size_t count = 0;
    if (!port->ops->poll(port, stream, records, POLL_RECORDS, &count, error)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = take_record(c, p, &records[i], error);
    port->ops->release(port, records, count);
    *got |= count > 0;
    if (count == 0) p->ended = has_ended(c, stream, p);
    return ok;
}

static bool wait_a_little(const struct check *c, struct error *error) {
    struct port *port = c->tail->port;
    health_beat();
    if (c->tail->stopping != NULL && c->tail->stopping(c->tail->context))
        return error_set(error, ERROR_INTERRUPTED, "stopped while the output was read back");
    port->ops->wait(port, WAIT_MS);
    return true;
}

static bool read_round(struct check *c, struct error *error) {
    for (int64_t heard_ms = steady_ms(); steady_ms() - heard_ms < SILENCE_S * 1000;) {
        bool got = false, ended = true;
        for (uint32_t i = 0; i < c->stream_count; i++) {
            struct partition *p = &c->partitions[c->streams[i]];
            if (!p->ended && !poll_stream(c, i, &got, error)) return false;
            ended &= p->ended;
        }
        if (ended) return true;
        if (got) heard_ms = steady_ms();
        if (!got && !wait_a_little(c, error)) return false;
    }
    return error_set(error, ERROR_UNAVAILABLE,
                     "the end of %s could not be read back within %d s; start again",
                     c->tail->topic, SILENCE_S);
}

/* Judging. */

static bool judge_found(const struct check *c, const struct partition *p, struct error *error) {
    char text[256];
    const struct place *last = &p->last;
    const bool other = last->sequence == p->due->next_sequence - 1;
    if (other && memcmp(last->hash, p->due->last_hash, sizeof last->hash) == 0) return true;
    snprintf(text, sizeof text, "the last recommendation, at offset %lld, is number %lld%s",
             (long long)last->offset, (long long)last->sequence,
             other ? " with another content (SHA-256) than was committed" : "");
    return bad(p, c, error, text);
}

static bool judge_none(const struct check *c, const struct partition *p, struct error *error) {
    if (p->due->next_sequence == 0) return true;
    if (p->low == 0 && p->high > 0)
        return bad(p, c, error, "the partition holds none of the shard's recommendations");
    if (p->high == 0) return bad(p, c, error, "the partition is empty and never held a record");
    log_warn(
        "event=output_tail_gone topic=%s partition=%d sequence=%lld text=\"retention has taken "
        "the last recommendation, so it cannot be checked; keep %s longer\"",
        c->tail->topic, (int)p->due->partition, (long long)p->due->next_sequence - 1,
        c->tail->topic);
    return true;
}

/* Two of ours, so that a repeated last one is seen; fewer where the partition never had them, or
 * has none that far back. */
static bool far_enough(const struct check *c, const struct partition *p) {
    const int64_t due = p->due->next_sequence;
    if (p->start <= p->low || p->found >= 2 || (due == 1 && p->found == 1)) return true;
    return due == 0 && !c->tail->to_the_first && p->high - p->start >= OUTPUT_TAIL_EMPTY_RECORDS;
}

static bool is_short(const struct partition *p) {
    return p->due->next_sequence > (p->found > 0 ? p->last.sequence + 1 : 0);
}

/* What another shard's open transaction began before is not shown to anybody yet: the broker's end
 * lies behind the end of what may be read. */
static bool may_be_hidden(const struct check *c, uint32_t stream, const struct partition *p) {
    struct port *port = c->tail->port;
    return is_short(p) && port->ops->known_end(port, stream) > p->high;
}

static bool settle(struct check *c, bool patient, bool *hidden, struct error *error) {
    for (uint32_t i = 0; i < c->stream_count; i++) {
        struct partition *p = &c->partitions[c->streams[i]];
        if (!far_enough(c, p)) continue;
        if (patient && may_be_hidden(c, i, p)) {
            *hidden = true;
            continue;
        }
        p->settled = true;
        if (!(p->found > 0 ? judge_found(c, p, error) : judge_none(c, p, error))) return false;
    }
    return true;
}

static bool check(struct check *c, struct error *error) {
    int64_t stretch = 1, hidden_ms = 0;
    for (;;) {
        bool hidden = false;
        const bool patient = hidden_ms == 0 || steady_ms() - hidden_ms < SILENCE_S * 1000;
        if (!assign_round(c, stretch, error)) return false;
        if (c->stream_count == 0) return true;
        if (!read_round(c, error) || !settle(c, patient, &hidden, error)) return false;
        if (!hidden && stretch < INT64_MAX / GROWTH) stretch *= GROWTH;
        if (hidden && hidden_ms == 0) {
            hidden_ms = steady_ms();
            log_info("event=output_tail_waiting topic=%s text=\"another shard's transaction is "
                     "open\"",
                     c->tail->topic);
        }
        if (hidden && !wait_a_little(c, error)) return false;
    }
}

bool output_tail_check(const struct output_tail *tail, struct error *error) {
    if (!tail->port->exactly_once || tail->count == 0) return true;
    struct check c = {.tail = tail,
                      .partitions = calloc(tail->count, sizeof *c.partitions),
                      .positions = calloc(tail->count, sizeof *c.positions),
                      .streams = calloc(tail->count, sizeof *c.streams)};
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    snprintf(c.source, sizeof c.source, "saqshy/%s", tail->shard_id);
    bool ok = c.partitions != NULL && c.positions != NULL && c.streams != NULL;
    if (!ok) error_set(error, ERROR_FAILED, "no memory to read the output back");
    c.schema = ok ? avro_text_open(json, size, error) : NULL;
    for (uint32_t i = 0; ok && i < tail->count; i++)
        c.partitions[i].due = &tail->outputs[i];
    ok = c.schema != NULL && check(&c, error);
    avro_text_close(c.schema);
    free(c.partitions);
    free(c.positions);
    free(c.streams);
    return ok;
}
