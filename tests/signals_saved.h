/* SPDX-License-Identifier: Apache-2.0 */
/* A table of signals as bytes in one piece: u32 bytes of its head, the head, the signals. */
#pragma once

#include "detector/signals.h"

static inline uint8_t *signals_space(void *pack, size_t size) {
    return pack_space(pack, size);
}

static inline void signals_pack(struct pack *p, const struct pack *head,
                                const struct pack *records) {
    pack_u32(p, (uint32_t)head->size);
    pack_bytes(p, head->data, head->size);
    pack_bytes(p, records->data, records->size);
}

static inline void signals_save(struct signals *t, struct pack *p) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, signals_space};
    signals_save_begin(t, &head, &sink);
    while (signals_save_step(t, UINT32_MAX))
        continue;
    const bool whole = signals_save_end(t);
    assert(whole);
    signals_pack(p, &head, &records);
    free(head.data);
    free(records.data);
}

/* To the end of the bytes. */
static inline bool signals_load(struct signals *t, struct unpack *u) {
    const uint32_t size = unpack_u32(u);
    const uint8_t *at = unpack_space(u, size);
    if (at == NULL) return false;
    struct unpack head = {at, at + size, false};
    struct signals_load load;
    return signals_load_begin(t, &load, &head) && signals_load_records(t, u) &&
           signals_load_end(t, &load);
}
