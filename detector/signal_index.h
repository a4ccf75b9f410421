/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over keys that stand elsewhere: an entry of eight bytes holds 32 bits of the
 * key's high half and a reference; the low half chooses the place and is read through the
 * reference. What is removed leaves no trace. At most three quarters full. Private to the signals
 * table. */
#pragma once

#include "detector/accounts.h"

#include <stdbool.h>

struct signal_index {
    uint64_t *entries; /* 0: none; NULL: no table yet */
    size_t bytes;
    uint32_t size, count;
    uint32_t full; /* size for as many keys as there will be, about */
    /* The low half of the key of a reference. */
    uint64_t (*low_of)(const void *owner, uint32_t reference);
    /* Fetches what low_of will read. */
    void (*fetch)(const void *owner, uint32_t reference);
    const void *owner;
};

static inline uint32_t signal_index_home(const struct signal_index *x, uint64_t low) {
    return (uint32_t)(((low >> 32) * x->size) >> 32);
}

static inline uint32_t signal_index_tag(struct account_key key) {
    return (uint32_t)(key.high >> 32);
}

static inline uint32_t signal_index_reference(uint64_t entry) {
    return (uint32_t)entry;
}

static inline void signal_index_prefetch(const struct signal_index *x, struct account_key key) {
    if (x->count > 0) __builtin_prefetch(&x->entries[signal_index_home(x, key.low)]);
}

/* The next entry with the key's tag from *at on, which starts at its home; 0: there is none. */
static inline uint64_t signal_index_next(const struct signal_index *x, struct account_key key,
                                         uint32_t *at) {
    for (uint64_t entry; (entry = x->entries[*at]) != 0; *at = *at + 1 == x->size ? 0 : *at + 1)
        if ((uint32_t)(entry >> 32) == signal_index_tag(key)) return entry;
    return 0;
}

void signal_index_close(struct signal_index *index);
/* A key that is not there; the reference knows it already. Ends the process without memory. */
void signal_index_add(struct signal_index *index, struct account_key key, uint32_t reference);
/* The key's reference `from` becomes `to`; 0: it is removed. */
void signal_index_change(struct signal_index *index, struct account_key key, uint32_t from,
                         uint32_t to);
