/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_cluster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MAX = 8, PARTITIONS_MAX = 8, IDS_MAX = 8, PARTS_MAX = 32, LATE_MAX = 64 };
enum { MARKER_LATE_MS = 3000 };

struct log {
    struct sim_entry **entries;
    size_t count, room;
    int64_t low, end, down_until_ms;
};

struct topic {
    char name[64];
    int32_t count;
    struct log logs[PARTITIONS_MAX];
};

/* What a transaction has written to one partition. */
struct part {
    struct log *log;
    size_t first; /* index of its first entry */
    bool marked;
    int64_t mark_at_ms;
};

enum stage { EMPTY, ONGOING, PREPARED, COMPLETE };

/* A transactional id as its coordinator knows it, and its last transaction. */
struct id {
    char name[64];
    int32_t epoch;
    enum stage stage;
    bool commit; /* how it is, or was, ended */
    uint64_t transaction;
    int64_t begun_ms, timeout_ms;
    struct part parts[PARTS_MAX];
    size_t part_count;
    struct port_position offsets[PARTS_MAX];
    size_t offset_count;
    int64_t offsets_at_ms;
    uint64_t commits;
};

/* A request that is on its way. */
struct late {
    struct sim_producer producer;
    bool commit;
    int64_t at_ms;
};

struct sim_cluster {
    struct sim_world *world;
    struct topic topics[TOPICS_MAX];
    int topic_count;
    struct id ids[IDS_MAX];
    int id_count;
    uint64_t last_transaction;
    struct port_position group[PARTS_MAX];
    size_t group_count;
    struct late late[LATE_MAX];
    size_t late_count;
    int64_t down_until_ms, coordinator_down_until_ms;
};

struct sim_cluster *sim_cluster_new(struct sim_world *world) {
    struct sim_cluster *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->world = world;
    return c;
}

void sim_cluster_free(struct sim_cluster *c) {
    if (c == NULL) return;
    for (int t = 0; t < c->topic_count; t++)
        for (int32_t p = 0; p < PARTITIONS_MAX; p++) {
            struct log *log = &c->topics[t].logs[p];
            for (size_t i = 0; i < log->count; i++)
                free(log->entries[i]);
            free(log->entries);
        }
    free(c);
}

/* Topics. */

static struct topic *find_topic(const struct sim_cluster *c, const char *name) {
    for (int t = 0; t < c->topic_count; t++)
        if (strcmp(c->topics[t].name, name) == 0) return (struct topic *)&c->topics[t];
    return NULL;
}

static struct log *find_log(const struct sim_cluster *c, const char *topic, int32_t partition) {
    struct topic *found = find_topic(c, topic);
    assert(found != NULL && partition >= 0 && partition < found->count);
    return &found->logs[partition];
}

void sim_cluster_add_partitions(struct sim_cluster *c, const char *name, int32_t count) {
    struct topic *topic = find_topic(c, name);
    if (topic == NULL) {
        assert(c->topic_count < TOPICS_MAX);
        topic = &c->topics[c->topic_count++];
        snprintf(topic->name, sizeof topic->name, "%s", name);
    }
    topic->count += count;
    assert(topic->count <= PARTITIONS_MAX);
}

int32_t sim_cluster_partitions(const struct sim_cluster *c, const char *name) {
    const struct topic *topic = find_topic(c, name);
    return topic == NULL ? 0 : topic->count;
}

int64_t sim_cluster_low(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return find_log(c, topic, partition)->low;
}

int64_t sim_cluster_end(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return find_log(c, topic, partition)->end;
}

static int64_t stable_end(const struct sim_cluster *c, const struct log *log) {
    int64_t end = log->end;
    for (int i = 0; i < c->id_count; i++) {
        const struct id *id = &c->ids[i];
        for (size_t p = 0; p < id->part_count; p++)
            if (id->parts[p].log == log && !id->parts[p].marked &&
                log->entries[id->parts[p].first]->offset < end)
                end = log->entries[id->parts[p].first]->offset;
    }
    return end;
}

