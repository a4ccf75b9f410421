/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/memory_port.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* One committed record; its bytes follow in one allocation. */
struct entry {
    size_t size; /* of the allocation */
    int64_t offset;
    int64_t timestamp_ms;
    struct bytes key, value;
    struct port_header *headers;
    size_t header_count;
};

struct log {
    struct entry **entries;
    size_t count, room;
};

struct topic {
    char *name;
    struct log *partitions;
    int32_t partition_count;
};

struct stream {
    struct log *log;
    size_t next;
};

struct pending {
    struct log *log;
    struct entry *entry;
};

struct memory_port {
    struct port port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct topic **topics;
    size_t topic_count;
    struct stream *streams;
    size_t stream_count;
    struct pending *pending;
    size_t pending_count, pending_room;
    struct port_position *committed, *sent;
    size_t committed_count, sent_count;
    int64_t now_ms;
    size_t bytes;
    bool woken, in_transaction;
};

static struct memory_port *self_of(struct port *port) {
    return (struct memory_port *)port;
}

static void *checked(void *memory) {
    assert(memory != NULL && "out of memory");
    return memory;
}

static struct topic *find_topic(const struct memory_port *m, const char *name) {
    for (size_t i = 0; i < m->topic_count; i++)
        if (strcmp(m->topics[i]->name, name) == 0) return m->topics[i];
    return NULL;
}

static struct log *find_log(const struct memory_port *m, const char *topic, int32_t partition) {
    struct topic *found = find_topic(m, topic);
    if (found == NULL || partition < 0 || partition >= found->partition_count) return NULL;
    return &found->partitions[partition];
}

static struct bytes copy_bytes(uint8_t **cursor, struct bytes from) {
    if (from.data == NULL) return (struct bytes){NULL, 0};
    const struct bytes copy = {*cursor, from.size};
    if (from.size > 0) memcpy(*cursor, from.data, from.size);
    *cursor += from.size;
    return copy;
}

static size_t entry_size(const struct port_message *message) {
    size_t size = sizeof(struct entry) + message->header_count * sizeof(struct port_header) +
                  message->key.size + message->value.size;
    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + 1 + message->headers[i].value.size;
    return size + 1;
}

static struct entry *entry_new(const struct port_message *message) {
    const size_t size = entry_size(message);
    struct entry *entry = checked(malloc(size));
    *entry = (struct entry){.size = size,
                            .timestamp_ms = message->timestamp_ms,
                            .headers = (struct port_header *)(entry + 1),
                            .header_count = message->header_count};
    uint8_t *cursor = (uint8_t *)(entry->headers + message->header_count);
    entry->key = copy_bytes(&cursor, message->key);
    entry->value = copy_bytes(&cursor, message->value);
    for (size_t i = 0; i < message->header_count; i++) {
        const size_t name_size = strlen(message->headers[i].name) + 1;
        entry->headers[i].name = memcpy(cursor, message->headers[i].name, name_size);
        cursor += name_size;
        entry->headers[i].value = copy_bytes(&cursor, message->headers[i].value);
    }
    return entry;
}

static int64_t log_end(const struct log *log) {
    return log->count == 0 ? 0 : log->entries[log->count - 1]->offset + 1;
}

static void log_append(struct memory_port *m, struct log *log, struct entry *entry,
                       int64_t offset) {
    if (log->count == log->room) {
        log->room = log->room == 0 ? 256 : log->room * 2;
        log->entries = checked(realloc(log->entries, log->room * sizeof(struct entry *)));
    }
    entry->offset = offset < 0 ? log_end(log) : offset;
    assert(entry->offset >= log_end(log));
    log->entries[log->count++] = entry;
    m->bytes += entry->size + sizeof entry;
}

/* Topics. */

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    const struct topic *found = find_topic(self_of(port), topic);
    if (found == NULL)
        return error_set(error, ERROR_CONFIG, "topic %s does not exist; create it first", topic);
    *count = found->partition_count;
    return true;
}

static bool find_optional(struct port *port, const char *topic, int32_t *count,
                          struct error *error) {
    const struct topic *found = find_topic(self_of(port), topic);
    (void)error;
    *count = found == NULL ? 0 : found->partition_count;
    return true;
}

static bool watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *error) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    const struct log *log = find_log(m, topic, partition);
    if (log != NULL) {
        *low = log->count == 0 ? 0 : log->entries[0]->offset;
        *high = log_end(log);
    }
    pthread_mutex_unlock(&m->lock);
    return log != NULL ||
           error_set(error, ERROR_CONFIG, "partition %s/%d does not exist", topic, (int)partition);
}

static struct port_position *find_position(struct port_position *positions, size_t count,
                                           const struct port_position *wanted) {
    for (size_t i = 0; i < count; i++)
        if (positions[i].partition == wanted->partition &&
            strcmp(positions[i].topic, wanted->topic) == 0)
            return &positions[i];
    return NULL;
}

static bool committed(struct port *port, struct port_position *positions, size_t count,
                      struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < count; i++) {
        const struct port_position *found =
            find_position(m->committed, m->committed_count, &positions[i]);
        positions[i].offset = found == NULL ? PORT_OFFSET_NONE : found->offset;
    }
    pthread_mutex_unlock(&m->lock);
    return true;
}

