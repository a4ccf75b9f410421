/* SPDX-License-Identifier: Apache-2.0 */
/* How a session gets to where the last commit left off: fence, begin (beginning.c), replay what the
 * order log names from there with output muted, compare what it says of the state. */
#include "detector/base/build_info.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/output_tail.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"
#include "detector/session.h"

#include <assert.h>
#include <stdlib.h>

enum { REPLAY_WAIT_MS = 200, STARVED_MAX_MS = 5000, PROGRESS_RECORDS = 1 << 20 };

static bool stopping(const struct session *s) {
    return atomic_load(&s->pipeline->stopping);
}

static struct port *port_of(const struct session *s) {
    return s->pipeline->port;
}

/* Replay. */

static bool check_text(struct text logged, const char *ours, const char *what,
                       const struct session *s, struct error *error) {
    if (text_equal(logged, text_of(ours))) return true;
    return error_set(error, ERROR_CONFIG,
                     "the order log of shard %s was made with another %s (%.*s, now %.8s…); start "
                     "with that one, or with a new shard.id",
                     s->pipeline->settings->shard_id, what, 8, logged.data, ours);
}

/* What the record was decided by is in force again. */
static bool use_documents(struct session *s, const struct order_record *record,
                          struct error *error) {
    const struct pipeline *p = s->pipeline;
    return check_text(record->options_sha256, p->options_sha256, "set of options that affect state",
                      s, error) &&
           check_text(record->features_sha256, feature_table_sha256(), "feature table", s, error) &&
           documents_use(p->documents, record->model_sha256, record->policy_sha256, error) &&
           session_judge(s, error);
}

/* A record that compaction took from between two others leaves no other trace. */
static bool has_compacted(const struct session *s, const struct order_record *record,
                          struct text *topic) {
    const struct inputs inputs = inputs_of(s->pipeline->settings);
    enum input_kind kind;
    for (uint32_t i = 0; i < record->run_count; i++) {
        *topic = record->runs[i].topic;
        if (inputs_find(&inputs, *topic, &kind) && input_is_compacted(kind)) return true;
    }
    return false;
}

static bool check_state(const struct session *s, const struct order_record *record,
                        struct error *error) {
    struct text topic;
    if (record->state_hash == s->state_hash) return true;
    if (has_compacted(s, record, &topic))
        return error_set(error, ERROR_INPUT_GONE,
                         "replay of order record %lld gives another state than the engine had; it "
                         "took records of %.*s, and compaction has taken one of them since, or one "
                         "was changed (min.compaction.lag.ms is to be the retention of the "
                         "transactions at least)",
                         (long long)record->sequence, (int)topic.size, topic.data);
    return error_set(error, ERROR_BAD_DATA,
                     "replay of order record %lld gives another state than the engine had "
                     "(%016llx, logged %016llx); the input was changed or the program computes "
                     "differently (logged by build %.*s)",
                     (long long)record->sequence, (unsigned long long)s->state_hash,
                     (unsigned long long)record->state_hash, (int)record->build.size,
                     record->build.data);
}

/* Record 0 of an epoch says where the epoch before left the chain. */
static bool start_chain(struct session *s, const struct order_record *record, struct error *error) {
    return record->sequence > 0 ||
           publish_continue(s->publish, record->outputs, record->output_count, error);
}

/* The chain of the outputs goes on from what was published. Another build may have written the same
 * decision in other words; this one may not. */
static bool follow_chain(struct session *s, const struct order_record *record,
                         struct error *error) {
    const bool same_build = text_equal(record->build, text_of(build_info_version()));
    return publish_follow(s->publish, record->outputs, record->output_count, same_build, error) ||
           error_prefix(error, "order record %lld", (long long)record->sequence);
}

