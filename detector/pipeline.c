/* SPDX-License-Identifier: Apache-2.0 */
/* The program. One batch at a time: consume → decode → apply → score → decide → publish; whatever
 * was processed is committed together with the order it was taken in. */
#include "detector/pipeline.h"

#include "detector/base/build_info.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/input_tail.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"
#include "detector/session.h"

#include <assert.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    DRAIN_MS = 10000,           /* a stop waits so long for the last commit */
    PARTITION_CHECK_MS = 60000, /* how often new input partitions are looked for */
    IDLE_WAIT_MS = 200,
    SNAPSHOT_MS = 60000, /* a stop waits so long for its snapshot */
    RELOAD_PAUSE_MS = 100,
    RELOAD_PAUSE_MS_MAX = 5000, /* below HEALTH_BEAT_MAX_MS by far */
    RELOAD_DOUBLINGS = 6,       /* that reach it */
};

enum outcome { SESSION_ENDED, SESSION_RELOAD, SESSION_FAILED };

/* Processing. */

static void hash_side(struct session *s, uint32_t i) {
    const struct side *side = &s->batch->side[i];
    struct {
        uint64_t ordinal, account, logit;
    } row = {s->batch->input[side->event].ordinal, side->account_number, 0};
    memcpy(&row.logit, &s->batch->logit[i], sizeof row.logit);
    s->state_hash = XXH3_64bits_withSeed(&row, sizeof row, s->state_hash);
}

/* A signal is part of the state by what it says, also when it cannot be used, and by what it did.
 */
static void hash_signal(struct session *s, uint32_t i) {
    const struct input *input = &s->batch->input[i];
    const bool done = s->batch->verdict[i] == VERDICT_SIGNAL;
    const struct {
        uint64_t ordinal, digest, effect;
    } row = {input->ordinal, input_tail_digest(&input->record),
             done ? s->batch->signal_effect[i] : EFFECT_COUNT};
    s->state_hash = XXH3_64bits_withSeed(&row, sizeof row, s->state_hash);
}

/* A change of the documents by what it says, and by whether it was taken. */
static void hash_document(struct session *s, uint32_t i) {
    const struct input *input = &s->batch->input[i];
    const struct {
        uint64_t ordinal, digest, taken;
    } row = {input->ordinal, input_tail_digest(&input->record),
             s->batch->verdict[i] == VERDICT_DOCUMENT};
    s->state_hash = XXH3_64bits_withSeed(&row, sizeof row, s->state_hash);
}

/* In the order of the rows, whatever the batches are. */
static void hash_rows(struct session *s) {
    const struct batch *b = s->batch;
    uint32_t side = 0;
    for (uint32_t row = 0; row < b->count; row++) {
        if (b->input[row].kind == INPUT_SIGNALS) hash_signal(s, row);
        if (b->input[row].kind == INPUT_POLICY) hash_document(s, row);
        for (; side < b->sides && b->side[side].event == row; side++)
            hash_side(s, side);
    }
}

static void count_signal(struct session *s, uint32_t row) {
    const struct batch *b = s->batch;
    metrics_add_signal(b->signal_effect[row], 1);
    if (b->signal_untraced[row] > 0) {
        metrics_add(METRIC_INCIDENTS_UNTRACED, 1);
        untraced_note(&s->untraced, b->signal[row].signal_id);
    }
    if (b->answered[row] < ACTION_COUNT)
        metrics_add_outcome(b->signal[row].outcome_result, b->answered[row]);
    if (b->unsaid[row].result != OUTCOME_UNKNOWN)
        metrics_add_unsaid(b->unsaid[row].result, b->unsaid[row].action);
}

static void count_batch(struct session *s) {
    const struct batch *b = s->batch;
    uint64_t verdicts[VERDICT_COUNT] = {0}, bytes = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        verdicts[b->verdict[i]]++;
        bytes += b->input[i].record.value.size;
    }
    metrics_add(s->replaying ? METRIC_REPLAYED : METRIC_RECORDS, b->count);
    if (s->replaying && !s->pipeline->options.unmuted_replay) return;
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        if (verdicts[v] > 0) metrics_add_verdict(v, verdicts[v]);
    for (uint32_t i = 0; verdicts[VERDICT_SIGNAL] > 0 && i < b->count; i++)
        if (b->verdict[i] == VERDICT_SIGNAL) count_signal(s, i);
    metrics_add(METRIC_BYTES, bytes);
    metrics_add(METRIC_SIDES, b->sides);
    shadows_tally(s->pipeline->shadows, documents_policy(s->pipeline->documents), b);
}

