/* SPDX-License-Identifier: Apache-2.0 */
/* Avro binary, one primitive at a time, bounded: every reader returns false rather than pass the
 * end, and varints are at most 10 bytes and fit their type. Source: Avro 1.11 specification,
 * "Binary Encoding". */
#pragma once

#include "detector/bytes.h"

struct wire {
    const uint8_t *at, *end;
};

static inline struct wire wire_of(struct bytes bytes) {
    return (struct wire){bytes.data, bytes.data + bytes.size};
}

static inline bool wire_long(struct wire *wire, int64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && wire->at < wire->end; shift += 7) {
        const uint8_t byte = *wire->at++;
        if (shift == 63 && byte > 1) return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return true;
        }
    }
    return false;
}

static inline bool wire_int(struct wire *wire, int32_t *out) {
    int64_t value;
    if (!wire_long(wire, &value) || value < INT32_MIN || value > INT32_MAX) return false;
    *out = (int32_t)value;
    return true;
}

/* `size` raw bytes, borrowed. */
static inline bool wire_fixed(struct wire *wire, uint32_t size, struct bytes *out) {
    if ((uint64_t)(wire->end - wire->at) < size) return false;
    *out = (struct bytes){wire->at, size};
    wire->at += size;
    return true;
}

/* bytes or string, borrowed. */
static inline bool wire_bytes(struct wire *wire, struct bytes *out) {
    int64_t size;
    if (!wire_long(wire, &size) || size < 0 || size > wire->end - wire->at) return false;
    return wire_fixed(wire, (uint32_t)size, out);
}

static inline bool wire_text(struct wire *wire, struct text *out) {
    struct bytes bytes;
    if (!wire_bytes(wire, &bytes)) return false;
    *out = (struct text){(const char *)bytes.data, bytes.size};
    return true;
}

/* Writes a long; `out` has room for 10 bytes. Returns the size. */
static inline uint32_t wire_put_long(uint8_t *out, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    uint32_t size = 0;
    for (; bits >= 0x80; bits >>= 7)
        out[size++] = (uint8_t)(bits | 0x80);
    out[size++] = (uint8_t)bits;
    return size;
}
