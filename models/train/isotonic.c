/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/isotonic.h"

#include <math.h>
#include <stdlib.h>

enum { BAD_LEAST = 50 };

struct pool {
    double logit, weight, bad; /* sums */
};

static int lower_first(const void *a, const void *b) {
    const double x = ((const struct scored_row *)a)->logit;
    const double y = ((const struct scored_row *)b)->logit;
    return (x > y) - (x < y);
}

/* One more row of a kind than there is evidence for, shared by both: never sure. */
static double rate(const struct pool *p) {
    return (p->bad + 0.5) / (p->weight + 1);
}

static void merge(struct pool *into, const struct pool *p) {
    into->logit += p->logit;
    into->weight += p->weight;
    into->bad += p->bad;
}

/* Pools of rows beside each other, each with its share of all the bad or of all the rows. */
static size_t gather(const struct scored_row *rows, size_t count, double weight, double bad,
                     struct pool *pools) {
    size_t used = 0;
    struct pool open = {0, 0, 0};
    for (size_t i = 0; i < count; i++) {
        const double w = rows[i].weight;
        merge(&open, &(struct pool){w * rows[i].logit, w, rows[i].bad ? w : 0});
        const bool last = i + 1 == count || used + 1 == ISOTONIC_POINTS_MAX;
        const bool full = open.bad >= bad * 2 / ISOTONIC_POINTS_MAX ||
                          open.weight >= weight * 2 / ISOTONIC_POINTS_MAX;
        const bool tied = i + 1 < count && rows[i + 1].logit == rows[i].logit;
        if (i + 1 < count && (last || !full || tied)) continue;
        pools[used++] = open;
        open = (struct pool){0, 0, 0};
    }
    return used;
}

static size_t pool_violators(struct pool *pools, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        pools[kept++] = pools[i];
        while (kept > 1 && rate(&pools[kept - 2]) >= rate(&pools[kept - 1])) {
            merge(&pools[kept - 2], &pools[kept - 1]);
            kept--;
        }
    }
    return kept;
}

void isotonic_fit(struct scored_row *rows, size_t count, struct isotonic *out) {
    struct pool pools[ISOTONIC_POINTS_MAX];
    double weight = 0, bad = 0;
    size_t bad_rows = 0;
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        weight += rows[i].weight;
        bad += rows[i].bad ? rows[i].weight : 0;
        bad_rows += rows[i].bad;
    }
    if (bad_rows < BAD_LEAST || bad_rows == count) return;
    qsort(rows, count, sizeof *rows, lower_first);
    const size_t used = pool_violators(pools, gather(rows, count, weight, bad, pools));
    for (size_t i = 0; i < used; i++) {
        out->logit[i] = pools[i].logit / pools[i].weight;
        out->probability[i] = rate(&pools[i]);
    }
    out->count = used > 1 ? (uint32_t)used : 0;
}
