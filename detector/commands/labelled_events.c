/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/labelled_events.h"

#include <assert.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ROOM_LEAST = 64, SAID_BITS = 2, SAID_MASK = (1 << SAID_BITS) - 1 };

struct labelled_event {
    uint64_t low; /* of the hash, but for the last bits, which hold what was said */
    uint64_t high;
};

static enum said said_of(const struct labelled_event *event) {
    return (enum said)(event->low & SAID_MASK);
}

static struct labelled_event event_of(struct text event_id, enum said said) {
    const XXH128_hash_t hash = XXH3_128bits(event_id.data, event_id.size);
    return (struct labelled_event){(hash.low64 & ~(uint64_t)SAID_MASK) | said, hash.high64};
}

/* Its slot, or the empty one that is to be. There is one. */
static struct labelled_event *slot_of(const struct labelled_events *e,
                                      const struct labelled_event *event) {
    const size_t mask = e->room - 1;
    size_t at = event->high & mask;
    while (said_of(&e->slots[at]) != SAID_NOTHING &&
           (e->slots[at].high != event->high ||
            e->slots[at].low >> SAID_BITS != event->low >> SAID_BITS))
        at = (at + 1) & mask;
    return &e->slots[at];
}

enum said labelled_events_find(const struct labelled_events *e, struct text event_id) {
    const struct labelled_event wanted = event_of(event_id, SAID_NOTHING);
    return e->room == 0 ? SAID_NOTHING : said_of(slot_of(e, &wanted));
}

static void make_room(struct labelled_events *e) {
    if (4 * (e->count + 1) <= 3 * e->room) return;
    const struct labelled_events old = *e;
    e->room = old.room == 0 ? ROOM_LEAST : 2 * old.room;
    e->slots = calloc(e->room, sizeof *e->slots);
    assert(e->slots != NULL && "out of memory");
    for (size_t i = 0; i < old.room; i++)
        if (said_of(&old.slots[i]) != SAID_NOTHING) *slot_of(e, &old.slots[i]) = old.slots[i];
    free(old.slots);
}

bool labelled_events_note(struct labelled_events *e, struct text event_id, enum said said) {
    make_room(e);
    const struct labelled_event event = event_of(event_id, said);
    struct labelled_event *slot = slot_of(e, &event);
    const enum said before = said_of(slot);
    const bool contradicts = before != SAID_NOTHING && before != SAID_BOTH && before != said;
    if (before == SAID_NOTHING) {
        *slot = event;
        e->count++;
    } else if (contradicts) {
        slot->low = (slot->low & ~(uint64_t)SAID_MASK) | SAID_BOTH;
    }
    return contradicts;
}

void labelled_events_clear(struct labelled_events *e) {
    free(e->slots);
    *e = (struct labelled_events){.slots = NULL};
}
