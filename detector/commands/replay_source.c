/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/replay_source.h"

#include "detector/broker/recording.h"
#include "detector/commands/replay_csv.h"
#include "detector/commands/signal_file.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"
#include "schemas/order_record.h"
#include "schemas/plan.h"

#include <assert.h>
#include <stdlib.h>

/* One record of a recording, by where it lies in the file. */
struct entry {
    int64_t sort_ms; /* newest timestamp of its partition so far: keeps the partition's order */
    enum input_kind kind;
    int32_t partition;
    uint32_t size;
    uint64_t number; /* in the file */
    const uint8_t *at;
};

struct lane {
    int64_t next_offset, newest_ms;
    int64_t needed; /* by the order log: one past the last offset it took */
};

struct replay_source {
    const struct options *options;
    const char *path;
    struct ocf_reader *reader;
    bool recording;
    /* A CSV, in place of the reader: */
    struct replay_csv *csv;
    /* A CSV or a plain file: */
    struct plan *plan;
    struct encoder *encoder;
    bool verbatim; /* written with the shipped schema: the bytes are framed as they are */
    uint32_t used;
    uint8_t *framed;
    size_t framed_room;
    /* A recording: */
    struct recorded *recorded;
    struct inputs inputs;
    struct lane *lanes[INPUT_KINDS]; /* of their partitions */
    struct entry *entries, *order;
    size_t count, room, order_count, order_room, next;
    int32_t input_partitions[INPUT_KINDS], output_partitions;
    bool holds_transactions;
    char others[256]; /* a topic that is none of ours, for the message */
    /* Of a file of their own, NULL without; and the record that they are merged with: */
    struct signal_file *signals;
    bool has_ahead;
    enum replay_outcome ahead_outcome;
    struct port_message ahead;
    int64_t ahead_offset;
};

static void *checked(void *memory) {
    assert(memory != NULL && "out of memory");
    return memory;
}

static int64_t byte_position(const struct replay_source *s) {
    return s->csv != NULL ? replay_csv_position(s->csv) : ocf_record_position(s->reader);
}

static bool bad_record(const struct replay_source *s, const char *why, struct error *error) {
    return error_set(error, ERROR_BAD_DATA, "%s: record at byte %lld: %s", s->path,
                     (long long)byte_position(s), why);
}

/* Recordings. */

static void keep(struct entry **entries, size_t *count, size_t *room, struct entry entry) {
    if (*count == *room) {
        *room = *room == 0 ? 1024 : 2 * *room;
        *entries = checked(realloc(*entries, *room * sizeof **entries));
    }
    entry.number = *count;
    (*entries)[(*count)++] = entry;
}

static void note_partition(struct replay_source *s, enum input_kind kind, int32_t partition) {
    if (partition >= s->input_partitions[kind]) s->input_partitions[kind] = partition + 1;
}

static bool keep_input(struct replay_source *s, enum input_kind kind,
                       const struct port_message *message, int64_t offset, struct bytes bytes,
                       struct error *error) {
    struct lane *lane = &s->lanes[kind][message->partition];
    if (offset < lane->next_offset)
        return bad_record(s, "its offset is not above the one before it in its partition", error);
    if (message->timestamp_ms > lane->newest_ms) lane->newest_ms = message->timestamp_ms;
    lane->next_offset = offset + 1;
    note_partition(s, kind, message->partition);
    s->holds_transactions |= kind == INPUT_TRANSACTIONS;
    keep(&s->entries, &s->count, &s->room,
         (struct entry){.sort_ms = lane->newest_ms,
                        .kind = kind,
                        .partition = message->partition,
                        .size = bytes.size,
                        .at = bytes.data});
    return true;
}

/* What the order log tells of partitions; in record 0 a run only says where one starts. */
static bool note_run(struct replay_source *s, const struct order_run *run, bool starts) {
    enum input_kind kind;
    if (run->partition < 0 || run->partition >= RECORDING_PARTITIONS_MAX) return false;
    if (!inputs_find(&s->inputs, run->topic, &kind)) return true; /* the engine will say so */
    struct lane *lane = &s->lanes[kind][run->partition];
    note_partition(s, kind, run->partition);
    if (!starts && run->next_offset > lane->needed) lane->needed = run->next_offset;
    return true;
}

static bool note_order(struct replay_source *s, const struct order_record *record) {
    for (uint32_t i = 0; i < record->run_count; i++)
        if (!note_run(s, &record->runs[i], record->sequence == 0)) return false;
    for (uint32_t i = 0; i < record->output_count; i++) {
        const int32_t partition = record->outputs[i].partition;
        if (partition < 0 || partition >= RECORDING_PARTITIONS_MAX) return false;
        if (partition >= s->output_partitions) s->output_partitions = partition + 1;
    }
    return true;
}

