/* SPDX-License-Identifier: Apache-2.0 */
/* Where a session begins: with nothing, with the newest snapshot, or with a new epoch. */
#include "detector/base/log.h"
#include "detector/input_tail.h"
#include "detector/order_find.h"
#include "detector/service/health.h"
#include "detector/session.h"

#include <stdlib.h>

/* Starts with empty state. */

static struct port *port_of(const struct session *s) {
    return s->pipeline->port;
}

/* Where a stream starts. */
typedef bool (*starting_place)(struct session *s, enum input_kind kind, int32_t partition,
                               int64_t *offset, struct error *error);

static const char *topic_of(const struct session *s, enum input_kind kind) {
    return inputs_of(s->pipeline->settings).topic[kind];
}

static bool add_input(struct session *s, starting_place find, enum input_kind kind,
                      struct error *error) {
    const struct inputs inputs = inputs_of(s->pipeline->settings);
    int32_t partitions = 0;
    if (!inputs_ask(&inputs, port_of(s), kind, &partitions, error)) return false;
    for (int32_t p = 0; p < partitions; p++) {
        int64_t offset = 0;
        if (!find(s, kind, p, &offset, error) ||
            !consume_add_stream(s->consume, kind, p, offset, error))
            return false;
    }
    return true;
}

static bool add_inputs(struct session *s, starting_place find, struct error *error) {
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        if (!add_input(s, find, kind, error)) return false;
    return true;
}

static bool start_position(struct session *s, enum input_kind kind, int32_t partition,
                           int64_t *offset, struct error *error) {
    struct port *port = port_of(s);
    const bool latest = strcmp(s->pipeline->settings->start_from, "latest") == 0;
    int64_t low = 0, high = 0;
    if (!port->ops->watermarks(port, topic_of(s, kind), partition, &low, &high, error))
        return false;
    *offset = latest && !input_is_compacted(kind) ? high : low;
    return true;
}

static bool group_has_offsets(const struct session *s, bool *any, struct error *error) {
    struct port *port = port_of(s);
    const char *topic = topic_of(s, INPUT_TRANSACTIONS);
    int32_t partitions = 0;
    *any = false;
    if (!port->ops->partition_count(port, topic, &partitions, error)) return false;
    for (int32_t p = 0; p < partitions && !*any; p++) {
        struct port_position position = {topic, p, 0};
        if (!port->ops->committed(port, &position, 1, error)) return false;
        *any = position.offset >= 0;
    }
    return true;
}

