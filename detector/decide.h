/* SPDX-License-Identifier: Apache-2.0 */
/* Decide: from scored sides to recommendations, through episodes (decisions.md, "Recommendations").
 *
 * Owns the open episodes. Walks the rows in log order; expiries come before the record that moved
 * the engine clock past them. Reads the account as it stood at its row. Engine thread only. */
#pragma once

#include "detector/base/pack.h"
#include "detector/batch.h"
#include "detector/policy.h"
#include "detector/recommendation.h"
#include "models/score.h"

struct runs; /* runs.h: ordinal → topic, partition, offset */

struct decide;

struct decide_options {
    const struct policy *policy;
    const struct model *model;
    const struct score *score;
    const struct runs *runs;
    struct text build;         /* that recommendations name */
    uint32_t episodes_max;     /* `episodes.max` */
    uint32_t instructions_max; /* `instructions.max` */
    uint32_t issued_max;       /* `issued.max` */
};

struct decide *decide_open(const struct decide_options *options, struct error *error);
void decide_close(struct decide *decide);
/* Another model and policy from the next batch on; open episodes stay as they were published. */
bool decide_use(struct decide *decide, const struct model *model, const struct policy *policy,
                const struct score *score, struct error *error);
/* Recommendations name another build from the next batch on; borrowed. */
void decide_sign(struct decide *decide, struct text build);

/* Starts on a scored batch. */
void decide_batch(struct decide *decide, struct batch *batch);
/* The next recommendation of the batch, or NULL when there is none left. It and its texts live
 * until the next call. `*event` is the row of input[] that triggered it (for an expiry: that moved
 * the clock). */
const struct recommendation *decide_next(struct decide *decide, uint32_t *event);

/* Saving the stage as it is between two batches while batches go on: what is small into `head`, the
 * rest through the sink, each record whole; one that is about to change comes before the others. */
void decide_save_begin(struct decide *decide, struct pack *head, const struct pack_sink *sink);
/* Goes on by so many records; false: there are no more, or one found no space. */
bool decide_save_step(struct decide *decide, uint32_t looks);
/* True when all have been saved; ends it in any case. */
bool decide_save_end(struct decide *decide);

/* Loading into a stage that is new. False: these bytes are no state of such a stage, which is then
 * good for decide_close only. */
bool decide_load_begin(struct decide *decide, struct unpack *head);
/* Any part of what went through the sink, of whole records. */
bool decide_load_records(struct decide *decide, struct unpack *records);
bool decide_load_end(const struct decide *decide);

bool decide_has_open(const struct decide *decide, uint32_t account_number);
uint64_t decide_open_episodes(const struct decide *decide);
/* Of which the paying side is advised. */
uint64_t decide_open_instructions(const struct decide *decide);
