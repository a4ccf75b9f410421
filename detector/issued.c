/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/issued.h"

#include "detector/admit.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>

struct entry {
    char id[RECOMMENDATION_ID_SIZE];
    int64_t until_s;
    UT_hash_handle hh;
};

struct issued {
    uint32_t max;
    uint32_t due;      /* while it is loaded: ids in the end */
    struct entry *map; /* in the order they were added */
    struct saving saving;
    const struct entry *hand, *last; /* the next to be saved, NULL: none; the last one */
};

struct issued *issued_open(uint32_t max) {
    struct issued *issued = calloc(1, sizeof *issued);
    if (issued != NULL) issued->max = max;
    return issued;
}

static void save_next(struct issued *issued) {
    const struct entry *entry = issued->hand;
    struct pack *p = saving_one(&issued->saving);
    pack_bytes(p, entry->id, sizeof entry->id);
    pack_i64(p, entry->until_s);
    saving_put(&issued->saving);
    const bool more = issued->saving.running && entry != issued->last;
    issued->hand = more ? entry->hh.next : NULL;
}

/* All before the hand are saved: it is at the first when that is not. */
static void remove_first(struct issued *issued) {
    struct entry *first = issued->map;
    if (first == issued->hand) save_next(issued);
    HASH_DELETE(hh, issued->map, first);
    free(first);
}

void issued_close(struct issued *issued) {
    if (issued == NULL) return;
    (void)issued_save_end(issued);
    while (issued->map != NULL)
        remove_first(issued);
    free(issued);
}

bool issued_has(const struct issued *issued, const char *id) {
    const struct entry *entry = NULL;
    HASH_FIND(hh, issued->map, id, RECOMMENDATION_ID_SIZE, entry);
    return entry != NULL;
}

bool issued_is_full(const struct issued *issued) {
    return HASH_COUNT(issued->map) >= issued->max;
}

static void add(struct issued *issued, const char *id, int64_t until_s) {
    struct entry *entry = calloc(1, sizeof *entry);
    assert(entry != NULL && "out of memory");
    memcpy(entry->id, id, sizeof entry->id);
    entry->until_s = until_s;
    HASH_ADD(hh, issued->map, id, sizeof entry->id, entry);
}

/* Its event is at most so far ahead of the clock, and is late once the clock is so far ahead. */
void issued_add(struct issued *issued, const char *id, int64_t clock_s) {
    add(issued, id, clock_s + ADMIT_FUTURE_S + ADMIT_LATE_S);
}

void issued_forget(struct issued *issued, int64_t clock_s) {
    while (issued->map != NULL && issued->map->until_s < clock_s)
        remove_first(issued);
}

/* Saving. */

static const struct entry *newest(const struct issued *issued) {
    return issued->map == NULL ? NULL
                               : ELMT_FROM_HH(issued->map->hh.tbl, issued->map->hh.tbl->tail);
}

void issued_save_begin(struct issued *issued, struct pack *head, const struct pack_sink *sink) {
    pack_u32(head, HASH_COUNT(issued->map));
    saving_begin(&issued->saving, HASH_COUNT(issued->map), sink);
    issued->hand = issued->map;
    issued->last = newest(issued);
}

bool issued_save_step(struct issued *issued, uint32_t looks) {
    for (; issued->hand != NULL && looks > 0; looks--)
        save_next(issued);
    return issued->hand != NULL;
}

bool issued_save_end(struct issued *issued) {
    issued->hand = NULL;
    return saving_end(&issued->saving);
}

/* Loading. */

bool issued_load_begin(struct issued *issued, struct unpack *head) {
    issued->due = unpack_u32(head);
    return !head->bad && issued->due <= issued->max && issued->map == NULL;
}

bool issued_load_one(struct issued *issued, struct unpack *record) {
    const struct entry *before = newest(issued);
    char id[RECOMMENDATION_ID_SIZE];
    unpack_bytes(record, id, sizeof id);
    const int64_t until_s = unpack_i64(record);
    if (record->bad || (before != NULL && until_s < before->until_s) ||
        HASH_COUNT(issued->map) >= issued->due || issued_has(issued, id))
        return false;
    add(issued, id, until_s);
    return true;
}

bool issued_load_end(const struct issued *issued) {
    return HASH_COUNT(issued->map) == issued->due;
}