/* The first start of a shard. */
static bool first_start(struct session *s, struct error *error) {
    const struct options *settings = s->pipeline->settings;
    if (settings->start_from[0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "shard %s starts for the first time: say where with "
                         "start.from=earliest or start.from=latest",
                         settings->shard_id);
    if (!add_inputs(s, start_position, error)) return false;
    log_info("event=first_start shard=%s partitions=%d from=%s", settings->shard_id,
             (int)consume_stream_count(s->consume), settings->start_from);
    return true;
}

static bool is_anew(const struct session *s, enum input_kind kind, int32_t partition) {
    return partition >= 0 && partition < STREAMS_MAX && s->made_anew[kind][partition];
}

/* Where the order log says that a partition is to be taken up; the group's offset, which is a copy,
 * only where it does not say. -1: nobody knows. */
static bool find_due(const struct session *s, enum input_kind kind, int32_t partition, int64_t *due,
                     struct error *error) {
    struct port *port = port_of(s);
    struct port_position committed = {topic_of(s, kind), partition, 0};
    *due = partition < STREAMS_MAX ? s->past_due[kind][partition] - 1 : -1;
    if (*due >= 0 && s->due_is_known) return true;
    if (!port->ops->committed(port, &committed, 1, error)) return false;
    if (committed.offset > *due) *due = committed.offset;
    return true;
}

/* Where a new epoch takes a partition up: where the one before left off, or as near to it as the
 * input still reaches; what a compacted input says is empty state, too, and is read anew. */
static bool epoch_position(struct session *s, enum input_kind kind, int32_t partition,
                           int64_t *offset, struct error *error) {
    struct port *port = port_of(s);
    const char *topic = topic_of(s, kind);
    if (input_is_compacted(kind)) return start_position(s, kind, partition, offset, error);
    int64_t low = 0, high = 0, due = 0;
    if (!find_due(s, kind, partition, &due, error) ||
        !port->ops->watermarks(port, topic, partition, &low, &high, error))
        return false;
    const bool anew = is_anew(s, kind, partition) || due > high;
    *offset = due > low && !anew ? due : low;
    if (anew)
        log_warn("event=input_replaced topic=%s partition=%d from=%lld next=\"it is not the topic "
                 "that was read before: it is taken from its beginning\"",
                 topic, (int)partition, (long long)low);
    else if (due >= 0 && due < low)
        log_warn("event=input_lost topic=%s partition=%d from=%lld to=%lld next=\"retention took "
                 "these records before they were read: nothing was recommended on them\"",
                 topic, (int)partition, (long long)due, (long long)low - 1);
    return true;
}

static bool next_epoch(struct session *s, struct error *error) {
    if (!add_inputs(s, epoch_position, error)) return false;
    log_warn("event=rebuilt shard=%s epoch=%d next=\"features are marked COLD_START until their "
             "windows are full; open recommendations of the epoch before are not followed up\"",
             s->pipeline->settings->shard_id, (int)s->epoch);
    return true;
}

/* The order log is empty, and the end of the output says that nothing was published. */
static bool first_epoch(struct session *s, struct error *error) {
    const struct options *settings = s->pipeline->settings;
    bool lost;
    if (!group_has_offsets(s, &lost, error)) return false;
    if (!lost) return first_start(s, error);
    if (s->pipeline->rebuild_of == REBUILD_FIRST) return next_epoch(s, error);
    return error_set(error, ERROR_INPUT_GONE,
                     "shard %s has committed offsets but its order log in %s is empty; was the "
                     "topic made anew, or its number of partitions changed? It has published "
                     "nothing: restore the topic, or take a new shard.id",
                     settings->shard_id, settings->topic_order);
}

bool session_first_start(struct session *s, struct error *error) {
    const bool placed = s->epoch == 0 ? first_epoch(s, error) : next_epoch(s, error);
    return placed && session_commit(s, error);
}

/* Beginning. */

/* One order record, borrowed until the order log is read on. */
static enum recovery read_at(struct session *s, const struct order_place *place,
                             const struct order_record **record, struct error *error) {
    enum order_log_outcome outcome = ORDER_LOG_WAIT;
    order_log_resume(s->order_log, place->offset, place->epoch, place->sequence);
    const struct port_position log = order_log_position(s->order_log);
    if (!port_of(s)->ops->assign(port_of(s), &log, 1, error)) return RECOVERY_FAILED;
    while (outcome == ORDER_LOG_WAIT && !atomic_load(&s->pipeline->stopping)) {
        health_beat();
        outcome = order_log_next(s->order_log, 0, record, error);
        if (outcome == ORDER_LOG_WAIT) port_of(s)->ops->wait(port_of(s), 200);
    }
    if (outcome == ORDER_LOG_WAIT) return RECOVERY_STOPPED;
    if (outcome == ORDER_LOG_END)
        error_set(error, ERROR_BAD_DATA, "order record %lld of epoch %d cannot be read again",
                  (long long)place->sequence, (int)place->epoch);
    return outcome == ORDER_LOG_RECORD ? RECOVERED : RECOVERY_FAILED;
}

static bool is_stopping(const void *session) {
    return atomic_load(&((const struct session *)session)->pipeline->stopping);
}

/* What a rebuild finds to be another input it takes from its beginning; any other start ends. */
static bool use_found(struct session *s, const struct input_tail *tail,
                      const enum input_found *found, bool rebuild, struct error *error) {
    if (!rebuild && !input_tail_judge(tail, found, error)) return false;
    for (uint32_t i = 0; i < tail->count; i++) {
        const struct order_end *end = &tail->ends[i];
        enum input_kind kind;
        if (!inputs_find(&tail->inputs, end->topic, &kind)) continue;
        const bool same = found[i] == INPUT_SAME || found[i] == INPUT_UNKNOWN;
        if (same && !consume_remember(s->consume, end, error)) return false;
        if (end->partition >= 0 && end->partition < STREAMS_MAX)
            s->made_anew[kind][end->partition] = !same;
    }
    return true;
}

/* Whether the input is the one that the last order record tells of. */
static bool check_input(struct session *s, const struct order_record *last, bool rebuild,
                        struct error *error) {
    const struct input_tail tail = {.port = port_of(s),
                                    .inputs = inputs_of(s->pipeline->settings),
                                    .ends = last->ends,
                                    .count = last->end_count,
                                    .stopping = is_stopping,
                                    .context = s};
    enum input_found *found = calloc(tail.count + 1, sizeof *found);
    if (found == NULL) return error_set(error, ERROR_FAILED, "no memory to read the input back");
    const bool good =
        input_tail_read(&tail, found, error) && use_found(s, &tail, found, rebuild, error);
    free(found);
    return good;
}

static void note_due(struct session *s, struct text topic, int32_t partition, int64_t due) {
    const struct inputs inputs = inputs_of(s->pipeline->settings);
    enum input_kind kind;
    if (!inputs_find(&inputs, topic, &kind) || partition < 0 || partition >= STREAMS_MAX) return;
    if (due >= s->past_due[kind][partition]) s->past_due[kind][partition] = due + 1;
}

/* Where the epoch began, if the order log reaches back so far: there it stays where nothing was
 * taken. */
static enum recovery note_beginning(struct session *s, const struct order_find *find, int32_t epoch,
                                    struct error *error) {
    const struct order_record *record = NULL;
    struct order_place place;
    const enum order_found found = order_find(find, epoch, 0, &place, error);
    if (found != ORDER_FOUND) return found == ORDER_NOT_THERE ? RECOVERED : RECOVERY_FAILED;
    const enum recovery read = read_at(s, &place, &record, error);
    for (uint32_t i = 0; read == RECOVERED && i < record->run_count; i++)
        note_due(s, record->runs[i].topic, record->runs[i].partition, record->runs[i].next_offset);
    return read;
}

/* The chain of the output goes on from the last order record of the epoch before, and the input
 * where that says. A build that named no ends may have taken more than is known. */
static enum recovery begin_epoch(struct session *s, const struct order_find *find,
                                 const struct order_record *last, struct error *error) {
    int64_t first = 0, end = 0;
    if (!publish_continue(s->publish, last->outputs, last->output_count, error))
        return RECOVERY_FAILED;
    s->due_is_known = last->end_count > 0;
    s->epoch = last->epoch + 1;
    const enum recovery noted = note_beginning(s, find, last->epoch, error);
    if (noted != RECOVERED) return noted;
    uint32_t count = 0;
    const struct order_end *ends = consume_ends(s->consume, &count);
    for (uint32_t i = 0; i < count; i++)
        note_due(s, ends[i].topic, ends[i].partition, ends[i].offset + 1);
    order_log_bounds(s->order_log, &first, &end);
    order_log_resume(s->order_log, end, s->epoch, 0);
    return RECOVERED;
}

/* Without a snapshot: at the first order record of the epoch. */
static enum recovery begin_with_nothing(struct session *s, const struct order_find *find,
                                        int32_t epoch, struct error *error) {
    struct order_place place;
    s->epoch = epoch;
    if (epoch == 0) return RECOVERED;
    switch (order_find(find, epoch, 0, &place, error)) {
    case ORDER_FOUND:
        order_log_resume(s->order_log, place.offset, epoch, 0);
        return RECOVERED;
    case ORDER_NOT_THERE:
        error_set(error, ERROR_INPUT_GONE,
                  "the order log of shard %s does not reach back to the start of epoch %d",
                  s->pipeline->settings->shard_id, (int)epoch);
        break;
    case ORDER_FIND_FAILED:
        break;
    }
    return RECOVERY_FAILED;
}

static enum recovery begin_at(struct session *s, const struct order_find *find, int32_t epoch,
                              struct error *error) {
    struct order_place place;
    switch (snapshot_load(s, find, epoch, &place, error)) {
    case SNAPSHOT_LOADED:
        order_log_resume(s->order_log, place.offset + 1, epoch, s->next_order);
        return RECOVERED;
    case SNAPSHOT_NONE:
        return begin_with_nothing(s, find, epoch, error);
    case SNAPSHOT_TRY_AGAIN:
        return RECOVERY_AGAIN;
    case SNAPSHOT_LOAD_FAILED:
        break;
    }
    return RECOVERY_FAILED;
}

static enum recovery begin_behind(struct session *s, const struct order_find *find,
                                  const struct order_place *last, struct error *error) {
    const struct pipeline *p = s->pipeline;
    const bool rebuild = p->rebuild_of == last->epoch;
    if (!rebuild && p->options.unmuted_replay) return begin_at(s, find, last->epoch, error);
    const struct order_record *record = NULL;
    const enum recovery read = read_at(s, last, &record, error);
    if (read != RECOVERED) return read;
    if (!rebuild && !publish_fits(s->publish, record->outputs, record->output_count, error))
        return RECOVERY_FAILED;
    if (!check_input(s, record, rebuild, error)) return RECOVERY_FAILED;
    if (rebuild) return begin_epoch(s, find, record, error);
    order_log_resume(s->order_log, PORT_OFFSET_EARLIEST, 0, 0);
    return begin_at(s, find, last->epoch, error);
}

enum recovery session_begin(struct session *s, struct error *error) {
    struct pipeline *p = s->pipeline;
    const struct order_find find = {p->port, s->order_log, &p->stopping};
    struct order_place last;
    if (!order_find_capture(&find, error)) return RECOVERY_FAILED;
    switch (order_find_last(&find, &last, error)) {
    case ORDER_NOT_THERE:
        if (p->rebuild_of == REBUILD_LAST) p->rebuild_of = REBUILD_FIRST;
        return RECOVERED;
    case ORDER_FIND_FAILED:
        return RECOVERY_FAILED;
    case ORDER_FOUND:
        break;
    }
    if (p->rebuild_of == REBUILD_LAST) p->rebuild_of = last.epoch;
    return begin_behind(s, &find, &last, error);
}
