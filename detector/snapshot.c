/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot.h"

#include "detector/base/build_info.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"
#include "detector/session.h"
#include "detector/snapshot_manifest.h"
#include "detector/snapshot_writer.h"

#include <stdlib.h>

/* A record that has to be saved first waits so long for a buffer; the pass over a table leaves it
 * so many. */
enum {
    RUNS_A_STEP = 8192,
    BUFFER_WAIT_MS = 8,
    BUFFERS_LEFT = 4,
    BUFFERS_LEAST = 10, /* those, and one of each table */
    LEAVE_MS = 5000,    /* a writer whose disk does not answer is left behind after so long */
};

enum phase { PHASE_REST, PHASE_RUNS, PHASE_TABLES, PHASE_COMMIT, PHASE_WRITING, PHASE_GIVEN_UP };

/* A table whose records are saved a step a batch, by so many looks. */
struct table {
    enum snapshot_kind kind;
    uint32_t looks, looks_idle;
    bool (*step)(struct session *session, uint32_t looks);
    bool (*end)(struct session *session);
    const char *too_late;
};

enum { TABLE_ADVICE, TABLE_TAINT, TABLE_SIGNALS, TABLE_ACCOUNTS, TABLES };

/* Where the records of a table go, each whole in one buffer. */
struct outlet {
    struct snapshot_writer *writer;
    enum snapshot_kind kind;
    struct snapshot_buffer *buffer; /* that they go to now; NULL: none */
};

struct snapshot {
    struct snapshot_options options;
    struct snapshot_writer *writer;
    enum phase phase;
    bool committed; /* the commit that it began after */
    struct runs_save runs;
    int table; /* that is gone over */
    struct outlet outlets[TABLES];
    struct snapshot_name name;
    struct snapshot_name begun; /* the one that was loaded; no text: none */
    int64_t last_ms, begun_us, longest_us;
    int64_t last_sequence; /* of the newest that was published or loaded */
    uint64_t accounts;
};

/* The tables. */

static bool step_advice(struct session *s, uint32_t looks) {
    return decide_save_step(s->decide, looks);
}

static bool end_advice(struct session *s) {
    return decide_save_end(s->decide);
}

static bool step_taint(struct session *s, uint32_t looks) {
    return apply_save_taint_step(s->apply, looks);
}

static bool end_taint(struct session *s) {
    return apply_save_taint_end(s->apply);
}

static bool step_signals(struct session *s, uint32_t looks) {
    return signals_save_step(s->signals, looks);
}

static bool end_signals(struct session *s) {
    return signals_save_end(s->signals);
}

static bool step_accounts(struct session *s, uint32_t looks) {
    return apply_save_step(s->apply, looks);
}

static bool end_accounts(struct session *s) {
    return apply_save_end(s->apply);
}

#define TOO_LATE(what)                                                                             \
    "the disk is too slow for the " what " that change; snapshot.memory.mib gives it room"

static const struct table tables[TABLES] = {
    [TABLE_ADVICE] = {SNAPSHOT_ADVICE, 1024, 16384, step_advice, end_advice,
                      TOO_LATE("episodes and instructions")},
    [TABLE_TAINT] = {SNAPSHOT_TAINT, 4096, 65536, step_taint, end_taint, TOO_LATE("reports")},
    [TABLE_SIGNALS] = {SNAPSHOT_SIGNALS, 4096, 16384, step_signals, end_signals,
                       TOO_LATE("signals")},
    [TABLE_ACCOUNTS] = {SNAPSHOT_ACCOUNTS, 512, 16384, step_accounts, end_accounts,
                        TOO_LATE("accounts")},
};

/* Opening and closing. */

