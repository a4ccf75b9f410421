/* SPDX-License-Identifier: Apache-2.0 */
/* The state of decide as bytes in one piece: u32 bytes of its head, the head, the records. */
#pragma once

#include "detector/decide.h"

static inline uint8_t *decide_space(void *pack, size_t size) {
    return pack_space(pack, size);
}

static inline void decide_save(struct decide *d, struct pack *p) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, decide_space};
    decide_save_begin(d, &head, &sink);
    while (decide_save_step(d, UINT32_MAX))
        continue;
    const bool whole = decide_save_end(d);
    assert(whole);
    pack_u32(p, (uint32_t)head.size);
    pack_bytes(p, head.data, head.size);
    pack_bytes(p, records.data, records.size);
    free(head.data);
    free(records.data);
}

/* To the end of the bytes. */
static inline bool decide_load(struct decide *d, struct unpack *u) {
    const uint32_t size = unpack_u32(u);
    const uint8_t *at = unpack_space(u, size);
    if (at == NULL) return false;
    struct unpack head = {at, at + size, false};
    return decide_load_begin(d, &head) && head.at == head.end && decide_load_records(d, u) &&
           decide_load_end(d);
}
