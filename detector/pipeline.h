/* SPDX-License-Identifier: Apache-2.0 */
/* The program: consume → decode → apply → score → decide → publish over one batch. */
#pragma once

#include "detector/base/disk.h"
#include "detector/port.h"
#include "detector/recommendation.h"
#include "detector/service/options.h"

struct pipeline;
struct batch; /* batch.h */

struct pipeline_options {
    const struct options *options;
    struct port *port; /* outlives the pipeline */
    /* Where snapshots are kept, and copies of them; outlive the pipeline. NULL: nowhere. */
    struct disk *snapshots, *snapshot_copies;
    /* Start a new epoch with empty state behind what was taken. */
    bool rebuild;
    /* Offline runs: also publish what is replayed from the order log. */
    bool unmuted_replay;
    /* Offline runs and demo, whose feed runs ahead: of what is here, each signal is taken at its
     * time among the transactions that the order log does not place, not before them all. */
    bool signals_by_time;
    /* Tell the policy topic what became of the changes in it. */
    bool acknowledge;
    /* Publish what shadows would have advised, where topic.shadow is set; of an unmuted replay,
     * too, by the policy of the start. */
    bool publish_shadows;
    /* Offline runs and demo: end when every input is at its end and committed. */
    bool stop_at_end;
    /* Called on the engine thread for each recommendation that is published; may be NULL. Advice to
     * the paying side, which accuses nobody, has a call of its own. */
    void (*on_recommendation)(void *context, const struct recommendation *recommendation);
    void (*on_payer_side)(void *context, const struct recommendation *recommendation);
    void *context;
    /* Called on the engine thread for each batch once it is scored, before its recommendations;
     * false ends the run with the error. May be NULL. */
    bool (*on_batch)(void *context, const struct batch *batch, struct error *error);
    void *batch_context;
    /* The same batch after its recommendations, with what was decided of each side; may be NULL. */
    void (*on_decided)(void *context, const struct batch *batch);
    void *decided_context;
};

struct pipeline *pipeline_open(const struct pipeline_options *options, struct error *error);
/* Runs until pipeline_stop, stop_at_end, or a final error (false). Commits before it ends cleanly.
 */
bool pipeline_run(struct pipeline *pipeline, struct error *error);
/* Any thread or a signal-handling thread. */
void pipeline_stop(struct pipeline *pipeline);
void pipeline_close(struct pipeline *pipeline);
