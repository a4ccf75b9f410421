/* SPDX-License-Identifier: Apache-2.0 */
/* An engine of a simulated run: one process with its port and its pipeline. */
#pragma once

#include "detector/pipeline.h"
#include "tests/sim_disk.h"

struct sim_engine;

/* Starts it; `options` outlive it. `disk` is for its snapshots; NULL: it takes none. `rebuild`:
 * with a new epoch. */
struct sim_engine *sim_engine_start(struct sim_world *world, struct sim_cluster *cluster,
                                    struct sim_disk *disk, const struct options *options,
                                    bool rebuild);
bool sim_engine_ended(const struct sim_engine *engine);
/* How an ended one ended: ERROR_NONE, cleanly; ERROR_INTERRUPTED, when it died. */
const struct error *sim_engine_error(const struct sim_engine *engine);
struct sim_port *sim_engine_port(struct sim_engine *engine);
/* SIGTERM; SIGSTOP until a time. */
void sim_engine_stop(struct sim_engine *engine);
void sim_engine_freeze(struct sim_engine *engine, int64_t until_ms);
/* Ended ones only. */
void sim_engine_free(struct sim_engine *engine);
