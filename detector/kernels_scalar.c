/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include <stdbool.h>
#include <string.h>

enum { COARSE_SHIFT = 16, LOCAL_OFFSET_S = 5 * 3600, HOUR_S = 3600, DAY_HOURS = 24, MORNING = 6 };

static bool has(const uint64_t *mask, uint32_t slot) {
    return (mask[slot / 64] >> slot % 64 & 1) != 0;
}

static void put(uint64_t *word, uint32_t slot, bool value) {
    *word |= (uint64_t)value << slot % 64;
}

static void look(const uint32_t *second, const uint8_t *bits, const uint8_t *kind, uint32_t slots,
                 const uint32_t low[RING_WINDOWS], uint32_t high, struct ring_masks *masks) {
    memset(masks, 0, sizeof *masks);
    for (uint32_t i = 0; i < slots; i++) {
        for (int w = 0; w < RING_WINDOWS; w++)
            put(&masks->window[i / 64][w], i, second[i] > low[w] && second[i] <= high);
        for (int b = 0; b < LANES; b++) {
            put(&masks->bits[i / 64][b], i, bits[i] >> b & 1);
            put(&masks->kind[i / 64][b], i, kind[i] >> b & 1);
        }
    }
}

static void match(const uint32_t *values, uint32_t slots, uint32_t value,
                  uint64_t mask[MASK_WORDS]) {
    mask[0] = mask[1] = 0;
    for (uint32_t i = 0; i < slots; i++)
        put(&mask[i / 64], i, values[i] == value);
}

static void match_bytes(const uint8_t *bytes, uint32_t slots, uint8_t value,
                        uint64_t mask[MASK_WORDS]) {
    mask[0] = mask[1] = 0;
    for (uint32_t i = 0; i < slots; i++)
        put(&mask[i / 64], i, bytes[i] == value);
}

static void at_least(const uint32_t *values, uint32_t slots, uint32_t least,
                     uint64_t mask[MASK_WORDS]) {
    mask[0] = mask[1] = 0;
    for (uint32_t i = 0; i < slots; i++)
        put(&mask[i / 64], i, values[i] >= least);
}

static uint32_t largest(const uint32_t *values, uint32_t slots, const uint64_t mask[MASK_WORDS]) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < slots; i++)
        if (has(mask, i) && values[i] > most) most = values[i];
    return most;
}

static void extremes(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                     const struct extremes_of *of, struct extremes *extremes) {
    extremes->in = largest(amount, slots, of->in);
    extremes->out = largest(amount, slots, of->out);
    extremes->older = largest(second, slots, of->older);
    extremes->recent = UINT32_MAX;
    for (uint32_t i = 0; i < slots; i++)
        if (has(of->recent, i) && second[i] < extremes->recent) extremes->recent = second[i];
}

static int64_t tiyn_of(uint32_t coded) {
    return (int64_t)(coded & INT32_MAX) << (coded >> 31) * COARSE_SHIFT;
}

static void tally(const uint32_t *amount, uint32_t slots,
                  const uint64_t family[MASK_WORDS][RING_FAMILIES],
                  const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                  int64_t sum[RING_FAMILIES][LANES]) {
    memset(count, 0, sizeof(int64_t[RING_FAMILIES][LANES]));
    memset(sum, 0, sizeof(int64_t[RING_FAMILIES][LANES]));
    for (uint32_t i = 0; i < slots; i++)
        for (int f = 0; f < RING_FAMILIES; f++) {
            if ((family[i / 64][f] >> i % 64 & 1) == 0) continue;
            for (int w = 0; w < LANES; w++) {
                const int64_t inside = (int64_t)(lane[i / 64][w] >> i % 64 & 1);
                count[f][w] += inside;
                sum[f][w] += tiyn_of(amount[i]) & -inside;
            }
        }
}

static void hours(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                  uint32_t *set, uint32_t *night) {
    *set = *night = 0;
    for (uint32_t i = 0; i < slots; i++) {
        const uint32_t hour = (second[i] + LOCAL_OFFSET_S) / HOUR_S % DAY_HOURS;
        if (!has(mask, i)) continue;
        *set |= UINT32_C(1) << hour;
        *night += hour < MORNING;
    }
}

static void transpose(const int64_t *rows, size_t stride, size_t count, int64_t *columns) {
    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < LANES; row++)
            columns[i * LANES + row] = rows[row * stride + i];
}

const struct kernels kernels_scalar = {"scalar", look,     match, match_bytes, at_least,
                                       largest,  extremes, tally, hours,       transpose};
