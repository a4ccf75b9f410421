/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/consume.h"

#include "detector/input_tail.h"
#include "detector/merge.h"

#include <assert.h>
#include <stdlib.h>

enum { FETCH_RECORDS = 512 };

struct stream {
    enum input_kind kind;
    int32_t partition;
    int64_t next_offset; /* one past the last record handed out */
    uint32_t rows;     /* of the batch in hand, up to its last row of this stream; 0: it has none */
    int64_t first_end; /* transactions wait until it was read so far; 0: they do not */
    struct order_end *end; /* of the stage; NULL: nothing was taken since it was opened */
    uint32_t head, count;
    struct port_record buffer[FETCH_RECORDS];
};

struct consume {
    struct consume_options options;
    struct merge *merge;
    struct stream **streams;
    struct merge_view *views; /* of the streams that are merged by time: */
    size_t *merged;           /* their indices */
    size_t stream_count, merged_count, assigned_count;
    bool begun; /* a transaction of this epoch was taken */
    uint64_t next_ordinal;
    uint32_t room;           /* of the batch in hand */
    size_t bytes;            /* keys and values in it */
    struct order_run *taken; /* since the last order record */
    uint32_t taken_count, taken_room;
    bool run_open;          /* the last of taken[] may still grow */
    struct order_end *ends; /* STREAMS_MAX remembered ones, and as many more */
    uint32_t end_count;
    bool follows; /* a script: */
    const struct order_run *script;
    uint32_t script_next, script_count;
};

struct consume *consume_open(const struct consume_options *options, struct error *error) {
    struct consume *c = calloc(1, sizeof *c);
    if (c == NULL) goto fail;
    c->options = *options;
    c->merge = merge_new(options->merge_slice_ms, options->merge_wait_ms, STREAMS_MAX);
    c->streams = calloc(STREAMS_MAX, sizeof *c->streams);
    c->views = calloc(STREAMS_MAX, sizeof *c->views);
    c->merged = calloc(STREAMS_MAX, sizeof *c->merged);
    c->ends = calloc(2 * STREAMS_MAX, sizeof *c->ends);
    if (c->merge == NULL || c->streams == NULL || c->views == NULL || c->merged == NULL ||
        c->ends == NULL)
        goto fail;
    return c;
fail:
    consume_close(c);
    error_set(error, ERROR_FAILED, "no memory for the input streams");
    return NULL;
}

static void drop_buffer(struct consume *c, struct stream *s) {
    c->options.port->ops->release(c->options.port, s->buffer + s->head, s->count - s->head);
    s->head = s->count = 0;
}

void consume_close(struct consume *c) {
    if (c == NULL) return;
    assert(c->stream_count == 0 || c->streams != NULL);
    for (size_t i = 0; i < c->stream_count; i++) {
        drop_buffer(c, c->streams[i]);
        free(c->streams[i]);
    }
    free(c->streams);
    free(c->views);
    free(c->merged);
    free(c->ends);
    free(c->taken);
    merge_free(c->merge);
    free(c);
}

static struct text topic_of(const struct consume *c, enum input_kind kind) {
    return text_of(c->options.inputs.topic[kind]);
}

/* SIZE_MAX: there is none. */
static size_t index_of(const struct consume *c, enum input_kind kind, int32_t partition) {
    for (size_t i = 0; i < c->stream_count; i++)
        if (c->streams[i]->partition == partition && c->streams[i]->kind == kind) return i;
    return SIZE_MAX;
}

bool consume_has_stream(const struct consume *c, enum input_kind kind, int32_t partition) {
    return index_of(c, kind, partition) != SIZE_MAX;
}

bool consume_find_input(const struct consume *c, struct text topic, int32_t partition,
                        enum input_kind *kind, struct error *error) {
    return inputs_find(&c->options.inputs, topic, kind) ||
           error_set(error, ERROR_CONFIG,
                     "the state of this shard is made of %.*s/%d, which is not an input of it; "
                     "topic.transactions and topic.signals, or topic.policy, name them",
                     (int)topic.size, topic.data, (int)partition);
}

static bool is_of(const struct order_run *run, struct text topic, int32_t partition) {
    return run->partition == partition && text_equal(run->topic, topic);
}

static void note_run(struct consume *c, const struct stream *s) {
    const struct text topic = topic_of(c, s->kind);
    if (c->run_open && is_of(&c->taken[c->taken_count - 1], topic, s->partition)) {
        c->taken[c->taken_count - 1].next_offset = s->next_offset;
        return;
    }
    if (c->taken_count == c->taken_room) {
        c->taken_room = c->taken_room == 0 ? 64 : c->taken_room * 2;
        c->taken = realloc(c->taken, c->taken_room * sizeof *c->taken);
        assert(c->taken != NULL && "out of memory");
    }
    c->taken[c->taken_count++] = (struct order_run){topic, s->partition, s->next_offset};
    c->run_open = true;
}

