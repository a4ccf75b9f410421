/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/pairs.h"

#include "detector/base/grow.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { PAIR_SIZE = 2 * sizeof(uint32_t) };

static bool is_pair(const void *pairs, uint32_t number, const void *wanted) {
    return memcmp(((uint32_t(*)[2])pairs)[number], wanted, PAIR_SIZE) == 0;
}

uint32_t pairs_find(const struct pairs *p, uint32_t first, uint32_t second) {
    const uint32_t pair[2] = {first, second};
    return lookup_find(&p->lookup, XXH3_64bits(pair, PAIR_SIZE), is_pair, p->pairs, pair);
}

uint32_t pairs_number(struct pairs *p, uint32_t first, uint32_t second) {
    const uint32_t pair[2] = {first, second};
    const uint32_t known = pairs_find(p, first, second);
    if (known != LOOKUP_NONE) return known;
    p->pairs = grow(p->pairs, p->count, &p->room, PAIR_SIZE);
    memcpy(p->pairs[p->count], pair, PAIR_SIZE);
    lookup_add(&p->lookup, XXH3_64bits(pair, PAIR_SIZE), (uint32_t)p->count);
    return (uint32_t)p->count++;
}

void pairs_clear(struct pairs *p) {
    free(p->pairs);
    lookup_clear(&p->lookup);
    *p = (struct pairs){.pairs = NULL};
}