static bool keep_order(struct replay_source *s, const struct port_message *message,
                       struct bytes bytes, struct error *error) {
    const struct text key = {(const char *)message->key.data, message->key.size};
    if (message->key.data == NULL || !text_equal(key, text_of(s->options->shard_id))) return true;
    struct order_record *record = order_record_decode(message->value, error);
    if (record == NULL) return error_prefix(error, "%s: order record", s->path);
    const bool in_range = note_order(s, record);
    order_record_free(record);
    if (!in_range) return bad_record(s, "its partitions are out of range", error);
    keep(&s->order, &s->order_count, &s->order_room,
         (struct entry){.partition = message->partition, .size = bytes.size, .at = bytes.data});
    return true;
}

static bool keep_message(struct replay_source *s, const struct port_message *message,
                         int64_t offset, struct bytes bytes, struct error *error) {
    enum input_kind kind;
    if (inputs_find(&s->inputs, text_of(message->topic), &kind))
        return keep_input(s, kind, message, offset, bytes, error);
    if (strcmp(message->topic, s->options->topic_order) == 0)
        return keep_order(s, message, bytes, error);
    snprintf(s->others, sizeof s->others, "%s", message->topic);
    return true;
}

static int by_time(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->sort_ms != y->sort_ms) return x->sort_ms < y->sort_ms ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->partition != y->partition) return x->partition < y->partition ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The engine would wait for ever for a record that the order log names and nobody brings. */
static bool check_needed(const struct replay_source *s, enum input_kind kind, struct error *error) {
    for (int32_t p = 0; p < s->input_partitions[kind]; p++) {
        const struct lane *lane = &s->lanes[kind][p];
        if (lane->needed > lane->next_offset)
            return error_set(error, ERROR_INPUT_GONE,
                             "%s: the order log took %s/%d up to offset %lld, the recording holds "
                             "it up to offset %lld; record both to the same point",
                             s->path, s->inputs.topic[kind], (int)p, (long long)lane->needed - 1,
                             (long long)lane->next_offset - 1);
    }
    return true;
}

static bool check_input(const struct replay_source *s, struct error *error) {
    if (!s->holds_transactions)
        return error_set(error, ERROR_BAD_DATA,
                         "%s holds no record of topic %s%s%s; topic.transactions names the topic",
                         s->path, s->options->topic_transactions,
                         s->others[0] != '\0' ? ", but of " : "", s->others);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        if (!check_needed(s, kind, error)) return false;
    return true;
}

static void open_lanes(struct replay_source *s) {
    s->inputs = inputs_of(s->options);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++) {
        s->lanes[kind] = checked(calloc(RECORDING_PARTITIONS_MAX, sizeof *s->lanes[kind]));
        for (int32_t p = 0; p < RECORDING_PARTITIONS_MAX; p++)
            s->lanes[kind][p].newest_ms = INT64_MIN;
    }
}

static bool read_recording(struct replay_source *s, struct error *error) {
    struct bytes rest;
    uint32_t used = 0;
    s->recorded = checked(recorded_new());
    open_lanes(s);
    for (;;) {
        struct port_message message;
        int64_t offset = 0;
        if (!ocf_next(s->reader, used, &rest, error)) return false;
        if (rest.size == 0) break;
        if (!recorded_read(s->recorded, rest, &message, &offset, &used))
            return bad_record(s, "it is broken", error);
        if (!keep_message(s, &message, offset, (struct bytes){rest.data, used}, error))
            return false;
    }
    if (s->count > 1) qsort(s->entries, s->count, sizeof *s->entries, by_time);
    return check_input(s, error);
}

static int64_t read_entry(const struct replay_source *s, const struct entry *entry,
                          struct port_message *message) {
    uint32_t used = 0;
    int64_t offset = 0;
    const bool again =
        recorded_read(s->recorded, (struct bytes){entry->at, entry->size}, message, &offset, &used);
    assert(again);
    return offset;
}

/* Transactions, of a CSV or a plain file. */

static struct bytes schema_of(const struct replay_source *s, struct bytes shipped) {
    return s->csv != NULL ? shipped : ocf_schema(s->reader);
}

static bool open_transactions(struct replay_source *s, struct error *error) {
    size_t size = 0;
    const uint8_t *shipped = (const uint8_t *)schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    const struct bytes schema = schema_of(s, (struct bytes){shipped, (uint32_t)size});
    s->verbatim = schema.size == size && memcmp(schema.data, shipped, size) == 0;
    s->plan = plan_compile((const char *)schema.data, schema.size, error);
    if (s->plan == NULL) return error_prefix(error, "%s: its schema", s->path);
    s->encoder = encoder_open(error);
    return s->encoder != NULL;
}

static bool next_record(struct replay_source *s, struct bytes *record, struct error *error) {
    return s->csv != NULL ? replay_csv_next(s->csv, record, error)
                          : ocf_next(s->reader, s->used, record, error);
}

static struct bytes frame(struct replay_source *s, struct bytes record) {
    if (record.size + FRAME_SIZE > s->framed_room) {
        s->framed_room = record.size + FRAME_SIZE;
        s->framed = checked(realloc(s->framed, s->framed_room));
    }
    frame_write(s->framed, SCHEMA_ID_TRANSACTION);
    memcpy(s->framed + FRAME_SIZE, record.data, record.size);
    return (struct bytes){s->framed, record.size + FRAME_SIZE};
}

