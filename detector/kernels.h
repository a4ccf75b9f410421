/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that read a ring, as a table of tiers chosen once at start. Scalar C is the
 * specification; every other tier gives the same bits.
 *
 * Arrays hold 32 slots, of which the first `slots` (16 or 32) are read: a ring that is half empty
 * need not be fetched whole. A mask has bit i for slot i. Slots that are not in use are the
 * caller's to mask out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kernels {
    const char *name;
    /* For each of `count` lower bounds: slots with low < second <= high. level[i]: how many of
     * these windows have slot i. */
    void (*windows)(const uint32_t second[32], uint32_t slots, const uint32_t *low, size_t count,
                    uint32_t high, uint32_t *masks, uint32_t level[32]);
    /* Slots whose value is `value`. */
    uint32_t (*equal)(const uint32_t values[32], uint32_t slots, uint32_t value);
    /* planes[b]: slots in whose byte bit b is set. */
    void (*planes)(const uint8_t bytes[32], uint32_t planes[8]);
    /* Coded amounts to tiyn. */
    void (*amounts)(const uint32_t coded[32], uint32_t slots, int64_t tiyn[32]);
    /* Sum of the slots in each of `count` masks. */
    void (*sums)(const int64_t tiyn[32], uint32_t slots, const uint32_t *masks, size_t count,
                 int64_t *sums);
};

extern const struct kernels kernels_scalar;
extern const struct kernels kernels_avx2;

/* The best tier that the CPU has and `limit` ("auto", "scalar", "avx2") allows. */
const struct kernels *kernels_choose(const char *limit);
