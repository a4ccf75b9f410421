/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/victims.h"

#include <assert.h>
#include <stdlib.h>

void victims_clear(struct victims *v, uint64_t bound) {
    v->count = 0;
    v->bound = bound;
}

void victims_free(struct victims *v) {
    free(v->heap);
    *v = (struct victims){.heap = NULL};
}

static void make_room(struct victims *v) {
    if (v->count < v->room) return;
    v->room = v->room == 0 ? 4096 : 2 * v->room;
    v->heap = realloc(v->heap, v->room * sizeof *v->heap);
    assert(v->heap != NULL);
}

void victims_offer(struct victims *v, const struct account *account) {
    const struct victim new = {victim_order(account), account->key};
    if (new.order > v->bound) return;
    make_room(v);
    size_t at = v->count++;
    for (; at > 0 && v->heap[(at - 1) / 2].order > new.order; at = (at - 1) / 2)
        v->heap[at] = v->heap[(at - 1) / 2];
    v->heap[at] = new;
}

bool victims_take(struct victims *v, struct victim *out) {
    if (v->count == 0) return false;
    *out = v->heap[0];
    const struct victim last = v->heap[--v->count];
    size_t at = 0;
    for (size_t below; (below = 2 * at + 1) < v->count; at = below) {
        if (below + 1 < v->count && v->heap[below + 1].order < v->heap[below].order) below++;
        if (last.order <= v->heap[below].order) break;
        v->heap[at] = v->heap[below];
    }
    if (v->count > 0) v->heap[at] = last;
    return true;
}
