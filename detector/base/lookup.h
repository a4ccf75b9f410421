/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of items by their contents, for tools whose memory grows with their input. The items are
 * the caller's, who says which are the same. Zeros: empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOKUP_NONE UINT32_MAX

struct lookup_slot {
    uint32_t hash, number; /* number + 1; 0: empty */
};

struct lookup {
    struct lookup_slot *slots;
    size_t count, room; /* room: a power of two, or 0 */
};

typedef bool lookup_same(const void *items, uint32_t number, const void *wanted);

/* LOOKUP_NONE where there is none. */
uint32_t lookup_find(const struct lookup *lookup, uint64_t hash, lookup_same *same,
                     const void *items, const void *wanted);
/* Of an item that is not there; a number below LOOKUP_NONE. */
void lookup_add(struct lookup *lookup, uint64_t hash, uint32_t number);
size_t lookup_bytes(const struct lookup *lookup);
void lookup_clear(struct lookup *lookup);
