/* SPDX-License-Identifier: Apache-2.0 */
/* Avro binary, one primitive at a time, bounded: every reader returns false rather than pass the
 * end, and varints are at most 10 bytes and fit their type. Source: Avro 1.11 specification,
 * "Binary Encoding". */
#pragma once

#include "detector/base/bytes.h"

#include <stddef.h>

/* A varint at `at`: returns the place behind it, or NULL when it is cut, longer than 10 bytes or
 * past 64 bits. */
static inline const uint8_t *wire_varint(const uint8_t *at, const uint8_t *end, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
        const uint8_t byte = *at++;
        if (shift == 63 && byte > 1) return NULL;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return at;
        }
    }
    return NULL;
}

/* The 7-bit groups of a varint of up to 8 bytes, put together. */
static inline uint64_t wire_gather(uint64_t groups) {
    groups &= 0x7f7f7f7f7f7f7f7f;
    groups = (groups & 0x007f007f007f007f) | (groups & 0x7f007f007f007f00) >> 1;
    groups = (groups & 0x00003fff00003fff) | (groups & 0x3fff00003fff0000) >> 2;
    return (groups & 0x000000000fffffff) | (groups & 0x0fffffff00000000) >> 4;
}

/* The same as wire_varint, faster: one byte at once, up to 8 bytes without a loop. */
static inline const uint8_t *wire_varint_fast(const uint8_t *at, const uint8_t *end,
                                              uint64_t *out) {
    if (at < end && *at < 0x80) {
        *out = *at;
        return at + 1;
    }
    uint64_t word, last;
    if (end - at < (ptrdiff_t)sizeof word) return wire_varint(at, end, out);
    memcpy(&word, at, sizeof word);
    last = ~word & 0x8080808080808080;
    if (last == 0) return wire_varint(at, end, out);
    *out = wire_gather(word & (last ^ (last - 1)));
    /* A time takes 8 bytes: a branch foreseen is quicker than waiting for the length. */
    return last == 1ull << 63 ? at + 8 : at + ((size_t)__builtin_ctzll(last) >> 3) + 1;
}

static inline int64_t wire_signed(uint64_t zigzag) {
    return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

/* What is left to read. */
struct wire {
    const uint8_t *at, *end;
};

static inline struct wire wire_of(struct bytes bytes) {
    return (struct wire){bytes.data, bytes.data + bytes.size};
}

static inline bool wire_long(struct wire *wire, int64_t *out) {
    uint64_t value;
    const uint8_t *behind = wire_varint(wire->at, wire->end, &value);
    if (behind == NULL) return false;
    wire->at = behind;
    *out = wire_signed(value);
    return true;
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
