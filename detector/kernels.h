/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that read a ring, as a table of tiers chosen once at start. Scalar C is the
 * specification; every other tier gives the same bits. Arrays hold 32 slots; a mask has bit i for
 * slot i. Unused slots are the caller's to mask out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kernels {
    const char *name;
    /* Slots with low < second <= high. */
    uint32_t (*window)(const uint32_t second[32], uint32_t low, uint32_t high);
    /* Slots with (bits & pattern) == pattern. */
    uint32_t (*select)(const uint8_t bits[32], uint8_t pattern);
    /* Coded amounts to tiyn. */
    void (*amounts)(const uint32_t coded[32], int64_t tiyn[32]);
    /* Sum of the slots in each of `count` masks. */
    void (*sums)(const int64_t tiyn[32], const uint32_t *masks, size_t count, int64_t *sums);
};

extern const struct kernels kernels_scalar;
extern const struct kernels kernels_avx2;

/* The best tier that the CPU has and `limit` ("auto", "scalar", "avx2") allows. */
const struct kernels *kernels_choose(const char *limit);
