/* SPDX-License-Identifier: Apache-2.0 */
/* The engine without Kafka, for benchmarks: Avro record → decode → apply → score → decide, by the
 * stage functions that the program runs, over uniformly random accounts. */
#pragma once

#include "detector/apply.h"
#include "detector/decide.h"
#include "detector/decode.h"
#include "detector/runs.h"
#include "schemas/encode.h"

struct engine_rig_options {
    uint32_t accounts;
    double events;           /* entries a week an account has, on average */
    uint32_t terms;          /* of the model */
    uint32_t hot_rows;       /* rows of each batch whose payee is one hot account */
    uint32_t tainted_max;    /* accounts that reported money may be followed to; 0: none is */
    uint64_t memory_limit;   /* bytes */
    const char *kernel_tier; /* "auto" or a tier's name */
    uint64_t seed;
};

enum { RIG_BATCHES = 64 };
enum { RIG_DECODE, RIG_APPLY, RIG_SCORE, RIG_DECIDE, RIG_PHASES };

/* Ends the program with a message when something is refused. */
struct engine_rig *engine_rig_open(const struct engine_rig_options *options);
void engine_rig_close(struct engine_rig *rig);
/* Fills the table: so many entries an account on average, without a clock. */
void engine_rig_warm_up(struct engine_rig *rig, double entries);
void engine_rig_hot(struct engine_rig *rig, uint32_t rows);
/* Makes the records of the next batches, at most RIG_BATCHES, so that making them does not stand in
 * the engine's way. */
void engine_rig_prepare(struct engine_rig *rig, uint32_t batches);
/* Runs the next batch that was prepared; adds nanoseconds by phase. The batch may be looked at
 * until the next call. */
const struct batch *engine_rig_run(struct engine_rig *rig, int64_t ns[RIG_PHASES]);
/* Reports transfers of the batch in hand to the engine, the first so many rows of it; nanoseconds
 * that took. */
int64_t engine_rig_report(struct engine_rig *rig, uint32_t rows);
/* Nanoseconds of scoring the batch in hand once more, by another model. */
int64_t engine_rig_score(struct engine_rig *rig, struct score *score);
uint64_t engine_rig_recommendations(const struct engine_rig *rig);
double engine_rig_record_bytes(const struct engine_rig *rig); /* mean Avro record */
const struct apply *engine_rig_apply(const struct engine_rig *rig);
