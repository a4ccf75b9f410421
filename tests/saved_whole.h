/* SPDX-License-Identifier: Apache-2.0 */
/* What is saved as a head and records, as bytes in one piece: u32 bytes of the head, the head, the
 * records. */
#pragma once

#include "detector/base/pack.h"

#include <stdlib.h>

static inline uint8_t *saved_space(void *pack, size_t size) {
    return pack_space(pack, size);
}

/* Frees both. */
static inline void saved_join(struct pack *p, struct pack *head, struct pack *records) {
    pack_u32(p, (uint32_t)head->size);
    pack_bytes(p, head->data, head->size);
    pack_bytes(p, records->data, records->size);
    free(head->data);
    free(records->data);
}

/* The head of what is to the end of the bytes. */
static inline bool saved_head(struct unpack *u, struct unpack *head) {
    const uint32_t size = unpack_u32(u);
    const uint8_t *at = unpack_space(u, size);
    if (at == NULL) return false;
    *head = (struct unpack){at, at + size, false};
    return true;
}
