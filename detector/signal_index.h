/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over keys that stand elsewhere: an entry of eight bytes holds 32 bits of the
 * key's high half and a reference; the low half chooses the place and is read through the
 * reference. What is removed leaves no trace. At most three quarters full; a larger table is filled
 * from the old one a few entries at a time, in the order of both. Its memory is touched a piece at
 * a time while the one before it fills up: to be given all of it at once takes a system hundreds of
 * milliseconds. Private to the signals table. */
#pragma once

#include "detector/accounts.h"
#include "detector/base/prefetch.h"

#include <stdbool.h>

enum { SIGNAL_SLOTS_LINE = 8 /* entries of a line of memory */ };

struct signal_slots {
    uint64_t *entries; /* 0: none */
    size_t bytes;
    uint32_t size; /* 0: no table */
};

struct signal_index {
    struct signal_slots now, old; /* old: what is not in `now` yet; a place that was emptied has a
                                     tag and no reference */
    struct signal_slots next;     /* the one after `now` */
    size_t touched;               /* bytes of `next` */
    uint32_t hand;                /* places of `old` before this one are empty */
    uint32_t count;               /* keys, both tables */
    uint32_t most;                /* keys there can be */
    uint32_t full;                /* size for as many keys as there will be, about */
    /* The low half of the key of a reference. */
    uint64_t (*low_of)(const void *owner, uint32_t reference);
    /* Fetches what low_of will read. */
    void (*fetch)(const void *owner, uint32_t reference);
    const void *owner;
};

static inline uint32_t signal_slots_home(const struct signal_slots *s, uint64_t low) {
    return (uint32_t)(((low >> 32) * s->size) >> 32);
}

static inline uint32_t signal_slots_after(const struct signal_slots *s, uint32_t at) {
    return at + 1 == s->size ? 0 : at + 1;
}

static inline uint32_t signal_index_tag(struct account_key key) {
    return (uint32_t)(key.high >> 32);
}

/* Most searches end within as many entries as a line has. */
static inline void signal_slots_prefetch(const struct signal_slots *s, uint64_t low) {
    const uint64_t *home = s->entries + signal_slots_home(s, low);
    if (s->size == 0) return;
    prefetch(home);
    prefetch(home + SIGNAL_SLOTS_LINE - 1);
}

static inline void signal_index_prefetch(const struct signal_index *x, struct account_key key) {
    signal_slots_prefetch(&x->now, key.low);
    signal_slots_prefetch(&x->old, key.low);
}

/* Where a search for a key stands. */
struct signal_probe {
    const struct signal_slots *slots;
    uint32_t at;
};

static inline struct signal_probe signal_index_probe(const struct signal_index *x,
                                                     struct account_key key) {
    return (struct signal_probe){&x->now, signal_slots_home(&x->now, key.low)};
}

/* The next reference with the key's tag; 0: there is none. */
static inline uint32_t signal_index_next(const struct signal_index *x, struct account_key key,
                                         struct signal_probe *p) {
    if (x->count == 0) return 0;
    for (;;) {
        for (uint64_t entry; (entry = p->slots->entries[p->at]) != 0;) {
            p->at = signal_slots_after(p->slots, p->at);
            if ((uint32_t)(entry >> 32) == signal_index_tag(key) && (uint32_t)entry != 0)
                return (uint32_t)entry;
        }
        if (p->slots == &x->old || x->old.size == 0) return 0;
        *p = (struct signal_probe){&x->old, signal_slots_home(&x->old, key.low)};
    }
}

size_t signal_index_bytes(const struct signal_index *index);
void signal_index_close(struct signal_index *index);
/* Some of what is left to migrate; as often as keys are added, or oftener. */
void signal_index_migrate(struct signal_index *index);
/* Touches a piece of the next table if it is time for one. True: it did. */
bool signal_index_prepare(struct signal_index *index);
/* Of an empty index: room for so many keys. */
void signal_index_reserve(struct signal_index *index, uint32_t keys);
/* A key that is not there; the reference knows it already. Ends the process without memory. */
void signal_index_add(struct signal_index *index, struct account_key key, uint32_t reference);
/* The key's reference `from` becomes `to`; 0: it is removed. */
void signal_index_change(struct signal_index *index, struct account_key key, uint32_t from,
                         uint32_t to);