static struct order_end *find_end(struct consume *c, enum input_kind kind, int32_t partition) {
    const struct text topic = topic_of(c, kind);
    for (uint32_t i = 0; i < c->end_count; i++)
        if (c->ends[i].partition == partition && text_equal(c->ends[i].topic, topic))
            return &c->ends[i];
    struct order_end *end = &c->ends[c->end_count++];
    *end = (struct order_end){.topic = topic, .partition = partition};
    return end;
}

bool consume_remember(struct consume *c, const struct order_end *end, struct error *error) {
    if (c->end_count == STREAMS_MAX)
        return error_set(error, ERROR_BAD_DATA, "an order record names more than %d partitions",
                         STREAMS_MAX);
    enum input_kind kind;
    if (!inputs_find(&c->options.inputs, end->topic, &kind)) return true;
    struct order_end *own = find_end(c, kind, end->partition);
    own->offset = end->offset;
    own->digest = end->digest;
    return true;
}

/* Of each stream the last row of the batch. */
static void note_ends(struct consume *c, const struct batch *batch) {
    for (size_t i = 0; i < c->stream_count; i++) {
        struct stream *s = c->streams[i];
        if (s->rows == 0) continue;
        const struct port_record *last = &batch->input[s->rows - 1].record;
        if (s->end == NULL) s->end = find_end(c, s->kind, s->partition);
        s->end->offset = last->offset;
        s->end->digest = input_tail_digest(last);
        s->rows = 0;
    }
}

const struct order_end *consume_ends(const struct consume *c, uint32_t *count) {
    *count = c->end_count;
    return c->ends;
}

bool consume_add_stream(struct consume *c, enum input_kind kind, int32_t partition, int64_t offset,
                        struct error *error) {
    if (c->stream_count == STREAMS_MAX)
        return error_set(error, ERROR_CONFIG, "with topic %s the input has more than %d partitions",
                         c->options.inputs.topic[kind], STREAMS_MAX);
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL) return error_set(error, ERROR_FAILED, "no memory for an input stream");
    s->kind = kind;
    s->partition = partition;
    s->next_offset = offset;
    if (!input_is_compacted(kind)) c->merged[c->merged_count++] = c->stream_count;
    c->streams[c->stream_count++] = s;
    consume_note_place(c, c->stream_count - 1);
    return true;
}

void consume_note_place(struct consume *c, size_t stream) {
    note_run(c, c->streams[stream]);
    c->run_open = false;
}

bool consume_assign(struct consume *c, const struct port_position *extra, struct error *error) {
    struct port_position *positions = calloc(c->stream_count + 1, sizeof *positions);
    if (positions == NULL) return error_set(error, ERROR_FAILED, "no memory for the assignment");
    size_t count = 0;
    for (; count < c->stream_count; count++) {
        drop_buffer(c, c->streams[count]);
        positions[count] = consume_position(c, count);
    }
    c->assigned_count = count;
    if (extra != NULL) positions[count++] = *extra;
    const bool assigned = c->options.port->ops->assign(c->options.port, positions, count, error);
    free(positions);
    return assigned;
}

size_t consume_stream_count(const struct consume *c) {
    return c->stream_count;
}

struct port_position consume_position(const struct consume *c, size_t stream) {
    const struct stream *s = c->streams[stream];
    return (struct port_position){c->options.inputs.topic[s->kind], s->partition, s->next_offset};
}

enum input_kind consume_kind(const struct consume *c, size_t stream) {
    return c->streams[stream]->kind;
}

uint64_t consume_next_ordinal(const struct consume *c) {
    return c->next_ordinal;
}

int64_t consume_lag(const struct consume *c, enum input_kind kind) {
    int64_t lag = 0;
    for (size_t i = 0; i < c->assigned_count; i++) {
        if (c->streams[i]->kind != kind) continue;
        const int64_t end = c->options.port->ops->known_end(c->options.port, i);
        if (end > c->streams[i]->next_offset) lag += end - c->streams[i]->next_offset;
    }
    return lag;
}

const struct order_run *consume_runs(const struct consume *c, uint32_t *count) {
    *count = c->taken_count;
    return c->taken;
}

void consume_runs_reset(struct consume *c) {
    c->taken_count = 0;
    c->run_open = false;
}