static bool is_of_outside(enum verdict verdict) {
    return verdict == VERDICT_SCHEMA_UNKNOWN || verdict == VERDICT_SCHEMA_REFUSED ||
           verdict == VERDICT_DOCUMENT || verdict == VERDICT_DOCUMENT_REFUSED;
}

/* Verdicts that depend on the world outside, or on the build, are written down, so that a replay
 * obeys them. */
static void note_exceptions(struct session *s) {
    const struct batch *b = s->batch;
    for (uint32_t i = 0; i < b->count; i++) {
        if (!is_of_outside(b->verdict[i])) continue;
        if (s->exception_count == s->exception_room) {
            s->exception_room = s->exception_room == 0 ? 16 : 2 * s->exception_room;
            s->exceptions = realloc(s->exceptions, s->exception_room * sizeof *s->exceptions);
            assert(s->exceptions != NULL && "out of memory");
        }
        s->exceptions[s->exception_count++] = (struct order_exception){
            text_of(b->input[i].topic), b->input[i].partition, b->input[i].record.offset,
            text_of(verdict_name(b->verdict[i]))};
    }
}

static bool show_batch(const struct session *s, struct error *error) {
    const struct pipeline_options *options = &s->pipeline->options;
    return options->on_batch == NULL || options->on_batch(options->batch_context, s->batch, error);
}

static void show_recommendation(const struct pipeline_options *options,
                                const struct recommendation *recommendation) {
    const bool payer_side = recommendation->payee_id.data != NULL;
    void (*show)(void *, const struct recommendation *) =
        payer_side ? options->on_payer_side : options->on_recommendation;
    if (show != NULL) show(options->context, recommendation);
}

static bool decide_and_publish(struct session *s, struct error *error) {
    const struct pipeline_options *options = &s->pipeline->options;
    const struct recommendation *recommendation;
    uint32_t event = 0;
    decide_batch(s->decide, s->batch);
    while ((recommendation = decide_next(s->decide, &event)) != NULL) {
        const struct input *input = &s->batch->input[event];
        if (!publish_recommendation(s->publish, recommendation, input, error)) return false;
        if (!s->replaying || options->unmuted_replay) show_recommendation(options, recommendation);
    }
    if (options->on_decided != NULL) options->on_decided(options->decided_context, s->batch);
    return publish_dead_letters(s->publish, s->batch, error);
}

static void score_sides(struct session *s) {
    struct batch *b = s->batch;
    double *logits[SCORE_HEADS_MAX] = {b->logit};
    b->shadows = s->shadows;
    for (uint32_t i = 0; i < b->shadows; i++)
        logits[i + 1] = b->shadow_logit[i];
    score_heads(s->score, &b->features[0][0], BATCH_COLUMN, b->sides, logits);
}

bool session_process(struct session *s, struct error *error) {
    struct batch *b = s->batch;
    decode_batch(s->decode, b);
    if (!session_judge_change(s, error)) return false;
    apply_batch(s->apply, b);
    score_sides(s);
    hash_rows(s);
    if (!show_batch(s, error)) return false;
    if (!decide_and_publish(s, error) || !session_publish_shadows(s, error) ||
        !session_acknowledge(s, error))
        return false;
    if (!s->replaying) note_exceptions(s);
    count_batch(s);
    consume_release(s->consume, b);
    return true;
}

/* Live. */

static bool stopping(const struct session *s) {
    return atomic_load(&s->pipeline->stopping);
}

