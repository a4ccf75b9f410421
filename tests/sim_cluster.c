/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_cluster_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKER_LATE_MS = 3000 };

struct sim_cluster *sim_cluster_new(struct sim_world *world) {
    struct sim_cluster *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->world = world;
    return c;
}

void sim_cluster_free(struct sim_cluster *c) {
    if (c == NULL) return;
    for (size_t i = 0; i < c->late_count; i++)
        free(c->late[i].entry);
    for (int t = 0; t < c->topic_count; t++)
        for (int32_t p = 0; p < PARTITIONS_MAX; p++) {
            struct log *log = &c->topics[t].logs[p];
            for (size_t i = 0; i < log->count; i++)
                free(log->entries[i]);
            free(log->entries);
        }
    free(c);
}

/* The end of a transaction. */

static int64_t marker_ms(struct sim_cluster *c) {
    const int64_t now_ms = c->world->now_ms;
    return sim_fault(c->world, SIM_markers_delayed)
               ? now_ms + sim_between(c->world, 1, MARKER_LATE_MS)
               : now_ms + sim_between(c->world, 0, 3);
}

static bool has_records(const struct id *id) {
    for (size_t i = 0; i < id->part_count; i++)
        if (id->parts[i].first != SIZE_MAX) return true;
    return false;
}

static void prepare(struct sim_cluster *c, struct id *id, bool commit) {
    id->stage = PREPARED;
    id->commit = commit;
    id->commits += commit && has_records(id);
    for (size_t i = 0; i < id->part_count; i++)
        id->parts[i].mark_at_ms = marker_ms(c);
    id->offsets_at_ms = marker_ms(c);
}

static void mark(struct sim_cluster *c, const struct id *id, struct part *part) {
    struct log *log = part->log;
    for (size_t i = part->first; i < log->count; i++)
        if (log->entries[i]->transaction == id->transaction)
            log->entries[i]->state = id->commit ? SIM_VISIBLE : SIM_ABORTED;
    sim_append(c, log, sim_entry_of(&(struct port_message){0}))->state = SIM_MARKER;
    part->marked = true;
}

static struct offset *in_group(const struct sim_cluster *c, const char *topic, int32_t partition) {
    for (size_t i = 0; i < c->group_count; i++)
        if (c->group[i].at.partition == partition && strcmp(c->group[i].at.topic, topic) == 0)
            return (struct offset *)&c->group[i];
    return NULL;
}

static void keep_offset(struct sim_cluster *c, const struct offset *to) {
    struct offset *from = in_group(c, to->at.topic, to->at.partition);
    if (from == NULL) {
        assert(c->group_count < PARTS_MAX);
        from = &c->group[c->group_count++];
        *from = *to;
    }
    if (to->at.offset < from->at.offset)
        sim_fail(c->world, "I3: the committed offset of %s/%d went back from %lld to %lld",
                 to->at.topic, (int)to->at.partition, (long long)from->at.offset,
                 (long long)to->at.offset);
    *from = *to;
    c->instances[to->instance].committed = true;
}

static void keep_offsets(struct sim_cluster *c, struct id *id) {
    for (size_t i = 0; i < id->offset_count && id->commit; i++)
        keep_offset(c, &id->offsets[i]);
    id->offset_count = 0;
}

/* Writes the markers that are due; the transaction is over when all are there. */
static void mark_due(struct sim_cluster *c, struct id *id, bool at_once) {
    bool whole = true;
    for (size_t i = 0; i < id->part_count; i++) {
        struct part *part = &id->parts[i];
        const bool due =
            at_once || (c->world->now_ms >= part->mark_at_ms && sim_log_is_up(c, part->log));
        if (!part->marked && due) mark(c, id, part);
        whole &= part->marked;
    }
    if (at_once || (c->world->now_ms >= id->offsets_at_ms && sim_coordinator_is_up(c)))
        keep_offsets(c, id);
    if (!whole || id->offset_count > 0) return;
    id->stage = COMPLETE;
    id->part_count = 0;
}

static void time_out(struct sim_cluster *c, struct id *id) {
    if (id->stage != ONGOING) return;
    id->timed_out = id->epoch++;
    prepare(c, id, false);
}

/* Requests. */