/* What the state has seen already is not taken again, whatever the client delivers twice. */
static void drop_repeated(struct consume *c, struct stream *s) {
    uint32_t repeated = 0;
    while (repeated < s->count && s->buffer[repeated].offset < s->next_offset)
        repeated++;
    c->options.port->ops->release(c->options.port, s->buffer, repeated);
    s->head = repeated;
}

static bool refill(struct consume *c, size_t index, struct error *error) {
    struct stream *s = c->streams[index];
    if (s->head < s->count) return true;
    size_t count = 0;
    s->head = s->count = 0;
    struct port *port = c->options.port;
    if (!port->ops->poll(port, index, s->buffer, FETCH_RECORDS, &count, error)) return false;
    s->count = (uint32_t)count;
    drop_repeated(c, s);
    return true;
}

/* What the merge sees; no time stamp is the end of all time. */
static int64_t timestamp_of(const struct port_record *record) {
    return record->timestamp_ms < INT64_MAX ? record->timestamp_ms : INT64_MAX - 1;
}

/* Moves records of one stream into the batch while they are below both limits. */
static void take(struct consume *c, size_t index, int64_t limit_ms, int64_t limit_offset,
                 struct batch *batch) {
    struct stream *s = c->streams[index];
    const uint32_t before = batch->count;
    while (s->head < s->count && batch->count < c->room) {
        const struct port_record *record = &s->buffer[s->head];
        if (timestamp_of(record) >= limit_ms || record->offset >= limit_offset) break;
        assert(record->offset >= s->next_offset);
        const uint64_t ordinal = c->next_ordinal++;
        batch->forced[batch->count] = VERDICT_ACCEPTED;
        batch->input[batch->count++] = (struct input){.record = *record,
                                                      .kind = s->kind,
                                                      .topic = c->options.inputs.topic[s->kind],
                                                      .partition = s->partition,
                                                      .stream = (uint32_t)index,
                                                      .ordinal = ordinal};
        runs_add(c->options.runs, ordinal, s->kind, s->partition, record->offset);
        s->next_offset = record->offset + 1;
        s->head++;
        c->bytes += record->key.size + record->value.size;
        if (input_ends_batch(s->kind) || c->bytes >= BATCH_BYTES) c->room = batch->count;
    }
    if (batch->count == before) return;
    s->rows = batch->count;
    c->begun = c->begun || !input_is_compacted(s->kind);
    note_run(c, s);
}

static bool has_head(const struct stream *s) {
    return s->head < s->count;
}

static bool is_at_end(const struct consume *c, size_t index) {
    return !has_head(c->streams[index]) && c->options.port->ops->at_end(c->options.port, index);
}

static bool refill_inputs(struct consume *c, bool compacted, struct error *error) {
    for (size_t i = 0; i < c->stream_count; i++)
        if (input_is_compacted(c->streams[i]->kind) == compacted && !refill(c, i, error))
            return false;
    return true;
}

/* By time, and fed while it runs: a stream that was empty is asked again behind whatever was found
 * of a compacted input, so that all that was sent before that is here. */
static bool refill_all(struct consume *c, struct error *error) {
    return refill_inputs(c, true, error) &&
           (!c->options.compacted_by_time || refill_inputs(c, true, error)) &&
           refill_inputs(c, false, error);
}

static bool look_at_streams(struct consume *c, struct error *error) {
    if (!refill_all(c, error)) return false;
    for (size_t i = 0; i < c->merged_count; i++) {
        const struct stream *s = c->streams[c->merged[i]];
        c->views[i] =
            (struct merge_view){.has_head = has_head(s),
                                .head_ms = has_head(s) ? timestamp_of(&s->buffer[s->head]) : 0,
                                .at_end = is_at_end(c, c->merged[i])};
    }
    return true;
}

void consume_read_first(struct consume *c, size_t stream, int64_t end) {
    assert(input_is_compacted(c->streams[stream]->kind) && !c->options.compacted_by_time);
    c->streams[stream]->first_end = end;
}

bool consume_reads_first(const struct consume *c) {
    for (size_t i = 0; i < c->stream_count; i++)
        if (c->streams[i]->first_end > 0) return true;
    return false;
}

bool consume_has_begun(const struct consume *c) {
    return c->begun;
}

/* The last offsets before the end may be markers, or compacted away. */
static void note_first_end(const struct consume *c, size_t index) {
    struct stream *s = c->streams[index];
    const bool ends = is_at_end(c, index) &&
                      c->options.port->ops->known_end(c->options.port, index) >= s->first_end;
    if (ends || s->next_offset >= s->first_end) s->first_end = 0;
}

/* A stream of a compacted input; MERGE_WAIT while transactions are to wait, MERGE_IDLE: they may be
 * taken. */
