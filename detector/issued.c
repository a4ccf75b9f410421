/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the ids in the order they came, and an open-addressed index into it, at most half full.
 * Both have their last size from the beginning, untouched until they are used, so nothing ever
 * grows between two records. */
#include "detector/issued.h"

#include "detector/admit.h"

#include <assert.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct entry {
    char id[RECOMMENDATION_ID_SIZE];
    int64_t until_s;
};

struct issued {
    uint32_t max;
    uint32_t due;        /* while it is loaded: ids in the end */
    uint64_t first, end; /* ids are numbered as they come: those from `first` on are there */
    struct entry *ring;  /* id n at n % max */
    uint32_t *slots;     /* place in the ring + 1; 0: none */
    uint32_t mask;       /* slots - 1 */
    struct saving saving;
    uint64_t hand, hand_end; /* those to be saved */
};

static uint32_t slots_for(uint32_t max) {
    uint32_t slots = 2;
    while (slots < 2 * max)
        slots *= 2;
    return slots;
}

struct issued *issued_open(uint32_t max) {
    assert(max > 0 && max <= UINT32_MAX / 4);
    struct issued *issued = calloc(1, sizeof *issued);
    if (issued == NULL) return NULL;
    issued->max = max;
    issued->mask = slots_for(max) - 1;
    issued->ring = calloc(max, sizeof *issued->ring);
    issued->slots = calloc((size_t)issued->mask + 1, sizeof *issued->slots);
    if (issued->ring != NULL && issued->slots != NULL) return issued;
    issued_close(issued);
    return NULL;
}

void issued_close(struct issued *issued) {
    if (issued == NULL) return;
    (void)issued_save_end(issued);
    free(issued->ring);
    free(issued->slots);
    free(issued);
}

static uint32_t count_of(const struct issued *issued) {
    return (uint32_t)(issued->end - issued->first);
}

static struct entry *entry_of(const struct issued *issued, uint64_t number) {
    return &issued->ring[number % issued->max];
}

/* The index. */

static uint32_t home_of(const struct issued *issued, const char *id) {
    return (uint32_t)XXH3_64bits(id, RECOMMENDATION_ID_SIZE) & issued->mask;
}

/* The slot of the id, or the empty one where it would be. */
static uint32_t slot_of(const struct issued *issued, const char *id) {
    uint32_t slot = home_of(issued, id);
    while (issued->slots[slot] != 0 &&
           memcmp(issued->ring[issued->slots[slot] - 1].id, id, RECOMMENDATION_ID_SIZE) != 0)
        slot = (slot + 1) & issued->mask;
    return slot;
}

/* Those behind it that an empty slot would hide come nearer. */
static void clear_slot(struct issued *issued, uint32_t empty) {
    uint32_t *slots = issued->slots;
    for (uint32_t slot = (empty + 1) & issued->mask; slots[slot] != 0;
         slot = (slot + 1) & issued->mask) {
        const uint32_t home = home_of(issued, issued->ring[slots[slot] - 1].id);
        if (((slot - home) & issued->mask) < ((slot - empty) & issued->mask)) continue;
        slots[empty] = slots[slot];
        empty = slot;
    }
    slots[empty] = 0;
}

/* What there is. */

bool issued_has(const struct issued *issued, const char *id) {
    return issued->slots[slot_of(issued, id)] != 0;
}

bool issued_is_full(const struct issued *issued) {
    return count_of(issued) >= issued->max;
}

static void add(struct issued *issued, const char *id, int64_t until_s) {
    assert(!issued_is_full(issued));
    struct entry *entry = entry_of(issued, issued->end++);
    memcpy(entry->id, id, sizeof entry->id);
    entry->until_s = until_s;
    issued->slots[slot_of(issued, id)] = (uint32_t)(entry - issued->ring) + 1;
}

/* Its event is at most so far ahead of the clock, and is late once the clock is so far ahead. */
void issued_add(struct issued *issued, const char *id, int64_t clock_s) {
    add(issued, id, clock_s + ADMIT_FUTURE_S + ADMIT_LATE_S);
}

static void save_next(struct issued *issued) {
    const struct entry *entry = entry_of(issued, issued->hand++);
    struct pack *p = saving_one(&issued->saving);
    pack_bytes(p, entry->id, sizeof entry->id);
    pack_i64(p, entry->until_s);
    saving_put(&issued->saving);
    if (!issued->saving.running) issued->hand = issued->hand_end;
}

static bool is_to_be_saved(const struct issued *issued, uint64_t number) {
    return number == issued->hand && issued->hand < issued->hand_end;
}

/* All before the hand are saved: it is at the first when that is not. */
static void remove_first(struct issued *issued) {
    if (is_to_be_saved(issued, issued->first)) save_next(issued);
    clear_slot(issued, slot_of(issued, entry_of(issued, issued->first)->id));
    issued->first++;
}

void issued_forget(struct issued *issued, int64_t clock_s) {
    while (issued->first < issued->end && entry_of(issued, issued->first)->until_s < clock_s)
        remove_first(issued);
}

/* Saving. */

void issued_save_begin(struct issued *issued, struct pack *head, const struct pack_sink *sink) {
    pack_u32(head, count_of(issued));
    saving_begin(&issued->saving, count_of(issued), sink);
    issued->hand = issued->first;
    issued->hand_end = issued->end;
}

bool issued_save_step(struct issued *issued, uint32_t looks) {
    for (; issued->hand < issued->hand_end && looks > 0; looks--)
        save_next(issued);
    return issued->hand < issued->hand_end;
}

bool issued_save_end(struct issued *issued) {
    issued->hand = issued->hand_end;
    return saving_end(&issued->saving);
}

/* Loading. */

bool issued_load_begin(struct issued *issued, struct unpack *head) {
    issued->due = unpack_u32(head);
    return !head->bad && issued->due <= issued->max && issued->end == 0;
}

bool issued_load_one(struct issued *issued, struct unpack *record) {
    char id[RECOMMENDATION_ID_SIZE];
    unpack_bytes(record, id, sizeof id);
    const int64_t until_s = unpack_i64(record);
    const bool early = issued->end > 0 && until_s < entry_of(issued, issued->end - 1)->until_s;
    if (record->bad || early || count_of(issued) >= issued->due || issued_has(issued, id))
        return false;
    add(issued, id, until_s);
    return true;
}

bool issued_load_end(const struct issued *issued) {
    return count_of(issued) == issued->due;
}
