/* SPDX-License-Identifier: Apache-2.0 */
/* The state of decide as bytes in one piece: u32 bytes of its head, the head, the records. */
#pragma once

#include "detector/decide.h"
#include "tests/saved_whole.h"

static inline void decide_save(struct decide *d, struct pack *p) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, saved_space};
    decide_save_begin(d, &head, &sink);
    while (decide_save_step(d, UINT32_MAX))
        continue;
    const bool whole = decide_save_end(d);
    assert(whole);
    saved_join(p, &head, &records);
}

/* To the end of the bytes. */
static inline bool decide_load(struct decide *d, struct unpack *u) {
    struct unpack head;
    if (!saved_head(u, &head)) return false;
    return decide_load_begin(d, &head) && head.at == head.end && decide_load_records(d, u) &&
           decide_load_end(d);
}
