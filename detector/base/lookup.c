/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/lookup.h"

#include <assert.h>
#include <stdlib.h>

enum { ROOM_LEAST = 64 };

uint32_t lookup_find(const struct lookup *lookup, uint64_t hash, lookup_same *same,
                     const void *items, const void *wanted) {
    if (lookup->room == 0) return LOOKUP_NONE;
    const size_t mask = lookup->room - 1;
    for (size_t at = (uint32_t)hash & mask; lookup->slots[at].number != 0; at = (at + 1) & mask) {
        const struct lookup_slot *slot = &lookup->slots[at];
        if (slot->hash == (uint32_t)hash && same(items, slot->number - 1, wanted))
            return slot->number - 1;
    }
    return LOOKUP_NONE;
}

static void put(struct lookup *lookup, struct lookup_slot slot) {
    const size_t mask = lookup->room - 1;
    size_t at = slot.hash & mask;
    while (lookup->slots[at].number != 0)
        at = (at + 1) & mask;
    lookup->slots[at] = slot;
}

/* At most half full, so that a search is short. */
static void make_room(struct lookup *lookup) {
    if (2 * lookup->count < lookup->room) return;
    const struct lookup old = *lookup;
    lookup->room = old.room == 0 ? ROOM_LEAST : 2 * old.room;
    lookup->slots = calloc(lookup->room, sizeof *lookup->slots);
    assert(lookup->slots != NULL && "out of memory");
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].number != 0) put(lookup, old.slots[i]);
    free(old.slots);
}

void lookup_add(struct lookup *lookup, uint64_t hash, uint32_t number) {
    assert(number < LOOKUP_NONE);
    make_room(lookup);
    put(lookup, (struct lookup_slot){(uint32_t)hash, number + 1});
    lookup->count++;
}

size_t lookup_bytes(const struct lookup *lookup) {
    return lookup->room * sizeof *lookup->slots;
}

void lookup_clear(struct lookup *lookup) {
    free(lookup->slots);
    *lookup = (struct lookup){NULL, 0, 0};
}
