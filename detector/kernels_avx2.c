/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include <immintrin.h>

enum { COARSE_SHIFT = 16 };

static __m256i load(const void *at) {
    return _mm256_loadu_si256((const __m256i *)at);
}

static uint32_t lanes_of(__m256i mask) {
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

/* Unsigned compare by flipping the sign bit; a lane that holds is -1. */
static void windows(const uint32_t second[32], uint32_t slots, const uint32_t *low, size_t count,
                    uint32_t high, uint32_t *masks, uint32_t level[32]) {
    const __m256i flip = _mm256_set1_epi32(INT32_MIN);
    const __m256i top = _mm256_xor_si256(_mm256_set1_epi32((int)high), flip);
    for (size_t w = 0; w < count; w++)
        masks[w] = 0;
    for (uint32_t i = 0; i < slots; i += 8) {
        const __m256i seconds = _mm256_xor_si256(load(second + i), flip);
        const __m256i after = _mm256_cmpgt_epi32(seconds, top);
        __m256i windows_of = _mm256_setzero_si256();
        for (size_t w = 0; w < count; w++) {
            const __m256i bottom = _mm256_xor_si256(_mm256_set1_epi32((int)low[w]), flip);
            const __m256i inside = _mm256_andnot_si256(after, _mm256_cmpgt_epi32(seconds, bottom));
            windows_of = _mm256_sub_epi32(windows_of, inside);
            masks[w] |= lanes_of(inside) << i;
        }
        _mm256_storeu_si256((__m256i *)(void *)(level + i), windows_of);
    }
}

static uint32_t equal(const uint32_t values[32], uint32_t slots, uint32_t value) {
    const __m256i wanted = _mm256_set1_epi32((int)value);
    uint32_t mask = 0;
    for (uint32_t i = 0; i < slots; i += 8)
        mask |= lanes_of(_mm256_cmpeq_epi32(load(values + i), wanted)) << i;
    return mask;
}

/* The bit wanted is shifted to the top of each byte. */
static void planes(const uint8_t bytes[32], uint32_t out[8]) {
    __m256i all = load(bytes);
    for (int b = 7; b >= 0; b--) {
        out[b] = (uint32_t)_mm256_movemask_epi8(all);
        all = _mm256_add_epi8(all, all);
    }
}

static void amounts(const uint32_t coded[32], uint32_t slots, int64_t tiyn[32]) {
    const __m256i low31 = _mm256_set1_epi64x(0x7fffffff), top = _mm256_set1_epi64x(0x80000000);
    for (uint32_t i = 0; i < slots; i += 4) {
        const __m256i wide =
            _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)(coded + i)));
        const __m256i value = _mm256_and_si256(wide, low31);
        const __m256i coarse = _mm256_cmpeq_epi64(_mm256_and_si256(wide, top), top);
        const __m256i scaled = _mm256_slli_epi64(value, COARSE_SHIFT);
        _mm256_storeu_si256((__m256i *)(void *)(tiyn + i),
                            _mm256_blendv_epi8(value, scaled, coarse));
    }
}

static int64_t sum_of(const int64_t tiyn[32], uint32_t slots, uint32_t mask) {
    const __m256i lanes = _mm256_set_epi64x(8, 4, 2, 1);
    __m256i total = _mm256_setzero_si256();
    for (uint32_t i = 0; i < slots; i += 4, mask >>= 4) {
        const __m256i bits = _mm256_and_si256(_mm256_set1_epi64x(mask), lanes);
        const __m256i chosen = _mm256_cmpeq_epi64(bits, lanes);
        total = _mm256_add_epi64(total, _mm256_and_si256(load(tiyn + i), chosen));
    }
    const __m128i pair =
        _mm_add_epi64(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    return _mm_extract_epi64(pair, 0) + _mm_extract_epi64(pair, 1);
}

static void sums(const int64_t tiyn[32], uint32_t slots, const uint32_t *masks, size_t count,
                 int64_t *out) {
    for (size_t m = 0; m < count; m++)
        out[m] = sum_of(tiyn, slots, masks[m]);
}

const struct kernels kernels_avx2 = {"avx2", windows, equal, planes, amounts, sums};
