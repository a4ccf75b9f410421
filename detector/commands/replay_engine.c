/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/replay_engine.h"

#include "detector/base/murmur2.h"
#include "detector/commands/cli.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOK_EVERY = 1024, NAP_US = 5000 };

struct replay_engine {
    struct replay_engine_options options;
    struct memory_port *memory;
    struct pipeline *pipeline;
    atomic_bool stopping; /* replay_engine_stop was called */
    atomic_bool halt;     /* that, or the pipeline has ended */
    atomic_bool ended;
    bool ok;
    struct error error;
    int32_t partitions;
    int64_t fed, newest_ms;
    int64_t live_before, followed_before; /* the counters are the process's */
};

/* The port. */

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static bool create_topics(struct replay_engine *e, struct error *error) {
    const struct options *o = e->options.settings;
    const struct replay_source *source = e->options.source;
    const int32_t outputs = replay_source_output_partitions(source);
    e->partitions =
        larger(e->options.partitions, replay_source_input_partitions(source, INPUT_TRANSACTIONS));
    const struct {
        const char *name;
        int32_t partitions; /* 0: it is absent */
    } topics[] = {{o->topic_transactions, e->partitions},
                  {o->topic_signals, replay_source_input_partitions(source, INPUT_SIGNALS)},
                  {o->topic_policy, replay_source_input_partitions(source, INPUT_POLICY)},
                  {o->topic_recommendations, outputs > 0 ? outputs : e->partitions},
                  {o->topic_dead_letters, 1},
                  {o->topic_order, 1}};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (topics[i].partitions > 0 &&
            !memory_port_create_topic(e->memory, topics[i].name, topics[i].partitions))
            return error_set(error, ERROR_CONFIG, "topic %s is named twice in the options",
                             topics[i].name);
    return true;
}

static bool order_at(const struct replay_engine *e, size_t index, struct port_message *message) {
    return !e->options.order_ignored && replay_source_order(e->options.source, index, message);
}

/* The order log has one partition here: only the shard's own records are taken. */
static void append_order(struct replay_engine *e) {
    struct port_message message;
    for (size_t i = 0; order_at(e, i, &message); i++) {
        message.partition = 0;
        memory_port_append(e->memory, &message, -1);
    }
}

int64_t replay_engine_bytes(const struct replay_engine *e) {
    return (int64_t)memory_port_bytes(e->memory);
}

static int32_t partition_of(const struct replay_engine *e, const struct port_message *message) {
    if (message->partition >= 0) return message->partition;
    const bool signal = strcmp(message->topic, e->options.settings->topic_signals) == 0;
    const int32_t partitions =
        signal ? replay_source_input_partitions(e->options.source, INPUT_SIGNALS) : e->partitions;
    return message->key.data == NULL ? 0 : murmur2_partition(message->key, partitions);
}

static bool append(struct replay_engine *e, struct port_message *message, int64_t offset,
                   struct error *error) {
    message->partition = partition_of(e, message);
    if (!memory_port_append(e->memory, message, offset))
        return error_set(error, ERROR_BAD_DATA, "offset %lld of %s/%d is out of order",
                         (long long)offset, message->topic, (int)message->partition);
    if (message->timestamp_ms > e->newest_ms) e->newest_ms = message->timestamp_ms;
    e->fed++;
    return e->fed % LOOK_EVERY != 0 || replay_engine_bytes(e) <= e->options.memory_max ||
           error_set(error, ERROR_FAILED,
                     "records are held in memory, and the first %lld need more than --memory %lld; "
                     "raise it, or replay into Kafka",
                     (long long)e->fed, (long long)e->options.memory_max);
}

/* Feeds until the end of the source or `halt`. */
static bool feed(struct replay_engine *e, const char *what, struct error *error) {
    struct replay_source *source = e->options.source;
    struct progress *progress =
        e->options.quiet ? NULL : progress_new(what, replay_source_size(source));
    struct port_message message;
    int64_t offset = -1;
    enum replay_outcome outcome = REPLAY_END;
    bool ok = true;
    while (ok && !atomic_load(&e->halt) &&
           (outcome = replay_source_next(source, &message, &offset, error)) == REPLAY_RECORD) {
        pace_hold(&e->options.pace, message.timestamp_ms, &e->halt);
        ok = append(e, &message, offset, error);
        progress_set(progress, replay_source_position(source), e->fed);
    }
    progress_end(progress);
    return ok && outcome != REPLAY_FAILED;
}

