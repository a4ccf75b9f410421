/* SPDX-License-Identifier: Apache-2.0 */
/* The run table: which (topic, partition, offset) an ordinal stands for. Runs are the stretches of
 * records taken from one stream in a row; offsets inside a run may have gaps (transaction markers),
 * so each run keeps its first ordinal and the gaps split it. Bounded: the oldest runs are forgotten
 * first. */
#pragma once

#include "detector/base/pack.h"
#include "detector/inputs.h"

#include <stddef.h>

struct runs;

struct run_position {
    const char *topic;
    int32_t partition;
    int64_t offset;
};

/* The names of the inputs outlive the table. */
struct runs *runs_new(const struct inputs *inputs, size_t runs_max);
void runs_free(struct runs *runs);
/* Records arrive with ordinals 0, 1, 2 … */
void runs_add(struct runs *runs, uint64_t ordinal, enum input_kind kind, int32_t partition,
              int64_t offset);
/* False when the ordinal is not known any more. */
bool runs_find(const struct runs *runs, uint64_t ordinal, struct run_position *out);

/* Saving the table as it is at `begin`, oldest runs first, while it goes on: each step adds up to
 * `max` runs and tells how many. Between two steps fewer than `max` records may be added. */
struct runs_save {
    uint64_t next, count; /* numbers of runs, ever */
};
void runs_save_begin(const struct runs *runs, struct runs_save *save, struct pack *head);
size_t runs_save_step(const struct runs *runs, struct runs_save *save, size_t max,
                      struct pack *pack);
/* Into a table that is new: the head, then the runs in any parts. */
void runs_load_head(struct runs *runs, struct unpack *head);
bool runs_load(struct runs *runs, struct unpack *unpack);
