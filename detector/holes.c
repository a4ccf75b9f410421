/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/holes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 1 << 12 }; /* words */

void holes_free(struct holes *h) {
    for (int l = 0; l < HOLES_LEVELS; l++)
        free(h->levels[l]);
    *h = (struct holes){.count = 0};
}

bool holes_reserve(struct holes *h, uint32_t numbers) {
    size_t needed = ((size_t)numbers + 63) / 64;
    if (needed <= h->words[0]) return true;
    needed = (needed + STEP - 1) / STEP * STEP;
    for (int l = 0; l < HOLES_LEVELS; l++) {
        if (needed > h->words[l]) {
            uint64_t *level = realloc(h->levels[l], needed * sizeof *level);
            if (level == NULL) return false;
            memset(level + h->words[l], 0, (needed - h->words[l]) * sizeof *level);
            h->levels[l] = level;
            h->words[l] = needed;
        }
        needed = (needed + 63) / 64;
    }
    return true;
}

void holes_add(struct holes *h, uint32_t number) {
    assert(!holes_has(h, number));
    for (int l = 0; l < HOLES_LEVELS; l++, number /= 64)
        h->levels[l][number / 64] |= UINT64_C(1) << number % 64;
    h->count++;
}

static void set_bits(uint64_t *words, uint32_t from, uint32_t to) {
    const uint64_t first = UINT64_MAX << from % 64, last = UINT64_MAX >> (63 - to % 64);
    if (from / 64 == to / 64) {
        words[from / 64] |= first & last;
        return;
    }
    words[from / 64] |= first;
    for (uint32_t word = from / 64 + 1; word < to / 64; word++)
        words[word] = UINT64_MAX;
    words[to / 64] |= last;
}

void holes_add_range(struct holes *h, uint32_t from, uint32_t to) {
    h->count += to - from + 1;
    for (int l = 0; l < HOLES_LEVELS; l++, from /= 64, to /= 64)
        set_bits(h->levels[l], from, to);
}

void holes_remove(struct holes *h, uint32_t number) {
    assert(holes_has(h, number));
    for (int l = 0; l < HOLES_LEVELS; l++, number /= 64) {
        uint64_t *word = &h->levels[l][number / 64];
        *word &= ~(UINT64_C(1) << number % 64);
        if (*word != 0) break;
    }
    h->count--;
}

uint32_t holes_smallest(const struct holes *h) {
    assert(h->count > 0);
    uint32_t at = 0;
    for (int l = HOLES_LEVELS - 1; l >= 0; l--)
        at = 64 * at + (uint32_t)__builtin_ctzll(h->levels[l][at]);
    return at;
}
