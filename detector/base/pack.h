/* SPDX-License-Identifier: Apache-2.0 */
/* Values to and from bytes, little-endian as in memory. A packer grows; an unpacker that is asked
 * for more than there is gives zeros and remembers it, so that one check at the end will do. */
#pragma once

#include "detector/base/bytes.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values lie as they are in memory");

struct pack {
    uint8_t *data;
    size_t size, room;
};

/* Room for `size` more bytes. */
static inline uint8_t *pack_space(struct pack *p, size_t size) {
    if (p->room - p->size < size) {
        p->room = 2 * p->room > p->size + size ? 2 * p->room : p->size + size + 256;
        p->data = realloc(p->data, p->room);
        assert(p->data != NULL && "out of memory");
    }
    p->size += size;
    return p->data + p->size - size;
}

static inline void pack_bytes(struct pack *p, const void *bytes, size_t size) {
    if (size > 0) memcpy(pack_space(p, size), bytes, size);
}

static inline void pack_u8(struct pack *p, uint8_t value) {
    *pack_space(p, 1) = value;
}

static inline void pack_u32(struct pack *p, uint32_t value) {
    pack_bytes(p, &value, sizeof value);
}

static inline void pack_u64(struct pack *p, uint64_t value) {
    pack_bytes(p, &value, sizeof value);
}

static inline void pack_i64(struct pack *p, int64_t value) {
    pack_bytes(p, &value, sizeof value);
}

static inline void pack_double(struct pack *p, double value) {
    pack_bytes(p, &value, sizeof value);
}

/* A null text stays null. */
static inline void pack_text(struct pack *p, struct text text) {
    pack_u32(p, text.data == NULL ? UINT32_MAX : text.size);
    if (text.data != NULL) pack_bytes(p, text.data, text.size);
}

/* Takes what comes in pieces: gives room for `size` bytes of one of them, or NULL to end it. */
struct pack_sink {
    void *context;
    uint8_t *(*space)(void *context, size_t size);
};

struct unpack {
    const uint8_t *at, *end;
    bool bad;
};

/* The next `size` bytes; NULL when there are fewer. */
static inline const uint8_t *unpack_space(struct unpack *u, size_t size) {
    if (u->bad || (size_t)(u->end - u->at) < size) {
        u->bad = true;
        return NULL;
    }
    u->at += size;
    return u->at - size;
}

static inline void unpack_bytes(struct unpack *u, void *bytes, size_t size) {
    const uint8_t *at = unpack_space(u, size);
    if (at == NULL)
        memset(bytes, 0, size);
    else if (size > 0)
        memcpy(bytes, at, size);
}

static inline uint8_t unpack_u8(struct unpack *u) {
    uint8_t value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

static inline uint32_t unpack_u32(struct unpack *u) {
    uint32_t value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

static inline uint64_t unpack_u64(struct unpack *u) {
    uint64_t value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

static inline int64_t unpack_i64(struct unpack *u) {
    int64_t value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

static inline double unpack_double(struct unpack *u) {
    double value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

/* Borrows from the bytes that are unpacked. */
static inline struct text unpack_text(struct unpack *u) {
    const uint32_t size = unpack_u32(u);
    if (u->bad || size == UINT32_MAX) return (struct text){NULL, 0};
    return (struct text){(const char *)unpack_space(u, size), u->bad ? 0 : size};
}
