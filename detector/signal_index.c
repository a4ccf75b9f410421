/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signal_index.h"

#include "detector/base/pages.h"

#include <assert.h>

/* STEP: places that are migrated at once; an old table is empty long before the new one is full. */
enum { STEP = 64, AHEAD = 32 };
#define MOVED (UINT64_C(1) << 32)

static struct signal_slots slots_of(size_t bytes) {
    struct signal_slots s = {.bytes = bytes, .size = (uint32_t)(bytes / sizeof *s.entries)};
    s.entries = pages_reserve(bytes);
    const bool ok = s.entries != NULL && pages_commit(s.entries, bytes);
    assert(ok && "out of memory");
    return s;
}

static void slots_close(struct signal_slots *s) {
    pages_release(s->entries, s->bytes);
    *s = (struct signal_slots){.size = 0};
}

static void put(struct signal_slots *s, uint64_t low, uint64_t entry) {
    uint32_t at = signal_slots_home(s, low);
    while (s->entries[at] != 0)
        at = signal_slots_after(s, at);
    s->entries[at] = entry;
}

/* Not past what is enough for all there will be, if that is enough for these. */
static size_t capped(const struct signal_index *x, size_t bytes, uint32_t keys) {
    const size_t enough = pages_round_up(x->full * sizeof *x->now.entries);
    return keys < enough / sizeof *x->now.entries / 4 * 3 && bytes > enough ? enough : bytes;
}

/* By a half. */
static size_t next_bytes(const struct signal_index *x) {
    return capped(x, pages_round_up(x->now.bytes + x->now.bytes / 2 + 1), x->now.size / 4 * 3 + 1);
}

static void fetch(const struct signal_index *x, uint32_t at) {
    if (at < x->old.size && (uint32_t)x->old.entries[at] != 0)
        x->fetch(x->owner, (uint32_t)x->old.entries[at]);
}

static void migrate(struct signal_index *x, uint32_t places) {
    for (; places > 0 && x->hand < x->old.size; places--, x->hand++) {
        uint64_t *entry = &x->old.entries[x->hand];
        fetch(x, x->hand + AHEAD);
        if ((uint32_t)*entry == 0) continue;
        put(&x->now, x->low_of(x->owner, (uint32_t)*entry), *entry);
        *entry = MOVED;
    }
    if (x->hand == x->old.size) slots_close(&x->old);
}

static void enlarge(struct signal_index *x) {
    migrate(x, x->old.size);
    if (x->next.size == 0) x->next = slots_of(next_bytes(x));
    x->old = x->now;
    x->hand = 0;
    x->now = x->next;
    x->next = (struct signal_slots){.size = 0};
    x->touched = 0;
}

/* Between five eighths and three quarters of the table, as much of the next one as of that way. */
bool signal_index_prepare(struct signal_index *x) {
    const uint64_t size = x->now.size, from = size / 8 * 5, to = size / 4 * 3;
    if (size == 0 || x->count < from || to >= x->most) return false;
    if (x->next.size == 0) x->next = slots_of(next_bytes(x));
    const uint64_t due = (x->count - from) * x->next.bytes / (to - from);
    if (x->touched == x->next.bytes || x->touched > due) return false;
    pages_touch((uint8_t *)x->next.entries + x->touched, PAGES_PIECE);
    x->touched += PAGES_PIECE;
    return true;
}

/* Five eighths full with them. */
void signal_index_reserve(struct signal_index *x, uint32_t keys) {
    assert(x->now.size == 0);
    if (keys == 0) return;
    const size_t bytes = pages_round_up(((size_t)keys / 5 * 8 + 8) * sizeof *x->now.entries);
    x->now = slots_of(capped(x, bytes, keys));
}

void signal_index_migrate(struct signal_index *x) {
    if (x->old.size != 0) migrate(x, STEP);
}

size_t signal_index_bytes(const struct signal_index *x) {
    return x->now.bytes + x->old.bytes + x->next.bytes;
}

void signal_index_close(struct signal_index *x) {
    slots_close(&x->now);
    slots_close(&x->old);
    slots_close(&x->next);
}

void signal_index_add(struct signal_index *x, struct account_key key, uint32_t reference) {
    if ((uint64_t)x->count + 1 > (uint64_t)x->now.size * 3 / 4) enlarge(x);
    put(&x->now, key.low, (uint64_t)signal_index_tag(key) << 32 | reference);
    x->count++;
}

/* What lies behind a hole and may lie in it comes forward. */
static void close_up(const struct signal_index *x, uint32_t hole) {
    const struct signal_slots *s = &x->now;
    for (uint32_t at = signal_slots_after(s, hole); s->entries[at] != 0;
         at = signal_slots_after(s, at)) {
        const uint64_t low = x->low_of(x->owner, (uint32_t)s->entries[at]);
        const uint32_t home = signal_slots_home(s, low);
        const uint32_t from_home = at >= home ? at - home : at + s->size - home;
        const uint32_t from_hole = at >= hole ? at - hole : at + s->size - hole;
        if (from_home < from_hole) continue;
        s->entries[hole] = s->entries[at];
        hole = at;
    }
    s->entries[hole] = 0;
}

/* False: it is not in this table. */
static bool find(const struct signal_slots *s, uint64_t low, uint32_t reference, uint32_t *at) {
    if (s->size == 0) return false;
    *at = signal_slots_home(s, low);
    while (s->entries[*at] != 0 && (uint32_t)s->entries[*at] != reference)
        *at = signal_slots_after(s, *at);
    return s->entries[*at] != 0;
}

void signal_index_change(struct signal_index *x, struct account_key key, uint32_t from,
                         uint32_t to) {
    uint32_t at = 0;
    const bool now = find(&x->now, key.low, from, &at);
    const bool there = now || find(&x->old, key.low, from, &at);
    assert(there);
    uint64_t *entry = now ? &x->now.entries[at] : &x->old.entries[at];
    if (to != 0) {
        *entry = (*entry & ~(uint64_t)UINT32_MAX) | to;
        return;
    }
    x->count--;
    if (now)
        close_up(x, at);
    else
        *entry = MOVED;
}