static int pick_compacted(const struct consume *c) {
    int picked = MERGE_IDLE;
    for (size_t i = 0; i < c->stream_count; i++) {
        if (c->streams[i]->first_end > 0) note_first_end(c, i);
        if (!input_is_compacted(c->streams[i]->kind)) continue;
        if (has_head(c->streams[i])) return (int)i;
        if (c->streams[i]->first_end > 0) picked = MERGE_WAIT;
    }
    return picked;
}

/* When the transactions are at their end, and the rest may not be. */
static int idle_or_wait(const struct consume *c) {
    for (size_t i = 0; i < c->stream_count; i++)
        if (!is_at_end(c, i)) return MERGE_WAIT;
    return MERGE_IDLE;
}

/* Of the compacted inputs, at equal times the first one; but for one (MERGE_IDLE: for none). The
 * time stamp up to which others go before it; INT64_MAX: nothing compacted is here. */
static int64_t earliest_compacted(const struct consume *c, int except, int *index) {
    int64_t earliest_ms = INT64_MAX;
    for (size_t i = 0; i < c->stream_count; i++) {
        const struct stream *s = c->streams[i];
        if (!input_is_compacted(s->kind) || !has_head(s) || (int)i == except) continue;
        if (timestamp_of(&s->buffer[s->head]) >= earliest_ms) continue;
        earliest_ms = timestamp_of(&s->buffer[s->head]);
        *index = (int)i;
    }
    return earliest_ms;
}

/* Where another stream's turn comes after this one of a compacted input. */
static int64_t turn_ends(const struct consume *c, int compacted, int64_t next_ms) {
    int rival = MERGE_IDLE;
    const int64_t rival_ms = earliest_compacted(c, compacted, &rival);
    const int64_t rival_end_ms =
        rival_ms < INT64_MAX && rival > compacted ? rival_ms + 1 : rival_ms;
    const int64_t next_end_ms = next_ms < INT64_MAX ? next_ms + 1 : next_ms;
    return rival_end_ms < next_end_ms ? rival_end_ms : next_end_ms;
}

static int pick_merged(struct consume *c, int64_t until_ms, int64_t *limit_ms) {
    struct port *port = c->options.port;
    const int picked = merge_pick(c->merge, c->views, c->merged_count, port->ops->now_ms(port),
                                  until_ms, limit_ms);
    if (picked >= 0) return (int)c->merged[picked];
    return picked == MERGE_IDLE ? idle_or_wait(c) : picked;
}

static int pick_by_time(struct consume *c, int64_t *limit_ms) {
    int compacted = MERGE_IDLE;
    const int64_t due_ms = earliest_compacted(c, MERGE_IDLE, &compacted);
    const int64_t next_ms = merge_earliest(c->views, c->merged_count);
    if (compacted == MERGE_IDLE || next_ms < due_ms) return pick_merged(c, due_ms, limit_ms);
    *limit_ms = turn_ends(c, compacted, next_ms);
    return compacted;
}

static int pick(struct consume *c, int64_t *limit_ms) {
    if (c->options.compacted_by_time) return pick_by_time(c, limit_ms);
    const int first = pick_compacted(c);
    *limit_ms = INT64_MAX;
    return first != MERGE_IDLE ? first : pick_merged(c, INT64_MAX, limit_ms);
}

static enum consume_outcome take_live(struct consume *c, struct batch *batch, struct error *error) {
    for (;;) {
        int64_t limit_ms = 0;
        if (!look_at_streams(c, error)) return CONSUME_FAILED;
        const int picked = pick(c, &limit_ms);
        if (picked < 0 && batch->count > 0) return CONSUME_RECORDS;
        if (picked < 0) return picked == MERGE_IDLE ? CONSUME_AT_END : CONSUME_EMPTY;
        take(c, (size_t)picked, limit_ms, INT64_MAX, batch);
        if (batch->count == c->room) return CONSUME_RECORDS;
    }
}

void consume_follow(struct consume *c, const struct order_run *runs, uint32_t count) {
    c->follows = true;
    c->script = runs;
    c->script_count = count;
    c->script_next = 0;
}

static bool find_stream(const struct consume *c, const struct order_run *run, size_t *index,
                        struct error *error) {
    enum input_kind kind;
    if (!consume_find_input(c, run->topic, run->partition, &kind, error)) return false;
    *index = index_of(c, kind, run->partition);
    assert(*index != SIZE_MAX && "every partition that a script names was added");
    return true;
}

/* A run ends at its last record's offset plus one, so a head at or past it means the record is
 * gone. */