struct snapshot *snapshot_open(const struct snapshot_options *options, struct error *error) {
    struct snapshot *n = calloc(1, sizeof *n);
    if (n == NULL) {
        error_set(error, ERROR_FAILED, "no memory to take snapshots");
        return NULL;
    }
    const size_t buffers = options->memory_bytes / SNAPSHOT_BUFFER_BYTES;
    n->options = *options;
    n->writer = snapshot_writer_open(options->disk, options->copies, options->shard,
                                     buffers < BUFFERS_LEAST ? BUFFERS_LEAST : buffers, error);
    for (int t = 0; t < TABLES; t++)
        n->outlets[t] = (struct outlet){n->writer, tables[t].kind, NULL};
    if (n->writer != NULL) return n;
    snapshot_close(n);
    return NULL;
}

static void flush(struct outlet *outlet) {
    if (outlet->buffer != NULL) snapshot_writer_put(outlet->writer, outlet->buffer);
    outlet->buffer = NULL;
}

/* All buffers go back. */
static void abandon(struct snapshot *n) {
    for (int t = 0; t < TABLES; t++)
        flush(&n->outlets[t]);
    snapshot_writer_abandon(n->writer, NULL);
}

void snapshot_close(struct snapshot *n) {
    if (n == NULL) return;
    const bool unfinished = n->phase != PHASE_REST && n->phase != PHASE_WRITING;
    if (unfinished && n->phase != PHASE_GIVEN_UP) abandon(n);
    if (!snapshot_writer_close(n->writer, LEAVE_MS))
        log_warn("event=snapshot_writer_left name=%s after_ms=%d next=\"look at the disk of %s: it "
                 "does not answer; until it does no snapshot is taken\"",
                 n->name.text, (int)LEAVE_MS,
                 snapshot_copies_hang() ? "snapshot.copy.dir" : "snapshot.dir");
    free(n);
}

bool snapshot_due(const struct snapshot *n, int64_t now_ms) {
    return n->phase == PHASE_REST && now_ms - n->last_ms >= n->options.interval_ms;
}

void snapshot_was_loaded(struct snapshot *n, int32_t epoch, int64_t sequence, int64_t now_ms) {
    snapshot_name_set(&n->begun, n->options.shard, epoch, sequence);
    n->last_sequence = sequence;
    n->last_ms = now_ms;
}

bool snapshot_is_behind(const struct snapshot *n, const struct session *s) {
    return s->next_order > n->last_sequence;
}

/* `why`: unless the writer knows better. No record is put behind the end that this orders. */
static void give_up(struct snapshot *n, struct session *s, const char *why) {
    struct error error;
    uint64_t bytes = 0;
    if (snapshot_writer_poll(n->writer, &bytes, &error) == SNAPSHOT_WRITER_FAILED) why = error.text;
    log_warn("event=snapshot_failed name=%s why=\"%s\" next=\"the engine goes on; the next one is "
             "tried in %lld s\"",
             n->name.text, why, (long long)(n->options.interval_ms / 1000));
    metrics_add(METRIC_SNAPSHOT_FAILURES, 1);
    for (int t = 0; t < TABLES; t++)
        tables[t].end(s);
    abandon(n);
    n->phase = PHASE_GIVEN_UP;
}

/* The beginning. */

static void pack_manifest(const struct session *s, struct pack *p, int64_t now_ms) {
    const struct pipeline *l = s->pipeline;
    const struct snapshot_manifest manifest = {
        .layout = SNAPSHOT_LAYOUT,
        .shard = text_of(l->settings->shard_id),
        .build = text_of(build_info_version()),
        .options_sha256 = text_of(l->options_sha256),
        .features_sha256 = text_of(feature_table_sha256()),
        .model_sha256 = text_of(model_sha256(documents_model(l->documents))),
        .policy_sha256 = text_of(policy_sha256(documents_policy(l->documents))),
        .epoch = s->epoch,
        .sequence = s->next_order,
        .ordinal = consume_next_ordinal(s->consume),
        .state_hash = s->state_hash,
        .engine_clock_s = decode_clock_s(s->decode),
        .taken_ms = now_ms,
        .accounts = accounts_count(apply_accounts(s->apply)).accounts,
        .episodes = decide_open_episodes(s->decide),
        .signals = signals_count(s->signals),
    };
    snapshot_manifest_pack(&manifest, p);
}

