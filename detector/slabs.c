/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/slabs.h"

#include "detector/base/log.h"
#include "detector/base/pages.h"

#include <assert.h>
#include <stdlib.h>

/* COMMIT_STEP: what a class takes from the system's commit limit at a time. TRIM_MAX: holes cut off
 * a top at a time. */
enum { COMMIT_STEP = 16 << 20, TRIM_MAX = 4096, HOLE = 255 };

/* A hole lies where the account was: its size class says so, and its first words are links. */
struct hole {
    uint32_t next, previous; /* numbers; 0: none */
};

_Static_assert(sizeof(struct account) == 64, "a head is one line");
_Static_assert(offsetof(struct account, size_class) >= sizeof(struct hole), "links and mark");

static struct hole *hole_at(const struct slab *slab, uint32_t number) {
    return (struct hole *)(void *)(slab->blocks + number * slab->bytes);
}

static struct account *block_at(const struct slab *slab, uint32_t number) {
    return (struct account *)(void *)(slab->blocks + number * slab->bytes);
}

bool slabs_open(struct slabs *s, uint64_t limit, struct error *error) {
    *s = (struct slabs){.deferred = NULL};
    for (int c = 0; c < SIZE_CLASSES; c++) {
        struct slab *slab = &s->classes[c];
        slab->bytes = class_bytes((uint8_t)c);
        const uint64_t most = (UINT64_C(1) << SLAB_NUMBER_BITS) * slab->bytes;
        const uint64_t room = (limit < most ? limit : most) + slab->bytes + SLAB_SLACK;
        slab->reserved = (size_t)(room + COMMIT_STEP - 1) / COMMIT_STEP * COMMIT_STEP;
        slab->blocks = pages_reserve(slab->reserved);
        if (slab->blocks == NULL)
            return error_set(error, ERROR_FAILED,
                             "no address space for %llu bytes of accounts; lower memory.limit.mib",
                             (unsigned long long)limit);
    }
    return true;
}

void slabs_close(struct slabs *s) {
    for (int c = 0; c < SIZE_CLASSES; c++)
        pages_release(s->classes[c].blocks, s->classes[c].reserved);
    free(s->deferred);
}

void slabs_refuse(size_t held) {
    log_write(LOG_LEVEL_ERROR,
              "event=memory_refused held=%zu next=\"the system gives no more memory: give the "
              "engine what memory.limit.mib says, and start again; nothing is lost\"",
              held);
    abort();
}

static void commit_to(struct slab *slab, size_t end) {
    while (slab->committed < end) {
        if (slab->committed == slab->reserved ||
            !pages_commit(slab->blocks + slab->committed, COMMIT_STEP))
            slabs_refuse(slab->committed);
        slab->committed += COMMIT_STEP;
    }
    if (slab->high < end) slab->high = pages_round_up(end);
}

static size_t end_of(const struct slab *slab, uint32_t number) {
    return ((size_t)number + 1) * slab->bytes + SLAB_SLACK;
}

const void *slabs_prefault(struct slabs *s, uint64_t bytes) {
    static const uint8_t classes[] = {CLASS_4, CLASS_HEAD, CLASS_4 + 1};
    if (bytes == 0) return NULL;
    for (size_t i = 0; i < sizeof classes; i++) {
        struct slab *slab = &s->classes[classes[i]];
        const size_t share = (size_t)bytes / (i == 0 ? 2 : 4) / PAGES_PIECE * PAGES_PIECE;
        commit_to(slab, share < slab->reserved ? share : slab->reserved);
        slab->floor = slab->high;
        pages_touch(slab->blocks, slab->floor);
    }
    return s->classes[CLASS_4].floor > 0 ? s->classes[CLASS_4].blocks : NULL;
}

bool slabs_is_hole(const struct slabs *s, uint32_t reference) {
    return slabs_at(s, reference)->size_class == HOLE;
}

static void unlink_hole(struct slab *slab, uint32_t number) {
    const struct hole *hole = hole_at(slab, number);
    if (hole->next != 0) hole_at(slab, hole->next)->previous = hole->previous;
    if (hole->previous != 0)
        hole_at(slab, hole->previous)->next = hole->next;
    else
        slab->hole = hole->next;
    slab->holes--;
}