int sim_cluster_id(struct sim_cluster *c, const char *name) {
    for (int i = 0; i < c->id_count; i++)
        if (strcmp(c->ids[i].name, name) == 0) return i;
    assert(c->id_count < IDS_MAX);
    snprintf(c->ids[c->id_count].name, sizeof c->ids[0].name, "%s", name);
    return c->id_count++;
}

uint32_t sim_cluster_instance(struct sim_cluster *c) {
    assert(c->last_instance + 1 < INSTANCES_MAX);
    return ++c->last_instance;
}

/* The youngest but this one whose name stands beside offsets, of a topic or of all (NULL); 0: none.
 */
static uint32_t other_than(const struct sim_cluster *c, uint32_t instance, const char *topic) {
    uint32_t other = 0;
    for (size_t i = 0; i < c->group_count; i++) {
        const struct offset *offset = &c->group[i];
        const bool asked = topic == NULL || strcmp(offset->at.topic, topic) == 0;
        if (asked && offset->instance != instance && offset->instance > other)
            other = offset->instance;
    }
    return other;
}

/* Who had the shard asks first who has it now. Between the answer and this another may have come:
 * that nobody can know. */
static void check_may_init(struct sim_cluster *c, uint32_t instance) {
    const struct instance *asker = &c->instances[instance];
    const uint32_t other = other_than(c, instance, NULL);
    if (asker->had_shard && !asker->looked && other > instance)
        sim_fail(c->world, "instance %u, which had the shard, shuts out its successor %u",
                 (unsigned)instance, (unsigned)other);
}

enum sim_answer sim_cluster_init(struct sim_cluster *c, int which, uint32_t instance,
                                 int64_t timeout_ms, struct sim_producer *producer) {
    struct id *id = &c->ids[which];
    if (!sim_coordinator_is_up(c)) return SIM_AWAY;
    if (instance > 0) check_may_init(c, instance);
    id->initialiser = instance;
    if (id->stage == ONGOING) {
        id->epoch++;
        prepare(c, id, false);
    }
    if (id->stage == PREPARED) return SIM_CONCURRENT;
    c->instances[instance].looked = false;
    id->epoch++;
    id->stage = EMPTY;
    id->timeout_ms = timeout_ms;
    *producer = (struct sim_producer){which, id->epoch};
    return SIM_DONE;
}

/* The transaction that a request belongs to is begun by its first one. */
static enum sim_answer enter(struct sim_cluster *c, struct sim_producer producer, struct id **id) {
    *id = &c->ids[producer.id];
    if (!sim_coordinator_is_up(c)) return SIM_AWAY;
    if (producer.epoch != (*id)->epoch) return SIM_FENCED;
    if ((*id)->stage == PREPARED) return SIM_CONCURRENT;
    if ((*id)->stage == ONGOING) return SIM_DONE;
    (*id)->stage = ONGOING;
    (*id)->transaction = ++c->last_transaction;
    (*id)->begun_ms = c->world->now_ms;
    (*id)->part_count = (*id)->offset_count = 0;
    return SIM_DONE;
}

static struct part *find_part(struct id *id, const struct log *log) {
    for (size_t i = 0; i < id->part_count; i++)
        if (id->parts[i].log == log) return &id->parts[i];
    return NULL;
}

static struct part *add_part(struct id *id, struct log *log) {
    struct part *part = find_part(id, log);
    if (part != NULL) return part;
    assert(id->part_count < PARTS_MAX);
    part = &id->parts[id->part_count++];
    *part = (struct part){.log = log, .first = SIZE_MAX};
    return part;
}

/* True for the message that is due of this producer: others have been there. */
static bool is_next(struct log *log, struct sim_producer producer, int64_t number) {
    struct sequence *sequence = &log->sequences[producer.id];
    if (sequence->epoch != producer.epoch) *sequence = (struct sequence){producer.epoch, 0};
    if (number != sequence->next) return false;
    sequence->next++;
    return true;
}

/* Takes the entry, or frees it. */
static void write_message(struct sim_cluster *c, struct id *id, struct part *part,
                          const struct late *message) {
    if (!is_next(part->log, message->producer, message->sequence)) {
        free(message->entry);
        return;
    }
    if (part->first == SIZE_MAX) part->first = part->log->count;
    sim_append(c, part->log, message->entry)->transaction = id->transaction;
}