static uint8_t *space(void *context, size_t size) {
    struct outlet *o = context;
    if (o->buffer != NULL && o->buffer->bytes.size + size > SNAPSHOT_BUFFER_BYTES) flush(o);
    if (o->buffer == NULL) o->buffer = snapshot_writer_take(o->writer, BUFFER_WAIT_MS);
    if (o->buffer == NULL) return NULL;
    o->buffer->kind = o->kind;
    return pack_space(&o->buffer->bytes, size);
}

static struct snapshot_buffer *take(struct snapshot *n, enum snapshot_kind kind) {
    struct snapshot_buffer *buffer = snapshot_writer_take(n->writer, BUFFER_WAIT_MS);
    if (buffer != NULL) buffer->kind = kind;
    return buffer;
}

static bool put_manifest(struct snapshot *n, const struct session *s) {
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_MANIFEST);
    if (buffer == NULL) return false;
    pack_manifest(s, &buffer->bytes, n->last_ms);
    snapshot_writer_put(n->writer, buffer);
    return true;
}

static bool put_documents(struct snapshot *n, const struct session *s) {
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_DOCUMENTS);
    if (buffer == NULL) return false;
    documents_save(s->pipeline->documents, &buffer->bytes);
    snapshot_writer_put(n->writer, buffer);
    return true;
}

static struct pack_sink sink_of(struct snapshot *n, int table) {
    return (struct pack_sink){&n->outlets[table], space};
}

static bool put_state(struct snapshot *n, struct session *s) {
    const struct pack_sink sink = sink_of(n, TABLE_ADVICE);
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_STATE);
    if (buffer == NULL) return false;
    struct pack *p = &buffer->bytes;
    consume_save(s->consume, p);
    decode_save(s->decode, p);
    decide_save_begin(s->decide, p, &sink);
    publish_save(s->publish, p);
    runs_save_begin(s->runs, &n->runs, p);
    snapshot_writer_put(n->writer, buffer);
    return true;
}

static bool put_table(struct snapshot *n, struct session *s) {
    const struct apply_sinks sinks = {sink_of(n, TABLE_ACCOUNTS), sink_of(n, TABLE_TAINT)};
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_TABLE);
    if (buffer == NULL) return false;
    apply_save_begin(s->apply, &buffer->bytes, &sinks);
    snapshot_writer_put(n->writer, buffer);
    return true;
}

static bool put_signal_table(struct snapshot *n, struct session *s) {
    const struct pack_sink sink = sink_of(n, TABLE_SIGNALS);
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_SIGNAL_TABLE);
    if (buffer == NULL) return false;
    signals_save_begin(s->signals, &buffer->bytes, &sink);
    snapshot_writer_put(n->writer, buffer);
    return true;
}

static void note_time(struct snapshot *n, int64_t since_us) {
    const int64_t us = steady_us() - since_us;
    if (us > n->longest_us) n->longest_us = us;
}

/* Two that write would be one too many for the memory, and for a disk that does not answer. */
static bool is_held_up(const struct snapshot *n) {
    if (snapshot_writers_left() == 0) return false;
    log_warn("event=snapshot_failed why=\"the disk has not answered the writer that was left "
             "behind\" next=\"the engine goes on; the next one is tried in %lld s\"",
             (long long)(n->options.interval_ms / 1000));
    metrics_add(METRIC_SNAPSHOT_FAILURES, 1);
    return true;
}

void snapshot_begin(struct snapshot *n, struct session *s) {
    n->last_ms = s->pipeline->port->ops->now_ms(s->pipeline->port);
    if (is_held_up(n)) return;
    n->begun_us = steady_us();
    n->longest_us = 0;
    n->committed = false;
    n->phase = PHASE_RUNS;
    n->table = 0;
    n->accounts = accounts_count(apply_accounts(s->apply)).accounts;
    snapshot_name_set(&n->name, n->options.shard, s->epoch, s->next_order);
    snapshot_writer_begin(n->writer, &n->name, &n->begun);
    if (!put_manifest(n, s) || !put_documents(n, s) || !put_state(n, s) || !put_table(n, s) ||
        !put_signal_table(n, s))
        give_up(n, s, "the writer does not come to take it");
    note_time(n, n->begun_us);
}

