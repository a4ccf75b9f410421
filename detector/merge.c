/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/merge.h"

#include <assert.h>
#include <stdlib.h>

struct merge {
    int64_t slice_ms, wait_ms;
    int64_t slice_end_ms;
    int64_t waiting_since_ms; /* INT64_MIN: not waiting */
    size_t current;
    size_t streams_max;
    bool *left_out; /* waited for in vain; until it delivers again */
};

struct merge *merge_new(int64_t slice_ms, int64_t wait_ms, size_t streams_max) {
    struct merge *m = calloc(1, sizeof *m);
    if (m == NULL) return NULL;
    m->left_out = calloc(streams_max, sizeof *m->left_out);
    if (m->left_out == NULL) {
        free(m);
        return NULL;
    }
    m->slice_ms = slice_ms;
    m->wait_ms = wait_ms;
    m->slice_end_ms = INT64_MIN;
    m->waiting_since_ms = INT64_MIN;
    m->streams_max = streams_max;
    return m;
}

void merge_free(struct merge *merge) {
    if (merge == NULL) return;
    free(merge->left_out);
    free(merge);
}

static int in_slice(struct merge *m, const struct merge_view *views, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const size_t s = (m->current + k) % count;
        if (views[s].has_head && views[s].head_ms < m->slice_end_ms) return (int)s;
    }
    return MERGE_IDLE;
}

/* True while a stream that is behind may still bring records of this slice. */
static bool must_wait(struct merge *m, const struct merge_view *views, size_t count,
                      int64_t now_ms) {
    bool missing = false;
    for (size_t s = 0; s < count; s++) {
        if (views[s].has_head || views[s].at_end) m->left_out[s] = false;
        missing |= !views[s].has_head && !views[s].at_end && !m->left_out[s];
    }
    if (!missing) {
        m->waiting_since_ms = INT64_MIN;
        return false;
    }
    if (m->waiting_since_ms == INT64_MIN) m->waiting_since_ms = now_ms;
    if (now_ms - m->waiting_since_ms < m->wait_ms) return true;
    for (size_t s = 0; s < count; s++)
        if (!views[s].has_head && !views[s].at_end) m->left_out[s] = true;
    m->waiting_since_ms = INT64_MIN;
    return false;
}

int64_t merge_earliest(const struct merge_view *views, size_t count) {
    int64_t earliest = INT64_MAX;
    for (size_t s = 0; s < count; s++)
        if (views[s].has_head && views[s].head_ms < earliest) earliest = views[s].head_ms;
    return earliest;
}

/* Where the slice of the earliest head ends; INT64_MIN without a head. */
static int64_t end_of_slice(const struct merge *m, const struct merge_view *views, size_t count,
                            int64_t until_ms) {
    const int64_t earliest = merge_earliest(views, count);
    if (earliest == INT64_MAX) return INT64_MIN;
    assert(earliest < until_ms);
    int64_t end_ms;
    const bool over = __builtin_add_overflow(earliest, m->slice_ms, &end_ms);
    return over || end_ms > until_ms ? until_ms : end_ms;
}

static bool any_behind(const struct merge_view *views, size_t count) {
    for (size_t s = 0; s < count; s++)
        if (!views[s].at_end) return true;
    return false;
}

int merge_pick(struct merge *m, const struct merge_view *views, size_t count, int64_t now_ms,
               int64_t until_ms, int64_t *limit_ms) {
    assert(count <= m->streams_max);
    const int64_t end_ms = end_of_slice(m, views, count, until_ms);
    if (end_ms < m->slice_end_ms && end_ms != INT64_MIN) m->slice_end_ms = end_ms;
    int picked = in_slice(m, views, count);
    if (picked < 0) {
        if (must_wait(m, views, count, now_ms)) return MERGE_WAIT;
        if (end_ms == INT64_MIN) return any_behind(views, count) ? MERGE_WAIT : MERGE_IDLE;
        m->slice_end_ms = end_ms;
        picked = in_slice(m, views, count);
    }
    m->current = (size_t)picked;
    *limit_ms = m->slice_end_ms;
    return picked;
}
