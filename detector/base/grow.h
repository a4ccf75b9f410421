/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of tools, whose memory grows with their input; nothing on the stream path uses it. */
#pragma once

#include <assert.h>
#include <stdlib.h>

/* Room for one item more than `count`, twice as much each time; what it gives replaces `items`. */
static inline void *grow(void *items, size_t count, size_t *room, size_t size) {
    if (count < *room) return items;
    *room = *room == 0 ? 256 : 2 * *room;
    void *grown = realloc(items, *room * size);
    assert(grown != NULL && "out of memory");
    return grown;
}
