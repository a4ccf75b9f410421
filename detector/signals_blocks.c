/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/pages.h"
#include "detector/signals_table.h"

#include <assert.h>

bool signal_blocks_open(struct signal_blocks *b, size_t block, uint32_t max) {
    *b = (struct signal_blocks){.block = block, .max = max};
    b->reserved = pages_round_up(((size_t)max + 1) * block);
    b->at = pages_reserve(b->reserved);
    return b->at != NULL;
}

void signal_blocks_close(struct signal_blocks *b) {
    pages_release(b->at, b->reserved);
}

static uint32_t *next_free(const struct signal_blocks *b, uint32_t number) {
    return (uint32_t *)(void *)(b->at + number * b->block);
}

uint32_t signal_blocks_take(struct signal_blocks *b) {
    uint32_t number = b->free;
    assert(b->used < b->max);
    b->used++;
    if (number != 0) {
        b->free = *next_free(b, number);
        memset(b->at + number * b->block, 0, b->block);
        return number;
    }
    number = ++b->top;
    if (((size_t)number + 1) * b->block > b->committed) {
        const bool ok = pages_commit(b->at + b->committed, PAGES_PIECE);
        assert(ok && "out of memory");
        b->committed += PAGES_PIECE;
    }
    return number;
}

void signal_blocks_give(struct signal_blocks *b, uint32_t number) {
    *next_free(b, number) = b->free;
    b->free = number;
    b->used--;
}
