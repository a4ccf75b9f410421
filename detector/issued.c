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
    struct entry *map; /* in the order they were added */
};

struct issued *issued_open(uint32_t max) {
    struct issued *issued = calloc(1, sizeof *issued);
    if (issued != NULL) issued->max = max;
    return issued;
}

static void remove_first(struct issued *issued) {
    struct entry *first = issued->map;
    HASH_DELETE(hh, issued->map, first);
    free(first);
}

void issued_close(struct issued *issued) {
    if (issued == NULL) return;
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

void issued_save(const struct issued *issued, struct pack *p) {
    pack_u32(p, HASH_COUNT(issued->map));
    for (const struct entry *entry = issued->map; entry != NULL; entry = entry->hh.next) {
        pack_bytes(p, entry->id, sizeof entry->id);
        pack_i64(p, entry->until_s);
    }
}

bool issued_load(struct issued *issued, struct unpack *u) {
    int64_t last_s = INT64_MIN;
    for (uint32_t left = unpack_u32(u); left > 0; left--) {
        char id[RECOMMENDATION_ID_SIZE];
        unpack_bytes(u, id, sizeof id);
        const int64_t until_s = unpack_i64(u);
        if (u->bad || until_s < last_s || issued_is_full(issued) || issued_has(issued, id))
            return false;
        add(issued, id, until_s);
        last_s = until_s;
    }
    return !u->bad;
}
