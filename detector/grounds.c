/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/grounds.h"

#include "detector/base/digest.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>
#include <utlist.h>

struct ground {
    uint64_t key;
    struct ground_link *first;
    UT_hash_handle hh;
};

bool reach_has(const struct reach *reach, const struct party_keys *party, bool by_money) {
    if (by_money && reach->money) return true;
    for (uint32_t i = 0; i < reach->count; i++)
        for (uint32_t k = 0; k < party->count; k++)
            if (reach->keys[i].low == party->keys[k].low &&
                reach->keys[i].high == party->keys[k].high)
                return true;
    return false;
}

uint64_t ground_of(struct text signal_id) {
    uint8_t digest[DIGEST_SIZE];
    uint64_t ground;
    digest_sha256(signal_id.data, signal_id.size, digest);
    memcpy(&ground, digest, sizeof ground);
    return ground;
}

static struct ground *find(const struct grounds *g, uint64_t key) {
    struct ground *ground = NULL;
    HASH_FIND(hh, g->map, &key, sizeof key, ground);
    return ground;
}

void grounds_add(struct grounds *g, uint64_t key, struct ground_link *link,
                 struct episode *episode) {
    struct ground *ground = find(g, key);
    if (ground == NULL) {
        ground = calloc(1, sizeof *ground);
        assert(ground != NULL && "out of memory");
        ground->key = key;
        HASH_ADD(hh, g->map, key, sizeof ground->key, ground);
    }
    *link = (struct ground_link){.episode = episode, .ground = ground};
    DL_APPEND(ground->first, link);
}

void grounds_remove(struct grounds *g, struct ground_link *link) {
    struct ground *ground = link->ground;
    DL_DELETE(ground->first, link);
    if (ground->first != NULL) return;
    HASH_DELETE(hh, g->map, ground);
    free(ground);
}

struct ground_link *grounds_first(const struct grounds *g, uint64_t key) {
    const struct ground *ground = find(g, key);
    return ground == NULL ? NULL : ground->first;
}
