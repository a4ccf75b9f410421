/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/murmur2.h"

static uint32_t tail_of(const uint8_t *data, uint32_t size) {
    uint32_t tail = 0;
    for (uint32_t i = size; i > 0; i--)
        tail = (tail << 8) | data[i - 1];
    return tail;
}

static uint32_t murmur2(const uint8_t *data, uint32_t size) {
    const uint32_t m = 0x5bd1e995u;
    uint32_t h = 0x9747b28cu ^ size;
    for (; size >= 4; data += 4, size -= 4) {
        uint32_t k = tail_of(data, 4) * m;
        k = (k ^ (k >> 24)) * m;
        h = (h * m) ^ k;
    }
    if (size > 0) h = (h ^ tail_of(data, size)) * m;
    h = (h ^ (h >> 13)) * m;
    return h ^ (h >> 15);
}

int32_t murmur2_partition(struct bytes key, int32_t partitions) {
    return (int32_t)((murmur2(key.data, key.size) & 0x7fffffffu) % (uint32_t)partitions);
}
