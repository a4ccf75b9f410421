/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_port.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 250,
    SLOW_MS = 3000,       /* a call that took longer may have a twin on its way */
    DELIVERY_MS = 9000,   /* a message is given up */
    FETCH_RECORDS = 200,  /* what one fetch brings at most */
    REPEATED_RECORDS = 8, /* what comes twice */
};

struct stream {
    char topic[64];
    int32_t partition;
    int64_t next;      /* to be given */
    int64_t first;     /* where it was assigned */
    int64_t fetched;   /* end of what is here */
    int64_t known_end; /* as of the last fetch; -1: none yet */
    int64_t fetch_not_before;
    bool whole; /* the last fetch brought all there was */
};

struct sim_port {
    struct port port;
    struct sim_world *world;
    struct sim_cluster *cluster;
    bool dead, stopped;
    struct stream *streams;
    size_t stream_count;
    int64_t borrowed;
    struct sim_task *waiting;

    /* The producer. */
    int id;
    int64_t timeout_ms;
    struct sim_producer producer;
    bool fenced_once, shut_out;
    bool sent;        /* a request of the open transaction arrived */
    bool doubtful;    /* a call was slow or retried */
    bool undelivered; /* a message of the open transaction */
    int64_t begun_ms;
};

static const struct port_ops operations;

static struct sim_port *self_of(struct port *port) {
    return (struct sim_port *)port;
}

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

int32_t sim_port_epoch(const struct sim_port *p) {
    return p->fenced_once ? p->producer.epoch : -1;
}

bool sim_port_is_shut_out(const struct sim_port *p) {
    return p->shut_out;
}

int64_t sim_port_borrowed(const struct sim_port *p) {
    return p->borrowed;
}

static int64_t now(const struct sim_port *p) {
    return p->world->now_ms;
}

/* Every call begins here. False: the process is dead. */
static bool enter(struct sim_port *p) {
    if (p->dead) return false;
    if (chance_is(&p->world->chance, 20)) sim_sleep(p->world, sim_between(p->world, 0, 2));
    if (!p->dead && sim_fault(p->world, SIM_crash)) p->dead = true;
    return !p->dead;
}

/* Between the tries of a blocking call. False: stopped, or dead. */
static bool pause_for(struct sim_port *p, int64_t ms) {
    if (p->dead || p->stopped) return false;
    sim_sleep(p->world, sim_between(p->world, ms / 2, ms));
    return !p->dead && !p->stopped;
}

static bool interrupted(struct error *error) {
    return error_set(error, ERROR_INTERRUPTED, "the process is stopped");
}

/* Topics. */

static bool partition_count(struct port *port, const char *topic, int32_t *count,
                            struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
    *count = sim_cluster_partitions(p->cluster, topic);
    return *count > 0 || error_set(error, ERROR_CONFIG, "topic %s does not exist", topic);
}

static bool find_topic(struct port *port, const char *topic, int32_t *count, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
    *count = sim_cluster_partitions(p->cluster, topic);
    return true;
}

static bool watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
    while (!sim_cluster_partition_is_up(p->cluster, topic, partition))
        if (!pause_for(p, RETRY_MS)) return interrupted(error);
    *low = sim_cluster_low(p->cluster, topic, partition);
    *high = sim_cluster_stable(p->cluster, topic, partition);
    return true;
}

static bool committed(struct port *port, struct port_position *positions, size_t count,
                      struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
    for (size_t i = 0; i < count; i++)
        while (sim_cluster_committed(p->cluster, positions[i].topic, positions[i].partition,
                                     &positions[i].offset) != SIM_DONE)
            if (!pause_for(p, RETRY_MS)) return interrupted(error);
    return true;
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
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
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
    if (now(p) < s->fetch_not_before ||
        !sim_cluster_partition_is_up(p->cluster, s->topic, s->partition))
        return;
    if (sim_fault(p->world, SIM_fetch_delayed)) {
        s->fetch_not_before = now(p) + sim_between(p->world, 20, 3000);
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
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
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
    return true;
}

static int64_t known_end(struct port *port, size_t index) {
    return self_of(port)->streams[index].known_end;
}

static bool at_end(struct port *port, size_t index) {
    const struct stream *s = &self_of(port)->streams[index];
    return s->known_end >= 0 && s->next >= s->fetched && (s->whole || s->next >= s->known_end);
}

static void wait_for(struct port *port, int timeout_ms) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) {
        sim_sleep(p->world, 1);
        return;
    }
    p->waiting = sim_task_present(p->world);
    sim_sleep(p->world, sim_between(p->world, timeout_ms < 10 ? timeout_ms : 10, timeout_ms));
    p->waiting = NULL;
}

