/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded random numbers for tests: splitmix64. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_bits(struct chance *chance) {
    uint64_t z = chance->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline uint32_t chance_below(struct chance *chance, uint32_t limit) {
    return (uint32_t)(chance_bits(chance) % limit);
}

static inline bool chance_is(struct chance *chance, uint32_t percent) {
    return chance_below(chance, 100) < percent;
}
