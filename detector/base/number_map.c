/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/number_map.h"

#include <assert.h>
#include <stdlib.h>

struct number_pair {
    uint64_t key; /* 0: empty */
    uint32_t value;
};

/* At most half full, so that what belongs together lies together. */
static uint32_t places_of(uint32_t max) {
    uint32_t places = 16;
    while (places < 2 * (uint64_t)max)
        places *= 2;
    return places;
}

size_t number_map_bytes(uint32_t max) {
    return places_of(max) * sizeof(struct number_pair);
}

bool number_map_open(struct number_map *m, uint32_t max) {
    m->mask = places_of(max) - 1;
    m->pairs = calloc((size_t)m->mask + 1, sizeof *m->pairs);
    return m->pairs != NULL;
}

void number_map_close(struct number_map *m) {
    free(m->pairs);
}

static uint32_t home_of(const struct number_map *m, uint64_t key) {
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & m->mask;
}

static uint32_t place_of(const struct number_map *m, uint64_t key) {
    uint32_t at = home_of(m, key);
    while (m->pairs[at].key != key && m->pairs[at].key != 0)
        at = (at + 1) & m->mask;
    return at;
}

uint32_t number_map_get(const struct number_map *m, uint64_t key) {
    const struct number_pair *pair = &m->pairs[place_of(m, key)];
    return pair->key == 0 ? 0 : pair->value;
}

void number_map_add(struct number_map *m, uint64_t key, uint32_t value) {
    struct number_pair *pair = &m->pairs[place_of(m, key)];
    assert(pair->key == 0);
    *pair = (struct number_pair){key, value};
}

/* What lies behind it and would not be found any more moves up. */
void number_map_remove(struct number_map *m, uint64_t key) {
    uint32_t hole = place_of(m, key);
    assert(m->pairs[hole].key == key);
    for (uint32_t at = (hole + 1) & m->mask; m->pairs[at].key != 0; at = (at + 1) & m->mask) {
        const uint32_t home = home_of(m, m->pairs[at].key);
        if (((at - home) & m->mask) < ((at - hole) & m->mask)) continue;
        m->pairs[hole] = m->pairs[at];
        hole = at;
    }
    m->pairs[hole] = (struct number_pair){0, 0};
}
