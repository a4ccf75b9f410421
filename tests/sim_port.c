/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_port_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FETCH_RECORDS = 200,  /* what one fetch brings at most */
    REPEATED_RECORDS = 8, /* what comes twice */
};

static const struct port_ops operations;

struct sim_world *sim_port_world(const struct port *port) {
    return port->ops == &operations ? ((const struct sim_port *)port)->world : NULL;
}

struct port *sim_port_port(struct sim_port *p) {
    return &p->port;
}

void sim_port_kill(struct sim_port *p) {
    p->dead = true;
    if (p->waiting != NULL) sim_wake(p->waiting);
}

bool sim_port_is_dead(const struct sim_port *p) {
    return p->dead;
}

void sim_port_cut_off(struct sim_port *p, int64_t until_ms) {
    p->cut_off_until_ms = until_ms;
}

bool sim_port_is_shut_out(const struct sim_port *p) {
    return p->shut_out;
}

int64_t sim_port_borrowed(const struct sim_port *p) {
    return p->borrowed;
}

bool sim_port_enter(struct sim_port *p) {
    if (p->dead) return false;
    if (chance_is(&p->world->chance, 20)) sim_sleep(p->world, sim_between(p->world, 0, 2));
    if (!p->dead && sim_fault(p->world, SIM_crash)) p->dead = true;
    return !p->dead;
}

bool sim_port_pause(struct sim_port *p, int64_t ms) {
    if (p->dead || p->stopped) return false;
    sim_sleep(p->world, sim_between(p->world, ms / 2, ms));
    return !p->dead && !p->stopped;
}

bool sim_port_interrupted(struct error *error) {
    return error_set(error, ERROR_INTERRUPTED, "the process is stopped");
}

/* Topics. */

/* Waits while this process is cut off. False: stopped, or dead. */
static bool reach(struct sim_port *p) {
    while (sim_port_is_cut_off(p))
        if (!sim_port_pause(p, SIM_RETRY_MS)) return false;
    return true;
}

static bool partition_is_up(const struct sim_port *p, const char *topic, int32_t partition) {
    return !sim_port_is_cut_off(p) && sim_cluster_partition_is_up(p->cluster, topic, partition);
}

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    if (!reach(p)) return sim_port_interrupted(error);
    *count = sim_cluster_partitions(p->cluster, topic);
    return *count > 0 || error_set(error, ERROR_CONFIG, "topic %s does not exist", topic);
}

static bool find_topic(struct port *port, const char *topic, int32_t *count, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    if (!reach(p)) return sim_port_interrupted(error);
    *count = sim_cluster_partitions(p->cluster, topic);
    return true;
}

static bool watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    while (!partition_is_up(p, topic, partition))
        if (!sim_port_pause(p, SIM_RETRY_MS)) return sim_port_interrupted(error);
    *low = sim_cluster_low(p->cluster, topic, partition);
    *high = sim_cluster_stable(p->cluster, topic, partition);
    return true;
}

static bool committed(struct port *port, struct port_position *positions, size_t count,
                      struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    return sim_claim_committed(p, positions, count, error) &&
           (!p->has_shard || sim_claim_holds(p, error));
}

/* Consumer. */

static int64_t place_of(const struct sim_port *p, const struct port_position *position) {
    if (position->offset == PORT_OFFSET_EARLIEST)
        return sim_cluster_low(p->cluster, position->topic, position->partition);
    if (position->offset == PORT_OFFSET_LATEST)
        return sim_cluster_stable(p->cluster, position->topic, position->partition);
    return position->offset;
}

static bool assign(struct port *port, const struct port_position *positions, size_t count,
                   struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    p->streams = realloc(p->streams, (count + 1) * sizeof *p->streams);
    assert(p->streams != NULL);
    p->stream_count = count;
    for (size_t i = 0; i < count; i++) {
        struct stream *s = &p->streams[i];
        *s = (struct stream){.partition = positions[i].partition, .known_end = -1};
        assert(strlen(positions[i].topic) < sizeof s->topic);
        memcpy(s->topic, positions[i].topic, strlen(positions[i].topic) + 1);
        s->first = s->next = s->fetched = place_of(p, &positions[i]);
    }
    return true;
}

static void fetch(struct sim_port *p, struct stream *s) {
    if (sim_port_now(p) < s->fetch_not_before || !partition_is_up(p, s->topic, s->partition))
        return;
    if (sim_fault(p->world, SIM_fetch_delayed)) {
        s->fetch_not_before = sim_port_now(p) + sim_between(p->world, 20, 3000);
        return;
    }
    const int64_t end = sim_cluster_stable(p->cluster, s->topic, s->partition);
    const int64_t most = s->next + sim_between(p->world, 1, FETCH_RECORDS);
    s->whole = most >= end;
    s->fetched = s->whole ? end : most;
    s->known_end = sim_cluster_end(p->cluster, s->topic, s->partition);
}

