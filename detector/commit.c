/* SPDX-License-Identifier: Apache-2.0 */
/* When and what a session commits: outputs, dead letters, the order record and the offsets of the
 * transactions, in one unit. */
#include "detector/base/build_info.h"
#include "detector/service/metrics.h"
#include "detector/session.h"

enum {
    COMMIT_RECORDS_MAX = 1 << 16, /* a unit is sealed after this many records at the latest */
    AHEAD_RECORDS_MAX = 1 << 20,  /* the engine runs at most so far ahead of a commit in flight */
    ORDER_BYTES_MAX = 1 << 19,    /* of an order record: half of what a broker takes by default */
    RUN_BYTES = 18,               /* of a run or an exception, besides the topic's name, at most */
    EXCEPTION_BYTES = 40,
    END_BYTES = 28,
};

uint64_t session_uncommitted(const struct session *s) {
    return consume_next_ordinal(s->consume) - s->first_ordinal;
}

bool session_has_news(const struct session *s) {
    uint32_t runs = 0;
    consume_runs(s->consume, &runs);
    return runs > 0;
}

static size_t longest_topic(const struct options *settings) {
    const struct inputs inputs = inputs_of(settings);
    size_t longest = 0;
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++) {
        const size_t size = strlen(inputs.topic[kind]);
        if (size > longest) longest = size;
    }
    return longest;
}

/* Of the order record that would be sealed now: sparse input makes a run of nearly every record. */
static size_t order_bytes(const struct session *s) {
    const size_t topic = longest_topic(s->pipeline->settings);
    uint32_t runs = 0, ends = 0;
    consume_runs(s->consume, &runs);
    consume_ends(s->consume, &ends);
    return runs * (topic + RUN_BYTES) + ends * (topic + END_BYTES) +
           s->exception_count * (topic + EXCEPTION_BYTES);
}

static struct order_record order_record_of(const struct session *s) {
    const struct pipeline *p = s->pipeline;
    struct order_record record = {
        .shard = text_of(p->settings->shard_id),
        .epoch = s->epoch,
        .sequence = s->next_order,
        .build = text_of(build_info_version()),
        .options_sha256 = text_of(p->options_sha256),
        .features_sha256 = text_of(feature_table_sha256()),
        .model_sha256 = text_of(model_sha256(documents_model(p->documents))),
        .policy_sha256 = text_of(policy_sha256(documents_policy(p->documents))),
        .first_ordinal = (int64_t)s->first_ordinal,
        .engine_clock_s = decode_clock_s(s->decode),
        .state_hash = s->state_hash,
        .exceptions = s->exceptions,
        .exception_count = s->exception_count,
    };
    record.runs = (struct order_run *)consume_runs(s->consume, &record.run_count);
    record.ends = (struct order_end *)(uintptr_t)consume_ends(s->consume, &record.end_count);
    record.outputs = (struct order_output *)publish_outputs(s->publish, &record.output_count);
    return record;
}

static void show_taint(const struct taint *taint) {
    const struct taint_counts counts = taint_count(taint);
    metrics_set(METRIC_TAINT_ACCOUNTS, (int64_t)counts.accounts);
    metrics_set(METRIC_TAINT_SOURCES, (int64_t)counts.sources);
    metrics_set(METRIC_TAINT_MARKS, (int64_t)counts.marks);
    metrics_set(METRIC_TAINT_WALKED, (int64_t)counts.walked);
    metrics_set(METRIC_TAINT_BOUNDED, (int64_t)counts.bounded);
}

/* Until a session is live the port reads other logs than the inputs. */
static void show_lag(const struct session *s) {
    if (s->replaying) return;
    metrics_set(METRIC_LAG, consume_lag(s->consume, INPUT_TRANSACTIONS));
    metrics_set(METRIC_SIGNALS_LAG, consume_lag(s->consume, INPUT_SIGNALS));
    metrics_set(METRIC_POLICY_LAG, consume_lag(s->consume, INPUT_POLICY));
}

static void show_gauges(const struct session *s) {
    const struct accounts_counts accounts = accounts_count(apply_accounts(s->apply));
    metrics_set(METRIC_ACCOUNTS, (int64_t)accounts.accounts);
    metrics_set(METRIC_ACCOUNT_BYTES, (int64_t)accounts.bytes);
    metrics_set(METRIC_ACCOUNT_INDEX_BYTES, (int64_t)accounts.index_bytes);
    metrics_set(METRIC_MEMORY_LIMIT, s->pipeline->settings->memory_limit_mib << 20);
    metrics_set(METRIC_ACCOUNTS_DROPPED, (int64_t)accounts.dropped);
    metrics_set(METRIC_ACCOUNTS_FORGOTTEN, (int64_t)accounts.forgotten);
    metrics_set(METRIC_EPISODES, (int64_t)decide_open_episodes(s->decide));
    metrics_set(METRIC_INSTRUCTIONS, (int64_t)decide_open_instructions(s->decide));
    metrics_set(METRIC_SIGNALS, signals_count(s->signals));
    metrics_set(METRIC_SIGNAL_BYTES, (int64_t)signals_bytes(s->signals));
    show_taint(apply_taint(s->apply));
    show_lag(s);
    metrics_set(METRIC_CLOCK, decode_clock_s(s->decode));
}

bool session_commit(struct session *s, struct error *error) {
    static struct port_position positions[STREAMS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < consume_stream_count(s->consume); i++)
        if (input_has_group_offsets(consume_kind(s->consume, i)))
            positions[count++] = consume_position(s->consume, i);
    const struct order_record record = order_record_of(s);
    if (!publish_seal(s->publish, &record, positions, count, error)) return false;
    s->next_order++;
    s->first_ordinal = consume_next_ordinal(s->consume);
    s->exception_count = 0;
    s->sealed_ms = s->pipeline->port->ops->now_ms(s->pipeline->port);
    consume_runs_reset(s->consume);
    show_gauges(s);
    untraced_say(&s->untraced, s->sealed_ms);
    return session_change(s, error);
}

static bool awaits_change(const struct session *s) {
    return documents_next(s->pipeline->documents) != NULL;
}

static bool is_half_full(const struct session *s) {
    return publish_pending_bytes(s->publish) > (size_t)s->pipeline->settings->commit_bytes_max / 2;
}

bool session_commit_due(const struct session *s, int64_t now_ms) {
    if (!publish_ready(s->publish)) return false;
    if (publish_pending(s->publish) > 0 || awaits_change(s) ||
        session_uncommitted(s) >= COMMIT_RECORDS_MAX || order_bytes(s) >= ORDER_BYTES_MAX ||
        is_half_full(s))
        return true;
    return session_has_news(s) &&
           now_ms - s->sealed_ms >= s->pipeline->settings->commit_interval_ms;
}

bool session_holds(const struct session *s) {
    if (awaits_change(s)) return true;
    return publish_busy(s->publish) && (session_uncommitted(s) > AHEAD_RECORDS_MAX ||
                                        order_bytes(s) >= ORDER_BYTES_MAX || is_half_full(s));
}
