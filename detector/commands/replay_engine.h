/* SPDX-License-Identifier: Apache-2.0 */
/* A replay straight into the engine: the pipeline over a memory port that holds what a file holds.
 *
 * At full speed everything is read before the engine starts, so the same file gives the same bytes;
 * with a pace, records come one by one while it runs. Where a recording brings the shard's order
 * log, the engine follows it, and publishes again what was published then; past its end it goes on
 * live. */
#pragma once

#include "detector/broker/memory_port.h"
#include "detector/commands/pace.h"
#include "detector/commands/replay_source.h"
#include "detector/recommendation.h"

struct replay_engine;
struct batch; /* batch.h */

struct replay_engine_options {
    const struct options *settings; /* start.from is set; outlives the engine, as all here do */
    struct replay_source *source;
    /* As in pipeline_options; or NULL. */
    void (*on_recommendation)(void *context, const struct recommendation *recommendation);
    void (*on_payer_side)(void *context, const struct recommendation *recommendation);
    void *context;
    bool (*on_batch)(void *context, const struct batch *batch, struct error *error);
    void *batch_context;
    void (*on_decided)(void *context, const struct batch *batch);
    void *decided_context;
    struct pace pace;
    int32_t partitions; /* of input and recommendations, where a recording does not say more */
    int64_t memory_max; /* bytes of records the port may hold */
    bool order_ignored; /* do not follow a recording's order log: merge anew by record time */
    bool quiet;         /* no progress */
};

struct replay_engine *replay_engine_open(const struct replay_engine_options *options,
                                         struct error *error);
void replay_engine_close(struct replay_engine *engine);
/* Once. True when it came to the end or was stopped. */
bool replay_engine_run(struct replay_engine *engine, struct error *error);
/* Any thread: what was taken in is committed, then the run ends. */
void replay_engine_stop(struct replay_engine *engine);

/* Records taken in, and how many of them by the order log. After the run. */
int64_t replay_engine_taken(const struct replay_engine *engine);
int64_t replay_engine_followed(const struct replay_engine *engine);
/* Bytes of records that are held now. */
int64_t replay_engine_bytes(const struct replay_engine *engine);
/* The records after the run, the recommendations among them. */
const struct memory_port *replay_engine_memory(const struct replay_engine *engine);