/* Partitions that the record names for the first time start where its run says. */
static bool add_streams(struct session *s, const struct order_record *record, struct error *error) {
    bool added = false;
    for (uint32_t i = 0; i < record->run_count; i++) {
        const struct order_run *run = &record->runs[i];
        enum input_kind kind;
        if (!consume_find_input(s->consume, run->topic, run->partition, &kind, error)) return false;
        if (consume_has_stream(s->consume, kind, run->partition)) continue;
        if (!consume_add_stream(s->consume, kind, run->partition, run->next_offset, error))
            return false;
        added = true;
    }
    if (!added) return true;
    const struct port_position log = order_log_position(s->order_log);
    return consume_assign(s->consume, &log, error);
}

/* The exceptions stand in the order in which their rows were taken. */
static bool force_exceptions(struct session *s, const struct order_record *record,
                             struct error *error) {
    struct batch *b = s->batch;
    for (uint32_t i = 0; i < b->count && s->exception_next < record->exception_count; i++) {
        const struct order_exception *exception = &record->exceptions[s->exception_next];
        if (b->input[i].partition != exception->partition ||
            b->input[i].record.offset != exception->offset ||
            !text_equal(exception->topic, text_of(b->input[i].topic)))
            continue;
        b->forced[i] = verdict_find(exception->reason);
        if (b->forced[i] == VERDICT_COUNT)
            return error_set(error, ERROR_BAD_DATA, "order record %lld: no verdict is named %.*s",
                             (long long)record->sequence, (int)exception->reason.size,
                             exception->reason.data);
        s->exception_next++;
    }
    return true;
}

static bool process_replayed(struct session *s, const struct order_record *record,
                             struct error *error) {
    if (!force_exceptions(s, record, error)) return false;
    const uint64_t before = (uint64_t)metrics_get(METRIC_REPLAYED) / PROGRESS_RECORDS;
    if (!session_process(s, error)) return false;
    const uint64_t replayed = (uint64_t)metrics_get(METRIC_REPLAYED);
    if (replayed / PROGRESS_RECORDS == before) return true;
    log_info("event=replaying records=%llu", (unsigned long long)replayed);
    health_replaying(replayed);
    return true;
}

static bool commit_replayed(struct session *s, struct error *error) {
    if (!s->pipeline->options.unmuted_replay || publish_pending_bytes(s->publish) == 0) return true;
    while (publish_busy(s->publish))
        port_of(s)->ops->wait(port_of(s), REPLAY_WAIT_MS);
    return session_commit(s, error);
}

/* Waits for more of the input; not for ever where the broker says that there is no more. */
static bool await_input(struct session *s, int64_t *starved_ms, struct error *error) {
    if (!consume_starved(s->consume, error)) {
        *starved_ms = 0;
    } else if (*starved_ms == 0) {
        *starved_ms = steady_ms();
    } else if (steady_ms() - *starved_ms > STARVED_MAX_MS) {
        return false;
    }
    port_of(s)->ops->wait(port_of(s), REPLAY_WAIT_MS);
    return true;
}

static enum recovery replay_record(struct session *s, const struct order_record *record,
                                   struct error *error) {
    if (!use_documents(s, record, error) || !start_chain(s, record, error) ||
        !add_streams(s, record, error))
        return RECOVERY_FAILED;
    decide_sign(s->decide, record->build); /* as it was published then */
    consume_follow(s->consume, record->runs, record->run_count);
    s->exception_next = 0;
    int64_t starved_ms = 0;
    for (;;) {
        health_beat();
        if (stopping(s)) return RECOVERY_STOPPED;
        const enum consume_outcome taken = consume_batch(s->consume, s->batch, error);
        if (taken == CONSUME_DONE) break;
        if (taken == CONSUME_FAILED) return RECOVERY_FAILED;
        if (taken == CONSUME_EMPTY && !await_input(s, &starved_ms, error)) return RECOVERY_FAILED;
        if (taken == CONSUME_RECORDS && !process_replayed(s, record, error)) return RECOVERY_FAILED;
    }
    if (!check_state(s, record, error) || !follow_chain(s, record, error) ||
        !commit_replayed(s, error))
        return RECOVERY_FAILED;
    s->next_order = record->sequence + 1;
    s->first_ordinal = consume_next_ordinal(s->consume);
    consume_runs_reset(s->consume);
    return session_change(s, error) ? RECOVERED : RECOVERY_FAILED;
}