/* The engine. */

int64_t replay_engine_followed(const struct replay_engine *e) {
    return metrics_get(METRIC_REPLAYED) - e->followed_before;
}

int64_t replay_engine_taken(const struct replay_engine *e) {
    return metrics_get(METRIC_RECORDS) - e->live_before + replay_engine_followed(e);
}

static void *run_pipeline(void *context) {
    struct replay_engine *e = context;
    e->ok = pipeline_run(e->pipeline, &e->error);
    atomic_store(&e->halt, true);
    atomic_store(&e->ended, true);
    return NULL;
}

static void watch(struct replay_engine *e) {
    struct progress *progress = e->options.quiet ? NULL : progress_new("scoring", e->fed);
    while (!atomic_load(&e->ended)) {
        const int64_t taken = replay_engine_taken(e);
        progress_set(progress, taken, taken);
        usleep(NAP_US);
    }
    progress_end(progress);
}

static bool feed_paced(struct replay_engine *e, struct error *error) {
    const bool ok = feed(e, "replaying", error);
    while (ok && !atomic_load(&e->halt) && replay_engine_taken(e) < e->fed)
        usleep(NAP_US);
    pipeline_stop(e->pipeline);
    return ok;
}

bool replay_engine_run(struct replay_engine *e, struct error *error) {
    const bool paced = pace_is_set(&e->options.pace);
    pthread_t thread;
    append_order(e);
    if (!paced && !feed(e, "reading", error)) return false;
    if (atomic_load(&e->stopping))
        return error_set(error, ERROR_INTERRUPTED, "stopped while reading; nothing was scored yet");
    if (!paced) memory_port_set_now(e->memory, e->newest_ms);
    if (pthread_create(&thread, NULL, run_pipeline, e) != 0)
        return error_set(error, ERROR_FAILED, "the engine's thread cannot be started");
    const bool fed = !paced || feed_paced(e, error);
    watch(e);
    pthread_join(thread, NULL);
    if (!e->ok) *error = e->error;
    return fed && e->ok;
}

void replay_engine_stop(struct replay_engine *e) {
    atomic_store(&e->stopping, true);
    atomic_store(&e->halt, true);
    pipeline_stop(e->pipeline);
}

const struct memory_port *replay_engine_memory(const struct replay_engine *e) {
    return e->memory;
}

/* Life. */

static bool open_pipeline(struct replay_engine *e, struct error *error) {
    struct port_message message;
    const struct pipeline_options pipeline = {.options = e->options.settings,
                                              .port = memory_port_port(e->memory),
                                              .unmuted_replay = order_at(e, 0, &message),
                                              .signals_by_time = true,
                                              .stop_at_end = !pace_is_set(&e->options.pace),
                                              .on_recommendation = e->options.on_recommendation,
                                              .on_payer_side = e->options.on_payer_side,
                                              .context = e->options.context,
                                              .on_batch = e->options.on_batch,
                                              .batch_context = e->options.batch_context,
                                              .on_decided = e->options.on_decided,
                                              .decided_context = e->options.decided_context};
    e->pipeline = pipeline_open(&pipeline, error);
    return e->pipeline != NULL;
}

struct replay_engine *replay_engine_open(const struct replay_engine_options *options,
                                         struct error *error) {
    struct replay_engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the engine");
        return NULL;
    }
    e->options = *options;
    e->live_before = metrics_get(METRIC_RECORDS);
    e->followed_before = metrics_get(METRIC_REPLAYED);
    e->memory = memory_port_open();
    if (e->memory == NULL)
        error_set(error, ERROR_FAILED, "no memory for the records");
    else if (create_topics(e, error) && open_pipeline(e, error))
        return e;
    replay_engine_close(e);
    return NULL;
}

void replay_engine_close(struct replay_engine *e) {
    if (e == NULL) return;
    pipeline_close(e->pipeline);
    struct port *port = e->memory == NULL ? NULL : memory_port_port(e->memory);
    if (port != NULL) port->ops->close(port);
    free(e);
}
