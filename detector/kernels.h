/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that read a ring, as a table of tiers chosen once at start. Scalar C is the
 * specification; every other tier gives the same bits.
 *
 * Arrays hold `slots` (≤ 128) values, one an event; up to 64 bytes behind them may be read and are
 * not looked at. A mask has bit i of word i / 64 for slot i, and 0 for what is no slot. */
#pragma once

#include "detector/base/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* Lanes of a row that is worked on at once: windows, and sides of a batch. */
enum { LANES = 8, MASK_WORDS = 2, RING_WINDOWS = 6, RING_FAMILIES = 5 };

/* Masks by word and then by lane. */
struct ring_masks {
    uint64_t window[MASK_WORDS][LANES]; /* of RING_WINDOWS lanes */
    uint64_t bits[MASK_WORDS][LANES];   /* slots in whose byte bit b is set */
    uint64_t kind[MASK_WORDS][LANES];
};

struct extremes_of {
    uint64_t in[MASK_WORDS], out[MASK_WORDS], older[MASK_WORDS], recent[MASK_WORDS];
};
struct extremes {
    uint32_t in, out, older, recent;
};

struct kernels {
    const char *name;
    /* Slots with low[w] < second <= high, and the planes of two byte columns. */
    void (*look)(const uint32_t *second, const uint8_t *bits, const uint8_t *kind, uint32_t slots,
                 const uint32_t low[RING_WINDOWS], uint32_t high, struct ring_masks *masks);
    /* Slots whose value is `value`. */
    void (*match)(const uint32_t *values, uint32_t slots, uint32_t value,
                  uint64_t mask[MASK_WORDS]);
    void (*match_bytes)(const uint8_t *bytes, uint32_t slots, uint8_t value,
                        uint64_t mask[MASK_WORDS]);
    /* Slots whose value is `least` or more. */
    void (*at_least)(const uint32_t *values, uint32_t slots, uint32_t least,
                     uint64_t mask[MASK_WORDS]);
    /* Over the slots of a mask; 0 where it is empty. */
    uint32_t (*largest)(const uint32_t *values, uint32_t slots, const uint64_t mask[MASK_WORDS]);
    /* The largest amounts of two masks, the largest second of a third (0 where one is empty) and
     * the smallest second of a fourth (UINT32_MAX). */
    void (*extremes)(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                     const struct extremes_of *of, struct extremes *extremes);
    /* Number and sum (tiyn, of coded amounts) of the slots of each family in each lane. */
    void (*tally)(const uint32_t *amount, uint32_t slots,
                  const uint64_t family[MASK_WORDS][RING_FAMILIES],
                  const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                  int64_t sum[RING_FAMILIES][LANES]);
    /* Over the slots of a mask, by the clock of UTC+5: the set of hours (bit h), and how many
     * events there are before 6 o'clock. */
    void (*hours)(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                  uint32_t *set, uint32_t *night);
    /* LANES rows of `count` 8-byte values (a multiple of LANES), `stride` apart, to `count` columns
     * of LANES. */
    void (*transpose)(const int64_t *rows, size_t stride, size_t count, int64_t *columns);
};

extern const struct kernels kernels_scalar;

/* The table of a tier that this build and this processor have. */
const struct kernels *kernels_of(enum cpu_tier tier);
/* The best tier that the processor has and `limit` ("auto" or a tier's name) allows. */
const struct kernels *kernels_choose(const char *limit);