static enum recovery replay(struct session *s, struct error *error) {
    health_replaying(0);
    for (;;) {
        const struct order_record *record = NULL;
        health_beat();
        if (stopping(s)) return RECOVERY_STOPPED;
        switch (order_log_next(s->order_log, consume_stream_count(s->consume), &record, error)) {
        case ORDER_LOG_END:
            return RECOVERED;
        case ORDER_LOG_FAILED:
            return RECOVERY_FAILED;
        case ORDER_LOG_WAIT:
            port_of(s)->ops->wait(port_of(s), REPLAY_WAIT_MS);
            break;
        case ORDER_LOG_RECORD: {
            const enum recovery replayed = replay_record(s, record, error);
            if (replayed != RECOVERED) return replayed;
        }
        }
    }
}

/* The group's offsets are a copy of the order log's; that they differ means somebody else wrote one
 * of them. A copy that is lost, expired or deleted, is committed anew. */
static bool agree_with_group(struct session *s, struct error *error) {
    struct port *port = port_of(s);
    const char *shard = s->pipeline->settings->shard_id;
    int lost = 0;
    if (!port->exactly_once || s->pipeline->options.unmuted_replay) return true;
    for (size_t i = 0; i < consume_stream_count(s->consume); i++) {
        const struct port_position ours = consume_position(s->consume, i);
        if (!input_has_group_offsets(consume_kind(s->consume, i))) continue;
        struct port_position group = ours;
        if (!port->ops->committed(port, &group, 1, error)) return false;
        if (group.offset < 0) {
            consume_note_place(s->consume, i);
            lost++;
        } else if (group.offset != ours.offset) {
            return error_set(error, ERROR_BAD_DATA,
                             "%s/%d: the order log ends at offset %lld, but somebody has set the "
                             "committed offset of group %s to %lld; set it back to %lld "
                             "(kafka-consumer-groups.sh --reset-offsets), or take a new shard.id",
                             ours.topic, (int)ours.partition, (long long)ours.offset, shard,
                             (long long)group.offset, (long long)ours.offset);
        }
    }
    if (lost == 0) return true;
    log_warn("event=offsets_lost group=%s partitions=%d next=\"they are committed anew, as the "
             "order log has them\"",
             shard, lost);
    return session_commit(s, error);
}

static bool is_stopping(const void *session) {
    return stopping(session);
}

/* What was committed last is what the output ends with. */
static bool check_output(struct session *s, struct error *error) {
    const bool empty = s->epoch == 0 && s->next_order == 0; /* the order log */
    if (s->pipeline->options.unmuted_replay) return true;
    struct output_tail tail = {.port = port_of(s),
                               .topic = s->pipeline->settings->topic_recommendations,
                               .shard_id = s->pipeline->settings->shard_id,
                               .to_the_first = s->pipeline->rebuild_of == REBUILD_FIRST && empty,
                               .stopping = is_stopping,
                               .context = s};
    tail.outputs = publish_outputs(s->publish, &tail.count);
    if (output_tail_check(&tail, error)) return true;
    if (empty && error->code == ERROR_BAD_DATA)
        error_prefix(error, "the order log in %s is empty", s->pipeline->settings->topic_order);
    return false;
}