int64_t sim_cluster_stable(const struct sim_cluster *c, const char *topic, int32_t partition) {
    return stable_end(c, find_log(c, topic, partition));
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
    const struct log *log = find_log(c, topic, partition);
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

static struct sim_entry *entry_of(const struct port_message *message) {
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

static struct sim_entry *append(struct sim_cluster *c, struct log *log,
                                const struct port_message *message) {
    if (log->count == log->room) {
        log->room = log->room == 0 ? 64 : 2 * log->room;
        log->entries = realloc(log->entries, log->room * sizeof(struct sim_entry *));
        assert(log->entries != NULL);
    }
    struct sim_entry *entry = entry_of(message);
    if (entry->timestamp_ms == 0) entry->timestamp_ms = c->world->now_ms;
    entry->offset = log->end++;
    log->entries[log->count++] = entry;
    return entry;
}

int64_t sim_cluster_append(struct sim_cluster *c, const struct port_message *message) {
    struct sim_entry *entry = append(c, find_log(c, message->topic, message->partition), message);
    entry->state = SIM_VISIBLE;
    return entry->offset;
}

void sim_cluster_skip(struct sim_cluster *c, const char *topic, int32_t partition, int64_t count) {
    find_log(c, topic, partition)->end += count;
}

void sim_cluster_trim(struct sim_cluster *c, const char *topic, int32_t partition, int64_t offset) {
    struct log *log = find_log(c, topic, partition);
    if (offset > log->low) log->low = offset;
}

static bool change(struct bytes bytes) {
    if (bytes.size > 0) ((uint8_t *)(uintptr_t)bytes.data)[bytes.size - 1] ^= 1;
    return bytes.size > 0;
}

bool sim_cluster_refill(struct sim_cluster *c, const char *name) {
    const struct topic *topic = find_topic(c, name);
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
    find_log(c, topic, partition)->down_until_ms = until_ms;
}

void sim_cluster_coordinator_down(struct sim_cluster *c, int64_t until_ms) {
    c->coordinator_down_until_ms = until_ms;
}

void sim_cluster_down(struct sim_cluster *c, int64_t until_ms) {
    c->down_until_ms = until_ms;
}

static bool log_is_up(const struct sim_cluster *c, const struct log *log) {
    return c->world->now_ms >= c->down_until_ms && c->world->now_ms >= log->down_until_ms;
}

static bool coordinator_is_up(const struct sim_cluster *c) {
    return c->world->now_ms >= c->down_until_ms && c->world->now_ms >= c->coordinator_down_until_ms;
}

bool sim_cluster_partition_is_up(const struct sim_cluster *c, const char *topic,
                                 int32_t partition) {
    return log_is_up(c, find_log(c, topic, partition));
}

/* The end of a transaction. */

static int64_t marker_ms(struct sim_cluster *c) {
    const int64_t now_ms = c->world->now_ms;
    return sim_fault(c->world, SIM_markers_delayed)
               ? now_ms + sim_between(c->world, 1, MARKER_LATE_MS)
               : now_ms + sim_between(c->world, 0, 3);
}

static void prepare(struct sim_cluster *c, struct id *id, bool commit) {
    id->stage = PREPARED;
    id->commit = commit;
    id->commits += commit;
    for (size_t i = 0; i < id->part_count; i++)
        id->parts[i].mark_at_ms = marker_ms(c);
    id->offsets_at_ms = marker_ms(c);
}

static void mark(struct sim_cluster *c, const struct id *id, struct part *part) {
    struct log *log = part->log;
    for (size_t i = part->first; i < log->count; i++)
        if (log->entries[i]->transaction == id->transaction)
            log->entries[i]->state = id->commit ? SIM_VISIBLE : SIM_ABORTED;
    append(c, log, &(struct port_message){0})->state = SIM_MARKER;
    part->marked = true;
}

static struct port_position *in_group(const struct sim_cluster *c, const char *topic,
                                      int32_t partition) {
    for (size_t i = 0; i < c->group_count; i++)
        if (c->group[i].partition == partition && strcmp(c->group[i].topic, topic) == 0)
            return (struct port_position *)&c->group[i];
    return NULL;
}

static void keep_offsets(struct sim_cluster *c, struct id *id) {
    for (size_t i = 0; i < id->offset_count && id->commit; i++) {
        const struct port_position *to = &id->offsets[i];
        struct port_position *from = in_group(c, to->topic, to->partition);
        if (from == NULL) {
            assert(c->group_count < PARTS_MAX);
            from = &c->group[c->group_count++];
            *from = *to;
        }
        if (to->offset < from->offset)
            sim_fail(c->world, "I3: the committed offset of %s/%d went back from %lld to %lld",
                     to->topic, (int)to->partition, (long long)from->offset, (long long)to->offset);
        *from = *to;
    }
    id->offset_count = 0;
}

/* Writes the markers that are due; the transaction is over when all are there. */
static void mark_due(struct sim_cluster *c, struct id *id, bool at_once) {
    bool whole = true;
    for (size_t i = 0; i < id->part_count; i++) {
        struct part *part = &id->parts[i];
        const bool due =
            at_once || (c->world->now_ms >= part->mark_at_ms && log_is_up(c, part->log));
        if (!part->marked && due) mark(c, id, part);
        whole &= part->marked;
    }
    if (at_once || (c->world->now_ms >= id->offsets_at_ms && coordinator_is_up(c)))
        keep_offsets(c, id);
    if (!whole || id->offset_count > 0) return;
    id->stage = COMPLETE;
    id->part_count = 0;
}

static void time_out(struct sim_cluster *c, struct id *id) {
    if (id->stage != ONGOING || c->world->now_ms - id->begun_ms <= id->timeout_ms) return;
    id->epoch++;
    prepare(c, id, false);
}

static void deliver_late(struct sim_cluster *c, bool at_once) {
    size_t kept = 0;
    for (size_t i = 0; i < c->late_count; i++) {
        const struct late late = c->late[i];
        if (!at_once && c->world->now_ms < late.at_ms)
            c->late[kept++] = late;
        else
            sim_cluster_finish(c, late.producer, late.commit);
    }
    c->late_count = kept;
}

void sim_cluster_step(struct sim_cluster *c) {
    deliver_late(c, false);
    for (int i = 0; i < c->id_count; i++) {
        if (coordinator_is_up(c)) time_out(c, &c->ids[i]);
        if (c->ids[i].stage == PREPARED) mark_due(c, &c->ids[i], false);
    }
}

void sim_cluster_settle(struct sim_cluster *c) {
    c->down_until_ms = c->coordinator_down_until_ms = 0;
    for (int t = 0; t < c->topic_count; t++)
        for (int32_t p = 0; p < c->topics[t].count; p++)
            c->topics[t].logs[p].down_until_ms = 0;
    deliver_late(c, true);
    for (int i = 0; i < c->id_count; i++)
        if (c->ids[i].stage == PREPARED) mark_due(c, &c->ids[i], true);
}

/* Requests. */

int sim_cluster_id(struct sim_cluster *c, const char *name) {
    for (int i = 0; i < c->id_count; i++)
        if (strcmp(c->ids[i].name, name) == 0) return i;
    assert(c->id_count < IDS_MAX);
    snprintf(c->ids[c->id_count].name, sizeof c->ids[0].name, "%s", name);
    return c->id_count++;
}

enum sim_answer sim_cluster_init(struct sim_cluster *c, int which, int64_t timeout_ms,
                                 struct sim_producer *producer) {
    struct id *id = &c->ids[which];
    if (!coordinator_is_up(c)) return SIM_AWAY;
    if (id->stage == ONGOING) {
        id->epoch++;
        prepare(c, id, false);
    }
    if (id->stage == PREPARED) return SIM_CONCURRENT;
    id->epoch++;
    id->stage = EMPTY;
    id->timeout_ms = timeout_ms;
    *producer = (struct sim_producer){which, id->epoch};
    return SIM_DONE;
}

/* The transaction that a request belongs to is begun by its first one. */
static enum sim_answer enter(struct sim_cluster *c, struct sim_producer producer, struct id **id) {
    *id = &c->ids[producer.id];
    if (!coordinator_is_up(c)) return SIM_AWAY;
    if (producer.epoch != (*id)->epoch) return SIM_FENCED;
    if ((*id)->stage == PREPARED) return SIM_CONCURRENT;
    if ((*id)->stage == ONGOING) return SIM_DONE;
    (*id)->stage = ONGOING;
    (*id)->transaction = ++c->last_transaction;
    (*id)->begun_ms = c->world->now_ms;
    (*id)->part_count = (*id)->offset_count = 0;
    return SIM_DONE;
}

static void note_part(struct id *id, struct log *log) {
    for (size_t i = 0; i < id->part_count; i++)
        if (id->parts[i].log == log) return;
    assert(id->part_count < PARTS_MAX);
    id->parts[id->part_count++] = (struct part){.log = log, .first = log->count - 1};
}

enum sim_answer sim_cluster_produce(struct sim_cluster *c, struct sim_producer producer,
                                    const struct port_message *message) {
    struct log *log = find_log(c, message->topic, message->partition);
    struct id *id;
    if (!log_is_up(c, log)) return SIM_AWAY;
    const enum sim_answer answer = enter(c, producer, &id);
    if (answer != SIM_DONE) return answer;
    append(c, log, message)->transaction = id->transaction;
    note_part(id, log);
    return SIM_DONE;
}

enum sim_answer sim_cluster_send_offsets(struct sim_cluster *c, struct sim_producer producer,
                                         const struct port_position *positions, size_t count) {
    struct id *id;
    const enum sim_answer answer = enter(c, producer, &id);
    if (answer != SIM_DONE) return answer;
    assert(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        id->offsets[i] = positions[i];
        id->offsets[i].topic = find_topic(c, positions[i].topic)->name;
    }
    id->offset_count = count;
    return SIM_DONE;
}

enum sim_answer sim_cluster_finish(struct sim_cluster *c, struct sim_producer producer,
                                   bool commit) {
    struct id *id = &c->ids[producer.id];
    if (!coordinator_is_up(c)) return SIM_AWAY;
    if (producer.epoch != id->epoch) return SIM_FENCED;
    if (id->stage == ONGOING) {
        prepare(c, id, commit);
        mark_due(c, id, false);
        return SIM_DONE;
    }
    if (id->stage == EMPTY || id->commit != commit) return SIM_INVALID;
    return id->stage == PREPARED ? SIM_CONCURRENT : SIM_DONE;
}

void sim_cluster_finish_later(struct sim_cluster *c, struct sim_producer producer, bool commit,
                              int64_t at_ms) {
    if (c->late_count < LATE_MAX) c->late[c->late_count++] = (struct late){producer, commit, at_ms};
}

uint64_t sim_cluster_commits(const struct sim_cluster *c, int id) {
    return c->ids[id].commits;
}

int32_t sim_cluster_epoch(const struct sim_cluster *c, int id) {
    return c->ids[id].epoch;
}

enum sim_answer sim_cluster_committed(const struct sim_cluster *c, const char *topic,
                                      int32_t partition, int64_t *offset) {
    if (!coordinator_is_up(c)) return SIM_AWAY;
    for (int i = 0; i < c->id_count; i++)
        if (c->ids[i].offset_count > 0 && c->ids[i].stage != EMPTY) return SIM_CONCURRENT;
    const struct port_position *found = in_group(c, topic, partition);
    *offset = found == NULL ? PORT_OFFSET_NONE : found->offset;
    return SIM_DONE;
}

void sim_cluster_lose_offsets(struct sim_cluster *c) {
    c->group_count = 0;
}

bool sim_cluster_reset_offsets(struct sim_cluster *c) {
    bool any = false;
    for (size_t i = 0; i < c->group_count; i++) {
        any |= c->group[i].offset > 0;
        c->group[i].offset = 0;
    }
    return any;
}
