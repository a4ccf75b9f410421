/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

enum { SLOTS = 32, COARSE_SHIFT = 16 };

static uint32_t window(const uint32_t second[32], uint32_t low, uint32_t high) {
    uint32_t mask = 0;
    for (int i = 0; i < SLOTS; i++)
        mask |= (uint32_t)(second[i] > low && second[i] <= high) << i;
    return mask;
}

static uint32_t select_slots(const uint8_t bits[32], uint8_t pattern) {
    uint32_t mask = 0;
    for (int i = 0; i < SLOTS; i++)
        mask |= (uint32_t)((bits[i] & pattern) == pattern) << i;
    return mask;
}

static void amounts(const uint32_t coded[32], int64_t tiyn[32]) {
    for (int i = 0; i < SLOTS; i++) {
        const int64_t low = coded[i] & 0x7fffffffu;
        tiyn[i] = coded[i] >> 31 != 0 ? low << COARSE_SHIFT : low;
    }
}

static void sums(const int64_t tiyn[32], const uint32_t *masks, size_t count, int64_t *out) {
    for (size_t m = 0; m < count; m++) {
        out[m] = 0;
        for (int i = 0; i < SLOTS; i++)
            if ((masks[m] >> i & 1) != 0) out[m] += tiyn[i];
    }
}

const struct kernels kernels_scalar = {"scalar", window, select_slots, amounts, sums};