static bool input_gone(const struct stream *s, const struct order_run *run) {
    return s->head < s->count && s->buffer[s->head].offset >= run->next_offset;
}

static enum consume_outcome fail_gone(const struct consume *c, const struct stream *s,
                                      const struct order_run *run, struct error *error) {
    error_set(error, ERROR_INPUT_GONE,
              "%s/%d: the order log needs offset %lld, the input goes on at %lld; "
              "the state cannot be rebuilt from what is left",
              c->options.inputs.topic[s->kind], (int)s->partition,
              (long long)(run->next_offset - 1), (long long)s->buffer[s->head].offset);
    return CONSUME_FAILED;
}

static enum consume_outcome take_script(struct consume *c, struct batch *batch,
                                        struct error *error) {
    while (c->script_next < c->script_count && batch->count < c->room) {
        const struct order_run *run = &c->script[c->script_next];
        size_t index = 0;
        if (!find_stream(c, run, &index, error) || !refill(c, index, error)) return CONSUME_FAILED;
        struct stream *s = c->streams[index];
        const uint32_t before = batch->count;
        take(c, index, INT64_MAX, run->next_offset, batch);
        if (s->next_offset == run->next_offset) {
            c->script_next++;
        } else if (input_gone(s, run)) {
            return fail_gone(c, s, run, error);
        } else if (batch->count == before) {
            return batch->count > 0 ? CONSUME_RECORDS : CONSUME_EMPTY;
        }
    }
    if (batch->count > 0) return CONSUME_RECORDS;
    c->follows = false;
    return CONSUME_DONE;
}

bool consume_starved(const struct consume *c, struct error *error) {
    size_t index = 0;
    if (!c->follows || c->script_next == c->script_count) return false;
    const struct order_run *run = &c->script[c->script_next];
    if (!find_stream(c, run, &index, error) ||
        !c->options.port->ops->at_end(c->options.port, index))
        return false;
    error_set(error, ERROR_INPUT_GONE,
              "%.*s/%d ends at offset %lld, but the order log needs offset %lld; was the topic "
              "made anew? Its state cannot be rebuilt: restore it, or take a new shard.id",
              (int)run->topic.size, run->topic.data, (int)run->partition,
              (long long)c->streams[index]->next_offset, (long long)(run->next_offset - 1));
    return true;
}

enum consume_outcome consume_batch(struct consume *c, struct batch *batch, struct error *error) {
    batch->count = 0;
    batch->sides = 0;
    const uint64_t left = BATCH_STRIDE - c->next_ordinal % BATCH_STRIDE;
    c->room = left < BATCH_EVENTS ? (uint32_t)left : BATCH_EVENTS;
    c->bytes = 0;
    const enum consume_outcome outcome =
        c->follows ? take_script(c, batch, error) : take_live(c, batch, error);
    if (outcome == CONSUME_RECORDS) note_ends(c, batch);
    return outcome;
}

void consume_release(struct consume *c, struct batch *batch) {
    struct port *port = c->options.port;
    for (uint32_t i = 0; i < batch->count; i++)
        port->ops->release(port, &batch->input[i].record, 1);
    batch->count = 0;
}

void consume_save(const struct consume *c, struct pack *p) {
    pack_u64(p, c->next_ordinal);
    pack_u8(p, c->begun);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        pack_text(p, topic_of(c, kind));
    pack_u64(p, c->stream_count);
    for (size_t i = 0; i < c->stream_count; i++) {
        pack_u8(p, (uint8_t)c->streams[i]->kind);
        pack_u32(p, (uint32_t)c->streams[i]->partition);
        pack_i64(p, c->streams[i]->next_offset);
    }
}

static bool load_stream(struct consume *c, const struct text topics[INPUT_KINDS], struct unpack *u,
                        struct error *error) {
    const uint8_t saved = unpack_u8(u);
    const int32_t partition = (int32_t)unpack_u32(u);
    const int64_t offset = unpack_i64(u);
    enum input_kind kind;
    if (u->bad || saved >= INPUT_KINDS) return false;
    return consume_find_input(c, topics[saved], partition, &kind, error) &&
           consume_add_stream(c, kind, partition, offset, error);
}

bool consume_load(struct consume *c, struct unpack *u, struct error *error) {
    struct text topics[INPUT_KINDS];
    c->next_ordinal = unpack_u64(u);
    c->begun = unpack_u8(u) != 0;
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        topics[kind] = unpack_text(u);
    const uint64_t count = unpack_u64(u);
    for (uint64_t i = 0; i < count && !u->bad; i++)
        if (!load_stream(c, topics, u, error)) return false;
    consume_runs_reset(c);
    return !u->bad;
}