/* The way. */

static void step_runs(struct snapshot *n, struct session *s) {
    struct snapshot_buffer *buffer = take(n, SNAPSHOT_RUNS);
    if (buffer == NULL) {
        give_up(n, s, "the disk is too slow for the run table; snapshot.memory.mib gives it room");
        return;
    }
    if (runs_save_step(s->runs, &n->runs, RUNS_A_STEP, &buffer->bytes) < RUNS_A_STEP)
        n->phase = PHASE_TABLES;
    snapshot_writer_put(n->writer, buffer);
}

static void step_table(struct snapshot *n, struct session *s, bool idle) {
    const struct table *table = &tables[n->table];
    if (snapshot_writer_free(n->writer) <= BUFFERS_LEFT) return;
    if (table->step(s, idle ? table->looks_idle : table->looks)) return;
    if (!table->end(s)) {
        give_up(n, s, table->too_late);
        return;
    }
    flush(&n->outlets[n->table]);
    if (++n->table == TABLES) n->phase = PHASE_COMMIT;
}

/* Nothing gets a name that the log might not have. */
static void step_commit(struct snapshot *n) {
    if (!n->committed) return;
    snapshot_writer_finish(n->writer);
    n->phase = PHASE_WRITING;
}

static void say_done(struct snapshot *n, uint64_t bytes) {
    n->last_sequence = n->name.sequence;
    metrics_add(METRIC_SNAPSHOTS, 1);
    metrics_set(METRIC_SNAPSHOT_BYTES, (int64_t)bytes);
    metrics_set(METRIC_SNAPSHOT_SECOND, n->last_ms / 1000);
    metrics_set(METRIC_SNAPSHOT_PAUSE, n->longest_us);
    log_info("event=snapshot name=%s accounts=%llu bytes=%llu seconds=%.1f longest_pause_us=%lld",
             n->name.text, (unsigned long long)n->accounts, (unsigned long long)bytes,
             (double)(steady_us() - n->begun_us) / 1e6, (long long)n->longest_us);
}

/* What the writer has come to. */
static void look_at_writer(struct snapshot *n, struct session *s) {
    struct error error;
    uint64_t bytes = 0;
    switch (snapshot_writer_poll(n->writer, &bytes, &error)) {
    case SNAPSHOT_WRITER_FAILED:
        if (n->phase != PHASE_GIVEN_UP) give_up(n, s, "");
        break;
    case SNAPSHOT_WRITER_DONE:
        say_done(n, bytes);
        n->phase = PHASE_REST;
        break;
    case SNAPSHOT_WRITER_IDLE:
        n->phase = PHASE_REST;
        break;
    case SNAPSHOT_WRITER_BUSY:
        break;
    }
}

bool snapshot_step(struct snapshot *n, struct session *s, bool idle) {
    if (n->phase == PHASE_REST) return false;
    const int64_t since_us = steady_us();
    look_at_writer(n, s);
    n->committed = n->committed || publish_ready(s->publish);
    if (n->phase == PHASE_RUNS)
        step_runs(n, s);
    else if (n->phase == PHASE_TABLES)
        step_table(n, s, idle);
    else if (n->phase == PHASE_COMMIT)
        step_commit(n);
    if (!idle) note_time(n, since_us);
    return n->phase == PHASE_RUNS || n->phase == PHASE_TABLES;
}

bool snapshot_complete(struct snapshot *n, struct session *s, int64_t most_ms) {
    const int64_t until_ms = steady_ms() + most_ms;
    while (n->phase != PHASE_REST && steady_ms() < until_ms) {
        health_beat();
        if (!snapshot_step(n, s, true) || snapshot_writer_free(n->writer) <= BUFFERS_LEFT)
            snapshot_writer_wait(n->writer, 1);
    }
    return n->phase == PHASE_REST;
}
