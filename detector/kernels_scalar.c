/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

enum { SLOTS = 32, COARSE_SHIFT = 16 };

static void windows(const uint32_t second[32], uint32_t slots, const uint32_t *low, size_t count,
                    uint32_t high, uint32_t *masks, uint32_t level[32]) {
    for (uint32_t i = 0; i < slots; i++)
        level[i] = 0;
    for (size_t w = 0; w < count; w++) {
        masks[w] = 0;
        for (uint32_t i = 0; i < slots; i++) {
            const uint32_t inside = second[i] > low[w] && second[i] <= high;
            masks[w] |= inside << i;
            level[i] += inside;
        }
    }
}

static uint32_t equal(const uint32_t values[32], uint32_t slots, uint32_t value) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < slots; i++)
        mask |= (uint32_t)(values[i] == value) << i;
    return mask;
}

static void planes(const uint8_t bytes[32], uint32_t out[8]) {
    for (int b = 0; b < 8; b++) {
        out[b] = 0;
        for (int i = 0; i < SLOTS; i++)
            out[b] |= (uint32_t)(bytes[i] >> b & 1) << i;
    }
}

static void amounts(const uint32_t coded[32], uint32_t slots, int64_t tiyn[32]) {
    for (uint32_t i = 0; i < slots; i++) {
        const int64_t low = coded[i] & 0x7fffffffu;
        tiyn[i] = coded[i] >> 31 != 0 ? low << COARSE_SHIFT : low;
    }
}

static void sums(const int64_t tiyn[32], uint32_t slots, const uint32_t *masks, size_t count,
                 int64_t *out) {
    for (size_t m = 0; m < count; m++) {
        out[m] = 0;
        for (uint32_t i = 0; i < slots; i++)
            if ((masks[m] >> i & 1) != 0) out[m] += tiyn[i];
    }
}

const struct kernels kernels_scalar = {"scalar", windows, equal, planes, amounts, sums};
