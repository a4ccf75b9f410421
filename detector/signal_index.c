/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signal_index.h"

#include "detector/base/pages.h"

#include <assert.h>

enum { AHEAD = 32 };

static uint64_t *memory(size_t bytes) {
    uint64_t *entries = pages_reserve(bytes);
    const bool ok = entries != NULL && pages_commit(entries, bytes);
    assert(ok && "out of memory");
    return entries;
}

static uint32_t after(const struct signal_index *x, uint32_t at) {
    return at + 1 == x->size ? 0 : at + 1;
}

static void put(struct signal_index *x, uint64_t low, uint64_t entry) {
    uint32_t at = signal_index_home(x, low);
    while (x->entries[at] != 0)
        at = after(x, at);
    x->entries[at] = entry;
}

/* By a half, but not past what is enough for all there will be. */
static size_t next_bytes(const struct signal_index *x) {
    const size_t enough = pages_round_up(x->full * sizeof *x->entries);
    const size_t more = pages_round_up(x->bytes + x->bytes / 2 + 1);
    return x->bytes < enough && more > enough ? enough : more;
}

static void fetch(const struct signal_index *x, uint32_t at) {
    if (at < x->size && x->entries[at] != 0)
        x->fetch(x->owner, signal_index_reference(x->entries[at]));
}

/* Both tables are gone through in the order of their keys. */
static void enlarge(struct signal_index *x) {
    const struct signal_index old = *x;
    x->bytes = next_bytes(&old);
    x->size = (uint32_t)(x->bytes / sizeof *x->entries);
    x->entries = memory(x->bytes);
    for (uint32_t i = 0; i < old.size; i++) {
        fetch(&old, i + AHEAD);
        if (old.entries[i] != 0)
            put(x, x->low_of(x->owner, signal_index_reference(old.entries[i])), old.entries[i]);
    }
    pages_release(old.entries, old.bytes);
}

void signal_index_close(struct signal_index *x) {
    pages_release(x->entries, x->bytes);
}

void signal_index_add(struct signal_index *x, struct account_key key, uint32_t reference) {
    if ((uint64_t)x->count + 1 > (uint64_t)x->size * 3 / 4) enlarge(x);
    put(x, key.low, (uint64_t)signal_index_tag(key) << 32 | reference);
    x->count++;
}

/* What lies behind a hole and may lie in it comes forward. */
static void close_up(struct signal_index *x, uint32_t hole) {
    for (uint32_t at = after(x, hole); x->entries[at] != 0; at = after(x, at)) {
        const uint32_t reference = signal_index_reference(x->entries[at]);
        const uint32_t home = signal_index_home(x, x->low_of(x->owner, reference));
        const uint32_t from_home = at >= home ? at - home : at + x->size - home;
        const uint32_t from_hole = at >= hole ? at - hole : at + x->size - hole;
        if (from_home < from_hole) continue;
        x->entries[hole] = x->entries[at];
        hole = at;
    }
    x->entries[hole] = 0;
}

void signal_index_change(struct signal_index *x, struct account_key key, uint32_t from,
                         uint32_t to) {
    uint32_t at = signal_index_home(x, key.low);
    while (signal_index_reference(x->entries[at]) != from)
        at = after(x, at);
    if (to != 0) {
        x->entries[at] = (x->entries[at] & ~(uint64_t)UINT32_MAX) | to;
        return;
    }
    close_up(x, at);
    x->count--;
}