enum sim_answer sim_cluster_produce(struct sim_cluster *c, struct sim_producer producer,
                                    const struct port_message *message, int64_t sequence) {
    struct log *log = sim_find_log(c, message->topic, message->partition);
    struct id *id;
    if (!sim_log_is_up(c, log)) return SIM_AWAY;
    const enum sim_answer answer = enter(c, producer, &id);
    if (answer != SIM_DONE) return answer;
    write_message(
        c, id, add_part(id, log),
        &(struct late){.producer = producer, .sequence = sequence, .entry = sim_entry_of(message)});
    return SIM_DONE;
}

static size_t copy_offsets(const struct sim_cluster *c, struct offset *offsets, uint32_t instance,
                           const struct port_position *positions, size_t count) {
    assert(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        offsets[i] = (struct offset){positions[i], instance};
        offsets[i].at.topic = sim_find_topic(c, positions[i].topic)->name;
    }
    return count;
}

enum sim_answer sim_cluster_send_offsets(struct sim_cluster *c, struct sim_producer producer,
                                         uint32_t instance, const struct port_position *positions,
                                         size_t count) {
    struct id *id;
    c->instances[instance].looked = false;
    const enum sim_answer answer = enter(c, producer, &id);
    if (answer != SIM_DONE) return answer;
    id->offset_count = copy_offsets(c, id->offsets, instance, positions, count);
    return SIM_DONE;
}

enum sim_answer sim_cluster_finish(struct sim_cluster *c, struct sim_producer producer,
                                   bool commit) {
    struct id *id = &c->ids[producer.id];
    if (!sim_coordinator_is_up(c)) return SIM_AWAY;
    if (producer.epoch != id->epoch) return SIM_FENCED;
    if (id->stage == ONGOING) {
        prepare(c, id, commit);
        mark_due(c, id, false);
        return SIM_DONE;
    }
    if (id->stage == EMPTY || id->commit != commit) return SIM_INVALID;
    return id->stage == PREPARED ? SIM_CONCURRENT : SIM_DONE;
}

/* Late requests. */

static struct late *later(struct sim_cluster *c, struct sim_producer producer, int64_t at_ms) {
    if (c->late_count == LATE_MAX) return NULL;
    struct late *late = &c->late[c->late_count++];
    *late = (struct late){.producer = producer, .at_ms = at_ms};
    return late;
}

void sim_cluster_finish_later(struct sim_cluster *c, struct sim_producer producer, bool commit,
                              int64_t at_ms) {
    struct late *late = later(c, producer, at_ms);
    if (late == NULL) return;
    late->what = LATE_END;
    late->commit = commit;
}

void sim_cluster_add_part_later(struct sim_cluster *c, struct sim_producer producer,
                                const struct port_message *message, int64_t at_ms) {
    struct late *late = later(c, producer, at_ms);
    if (late == NULL) return;
    late->what = LATE_PART;
    late->log = sim_find_log(c, message->topic, message->partition);
}

void sim_cluster_produce_later(struct sim_cluster *c, struct sim_producer producer,
                               const struct port_message *message, int64_t sequence,
                               int64_t at_ms) {
    struct late *late = later(c, producer, at_ms);
    if (late == NULL) return;
    late->what = LATE_MESSAGE;
    late->log = sim_find_log(c, message->topic, message->partition);
    late->entry = sim_entry_of(message);
    late->sequence = sequence;
}

void sim_cluster_send_offsets_later(struct sim_cluster *c, struct sim_producer producer,
                                    uint32_t instance, const struct port_position *positions,
                                    size_t count, int64_t at_ms) {
    struct late *late = later(c, producer, at_ms);
    if (late == NULL) return;
    late->what = LATE_OFFSETS;
    late->offset_count = copy_offsets(c, late->offsets, instance, positions, count);
}

/* A leader asks the coordinator whether the partition is of an open transaction; it adds none. */
static void deliver_message(struct sim_cluster *c, struct late *late) {
    struct id *id = &c->ids[late->producer.id];
    struct part *part = NULL;
    if (sim_log_is_up(c, late->log) && late->producer.epoch == id->epoch && id->stage == ONGOING)
        part = find_part(id, late->log);
    if (part == NULL)
        free(late->entry);
    else
        write_message(c, id, part, late);
    late->entry = NULL;
}