static void wake(struct port *port) {
    const struct sim_port *p = self_of(port);
    if (p->waiting != NULL) sim_wake(p->waiting);
}

static void release(struct port *port, struct port_record *records, size_t count) {
    (void)records;
    self_of(port)->borrowed -= (int64_t)count;
}

static bool header(struct port *port, const struct port_record *record, size_t index,
                   struct port_header *out) {
    const struct sim_entry *entry = record->handle;
    (void)port;
    if (index >= entry->header_count) return false;
    *out = entry->headers[index];
    return true;
}

/* Producer. */

static enum port_status failed(enum port_status status, struct error *error, const char *why) {
    error_set(error, ERROR_UNAVAILABLE, "%s", why);
    return status;
}

static enum port_status stopped(struct error *error) {
    interrupted(error);
    return PORT_STOPPED;
}

/* A time-out that the broker ended looks like another engine. */
static enum port_status fenced(struct sim_port *p, struct error *error) {
    if (now(p) - p->begun_ms >= p->timeout_ms)
        return failed(PORT_REBUILD, error, "the transaction was open for too long");
    p->shut_out = true;
    return failed(PORT_FENCED, error, "a producer of a newer epoch is there");
}

static bool fence(struct port *port, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return interrupted(error);
    if (p->shut_out) sim_fail(p->world, "an engine that was fenced takes the shard back");
    p->sent = p->doubtful = p->undelivered = false;
    if (sim_fault(p->world, SIM_fence_refused))
        return error_set(error, ERROR_UNAVAILABLE, "init_transactions is refused");
    while (sim_cluster_init(p->cluster, p->id, p->timeout_ms, &p->producer) != SIM_DONE)
        if (!pause_for(p, RETRY_MS)) return interrupted(error);
    p->fenced_once = true;
    return enter(p) || interrupted(error);
}

static enum port_status begin(struct port *port, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return stopped(error);
    if (p->doubtful) return failed(PORT_REBUILD, error, "the last commit was slow or retried");
    if (sim_fault(p->world, SIM_begin_failed)) return failed(PORT_REBUILD, error, "begin failed");
    p->begun_ms = now(p);
    p->sent = p->undelivered = false;
    return PORT_OK;
}

/* The client retries by itself; what it cannot deliver shows at the commit. */
static enum port_status produce(struct port *port, const struct port_message *message,
                                struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return stopped(error);
    if (sim_fault(p->world, SIM_produce_failed))
        return chance_is(&p->world->chance, 50)
                   ? failed(PORT_ABORT, error, "produce asks for an abort")
                   : failed(PORT_REBUILD, error, "produce failed");
    const int64_t until_ms = now(p) + DELIVERY_MS;
    enum sim_answer answer;
    while ((answer = sim_cluster_produce(p->cluster, p->producer, message)) != SIM_DONE) {
        if (answer == SIM_FENCED || now(p) > until_ms) {
            p->undelivered = true;
            return PORT_OK;
        }
        if (!pause_for(p, 20)) return stopped(error);
    }
    p->sent = true;
    return PORT_OK;
}

/* A request that failed may have been done. */
static void by_chance_send(struct sim_port *p, const struct port_position *positions,
                           size_t count) {
    if (chance_is(&p->world->chance, 50) &&
        sim_cluster_send_offsets(p->cluster, p->producer, positions, count) == SIM_DONE)
        p->sent = true;
}

static enum port_status send_offsets(struct port *port, const struct port_position *positions,
                                     size_t count, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return stopped(error);
    for (size_t i = 0; i < count; i++)
        if (positions[i].offset < 0) sim_fail(p->world, "an offset below 0 is committed");
    if (sim_fault(p->world, SIM_transaction_outlived)) sim_sleep(p->world, p->timeout_ms + 500);
    if (sim_fault(p->world, SIM_offsets_abortable)) {
        by_chance_send(p, positions, count);
        return failed(PORT_ABORT, error, "send_offsets asks for an abort");
    }
    if (sim_fault(p->world, SIM_offsets_without_flag)) {
        by_chance_send(p, positions, count);
        return failed(PORT_REBUILD, error, "send_offsets failed");
    }
    if (sim_fault(p->world, SIM_offsets_retried)) {
        by_chance_send(p, positions, count);
        p->doubtful = true;
        if (!pause_for(p, RETRY_MS)) return stopped(error);
    }
    enum sim_answer answer;
    while ((answer = sim_cluster_send_offsets(p->cluster, p->producer, positions, count)) !=
           SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        p->doubtful |= answer == SIM_AWAY;
        if (!pause_for(p, RETRY_MS)) return stopped(error);
    }
    p->sent = true;
    return PORT_OK;
}

