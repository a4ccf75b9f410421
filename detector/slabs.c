/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/slabs.h"

#include "detector/base/log.h"
#include "detector/base/pages.h"

#include <assert.h>
#include <stdlib.h>

/* COMMIT_STEP: what a class takes from the system's commit limit at a time. TRIM_MAX: holes cut off
 * a top at a time. */
enum { COMMIT_STEP = 16 << 20, TRIM_MAX = 4096 };

_Static_assert(sizeof(struct account) == 64, "a head is one line");

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
    for (int c = 0; c < SIZE_CLASSES; c++) {
        pages_release(s->classes[c].blocks, s->classes[c].reserved);
        holes_free(&s->classes[c].holes);
    }
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
    return holes_has(&s->classes[slabs_class(reference)].holes, slabs_number(reference));
}

static uint32_t take_hole(struct slab *slab) {
    const uint32_t number = holes_smallest(&slab->holes);
    holes_remove(&slab->holes, number);
    return number;
}

uint32_t slabs_take(struct slabs *s, uint8_t size_class) {
    struct slab *slab = &s->classes[size_class];
    if (slab->holes.count > 0) return slabs_reference(size_class, take_hole(slab));
    const uint32_t number = slab->top + 1;
    assert(number >> SLAB_NUMBER_BITS == 0);
    if (end_of(slab, number) > slab->high) commit_to(slab, end_of(slab, number));
    slab->top = number;
    return slabs_reference(size_class, number);
}

void slabs_free(struct slabs *s, uint32_t reference) {
    struct slab *slab = &s->classes[slabs_class(reference)];
    if (!holes_reserve(&slab->holes, slab->top + 1)) slabs_refuse(slab->committed);
    holes_add(&slab->holes, slabs_number(reference));
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
        slabs_free(s, s->deferred[i]);
        s->classes[slabs_class(s->deferred[i])].deferred--;
    }
    s->deferred_count = 0;
}

/* Holes at the top are not kept. */
static void trim(struct slab *slab) {
    for (int i = 0; i < TRIM_MAX && slab->top > 0; i++) {
        if (!holes_has(&slab->holes, slab->top)) return;
        holes_remove(&slab->holes, slab->top--);
    }
}

bool slabs_pack(struct slabs *s, uint8_t size_class, uint32_t *from, uint32_t *to) {
    struct slab *slab = &s->classes[size_class];
    trim(slab);
    if (slab->holes.count == 0 || holes_has(&slab->holes, slab->top)) return false;
    const uint32_t number = take_hole(slab);
    memcpy(slab->blocks + number * slab->bytes, slab->blocks + slab->top * slab->bytes,
           slab->bytes);
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
    return slab->top - slab->holes.count - slab->deferred;
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

bool slabs_restore(struct slabs *s, uint8_t size_class, uint32_t top) {
    struct slab *slab = &s->classes[size_class];
    if (top >> SLAB_NUMBER_BITS != 0 || end_of(slab, top) > slab->reserved) return false;
    commit_to(slab, end_of(slab, top));
    slab->top = top;
    return true;
}

bool slabs_restore_holes(struct slabs *s, uint8_t size_class) {
    struct slab *slab = &s->classes[size_class];
    for (uint32_t number = 1; number <= slab->top; number++) {
        const uint32_t reference = slabs_reference(size_class, number);
        if (slabs_at(s, reference)->number == 0) slabs_free(s, reference);
    }
    for (size_t i = 0; i < s->deferred_count; i++) {
        if (slabs_class(s->deferred[i]) != size_class) continue;
        if (!slabs_is_hole(s, s->deferred[i])) return false;
        holes_remove(&slab->holes, slabs_number(s->deferred[i]));
    }
    return true;
}