static enum replay_outcome next_transaction(struct replay_source *s, struct port_message *message,
                                            struct error *error) {
    struct transaction tx;
    struct bytes rest, value;
    const char *why = NULL;
    if (!next_record(s, &rest, error)) return REPLAY_FAILED;
    if (rest.size == 0) return REPLAY_END;
    if (!plan_decode(s->plan, rest, &tx, &s->used, &why)) {
        bad_record(s, why, error);
        return REPLAY_FAILED;
    }
    if (s->verbatim) {
        value = frame(s, (struct bytes){rest.data, s->used});
    } else if (!encode_transaction(s->encoder, &tx, &value, error)) {
        return REPLAY_FAILED;
    }
    *message = (struct port_message){
        .topic = s->options->topic_transactions,
        .partition = -1,
        .timestamp_ms = (tx.ingest_time_present ? tx.ingest_time_us : tx.event_time_us) / 1000,
        .key = transaction_key(&tx),
        .value = value};
    return REPLAY_RECORD;
}

/* Signals. */

bool replay_source_add_signals(struct replay_source *s, const char *path, struct error *error) {
    if (s->options->topic_signals[0] == '\0')
        return error_set(error, ERROR_USAGE,
                         "--signals %s: topic.signals is empty, so none would be read", path);
    if (s->input_partitions[INPUT_SIGNALS] > 0)
        return error_set(error, ERROR_USAGE,
                         "--signals %s: %s holds signals already; leave the flag", path, s->path);
    s->signals = signal_file_open(path, s->options->topic_signals, error);
    if (s->signals == NULL) return false;
    s->input_partitions[INPUT_SIGNALS] = 1;
    return true;
}

size_t replay_source_signals(const struct replay_source *s) {
    return s->signals == NULL ? 0 : signal_file_count(s->signals);
}

static enum replay_outcome next_input(struct replay_source *s, struct port_message *message,
                                      int64_t *offset, struct error *error) {
    *offset = -1;
    if (!s->recording) return next_transaction(s, message, error);
    if (s->next == s->count) return REPLAY_END;
    *offset = read_entry(s, &s->entries[s->next++], message);
    return REPLAY_RECORD;
}

enum replay_outcome replay_source_next(struct replay_source *s, struct port_message *message,
                                       int64_t *offset, struct error *error) {
    if (s->signals == NULL) return next_input(s, message, offset, error);
    if (!s->has_ahead) s->ahead_outcome = next_input(s, &s->ahead, &s->ahead_offset, error);
    if (s->ahead_outcome == REPLAY_FAILED) return REPLAY_FAILED;
    const bool ended = s->ahead_outcome == REPLAY_END;
    s->has_ahead = true;
    *offset = -1;
    if (signal_file_next(s->signals, ended ? INT64_MAX : s->ahead.timestamp_ms, message))
        return REPLAY_RECORD;
    s->has_ahead = ended;
    *message = s->ahead;
    *offset = s->ahead_offset;
    return s->ahead_outcome;
}

/* The rest. */

int64_t replay_source_position(const struct replay_source *s) {
    return s->recording ? (int64_t)s->next : byte_position(s);
}

int64_t replay_source_size(const struct replay_source *s) {
    if (s->csv != NULL) return replay_csv_size(s->csv);
    return s->recording ? (int64_t)s->count : ocf_size(s->reader);
}

int32_t replay_source_input_partitions(const struct replay_source *s, enum input_kind kind) {
    return s->input_partitions[kind];
}

int32_t replay_source_output_partitions(const struct replay_source *s) {
    return s->output_partitions;
}

bool replay_source_order(const struct replay_source *s, size_t index,
                         struct port_message *message) {
    if (index >= s->order_count) return false;
    read_entry(s, &s->order[index], message);
    return true;
}

static struct replay_source *source_new(const char *path, const struct options *options) {
    struct replay_source *s = checked(calloc(1, sizeof *s));
    s->options = options;
    s->path = path;
    return s;
}

struct replay_source *replay_source_open_csv(const struct replay_csv_options *csv,
                                             const struct options *options, struct error *error) {
    struct replay_source *s = source_new(csv->path, options);
    s->csv = replay_csv_open(csv, error);
    if (s->csv != NULL && open_transactions(s, error)) return s;
    replay_source_close(s);
    return NULL;
}

struct replay_source *replay_source_open(const char *path, const struct options *options,
                                         struct error *error) {
    struct replay_source *s = source_new(path, options);
    s->reader = ocf_open(path, error);
    if (s->reader != NULL) {
        s->recording = recording_is(ocf_schema(s->reader));
        if (s->recording ? read_recording(s, error) : open_transactions(s, error)) return s;
    }
    replay_source_close(s);
    return NULL;
}

void replay_source_close(struct replay_source *s) {
    if (s == NULL) return;
    signal_file_close(s->signals);
    recorded_free(s->recorded);
    encoder_close(s->encoder);
    plan_free(s->plan);
    ocf_close(s->reader);
    replay_csv_close(s->csv);
    free(s->entries);
    free(s->order);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        free(s->lanes[kind]);
    free(s->framed);
    free(s);
}