static void deliver(struct sim_cluster *c, struct late *late) {
    struct id *id;
    switch (late->what) {
    case LATE_END:
        sim_cluster_finish(c, late->producer, late->commit);
        break;
    case LATE_PART:
        if (enter(c, late->producer, &id) == SIM_DONE) add_part(id, late->log);
        break;
    case LATE_MESSAGE:
        deliver_message(c, late);
        break;
    case LATE_OFFSETS:
        if (enter(c, late->producer, &id) != SIM_DONE) break;
        memcpy(id->offsets, late->offsets, sizeof id->offsets);
        id->offset_count = late->offset_count;
        break;
    }
}

static void deliver_late(struct sim_cluster *c, bool at_once) {
    size_t kept = 0;
    for (size_t i = 0; i < c->late_count; i++)
        if (!at_once && c->world->now_ms < c->late[i].at_ms)
            c->late[kept++] = c->late[i];
        else
            deliver(c, &c->late[i]);
    c->late_count = kept;
}

void sim_cluster_step(struct sim_cluster *c) {
    deliver_late(c, false);
    for (int i = 0; i < c->id_count; i++) {
        struct id *id = &c->ids[i];
        const bool over = c->world->now_ms - id->begun_ms > id->timeout_ms;
        if (over && sim_coordinator_is_up(c)) time_out(c, id);
        if (id->stage == PREPARED) mark_due(c, id, false);
    }
}

void sim_cluster_settle(struct sim_cluster *c) {
    c->down_until_ms = c->coordinator_down_until_ms = 0;
    for (int t = 0; t < c->topic_count; t++)
        for (int32_t p = 0; p < c->topics[t].count; p++)
            c->topics[t].logs[p].down_until_ms = 0;
    deliver_late(c, true);
    for (int i = 0; i < c->id_count; i++) {
        time_out(c, &c->ids[i]);
        if (c->ids[i].stage == PREPARED) mark_due(c, &c->ids[i], true);
    }
}

/* What is known of ids and of the group. */

uint64_t sim_cluster_commits(const struct sim_cluster *c, int id) {
    return c->ids[id].commits;
}

bool sim_cluster_timed_out(const struct sim_cluster *c, struct sim_producer producer) {
    return c->ids[producer.id].timed_out == producer.epoch;
}

uint32_t sim_cluster_initialiser(const struct sim_cluster *c, int id) {
    return c->ids[id].initialiser;
}

static enum sim_answer ask_group(const struct sim_cluster *c) {
    if (!sim_coordinator_is_up(c)) return SIM_AWAY;
    for (int i = 0; i < c->id_count; i++)
        if (c->ids[i].offset_count > 0 && c->ids[i].stage != EMPTY) return SIM_CONCURRENT;
    return SIM_DONE;
}

enum sim_answer sim_cluster_committed(const struct sim_cluster *c, const char *topic,
                                      int32_t partition, int64_t *offset) {
    const enum sim_answer answer = ask_group(c);
    if (answer != SIM_DONE) return answer;
    const struct offset *found = in_group(c, topic, partition);
    *offset = found == NULL ? PORT_OFFSET_NONE : found->at.offset;
    return SIM_DONE;
}

enum sim_answer sim_cluster_look(struct sim_cluster *c, uint32_t instance, const char *topic,
                                 uint32_t *other) {
    const enum sim_answer answer = ask_group(c);
    if (answer != SIM_DONE) return answer;
    *other = other_than(c, instance, topic);
    struct instance *asker = &c->instances[instance];
    asker->looked = *other == 0;
    asker->had_shard |= asker->looked && asker->committed;
    return SIM_DONE;
}

void sim_cluster_lose_offsets(struct sim_cluster *c) {
    c->group_count = 0;
}

bool sim_cluster_reset_offsets(struct sim_cluster *c) {
    bool any = false;
    for (size_t i = 0; i < c->group_count; i++) {
        any |= c->group[i].at.offset > 0;
        c->group[i].at.offset = 0;
    }
    return any;
}
