/* SPDX-License-Identifier: Apache-2.0 */
/* Reported money as bytes in one piece: u32 bytes of its head, the head, the items. */
#pragma once

#include "detector/taint.h"

static inline uint8_t *taint_space(void *pack, size_t size) {
    return pack_space(pack, size);
}

static inline void taint_pack(struct pack *p, const struct pack *head, const struct pack *records) {
    pack_u32(p, (uint32_t)head->size);
    pack_bytes(p, head->data, head->size);
    pack_bytes(p, records->data, records->size);
}

static inline void taint_save(struct taint *t, struct pack *p) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, taint_space};
    taint_save_begin(t, &head, &sink);
    while (taint_save_step(t, UINT32_MAX))
        continue;
    const bool whole = taint_save_end(t);
    assert(whole);
    taint_pack(p, &head, &records);
    free(head.data);
    free(records.data);
}

/* To the end of the bytes. */
static inline bool taint_load(struct taint *t, struct unpack *u, struct error *error) {
    const uint32_t size = unpack_u32(u);
    const uint8_t *at = unpack_space(u, size);
    if (at == NULL) return false;
    struct unpack head = {at, at + size, false};
    return taint_load_begin(t, &head, error) && head.at == head.end && taint_load_records(t, u) &&
           taint_load_end(t, error);
}
