/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/recording.h"
#include "detector/commands/topic_scan.h"
#include "detector/commands/verify.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEADERS_MAX = 256, LOOK_EVERY = 256 };

bool verify_output_open(struct verify_output *o, struct error *error) {
    o->memory = memory_port_open();
    o->begins_late = calloc(RECORDING_PARTITIONS_MAX, sizeof *o->begins_late);
    if (o->memory != NULL && o->begins_late != NULL &&
        memory_port_create_topic(o->memory, o->topic, RECORDING_PARTITIONS_MAX))
        return true;
    verify_output_close(o);
    return error_set(error, ERROR_FAILED, "no memory for the recommendations");
}

void verify_output_close(struct verify_output *o) {
    struct port *port = o->memory == NULL ? NULL : memory_port_port(o->memory);
    if (port != NULL) port->ops->close(port);
    free(o->begins_late);
    free(o->covered);
    o->memory = NULL;
    o->begins_late = NULL;
    o->covered = NULL;
}

static bool fits(struct memory_port *memory, int64_t memory_max, struct error *error) {
    return (int64_t)memory_port_bytes(memory) <= memory_max ||
           error_set(error, ERROR_FAILED,
                     "records are held in memory, and need more than --memory %lld; raise it",
                     (long long)memory_max);
}

/* Files. */

struct loading {
    struct verify_output *output;
    const char *path;
};

static bool append(void *context, const struct port_message *message, int64_t offset,
                   struct error *error) {
    const struct loading *loading = context;
    struct verify_output *o = loading->output;
    if (strcmp(message->topic, o->topic) != 0) return true;
    if (!memory_port_append(o->memory, message, offset))
        return error_set(error, ERROR_BAD_DATA,
                         "%s: offset %lld of partition %d is not above the one before it",
                         loading->path, (long long)offset, (int)message->partition);
    if (message->partition >= o->partitions) o->partitions = message->partition + 1;
    return fits(o->memory, o->memory_max, error);
}

bool verify_output_load(struct verify_output *o, const char *path, struct error *error) {
    struct loading loading = {o, path};
    return recording_walk(path, append, &loading, error) &&
           (o->partitions > 0 ||
            error_set(error, ERROR_BAD_DATA,
                      "%s holds no record of %s; topic.recommendations names the topic", path,
                      o->topic));
}

/* A broker. */

struct copying {
    struct port *port;
    struct memory_port *memory;
    const char *topic;
    int64_t memory_max, copied;
};

static bool copy(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    struct copying *c = context;
    struct port_header headers[HEADERS_MAX];
    size_t count = 0;
    while (count < HEADERS_MAX && c->port->ops->header(c->port, record, count, &headers[count]))
        count++;
    const struct port_message message = {.topic = c->topic,
                                         .partition = partition,
                                         .timestamp_ms = record->timestamp_ms,
                                         .key = record->key,
                                         .value = record->value,
                                         .headers = headers,
                                         .header_count = count};
    const bool appended = memory_port_append(c->memory, &message, record->offset);
    assert(appended && "offsets of a partition only grow");
    return ++c->copied % LOOK_EVERY != 0 || fits(c->memory, c->memory_max, error);
}

bool verify_output_fetch(struct verify_output *o, struct port *port, struct error *error) {
    struct copying copying = {port, o->memory, o->topic, o->memory_max, 0};
    const struct topic_scan scan = {port, o->topic, copy, &copying};
    struct topic_extent extent;
    if (!port->ops->partition_count(port, o->topic, &o->partitions, error)) return false;
    for (int32_t p = 0; p < o->partitions; p++) {
        if (!topic_scan_partition(&scan, p, &extent, error)) return false;
        o->begins_late[p] = extent.low > 0;
    }
    return true;
}

static bool fetch_topic(struct port *port, struct memory_port *memory, const char *topic,
                        int64_t memory_max, struct error *error) {
    struct copying copying = {port, memory, topic, memory_max, 0};
    const struct topic_scan scan = {port, topic, copy, &copying};
    int32_t partitions = 0;
    if (!port->ops->partition_count(port, topic, &partitions, error)) return false;
    memory_port_create_topic(memory, topic, partitions);
    return topic_scan_all(&scan, error);
}

static const char *copy_directory(void) {
    const char *directory = getenv("TMPDIR");
    return directory == NULL || directory[0] == '\0' ? "/tmp" : directory;
}

static bool make_file(struct verify_copy *copy, struct error *error) {
    char name[512];
    snprintf(name, sizeof name, "%s/saqshy-verify-XXXXXX", copy_directory());
    copy->descriptor = mkostemp(name, O_CLOEXEC);
    if (copy->descriptor < 0) return error_set(error, ERROR_IO, "%s: %s", name, strerror(errno));
    unlink(name);
    snprintf(copy->path, sizeof copy->path, "/proc/self/fd/%d", copy->descriptor);
    return true;
}

static bool save(const struct verify_copy *copy, struct memory_port *memory,
                 const char *const *topics, size_t topic_count, struct error *error) {
    return recording_save(copy->path, memory, topics, topic_count, error) ||
           error_prefix(error, "the copy in %s", copy_directory());
}

bool verify_copy_make(struct verify_copy *copy, struct port *port, const char *const *topics,
                      size_t topic_count, int64_t memory_max, struct error *error) {
    struct memory_port *memory = memory_port_open();
    copy->descriptor = -1;
    if (memory == NULL) return error_set(error, ERROR_FAILED, "no memory for the records");
    bool ok = true;
    for (size_t i = 0; ok && i < topic_count; i++)
        ok = fetch_topic(port, memory, topics[i], memory_max, error);
    ok = ok && make_file(copy, error) && save(copy, memory, topics, topic_count, error);
    struct port *held = memory_port_port(memory);
    held->ops->close(held);
    return ok;
}

void verify_copy_close(struct verify_copy *copy) {
    if (copy->descriptor >= 0) close(copy->descriptor);
    copy->descriptor = -1;
}
