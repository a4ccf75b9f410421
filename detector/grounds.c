/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/grounds.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>

struct ground {
    uint64_t key;
    uint32_t count;
    UT_hash_handle hh;
};

static struct ground *find(const struct grounds *g, uint64_t key) {
    struct ground *ground = NULL;
    HASH_FIND(hh, g->map, &key, sizeof key, ground);
    return ground;
}

static void drop(struct grounds *g, struct ground *ground) {
    HASH_DELETE(hh, g->map, ground);
    free(ground);
}

void grounds_close(struct grounds *g) {
    while (g->map != NULL)
        drop(g, g->map);
}

void grounds_add(struct grounds *g, uint64_t key) {
    struct ground *ground = find(g, key);
    if (ground == NULL) {
        ground = calloc(1, sizeof *ground);
        assert(ground != NULL && "out of memory");
        ground->key = key;
        HASH_ADD(hh, g->map, key, sizeof ground->key, ground);
    }
    ground->count++;
}

void grounds_remove(struct grounds *g, uint64_t key) {
    struct ground *ground = find(g, key);
    assert(ground != NULL);
    if (--ground->count == 0) drop(g, ground);
}

bool grounds_has(const struct grounds *g, uint64_t key) {
    return find(g, key) != NULL;
}
