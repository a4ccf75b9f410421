/* SPDX-License-Identifier: Apache-2.0 */
/* The run table: which (topic, partition, offset) an ordinal stands for. Runs are the stretches of
 * records taken from one stream in a row; offsets inside a run may have gaps (transaction markers),
 * so each run keeps its first ordinal and the gaps split it. Bounded: the oldest runs are forgotten
 * first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct runs;

struct run_position {
    const char *topic;
    int32_t partition;
    int64_t offset;
};

struct runs *runs_new(size_t runs_max);
void runs_free(struct runs *runs);
/* Records arrive with ordinals 0, 1, 2 …; `topic` must outlive the table. */
void runs_add(struct runs *runs, uint64_t ordinal, const char *topic, int32_t partition,
              int64_t offset);
/* False when the ordinal is not known any more. */
bool runs_find(const struct runs *runs, uint64_t ordinal, struct run_position *out);
