/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/replay_feed.h"

#include "detector/base/murmur2.h"
#include "detector/broker/kafka_feed.h"
#include "detector/commands/cli.h"

#include <assert.h>
#include <stdlib.h>

struct replay_feed {
    struct replay_feed_options options;
    struct kafka_feed *kafka;
    int32_t partitions[INPUT_KINDS];
    int64_t sent;
    atomic_bool halt;
};

struct replay_feed *replay_feed_open(const struct replay_feed_options *options,
                                     struct error *error) {
    struct replay_feed *f = calloc(1, sizeof *f);
    if (f == NULL) {
        error_set(error, ERROR_FAILED, "no memory to send");
        return NULL;
    }
    f->options = *options;
    f->kafka = kafka_feed_open(options->settings, error);
    if (f->kafka != NULL) return f;
    replay_feed_close(f);
    return NULL;
}

void replay_feed_close(struct replay_feed *f) {
    if (f == NULL) return;
    kafka_feed_close(f->kafka);
    free(f);
}

static bool check_topic(struct replay_feed *f, enum input_kind kind, struct error *error) {
    int32_t *partitions = &f->partitions[kind];
    const char *topic = inputs_of(f->options.settings).topic[kind];
    const int32_t needed = replay_source_input_partitions(f->options.source, kind);
    if (!kafka_feed_partitions(f->kafka, topic, partitions, error)) return false;
    return needed <= *partitions ||
           error_set(error, ERROR_CONFIG,
                     "topic %s has %d partitions, the recording %d; create it with as many", topic,
                     (int)*partitions, (int)needed);
}

static bool check_partitions(struct replay_feed *f, struct error *error) {
    if (!check_topic(f, INPUT_TRANSACTIONS, error)) return false;
    for (enum input_kind kind = INPUT_TRANSACTIONS + 1; kind < INPUT_KINDS; kind++)
        if (replay_source_input_partitions(f->options.source, kind) > 0 &&
            !check_topic(f, kind, error))
            return false;
    return true;
}

static int32_t partition_of(const struct replay_feed *f, const struct port_message *message) {
    const struct inputs inputs = inputs_of(f->options.settings);
    enum input_kind kind = INPUT_TRANSACTIONS;
    const bool found = inputs_find(&inputs, text_of(message->topic), &kind);
    assert(found && "the source sends to the inputs alone");
    return message->key.data == NULL ? 0 : murmur2_partition(message->key, f->partitions[kind]);
}

static bool send(struct replay_feed *f, struct port_message *message, struct error *error) {
    pace_hold(&f->options.pace, message->timestamp_ms, &f->halt);
    if (atomic_load(&f->halt)) return true;
    if (!f->options.recorded_timestamps) message->timestamp_ms = 0;
    if (message->partition < 0) message->partition = partition_of(f, message);
    if (!kafka_feed_send(f->kafka, message, error)) return false;
    f->sent++;
    return true;
}

static bool send_all(struct replay_feed *f, struct error *error) {
    struct replay_source *source = f->options.source;
    struct progress *progress =
        f->options.quiet ? NULL : progress_new("sending", replay_source_size(source));
    struct port_message message;
    int64_t offset;
    enum replay_outcome outcome = REPLAY_END;
    bool ok = true;
    while (ok && !atomic_load(&f->halt) &&
           (outcome = replay_source_next(source, &message, &offset, error)) == REPLAY_RECORD) {
        ok = send(f, &message, error);
        progress_set(progress, replay_source_position(source), f->sent);
    }
    progress_end(progress);
    /* A stop while the queue was full is no failure: the record was not sent. */
    if (!ok && atomic_load(&f->halt) && error->code == ERROR_INTERRUPTED) return true;
    return ok && outcome != REPLAY_FAILED;
}

bool replay_feed_run(struct replay_feed *f, struct error *error) {
    if (!check_partitions(f, error)) return false;
    struct error flushing;
    const bool sent = send_all(f, error);
    const bool flushed = kafka_feed_flush(f->kafka, sent ? error : &flushing);
    return sent && flushed;
}

void replay_feed_stop(struct replay_feed *f) {
    atomic_store(&f->halt, true);
    kafka_feed_stop(f->kafka);
}

int64_t replay_feed_sent(const struct replay_feed *f) {
    return f->sent;
}
