/* SPDX-License-Identifier: Apache-2.0 */
/* Merge by slices: which stream the engine drains next.
 *
 * Streams are drained by record timestamp in slices of `slice_ms`, so that catching up does not let
 * credits run hours ahead of their debits. A slice begins at the earliest record there is: one time
 * stamp from the far future does not hold it open. A stream known to be at its end is never waited
 * for; one that is behind with nothing here is, for at most `wait_ms`, and is then left out until
 * it delivers again. Inside a slice the present stream is kept as long as it has records: long runs
 * make a short order log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_view {
    bool has_head;
    int64_t head_ms; /* timestamp of the next record, when has_head; below INT64_MAX */
    bool at_end;     /* nothing more is known to exist */
};

enum { MERGE_IDLE = -1, MERGE_WAIT = -2 };

struct merge;

struct merge *merge_new(int64_t slice_ms, int64_t wait_ms, size_t streams_max);
void merge_free(struct merge *merge);
/* A stream to take records with timestamps below *limit_ms from; MERGE_WAIT: something is on its
 * way; MERGE_IDLE: every stream is at its end. `now_ms` is any steady clock. No slice goes beyond
 * `until_ms`, which the earliest head is below; INT64_MAX: nothing cuts it. */
int merge_pick(struct merge *merge, const struct merge_view *views, size_t count, int64_t now_ms,
               int64_t until_ms, int64_t *limit_ms);
/* The earliest head; INT64_MAX: there is none. */
int64_t merge_earliest(const struct merge_view *views, size_t count);
