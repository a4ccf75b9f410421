/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of the simulated cluster, what lies in their partitions, and the brokers that have them.
 */
#include "tests/sim_cluster_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct topic *sim_find_topic(const struct sim_cluster *c, const char *name) {
    for (int t = 0; t < c->topic_count; t++)
        if (strcmp(c->topics[t].name, name) == 0) return (struct topic *)&c->topics[t];
    return NULL;
}

struct log *sim_find_log(const struct sim_cluster *c, const char *topic, int32_t partition) {
    struct topic *found = sim_find_topic(c, topic);
    assert(found != NULL && partition >= 0 && partition < found->count);
    return &found->logs[partition];
}

void sim_cluster_add_partitions(struct sim_cluster *c, const char *name, int32_t count) {
    struct topic *topic = sim_find_topic(c, name);
    if (topic == NULL) {
        assert(c->topic_count < TOPICS_MAX);
        topic = &c->topics[c->topic_count++];
        snprintf(topic->name, sizeof topic->name, "%s", name);
    }
    topic->count += count;
    assert(topic->count <= PARTITIONS_MAX);
}

int32_t sim_cluster_partitions(const struct sim_cluster *c, const char *name) {
    const struct topic *topic = sim_find_topic(c, name);
    return topic == NULL ? 0 : topic->count;
}

int64_t sim_cluster_low(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return sim_find_log(c, topic, partition)->low;
}

int64_t sim_cluster_end(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return sim_find_log(c, topic, partition)->end;
}

static int64_t stable_end(const struct sim_cluster *c, const struct log *log) {
    int64_t end = log->end;
    for (int i = 0; i < c->id_count; i++) {
        const struct id *id = &c->ids[i];
        for (size_t p = 0; p < id->part_count; p++)
            if (id->parts[p].log == log && !id->parts[p].marked &&
                id->parts[p].first < log->count && log->entries[id->parts[p].first]->offset < end)
                end = log->entries[id->parts[p].first]->offset;
    }
    return end;
}

int64_t sim_cluster_stable(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return stable_end(c, sim_find_log(c, topic, partition));
}

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

const struct sim_entry *sim_cluster_read(const struct sim_cluster *c, const char *topic,
                                         int32_t partition, int64_t offset, int64_t limit) {
    const struct log *log = sim_find_log(c, topic, partition);
    if (offset < log->low) offset = log->low;
    for (size_t i = first_at(log, offset); i < log->count && log->entries[i]->offset < limit; i++)
        if (log->entries[i]->state == SIM_VISIBLE) return log->entries[i];
    return NULL;
}

static struct bytes copy_bytes(uint8_t **cursor, struct bytes from) {
    if (from.data == NULL) return (struct bytes){NULL, 0};
    const struct bytes copy = {*cursor, from.size};
    if (from.size > 0) memcpy(*cursor, from.data, from.size);
    *cursor += from.size;
    return copy;
}

static size_t bytes_of(const struct port_message *message) {
    size_t bytes = sizeof(struct sim_entry) + message->key.size + message->value.size + 1;
    for (size_t i = 0; i < message->header_count; i++)
        bytes += sizeof(struct port_header) + strlen(message->headers[i].name) + 1 +
                 message->headers[i].value.size;
    return bytes;
}

struct sim_entry *sim_entry_of(const struct port_message *message) {
    struct sim_entry *entry = malloc(bytes_of(message));
    assert(entry != NULL);
    *entry = (struct sim_entry){.timestamp_ms = message->timestamp_ms,
                                .headers = (struct port_header *)(entry + 1),
                                .header_count = message->header_count};
    uint8_t *cursor = (uint8_t *)(entry->headers + message->header_count);
    entry->key = copy_bytes(&cursor, message->key);
    entry->value = copy_bytes(&cursor, message->value);
    for (size_t i = 0; i < message->header_count; i++) {
        const size_t size = strlen(message->headers[i].name) + 1;
        entry->headers[i].name = memcpy(cursor, message->headers[i].name, size);
        cursor += size;
        entry->headers[i].value = copy_bytes(&cursor, message->headers[i].value);
    }
    return entry;
}

struct sim_entry *sim_append(struct sim_cluster *c, struct log *log, struct sim_entry *entry) {
    if (log->count == log->room) {
        log->room = log->room == 0 ? 64 : 2 * log->room;
        log->entries = realloc(log->entries, log->room * sizeof(struct sim_entry *));
        assert(log->entries != NULL);
    }
    if (entry->timestamp_ms == 0) entry->timestamp_ms = c->world->now_ms;
    entry->offset = log->end++;
    log->entries[log->count++] = entry;
    return entry;
}

int64_t sim_cluster_append(struct sim_cluster *c, const struct port_message *message) {
    struct log *log = sim_find_log(c, message->topic, message->partition);
    struct sim_entry *entry = sim_append(c, log, sim_entry_of(message));
    entry->state = SIM_VISIBLE;
    return entry->offset;
}

void sim_cluster_skip(struct sim_cluster *c, const char *topic, int32_t partition, int64_t count) {
    sim_find_log(c, topic, partition)->end += count;
}

void sim_cluster_trim(struct sim_cluster *c, const char *topic, int32_t partition, int64_t offset) {
    struct log *log = sim_find_log(c, topic, partition);
    if (offset > log->low) log->low = offset;
}

static bool change(struct bytes bytes) {
    if (bytes.size > 0) ((uint8_t *)(uintptr_t)bytes.data)[bytes.size - 1] ^= 1;
    return bytes.size > 0;
}

bool sim_cluster_refill(struct sim_cluster *c, const char *name) {
    const struct topic *topic = sim_find_topic(c, name);
    bool told = false;
    for (int32_t p = 0; p < topic->count; p++) {
        bool changed = false;
        for (size_t i = 0; i < topic->logs[p].count; i++) {
            const struct sim_entry *entry = topic->logs[p].entries[i];
            if (entry->state != SIM_VISIBLE) continue;
            changed = change(entry->key);
            changed |= change(entry->value);
        }
        told |= changed;
    }
    return told;
}

/* Brokers. */

void sim_cluster_partition_down(struct sim_cluster *c, const char *topic, int32_t partition,
                                int64_t until_ms) {
    sim_find_log(c, topic, partition)->down_until_ms = until_ms;
}

void sim_cluster_coordinator_down(struct sim_cluster *c, int64_t until_ms) {
    c->coordinator_down_until_ms = until_ms;
}

void sim_cluster_down(struct sim_cluster *c, int64_t until_ms) {
    c->down_until_ms = until_ms;
}

bool sim_log_is_up(const struct sim_cluster *c, const struct log *log) {
    return c->world->now_ms >= c->down_until_ms && c->world->now_ms >= log->down_until_ms;
}

bool sim_coordinator_is_up(const struct sim_cluster *c) {
    return c->world->now_ms >= c->down_until_ms && c->world->now_ms >= c->coordinator_down_until_ms;
}

bool sim_cluster_partition_is_up(const struct sim_cluster *c, const char *topic,
                                 int32_t partition) {
    return sim_log_is_up(c, sim_find_log(c, topic, partition));
}
