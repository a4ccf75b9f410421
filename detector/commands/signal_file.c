/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/signal_file.h"

#include "detector/broker/recording.h"
#include "detector/commands/signal_container.h"
#include "schemas/encode.h"
#include "schemas/ocf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
    int64_t sort_ms, timestamp_ms;
    size_t number; /* in the file */
    struct bytes key, value;
};

struct signal_file {
    const char *path, *topic;
    struct ocf_reader *reader;
    struct entry *entries;
    size_t count, room, next;
};

static void *checked(void *memory) {
    assert(memory != NULL && "out of memory");
    return memory;
}

static struct bytes copy(struct bytes from) {
    if (from.data == NULL) return from;
    uint8_t *data = checked(malloc((size_t)from.size + 1));
    if (from.size > 0) memcpy(data, from.data, from.size);
    return (struct bytes){data, from.size};
}

static void keep(struct signal_file *f, int64_t sort_ms, int64_t timestamp_ms, struct bytes key,
                 struct bytes value) {
    if (f->count == f->room) {
        f->room = f->room == 0 ? 1024 : 2 * f->room;
        f->entries = checked(realloc(f->entries, f->room * sizeof *f->entries));
    }
    f->entries[f->count] = (struct entry){sort_ms, timestamp_ms, f->count, copy(key), copy(value)};
    f->count++;
}

/* Signals. */

struct keeping {
    struct signal_file *file;
    struct encoder *encoder;
};

static bool keep_signal(void *context, const struct signal *signal, struct error *error) {
    const struct keeping *k = context;
    struct bytes value;
    if (!encode_signal(k->encoder, signal, &value, error)) return false;
    const int64_t ms = signal->reported_at_us / 1000;
    const struct bytes key = {(const uint8_t *)signal->signal_id.data, signal->signal_id.size};
    keep(k->file, ms, ms, key, value);
    return true;
}

static bool read_signals(struct signal_file *f, struct error *error) {
    struct keeping keeping = {f, encoder_open(error)};
    const bool ok = keeping.encoder != NULL &&
                    signal_container_walk(f->reader, f->path, keep_signal, &keeping, error);
    encoder_close(keeping.encoder);
    return ok;
}

/* Recordings. */

static bool read_messages(struct signal_file *f, struct recorded *recorded, int64_t *newest_ms,
                          struct error *error) {
    uint32_t used = 0;
    for (;;) {
        struct port_message m;
        struct bytes rest;
        int64_t offset;
        if (!ocf_next(f->reader, used, &rest, error)) return false;
        if (rest.size == 0) return true;
        if (!recorded_read(recorded, rest, &m, &offset, &used))
            return error_set(error, ERROR_BAD_DATA, "%s: record at byte %lld: it is broken",
                             f->path, (long long)ocf_record_position(f->reader));
        if (strcmp(m.topic, f->topic) != 0) continue;
        int64_t *newest = &newest_ms[m.partition];
        if (m.timestamp_ms > *newest) *newest = m.timestamp_ms;
        keep(f, *newest, m.timestamp_ms, m.key, m.value);
    }
}

static bool read_recording(struct signal_file *f, struct error *error) {
    struct recorded *recorded = checked(recorded_new());
    int64_t *newest_ms = checked(malloc(RECORDING_PARTITIONS_MAX * sizeof *newest_ms));
    for (int32_t p = 0; p < RECORDING_PARTITIONS_MAX; p++)
        newest_ms[p] = INT64_MIN;
    const bool ok = read_messages(f, recorded, newest_ms, error);
    free(newest_ms);
    recorded_free(recorded);
    return ok;
}

/* The whole. */

static int by_time(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->sort_ms != y->sort_ms) return x->sort_ms < y->sort_ms ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

struct signal_file *signal_file_open(const char *path, const char *topic, struct error *error) {
    struct signal_file *f = checked(calloc(1, sizeof *f));
    f->path = path;
    f->topic = topic;
    f->reader = ocf_open(path, error);
    if (f->reader != NULL &&
        (recording_is(ocf_schema(f->reader)) ? read_recording(f, error) : read_signals(f, error))) {
        if (f->count > 1) qsort(f->entries, f->count, sizeof *f->entries, by_time);
        return f;
    }
    signal_file_close(f);
    return NULL;
}

void signal_file_close(struct signal_file *f) {
    if (f == NULL) return;
    for (size_t i = 0; i < f->count; i++) {
        free((void *)(uintptr_t)f->entries[i].key.data);
        free((void *)(uintptr_t)f->entries[i].value.data);
    }
    free(f->entries);
    ocf_close(f->reader);
    free(f);
}

size_t signal_file_count(const struct signal_file *f) {
    return f->count;
}

void signal_file_warn_of_none(const char *path, const char *topic) {
    fprintf(
        stderr,
        "warning: %s holds no signal; of a recording those of %s are taken, which topic.signals "
        "names\n",
        path, topic);
}

bool signal_file_next(struct signal_file *f, int64_t until_ms, struct port_message *message) {
    if (f->next == f->count || f->entries[f->next].sort_ms > until_ms) return false;
    const struct entry *entry = &f->entries[f->next++];
    *message = (struct port_message){.topic = f->topic,
                                     .partition = -1,
                                     .timestamp_ms = entry->timestamp_ms,
                                     .key = entry->key,
                                     .value = entry->value};
    return true;
}