/* Consumer. */

static size_t first_at(const struct log *log, int64_t offset) {
    size_t low = 0, high = log->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (log->entries[middle]->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool assign(struct port *port, const struct port_position *positions, size_t count,
                   struct error *error) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    free(m->streams);
    m->streams = checked(calloc(count + 1, sizeof *m->streams));
    m->stream_count = count;
    const struct port_position *missing = NULL;
    for (size_t i = 0; i < count && missing == NULL; i++) {
        struct log *log = find_log(m, positions[i].topic, positions[i].partition);
        if (log == NULL) {
            missing = &positions[i];
            continue;
        }
        m->streams[i].log = log;
        m->streams[i].next = positions[i].offset == PORT_OFFSET_LATEST
                                 ? log->count
                                 : first_at(log, positions[i].offset);
    }
    pthread_mutex_unlock(&m->lock);
    return missing == NULL || error_set(error, ERROR_CONFIG, "partition %s/%d does not exist",
                                        missing->topic, (int)missing->partition);
}

static void record_of(struct entry *entry, struct port_record *record) {
    *record = (struct port_record){.offset = entry->offset,
                                   .timestamp_ms = entry->timestamp_ms,
                                   .key = entry->key,
                                   .value = entry->value,
                                   .handle = entry};
}

static bool poll_stream(struct port *port, size_t stream, struct port_record *records, size_t max,
                        size_t *count, struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    pthread_mutex_lock(&m->lock);
    assert(stream < m->stream_count);
    struct stream *s = &m->streams[stream];
    size_t taken = 0;
    for (; taken < max && s->next < s->log->count; taken++)
        record_of(s->log->entries[s->next++], &records[taken]);
    pthread_mutex_unlock(&m->lock);
    *count = taken;
    return true;
}

static bool at_end(struct port *port, size_t stream) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    const bool end = m->streams[stream].next == m->streams[stream].log->count;
    pthread_mutex_unlock(&m->lock);
    return end;
}

static int64_t known_end(struct port *port, size_t stream) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    const int64_t end = log_end(m->streams[stream].log);
    pthread_mutex_unlock(&m->lock);
    return end;
}

static void wait_changed(struct port *port, int timeout_ms) {
    struct memory_port *m = self_of(port);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    const long nanoseconds = until.tv_nsec + (long)(timeout_ms % 1000) * 1000000L;
    until.tv_sec += timeout_ms / 1000 + nanoseconds / 1000000000L;
    until.tv_nsec = nanoseconds % 1000000000L;
    pthread_mutex_lock(&m->lock);
    while (!m->woken && pthread_cond_timedwait(&m->changed, &m->lock, &until) == 0) {
    }
    m->woken = false;
    pthread_mutex_unlock(&m->lock);
}

static void wake_locked(struct memory_port *m) {
    m->woken = true;
    pthread_cond_broadcast(&m->changed);
}

static void wake(struct port *port) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    wake_locked(m);
    pthread_mutex_unlock(&m->lock);
}

static void release(struct port *port, struct port_record *records, size_t count) {
    (void)port;
    (void)records;
    (void)count;
}

bool memory_port_get_header(const struct port_record *record, size_t index,
                            struct port_header *out) {
    const struct entry *entry = record->handle;
    if (index >= entry->header_count) return false;
    *out = entry->headers[index];
    return true;
}

static bool header(struct port *port, const struct port_record *record, size_t index,
                   struct port_header *out) {
    (void)port;
    return memory_port_get_header(record, index, out);
}

/* Producer. */

static void drop_pending(struct memory_port *m) {
    for (size_t i = 0; i < m->pending_count; i++)
        free(m->pending[i].entry);
    m->pending_count = 0;
    m->sent_count = 0;
    m->in_transaction = false;
}

static bool fence(struct port *port, struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    pthread_mutex_lock(&m->lock);
    drop_pending(m);
    pthread_mutex_unlock(&m->lock);
    return true;
}

static enum port_status begin(struct port *port, struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    assert(!m->in_transaction);
    m->in_transaction = true;
    return PORT_OK;
}

static enum port_status produce(struct port *port, const struct port_message *message,
                                struct error *error) {
    struct memory_port *m = self_of(port);
    assert(m->in_transaction);
    struct log *log = find_log(m, message->topic, message->partition);
    if (log == NULL) {
        error_set(error, ERROR_CONFIG, "partition %s/%d does not exist", message->topic,
                  (int)message->partition);
        return PORT_ABORT;
    }
    if (m->pending_count == m->pending_room) {
        m->pending_room = m->pending_room == 0 ? 64 : m->pending_room * 2;
        m->pending = checked(realloc(m->pending, m->pending_room * sizeof *m->pending));
    }
    m->pending[m->pending_count++] = (struct pending){log, entry_new(message)};
    return PORT_OK;
}