static uint32_t take_hole(struct slab *slab) {
    const uint32_t number = slab->hole;
    unlink_hole(slab, number);
    return number;
}

uint32_t slabs_take(struct slabs *s, uint8_t size_class) {
    struct slab *slab = &s->classes[size_class];
    if (slab->hole != 0) return slabs_reference(size_class, take_hole(slab));
    const uint32_t number = slab->top + 1;
    assert(number >> SLAB_NUMBER_BITS == 0);
    if (end_of(slab, number) > slab->high) commit_to(slab, end_of(slab, number));
    slab->top = number;
    return slabs_reference(size_class, number);
}

void slabs_free(struct slabs *s, uint32_t reference) {
    struct slab *slab = &s->classes[slabs_class(reference)];
    const uint32_t number = slabs_number(reference);
    *hole_at(slab, number) = (struct hole){.next = slab->hole, .previous = 0};
    block_at(slab, number)->size_class = HOLE;
    if (slab->hole != 0) hole_at(slab, slab->hole)->previous = number;
    slab->hole = number;
    slab->holes++;
}

void slabs_defer(struct slabs *s, uint32_t reference) {
    if (s->deferred_count == s->deferred_room) {
        s->deferred_room = s->deferred_room == 0 ? 4096 : 2 * s->deferred_room;
        s->deferred = realloc(s->deferred, s->deferred_room * sizeof *s->deferred);
        if (s->deferred == NULL) slabs_refuse(s->deferred_count * sizeof *s->deferred);
    }
    s->deferred[s->deferred_count++] = reference;
    s->classes[slabs_class(reference)].deferred++;
}

void slabs_settle(struct slabs *s) {
    for (size_t i = 0; i < s->deferred_count; i++) {
        if (i + 8 < s->deferred_count) __builtin_prefetch(slabs_at(s, s->deferred[i + 8]), 1);
        slabs_free(s, s->deferred[i]);
        s->classes[slabs_class(s->deferred[i])].deferred--;
    }
    s->deferred_count = 0;
}

/* Holes at the top are not kept. */
static void trim(struct slab *slab) {
    for (int i = 0; i < TRIM_MAX && slab->top > 0; i++) {
        if (block_at(slab, slab->top)->size_class != HOLE) return;
        unlink_hole(slab, slab->top--);
    }
}

bool slabs_pack(struct slabs *s, uint8_t size_class, uint32_t *from, uint32_t *to) {
    struct slab *slab = &s->classes[size_class];
    trim(slab);
    if (slab->hole == 0 || block_at(slab, slab->top)->size_class == HOLE) return false;
    const uint32_t number = take_hole(slab);
    memcpy(block_at(slab, number), block_at(slab, slab->top), slab->bytes);
    *from = slabs_reference(size_class, slab->top--);
    *to = slabs_reference(size_class, number);
    return true;
}

/* A piece is kept in hand, so that a class that breathes does not ask for the same memory again. */
void slabs_give_back(struct slabs *s) {
    for (int c = 0; c < SIZE_CLASSES; c++) {
        struct slab *slab = &s->classes[c];
        const size_t needed = pages_round_up(end_of(slab, slab->top)) + PAGES_PIECE;
        if (slab->high <= needed || slab->high <= slab->floor) continue;
        slab->high -= PAGES_PIECE;
        pages_give_back(slab->blocks + slab->high, PAGES_PIECE);
    }
}

uint32_t slabs_live(const struct slabs *s, uint8_t size_class) {
    const struct slab *slab = &s->classes[size_class];
    return slab->top - slab->holes - slab->deferred;
}

uint64_t slabs_bytes_live(const struct slabs *s) {
    uint64_t bytes = 0;
    for (int c = 0; c < SIZE_CLASSES; c++)
        bytes += (uint64_t)slabs_live(s, (uint8_t)c) * s->classes[c].bytes;
    return bytes;
}

uint64_t slabs_bytes_held(const struct slabs *s) {
    uint64_t bytes = 0;
    for (int c = 0; c < SIZE_CLASSES; c++)
        bytes += (uint64_t)s->classes[c].top * s->classes[c].bytes;
    return bytes;
}