static enum recovery go_live(struct session *s, struct error *error) {
    struct documents *documents = s->pipeline->documents;
    documents_use_live(documents);
    decide_sign(s->decide, text_of(build_info_version()));
    if (!session_judge(s, error)) return RECOVERY_FAILED;
    shadows_follow(s->pipeline->shadows, documents_policy(documents));
    session_show_documents(s);
    if (!check_output(s, error)) return RECOVERY_FAILED;
    const bool first = s->next_order == 0; /* of the epoch */
    if (first ? !session_first_start(s, error) : !agree_with_group(s, error))
        return RECOVERY_FAILED;
    if (!session_open_input(s, error)) return RECOVERY_FAILED;
    s->replaying = false;
    publish_mute(s->publish, false);
    s->sealed_ms = port_of(s)->ops->now_ms(port_of(s));
    log_info("event=live shard=%s epoch=%d replayed=%llu delivery=%s model=%.8s policy=%.8s",
             s->pipeline->settings->shard_id, (int)s->epoch,
             (unsigned long long)metrics_get(METRIC_REPLAYED),
             port_of(s)->exactly_once ? "exactly-once" : "at-least-once",
             model_sha256(documents_model(documents)), policy_sha256(documents_policy(documents)));
    return RECOVERED;
}

/* What an operator can do where the logs do not reach back far enough. */
static void say_rebuild(struct error *error) {
    const struct error inner = *error;
    if (error->code != ERROR_INPUT_GONE) return;
    error_set(error, inner.code,
              "%s. `saqshy run --rebuild` starts again behind what was taken, with empty state "
              "(docs/OPERATIONS.md, \"Rebuilding\")",
              inner.text);
}

/* A transaction that comes to nothing asks the coordinator whether this engine may still commit. */
static enum port_status ask_coordinator(struct session *s, struct error *error) {
    struct port *port = port_of(s);
    const struct port_position position = {s->pipeline->settings->topic_transactions, 0, 0};
    enum port_status status = port->ops->begin(port, error);
    if (status == PORT_OK) status = port->ops->send_offsets(port, &position, 1, error);
    if (status != PORT_OK && status != PORT_ABORT) return status;
    const enum port_status aborted = port->ops->abort(port, error);
    return aborted == PORT_OK ? status : aborted;
}

/* What another engine committed after it took over looks like damage to one that still starts, and
 * reads the logs. */
static enum recovery doubt_damage(struct session *s, struct error *error) {
    const bool damage = error->code == ERROR_BAD_DATA || error->code == ERROR_INPUT_GONE;
    if (!damage || !port_of(s)->exactly_once || s->pipeline->options.unmuted_replay)
        return RECOVERY_FAILED;
    struct error answer = {.code = ERROR_NONE};
    switch (ask_coordinator(s, &answer)) {
    case PORT_FENCED:
        error_set(error, ERROR_FENCED, "another engine with this shard.id has taken over: %s",
                  answer.text);
        return RECOVERY_FAILED;
    case PORT_ABORT:
    case PORT_REBUILD:
    case PORT_REFUSED:
        log_warn("event=recovery_unsure next=again why=\"%s\" doubt=\"%s\"", answer.text,
                 error->text);
        return RECOVERY_AGAIN;
    case PORT_STOPPED: /* the next start will find out */
        return RECOVERY_STOPPED;
    case PORT_OK:
        break;
    }
    return RECOVERY_FAILED;
}

enum recovery session_recover(struct session *s, struct error *error) {
    struct port *port = port_of(s);
    s->replaying = true;
    publish_mute(s->publish, !s->pipeline->options.unmuted_replay);
    const bool fenced = port->ops->fence(port, error);
    enum recovery outcome = fenced ? session_begin(s, error) : RECOVERY_FAILED;
    const struct port_position log = order_log_position(s->order_log);
    if (outcome == RECOVERED && !consume_assign(s->consume, &log, error)) outcome = RECOVERY_FAILED;
    if (outcome == RECOVERED) outcome = replay(s, error);
    if (outcome == RECOVERED) outcome = go_live(s, error);
    if (outcome != RECOVERY_FAILED) return outcome;
    if (error->code == ERROR_INTERRUPTED && stopping(s)) return RECOVERY_STOPPED;
    if (fenced) outcome = doubt_damage(s, error);
    say_rebuild(error);
    return outcome;
}