/* What an answer that comes twice brings. */
static void fetch_again(struct sim_port *p, struct stream *s) {
    if (s->next <= s->first || !sim_fault(p->world, SIM_fetch_repeated)) return;
    const int64_t from = s->next - sim_between(p->world, 1, REPEATED_RECORDS);
    s->next = from < s->first ? s->first : from;
}

static bool poll_stream(struct port *port, size_t index, struct port_record *records, size_t max,
                        size_t *count, struct error *error) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) return sim_port_interrupted(error);
    struct stream *s = &p->streams[index];
    if (s->next >= s->fetched) fetch(p, s);
    const int64_t low = sim_cluster_low(p->cluster, s->topic, s->partition);
    if (s->next < low)
        return error_set(error, ERROR_INPUT_GONE, "%s/%d: offset %lld is gone, the log is at %lld",
                         s->topic, (int)s->partition, (long long)s->next, (long long)low);
    fetch_again(p, s);
    const size_t some = 1 + chance_below(&p->world->chance, 8);
    if (some < max && sim_fault(p->world, SIM_partial_poll)) max = some;
    const struct sim_entry *entry = NULL;
    for (*count = 0; *count < max && (entry = sim_cluster_read(p->cluster, s->topic, s->partition,
                                                               s->next, s->fetched)) != NULL;) {
        records[(*count)++] = (struct port_record){.offset = entry->offset,
                                                   .timestamp_ms = entry->timestamp_ms,
                                                   .key = entry->key,
                                                   .value = entry->value,
                                                   .handle = (void *)(uintptr_t)entry};
        s->next = entry->offset + 1;
    }
    if (entry == NULL && s->next < s->fetched) s->next = s->fetched;
    p->borrowed += (int64_t)*count;
    return *count > 0 || sim_claim_look(p, error);
}

static int64_t known_end(struct port *port, size_t index) {
    return sim_port_self(port)->streams[index].known_end;
}

static bool at_end(struct port *port, size_t index) {
    const struct stream *s = &sim_port_self(port)->streams[index];
    return s->known_end >= 0 && s->next >= s->fetched && (s->whole || s->next >= s->known_end);
}

static void wait_for(struct port *port, int timeout_ms) {
    struct sim_port *p = sim_port_self(port);
    if (!sim_port_enter(p)) {
        sim_sleep(p->world, 1);
        return;
    }
    p->waiting = sim_task_present(p->world);
    sim_sleep(p->world, sim_between(p->world, timeout_ms < 10 ? timeout_ms : 10, timeout_ms));
    p->waiting = NULL;
}

static void wake(struct port *port) {
    const struct sim_port *p = sim_port_self(port);
    if (p->waiting != NULL) sim_wake(p->waiting);
}

static void release(struct port *port, struct port_record *records, size_t count) {
    (void)records;
    sim_port_self(port)->borrowed -= (int64_t)count;
}

static bool header(struct port *port, const struct port_record *record, size_t index,
                   struct port_header *out) {
    const struct sim_entry *entry = record->handle;
    (void)port;
    if (index >= entry->header_count) return false;
    *out = entry->headers[index];
    return true;
}

static int64_t now_ms(struct port *port) {
    return sim_port_now(sim_port_self(port));
}

static void stop(struct port *port) {
    sim_port_self(port)->stopped = true;
    wake(port);
}

static void close_port(struct port *port) {
    if (port == NULL) return;
    free(sim_port_self(port)->streams);
    free(port);
}

static const struct port_ops operations = {
    .name = "simulated",
    .partition_count = partition_count,
    .find_topic = find_topic,
    .watermarks = watermarks,
    .committed = committed,
    .assign = assign,
    .poll = poll_stream,
    .at_end = at_end,
    .known_end = known_end,
    .wait = wait_for,
    .wake = wake,
    .release = release,
    .header = header,
    .fence = sim_producer_fence,
    .begin = sim_producer_begin,
    .produce = sim_producer_produce,
    .send_offsets = sim_producer_send_offsets,
    .commit = sim_producer_commit,
    .abort = sim_producer_abort,
    .now_ms = now_ms,
    .stop = stop,
    .close = close_port,
};

struct sim_port *sim_port_new(struct sim_world *world, struct sim_cluster *cluster,
                              const struct options *options) {
    struct sim_port *p = calloc(1, sizeof *p);
    assert(p != NULL);
    p->port = (struct port){.ops = &operations, .exactly_once = true};
    p->world = world;
    p->cluster = cluster;
    p->id = sim_cluster_id(cluster, options->shard_id);
    p->instance = sim_cluster_instance(cluster);
    p->topic = options->topic_transactions;
    p->timeout_ms = options->transaction_timeout_ms;
    return p;
}
