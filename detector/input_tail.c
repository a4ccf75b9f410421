/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/input_tail.h"

#include "detector/base/steady.h"
#include "detector/service/health.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { WAIT_MS = 200, SILENCE_S = 30 /* without a record */ };

struct stream {
    uint32_t end; /* of ends[] */
    enum input_kind kind;
    int64_t high; /* as the broker had it before */
    bool done;
};

struct reading {
    const struct input_tail *tail;
    enum input_found *found;
    struct stream *streams;
    struct port_position *positions;
    uint32_t count;
    bool asked[INPUT_KINDS];
    int32_t partitions[INPUT_KINDS]; /* that the topics have now */
};

uint64_t input_tail_digest(const struct port_record *record) {
    const uint64_t key = XXH3_64bits(record->key.data, record->key.size);
    return XXH3_64bits_withSeed(record->value.data, record->value.size, key);
}

/* What the bounds of the partition say; INPUT_SAME: it is to be read. One that is not there any
 * more is not asked for: it would be waited for, as one that the broker does not know yet. */
static bool look_at_bounds(const struct reading *r, uint32_t i, enum input_kind kind, int64_t *high,
                           struct error *error) {
    const struct input_tail *tail = r->tail;
    const struct order_end *end = &tail->ends[i];
    int64_t low = 0;
    r->found[i] = INPUT_SHORTER;
    if (end->partition >= r->partitions[kind]) return true;
    if (!tail->port->ops->watermarks(tail->port, tail->inputs.topic[kind], end->partition, &low,
                                     high, error))
        return false;
    if (end->offset < *high) r->found[i] = INPUT_SAME;
    if (end->offset < low) r->found[i] = INPUT_UNKNOWN;
    return true;
}

/* Asked once a topic of which anything was taken. */
static bool count_partitions(struct reading *r, enum input_kind kind, struct error *error) {
    if (r->asked[kind]) return true;
    r->asked[kind] = true;
    return inputs_ask(&r->tail->inputs, r->tail->port, kind, &r->partitions[kind], error);
}

static bool choose_stream(struct reading *r, uint32_t i, struct error *error) {
    const struct order_end *end = &r->tail->ends[i];
    struct stream stream = {.end = i};
    r->found[i] = INPUT_UNKNOWN;
    if (!inputs_find(&r->tail->inputs, end->topic, &stream.kind)) return true;
    if (!count_partitions(r, stream.kind, error) ||
        !look_at_bounds(r, i, stream.kind, &stream.high, error))
        return false;
    if (r->found[i] != INPUT_SAME) return true;
    r->streams[r->count] = stream;
    r->positions[r->count++] =
        (struct port_position){r->tail->inputs.topic[stream.kind], end->partition, end->offset};
    return true;
}

static bool choose_streams(struct reading *r, struct error *error) {
    struct port *port = r->tail->port;
    for (uint32_t i = 0; i < r->tail->count; i++)
        if (!choose_stream(r, i, error)) return false;
    return r->count == 0 || port->ops->assign(port, r->positions, r->count, error);
}

static enum input_found nothing_in(enum input_kind kind) {
    return input_is_compacted(kind) ? INPUT_UNKNOWN : INPUT_NOTHING;
}

static enum input_found compare(const struct port_record *record, const struct order_end *end,
                                enum input_kind kind) {
    if (record->offset != end->offset) return nothing_in(kind);
    return input_tail_digest(record) == end->digest ? INPUT_SAME : INPUT_OTHER;
}

/* Retention may have taken it since its partition was asked. */
static bool is_gone_by_now(struct reading *r, const struct stream *s, struct error *error) {
    int64_t high = 0;
    return error->code == ERROR_INPUT_GONE && look_at_bounds(r, s->end, s->kind, &high, error) &&
           r->found[s->end] == INPUT_UNKNOWN;
}

static bool poll_stream(struct reading *r, uint32_t index, bool *got, struct error *error) {
    struct port *port = r->tail->port;
    struct stream *s = &r->streams[index];
    struct port_record record;
    size_t count = 0;
    if (!port->ops->poll(port, index, &record, 1, &count, error)) {
        const struct error why = *error;
        s->done = is_gone_by_now(r, s, error);
        if (!s->done) *error = why;
        return s->done;
    }
    if (count == 1) {
        r->found[s->end] = compare(&record, &r->tail->ends[s->end], s->kind);
        port->ops->release(port, &record, 1);
    } else if (port->ops->at_end(port, index) && port->ops->known_end(port, index) >= s->high) {
        r->found[s->end] = nothing_in(s->kind);
    } else {
        return true;
    }
    *got = s->done = true;
    return true;
}

static bool wait_a_little(const struct reading *r, struct error *error) {
    health_beat();
    if (r->tail->stopping(r->tail->context))
        return error_set(error, ERROR_INTERRUPTED, "stopped while the input was read back");
    r->tail->port->ops->wait(r->tail->port, WAIT_MS);
    return true;
}

static bool read_streams(struct reading *r, struct error *error) {
    for (int64_t heard_ms = steady_ms(); steady_ms() - heard_ms < SILENCE_S * 1000;) {
        bool got = false, done = true;
        for (uint32_t i = 0; i < r->count; i++) {
            if (!r->streams[i].done && !poll_stream(r, i, &got, error)) return false;
            done &= r->streams[i].done;
        }
        if (done) return true;
        if (got) heard_ms = steady_ms();
        if (!got && !wait_a_little(r, error)) return false;
    }
    return error_set(error, ERROR_UNAVAILABLE,
                     "what was taken last of the input could not be read back within %d s; start "
                     "again",
                     SILENCE_S);
}

bool input_tail_read(const struct input_tail *tail, enum input_found *found, struct error *error) {
    struct reading r = {.tail = tail,
                        .found = found,
                        .streams = calloc(tail->count + 1, sizeof *r.streams),
                        .positions = calloc(tail->count + 1, sizeof *r.positions)};
    bool ok = r.streams != NULL && r.positions != NULL;
    if (!ok) error_set(error, ERROR_FAILED, "no memory to read the input back");
    ok = ok && choose_streams(&r, error) && read_streams(&r, error);
    free(r.streams);
    free(r.positions);
    return ok;
}

bool input_tail_judge(const struct input_tail *tail, const enum input_found *found,
                      struct error *error) {
    static const char *const words[] = {[INPUT_OTHER] = "holds another record at",
                                        [INPUT_NOTHING] = "holds no record at",
                                        [INPUT_SHORTER] = "ends before"};
    for (uint32_t i = 0; i < tail->count; i++)
        if (found[i] != INPUT_SAME && found[i] != INPUT_UNKNOWN)
            return error_set(error, ERROR_INPUT_GONE,
                             "%.*s/%d %s offset %lld, where the last record was taken: was the "
                             "topic made anew? Restore it, or take a new shard.id with start.from",
                             (int)tail->ends[i].topic.size, tail->ends[i].topic.data,
                             (int)tail->ends[i].partition, words[found[i]],
                             (long long)tail->ends[i].offset);
    return true;
}