/* A request without an answer: it arrives, arrives later or never. */
static void finish_by_chance(struct sim_port *p, bool commit) {
    switch (chance_below(&p->world->chance, 3)) {
    case 0:
        sim_cluster_finish(p->cluster, p->producer, commit);
        break;
    case 1:
        sim_cluster_finish_later(p->cluster, p->producer, commit,
                                 now(p) + sim_between(p->world, 1, 8000));
        break;
    default:
        break;
    }
}

/* Faults of a commit that end it; PORT_OK: none. */
static enum port_status break_commit(struct sim_port *p, struct error *error) {
    if (p->undelivered || sim_fault(p->world, SIM_delivery_failed))
        return failed(PORT_ABORT, error, "a message was not delivered");
    if (sim_fault(p->world, SIM_commit_abortable))
        return failed(PORT_ABORT, error, "commit asks for an abort");
    if (sim_fault(p->world, SIM_torn_commit)) {
        finish_by_chance(p, true);
        p->dead = true;
        return stopped(error);
    }
    if (sim_fault(p->world, SIM_commit_without_flag)) {
        finish_by_chance(p, true);
        return failed(PORT_REBUILD, error, "commit failed");
    }
    return PORT_OK;
}

/* One try. CONCURRENT and AWAY: to be tried again. */
static enum sim_answer try_commit(struct sim_port *p) {
    if (sim_fault(p->world, SIM_commit_request_lost)) return SIM_AWAY;
    if (sim_fault(p->world, SIM_commit_repeated_late)) {
        p->doubtful = true;
        sim_cluster_finish_later(p->cluster, p->producer, true,
                                 now(p) + sim_between(p->world, 1, 8000));
    }
    const enum sim_answer answer = sim_cluster_finish(p->cluster, p->producer, true);
    return answer == SIM_DONE && sim_fault(p->world, SIM_commit_answer_lost) ? SIM_AWAY : answer;
}

static enum port_status commit(struct port *port, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return stopped(error);
    const enum port_status broken = break_commit(p, error);
    if (broken != PORT_OK) return broken;
    const int64_t started_ms = now(p);
    if (sim_fault(p->world, SIM_commit_slow)) sim_sleep(p->world, SLOW_MS + 100);
    enum sim_answer answer;
    while ((answer = try_commit(p)) != SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        if (answer == SIM_INVALID) return failed(PORT_REBUILD, error, "INVALID_TXN_STATE");
        p->doubtful |= answer == SIM_AWAY;
        if (!pause_for(p, RETRY_MS)) return stopped(error);
    }
    p->doubtful |= now(p) - started_ms > SLOW_MS;
    return enter(p) ? PORT_OK : stopped(error);
}

static enum port_status abort_transaction(struct port *port, struct error *error) {
    struct sim_port *p = self_of(port);
    if (!enter(p)) return stopped(error);
    if (sim_fault(p->world, SIM_abort_failed)) {
        finish_by_chance(p, false);
        return failed(PORT_REBUILD, error, "abort failed");
    }
    if (!p->sent) return PORT_OK;
    enum sim_answer answer;
    while ((answer = sim_cluster_finish(p->cluster, p->producer, false)) != SIM_DONE) {
        if (answer == SIM_FENCED) return fenced(p, error);
        if (answer != SIM_CONCURRENT) return failed(PORT_REBUILD, error, "abort failed");
        if (!pause_for(p, RETRY_MS)) return stopped(error);
    }
    return enter(p) ? PORT_OK : stopped(error);
}

static int64_t now_ms(struct port *port) {
    return now(self_of(port));
}

static void stop(struct port *port) {
    self_of(port)->stopped = true;
    wake(port);
}

static void close_port(struct port *port) {
    if (port == NULL) return;
    free(self_of(port)->streams);
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

struct sim_port *sim_port_new(struct sim_world *world, struct sim_cluster *cluster,
                              const char *transactional_id, int64_t timeout_ms) {
    struct sim_port *p = calloc(1, sizeof *p);
    assert(p != NULL);
    p->port = (struct port){.ops = &operations, .exactly_once = true};
    p->world = world;
    p->cluster = cluster;
    p->id = sim_cluster_id(cluster, transactional_id);
    p->timeout_ms = timeout_ms;
    return p;
}