static enum outcome outcome_of(enum port_status status, struct error *error) {
    switch (status) {
    case PORT_OK:
        return SESSION_ENDED;
    case PORT_FENCED:
        if (error->code != ERROR_FENCED) /* else the text says so, and who it is */
            error_prefix(error, "another engine with this shard.id has taken over");
        error->code = ERROR_FENCED;
        return SESSION_FAILED;
    case PORT_STOPPED:
        error_set(error, ERROR_INTERRUPTED,
                  "stopped before the last commit was answered; "
                  "its input is taken again at the next start");
        return SESSION_FAILED;
    case PORT_ABORT:
    case PORT_REBUILD:
    case PORT_REFUSED:
        break;
    }
    if (error->code == ERROR_CONFIG || error->code == ERROR_DENIED) return SESSION_FAILED;
    log_warn("event=commit_failed next=reload why=\"%s\"", error->text);
    metrics_add(METRIC_RELOADS, 1);
    return SESSION_RELOAD;
}

/* Waits until the unit in flight is answered; a stop gives up after DRAIN_MS. */
static void await_commit(struct session *s) {
    struct port *port = s->pipeline->port;
    const int64_t until_ms = steady_ms() + DRAIN_MS;
    while (publish_busy(s->publish)) {
        health_beat();
        port->ops->wait(port, IDLE_WAIT_MS);
        if (stopping(s) && steady_ms() > until_ms) port->ops->stop(port);
    }
}

/* So that the next start need not replay. */
static void take_last_snapshot(struct session *s) {
    if (!snapshot_complete(s->snapshot, s, SNAPSHOT_MS)) return;
    if (!snapshot_is_behind(s->snapshot, s)) return;
    snapshot_begin(s->snapshot, s);
    snapshot_complete(s->snapshot, s, SNAPSHOT_MS);
}

static enum outcome finish(struct session *s, struct error *error) {
    await_commit(s);
    enum port_status status = publish_status(s->publish, error);
    if (status == PORT_OK && session_has_news(s)) {
        if (!session_commit(s, error)) return SESSION_FAILED;
        await_commit(s);
        status = publish_status(s->publish, error);
    }
    if (status == PORT_OK && s->snapshot != NULL) take_last_snapshot(s);
    return outcome_of(status, error);
}

/* A stop breaks the calls. */
static bool look_for_input(struct session *s, struct error *error) {
    struct pipeline *p = s->pipeline;
    atomic_store(&p->live, false);
    const bool looked = !stopping(s) && session_look_for_input(s, error);
    atomic_store(&p->live, true);
    return looked || stopping(s);
}

static void idle(struct session *s, int64_t now_ms) {
    struct port *port = s->pipeline->port;
    int64_t wait_ms = IDLE_WAIT_MS;
    if (s->snapshot != NULL && snapshot_step(s->snapshot, s, true)) wait_ms = 1;
    if (session_has_news(s)) {
        const int64_t due_ms = s->sealed_ms + s->pipeline->settings->commit_interval_ms - now_ms;
        if (due_ms < wait_ms) wait_ms = due_ms < 1 ? 1 : due_ms;
    }
    port->ops->wait(port, (int)wait_ms);
}

/* A snapshot begins where a commit ends. */
static bool commit_and_begin(struct session *s, int64_t now_ms, struct error *error) {
    if (!session_commit(s, error)) return false;
    if (s->snapshot != NULL && snapshot_due(s->snapshot, now_ms)) snapshot_begin(s->snapshot, s);
    return true;
}

/* Ready is who takes transactions. */
static bool show_ready(const struct session *s) {
    const bool ready = !consume_reads_first(s->consume);
    if (ready)
        health_set_ready(true);
    else
        health_reading_first();
    return ready;
}

static enum outcome live(struct session *s, struct error *error) {
    struct port *port = s->pipeline->port;
    int64_t partitions_ms = port->ops->now_ms(port);
    bool ready = show_ready(s);
    while (!stopping(s)) {
        health_beat();
        ready = ready || show_ready(s);
        const enum port_status status = publish_status(s->publish, error);
        if (status != PORT_OK) return outcome_of(status, error);
        enum consume_outcome taken = CONSUME_EMPTY;
        if (!session_holds(s)) taken = consume_batch(s->consume, s->batch, error);
        if (taken == CONSUME_FAILED) return SESSION_FAILED;
        if (taken == CONSUME_RECORDS && !session_process(s, error)) return SESSION_FAILED;
        if (taken == CONSUME_AT_END && s->pipeline->options.stop_at_end) break;
        const int64_t now_ms = port->ops->now_ms(port);
        const bool commit = session_commit_due(s, now_ms);
        if (now_ms - partitions_ms >= PARTITION_CHECK_MS &&
            (commit || session_uncommitted(s) == 0)) {
            partitions_ms = now_ms;
            if (!look_for_input(s, error)) return SESSION_FAILED;
        }
        if (commit && !commit_and_begin(s, now_ms, error)) return SESSION_FAILED;
        if (taken != CONSUME_RECORDS)
            idle(s, now_ms);
        else if (s->snapshot != NULL)
            snapshot_step(s->snapshot, s, false);
    }
    health_set_ready(false);
    return finish(s, error);
}

