/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/session.h"

#include "detector/base/build_info.h"

#include <stdlib.h>

static bool open_input(struct session *s, struct error *error) {
    const struct options *settings = s->pipeline->settings;
    const struct inputs inputs = inputs_of(settings);
    s->runs = runs_new(&inputs, (size_t)settings->runs_max);
    if (s->runs == NULL) return error_set(error, ERROR_FAILED, "no memory for the run table");
    const struct consume_options consume = {
        .port = s->pipeline->port,
        .runs = s->runs,
        .inputs = inputs,
        .merge_slice_ms = settings->merge_slice_ms,
        .merge_wait_ms = settings->merge_wait_ms,
        .compacted_by_time = s->pipeline->options.signals_by_time,
    };
    const struct decode_options decode = {
        .schema_dir = settings->schema_dir,
        .value_bytes_max = (uint32_t)settings->value_bytes_max,
    };
    s->consume = consume_open(&consume, error);
    if (s->consume == NULL) return false;
    s->decode = decode_open(&decode, error);
    return s->decode != NULL;
}

/* The account table asks between batches, long after every stage is open. */
static bool is_pinned(const void *context, uint32_t account_number) {
    const struct session *s = context;
    return decide_has_open(s->decide, account_number);
}

/* A replay decides again what was decided already: shadows have seen it then, and only who
 * publishes it once more wants them again. */
static uint32_t shadows_wanted(const struct pipeline *p) {
    const bool again = p->options.unmuted_replay && p->options.publish_shadows;
    return again || documents_are_live(p->documents) ? shadows_count(p->shadows) : 0;
}

/* By the model in force and its shadows. */
static struct score *open_score(struct session *s, struct error *error) {
    const struct pipeline *p = s->pipeline;
    const struct model *heads[SCORE_HEADS_MAX] = {documents_model(p->documents)};
    s->scored_by = heads[0];
    s->shadows = shadows_wanted(p);
    for (uint32_t i = 0; i < s->shadows; i++)
        heads[i + 1] = shadows_model(p->shadows, i);
    return score_open_heads(heads, s->shadows + 1, BATCH_SIDES, p->settings->kernel_tier, error);
}

static struct taint_options taint_options(const struct options *o) {
    enum { HOUR_S = 3600, TENGE_TIYN = 100 };
    return (struct taint_options){.limits = {.hops_max = (uint32_t)o->taint_hops,
                                             .seconds_max = o->taint_hours * HOUR_S,
                                             .floor_tiyn = o->taint_floor * TENGE_TIYN},
                                  .walk_max = (uint32_t)o->taint_walk,
                                  .accounts_max = (uint32_t)o->taint_accounts};
}

/* What the account table may have, less what traced money takes of it. */
static uint64_t memory_of_accounts(const struct options *o) {
    const uint64_t limit = (uint64_t)o->memory_limit_mib << 20;
    const struct taint_options taint = taint_options(o);
    return limit - taint_bytes_of(&taint);
}

static bool open_judgement(struct session *s, struct error *error) {
    const struct pipeline *p = s->pipeline;
    const struct signals_options signals = {.max = (uint32_t)p->settings->signals_max};
    s->signals = signals_open(&signals, error);
    if (s->signals == NULL) return false;
    const struct apply_options apply = {
        .accounts = {.memory_limit = memory_of_accounts(p->settings),
                     .prefault_bytes = (uint64_t)p->settings->memory_prefault_mib << 20,
                     .dormancy_s = p->settings->accounts_dormancy_days * 86400,
                     .pinned = is_pinned,
                     .pinned_context = s},
        .kernel_tier = p->settings->kernel_tier,
        .signals = s->signals,
        .taint = taint_options(p->settings),
    };
    s->apply = apply_open(&apply, error);
    if (s->apply == NULL) return false;
    s->score = open_score(s, error);
    if (s->score == NULL) return false;
    const struct decide_options decide = {
        .policy = documents_policy(p->documents),
        .model = s->scored_by,
        .score = s->score,
        .runs = s->runs,
        .build = text_of(build_info_version()),
        .episodes_max = (uint32_t)p->settings->episodes_max,
        .instructions_max = (uint32_t)p->settings->instructions_max,
        .issued_max = (uint32_t)p->settings->issued_max,
    };
    s->decide = decide_open(&decide, error);
    return s->decide != NULL;
}

bool session_judge(struct session *s, struct error *error) {
    const struct documents *documents = s->pipeline->documents;
    const struct model *model = documents_model(documents);
    const struct policy *policy = documents_policy(documents);
    if (model == s->scored_by && s->shadows == shadows_wanted(s->pipeline))
        return decide_use(s->decide, model, policy, s->score, error);
    struct score *score = open_score(s, error);
    if (score == NULL || !decide_use(s->decide, model, policy, score, error)) {
        score_close(score);
        return false;
    }
    score_close(s->score);
    s->score = score;
    return true;
}

static bool open_output(struct session *s, struct error *error) {
    const struct options *settings = s->pipeline->settings;
    const struct publish_options publish = {
        .port = s->pipeline->port,
        .shard_id = settings->shard_id,
        .topic_recommendations = settings->topic_recommendations,
        .topic_dead_letters = settings->topic_dead_letters,
        .topic_order = settings->topic_order,
        .topic_shadow = s->pipeline->options.publish_shadows ? settings->topic_shadow : "",
        .unit_bytes_max = (size_t)settings->commit_bytes_max,
        .stopping = &s->pipeline->stopping,
    };
    s->publish = publish_open(&publish, error);
    if (s->publish == NULL) return false;
    s->order_log =
        order_log_open(s->pipeline->port, settings->topic_order, settings->shard_id, error);
    return s->order_log != NULL;
}

static bool open_snapshot(struct session *s, struct error *error) {
    const struct pipeline *p = s->pipeline;
    if (p->options.snapshots == NULL) return true;
    const struct snapshot_options options = {
        .disk = p->options.snapshots,
        .copies = p->options.snapshot_copies,
        .shard = p->settings->shard_id,
        .interval_ms = p->settings->snapshot_interval_s * 1000,
        .memory_bytes = (size_t)p->settings->snapshot_memory_mib << 20,
    };
    s->snapshot = snapshot_open(&options, error);
    return s->snapshot != NULL;
}

struct session *session_open(struct pipeline *pipeline, struct error *error) {
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the engine");
        return NULL;
    }
    s->pipeline = pipeline;
    documents_reset(pipeline->documents);
    s->batch = batch_new();
    if (s->batch == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the batch");
        goto fail;
    }
    if (!open_input(s, error) || !open_judgement(s, error) || !open_output(s, error) ||
        !open_snapshot(s, error))
        goto fail;
    return s;
fail:
    session_close(s);
    return NULL;
}

void session_close(struct session *s) {
    if (s == NULL) return;
    snapshot_close(s->snapshot);
    publish_close(s->publish);
    if (s->consume != NULL && s->batch != NULL) consume_release(s->consume, s->batch);
    order_log_close(s->order_log);
    decide_close(s->decide);
    score_close(s->score);
    apply_close(s->apply);
    signals_close(s->signals);
    decode_close(s->decode);
    consume_close(s->consume);
    runs_free(s->runs);
    batch_free(s->batch);
    free(s->exceptions);
    free(s);
}
