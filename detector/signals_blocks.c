/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/pages.h"
#include "detector/signals_table.h"

#include <assert.h>

/* SOON: blocks that are touched before they are taken. */
enum { SOON = 4096 };

bool signal_blocks_open(struct signal_blocks *b, size_t block, uint32_t max) {
    *b = (struct signal_blocks){.block = block, .max = max};
    b->reserved = pages_round_up(((size_t)max + 1) * block);
    b->at = pages_reserve(b->reserved);
    return b->at != NULL;
}

void signal_blocks_close(struct signal_blocks *b) {
    pages_release(b->at, b->reserved);
    holes_free(&b->holes);
}

/* So much from the start can be touched. */
static void commit(struct signal_blocks *b, size_t end) {
    if (end <= b->committed) return;
    const size_t more = pages_round_up(end) - b->committed;
    const bool ok = pages_commit(b->at + b->committed, more);
    assert(ok && "out of memory");
    b->committed += more;
}

static size_t end_of(const struct signal_blocks *b, size_t number) {
    return (number + 1) * b->block;
}

/* The first piece is left to whoever takes the first block: a small table needs no other. */
bool signal_blocks_prepare(struct signal_blocks *b) {
    const size_t before = b->committed;
    if (before == 0 || before == b->reserved || end_of(b, (size_t)b->top + SOON) <= before)
        return false;
    commit(b, before + PAGES_PIECE);
    pages_touch(b->at + before, PAGES_PIECE);
    return true;
}

static void reserve_holes(struct signal_blocks *b) {
    const bool ok = holes_reserve(&b->holes, b->top + 1);
    assert(ok && "out of memory");
}

static void take_hole(struct signal_blocks *b, uint32_t number) {
    holes_remove(&b->holes, number);
    memset(b->at + number * b->block, 0, b->block);
    b->used++;
}

uint32_t signal_blocks_take(struct signal_blocks *b) {
    assert(b->used < b->max);
    if (b->holes.count > 0) {
        const uint32_t number = holes_smallest(&b->holes);
        take_hole(b, number);
        return number;
    }
    commit(b, end_of(b, b->top + 1));
    b->used++;
    return ++b->top;
}

void signal_blocks_give(struct signal_blocks *b, uint32_t number) {
    reserve_holes(b);
    holes_add(&b->holes, number);
    b->used--;
}

bool signal_blocks_restore(struct signal_blocks *b, uint32_t top) {
    if (top > b->max || b->top != 0) return false;
    commit(b, end_of(b, top));
    b->top = top;
    reserve_holes(b);
    if (top > 0) holes_add_range(&b->holes, 1, top);
    return true;
}

bool signal_blocks_take_hole(struct signal_blocks *b, uint32_t number) {
    if (!holes_has(&b->holes, number)) return false;
    take_hole(b, number);
    return true;
}