static enum outcome run_live(struct session *s, struct error *error) {
    struct pipeline *p = s->pipeline;
    atomic_store(&p->live, true);
    const enum outcome outcome = live(s, error);
    health_set_ready(false);
    atomic_store(&p->live, false);
    return outcome;
}

static enum outcome run_session(struct pipeline *p, struct error *error) {
    struct session *s = session_open(p, error);
    const enum recovery recovery = s == NULL ? RECOVERY_FAILED : session_recover(s, error);
    if (recovery == RECOVERY_AGAIN) {
        session_close(s);
        return SESSION_RELOAD;
    }
    enum outcome outcome = recovery == RECOVERY_STOPPED ? SESSION_ENDED : SESSION_FAILED;
    if (recovery == RECOVERED) outcome = run_live(s, error);
    session_close(s);
    /* A stop that breaks a blocking call of the start is a clean end: nothing was taken yet. */
    if (recovery == RECOVERY_FAILED && atomic_load(&p->stopping) &&
        error->code == ERROR_INTERRUPTED)
        outcome = SESSION_ENDED;
    return outcome;
}

/* A fault that lasts is no reason to read the logs without a pause: the first reload comes at
 * once, each further one without a commit in between twice as late. */
static void pause_before_reload(struct pipeline *p, int reloads) {
    int64_t left_ms = RELOAD_PAUSE_MS_MAX;
    if (reloads - 2 < RELOAD_DOUBLINGS) left_ms = RELOAD_PAUSE_MS << (reloads - 2);
    log_warn("event=reload_delayed ms=%lld reloads=%d why=\"nothing was committed since the last\"",
             (long long)left_ms, reloads);
    const int64_t until_ms = steady_ms() + left_ms;
    while (left_ms > 0 && !atomic_load(&p->stopping)) {
        health_beat();
        p->port->ops->wait(p->port, left_ms < IDLE_WAIT_MS ? (int)left_ms : IDLE_WAIT_MS);
        left_ms = until_ms - steady_ms();
    }
}

bool pipeline_run(struct pipeline *p, struct error *error) {
    enum outcome outcome;
    int64_t commits = 0;
    int reloads = 0;
    while ((outcome = run_session(p, error)) == SESSION_RELOAD) {
        const int64_t before = commits;
        commits = metrics_get(METRIC_COMMITS);
        reloads = commits == before ? reloads + 1 : 1;
        if (reloads > 1) pause_before_reload(p, reloads);
        if (atomic_load(&p->stopping)) break;
    }
    if (outcome == SESSION_RELOAD) outcome = outcome_of(PORT_STOPPED, error);
    return outcome != SESSION_FAILED;
}

/* Life. */

struct pipeline *pipeline_open(const struct pipeline_options *options, struct error *error) {
    struct pipeline *p = calloc(1, sizeof *p);
    if (p == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the pipeline");
        return NULL;
    }
    p->options = *options;
    p->settings = options->options;
    p->port = options->port;
    p->rebuild_of = options->rebuild ? REBUILD_LAST : REBUILD_NONE;
    options_state_sha256(p->settings, p->options_sha256);
    p->documents = documents_open(p->settings, error);
    if (p->documents != NULL)
        p->shadows = shadows_open(p->settings, documents_policy(p->documents), error);
    if (p->shadows != NULL) return p;
    pipeline_close(p);
    return NULL;
}

void pipeline_stop(struct pipeline *p) {
    atomic_store(&p->stopping, true);
    if (!atomic_load(&p->live)) p->port->ops->stop(p->port);
    p->port->ops->wake(p->port);
}

void pipeline_close(struct pipeline *p) {
    if (p == NULL) return;
    shadows_close(p->shadows);
    documents_close(p->documents);
    free(p);
}