static enum port_status send_offsets(struct port *port, const struct port_position *positions,
                                     size_t count, struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    m->sent = checked(realloc(m->sent, (count + 1) * sizeof *m->sent));
    for (size_t i = 0; i < count; i++) {
        assert(positions[i].offset >= 0);
        const struct topic *topic = find_topic(m, positions[i].topic);
        assert(topic != NULL);
        m->sent[i] = positions[i];
        m->sent[i].topic = topic->name;
    }
    m->sent_count = count;
    return PORT_OK;
}

static void keep_position(struct memory_port *m, const struct port_position *position) {
    struct port_position *found = find_position(m->committed, m->committed_count, position);
    if (found == NULL) {
        m->committed =
            checked(realloc(m->committed, (m->committed_count + 1) * sizeof *m->committed));
        found = &m->committed[m->committed_count++];
    }
    *found = *position;
}

static enum port_status commit(struct port *port, struct error *error) {
    struct memory_port *m = self_of(port);
    (void)error;
    pthread_mutex_lock(&m->lock);
    assert(m->in_transaction);
    for (size_t i = 0; i < m->pending_count; i++) {
        struct entry *entry = m->pending[i].entry;
        if (entry->timestamp_ms == 0) entry->timestamp_ms = m->now_ms;
        log_append(m, m->pending[i].log, entry, -1);
    }
    for (size_t i = 0; i < m->sent_count; i++)
        keep_position(m, &m->sent[i]);
    m->pending_count = 0;
    m->sent_count = 0;
    m->in_transaction = false;
    wake_locked(m);
    pthread_mutex_unlock(&m->lock);
    return PORT_OK;
}

static enum port_status abort_transaction(struct port *port, struct error *error) {
    (void)error;
    drop_pending(self_of(port));
    return PORT_OK;
}

static int64_t now_ms(struct port *port) {
    struct memory_port *m = self_of(port);
    pthread_mutex_lock(&m->lock);
    const int64_t now = m->now_ms;
    pthread_mutex_unlock(&m->lock);
    return now;
}

static void stop(struct port *port) {
    wake(port);
}

static void free_topic(struct topic *topic) {
    for (int32_t p = 0; p < topic->partition_count; p++) {
        for (size_t i = 0; i < topic->partitions[p].count; i++)
            free(topic->partitions[p].entries[i]);
        free(topic->partitions[p].entries);
    }
    free(topic->partitions);
    free(topic->name);
    free(topic);
}

static void close_port(struct port *port) {
    if (port == NULL) return;
    struct memory_port *m = self_of(port);
    drop_pending(m);
    for (size_t i = 0; i < m->topic_count; i++)
        free_topic(m->topics[i]);
    free(m->topics);
    free(m->streams);
    free(m->pending);
    free(m->committed);
    free(m->sent);
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct port_ops operations = {
    .name = "memory",
    .partition_count = partition_count,
    .find_topic = find_optional,
    .watermarks = watermarks,
    .committed = committed,
    .assign = assign,
    .poll = poll_stream,
    .at_end = at_end,
    .known_end = known_end,
    .wait = wait_changed,
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

struct memory_port *memory_port_open(void) {
    struct memory_port *m = calloc(1, sizeof *m);
    if (m == NULL) return NULL;
    m->port = (struct port){.ops = &operations, .exactly_once = true};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    return m;
}

struct port *memory_port_port(struct memory_port *memory) {
    return &memory->port;
}

bool memory_port_create_topic(struct memory_port *m, const char *name, int32_t partitions) {
    assert(partitions > 0);
    if (find_topic(m, name) != NULL) return false;
    struct topic *topic = checked(calloc(1, sizeof *topic));
    topic->name = checked(strdup(name));
    topic->partitions = checked(calloc((size_t)partitions, sizeof *topic->partitions));
    topic->partition_count = partitions;
    m->topics = checked(realloc(m->topics, (m->topic_count + 1) * sizeof *m->topics));
    m->topics[m->topic_count++] = topic;
    return true;
}

bool memory_port_append(struct memory_port *m, const struct port_message *message, int64_t offset) {
    pthread_mutex_lock(&m->lock);
    struct log *log = find_log(m, message->topic, message->partition);
    const bool fits = log != NULL && (offset < 0 || offset >= log_end(log));
    if (fits) {
        log_append(m, log, entry_new(message), offset);
        wake_locked(m);
    }
    pthread_mutex_unlock(&m->lock);
    return fits;
}

size_t memory_port_count(const struct memory_port *m, const char *topic, int32_t partition) {
    const struct log *log = find_log(m, topic, partition);
    return log == NULL ? 0 : log->count;
}

bool memory_port_get(const struct memory_port *m, const char *topic, int32_t partition,
                     size_t index, struct port_record *record) {
    const struct log *log = find_log(m, topic, partition);
    if (log == NULL || index >= log->count) return false;
    record_of(log->entries[index], record);
    return true;
}

size_t memory_port_bytes(struct memory_port *m) {
    pthread_mutex_lock(&m->lock);
    const size_t bytes = m->bytes;
    pthread_mutex_unlock(&m->lock);
    return bytes;
}

void memory_port_set_now(struct memory_port *m, int64_t now) {
    pthread_mutex_lock(&m->lock);
    m->now_ms = now;
    pthread_mutex_unlock(&m->lock);
}
