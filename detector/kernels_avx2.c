/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include <immintrin.h>

enum { SLOTS = 32, COARSE_SHIFT = 16 };

/* Unsigned compare by flipping the sign bit. */
static uint32_t window(const uint32_t second[32], uint32_t low, uint32_t high) {
    const __m256i flip = _mm256_set1_epi32(INT32_MIN);
    const __m256i above = _mm256_xor_si256(_mm256_set1_epi32((int)low), flip);
    const __m256i upto = _mm256_xor_si256(_mm256_set1_epi32((int)high), flip);
    uint32_t mask = 0;
    for (int i = 0; i < SLOTS; i += 8) {
        const __m256i s =
            _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(second + i)), flip);
        const __m256i in =
            _mm256_andnot_si256(_mm256_cmpgt_epi32(s, upto), _mm256_cmpgt_epi32(s, above));
        mask |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(in)) << i;
    }
    return mask;
}

static uint32_t select_slots(const uint8_t bits[32], uint8_t pattern) {
    const __m256i wanted = _mm256_set1_epi8((char)pattern);
    const __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)bits);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(all, wanted), wanted));
}

static void amounts(const uint32_t coded[32], int64_t tiyn[32]) {
    const __m256i low31 = _mm256_set1_epi64x(0x7fffffff), top = _mm256_set1_epi64x(0x80000000);
    for (int i = 0; i < SLOTS; i += 4) {
        const __m256i wide =
            _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)(coded + i)));
        const __m256i value = _mm256_and_si256(wide, low31);
        const __m256i coarse = _mm256_cmpeq_epi64(_mm256_and_si256(wide, top), top);
        const __m256i scaled = _mm256_slli_epi64(value, COARSE_SHIFT);
        _mm256_storeu_si256((__m256i *)(void *)(tiyn + i),
                            _mm256_blendv_epi8(value, scaled, coarse));
    }
}

static int64_t sum_of(const int64_t tiyn[32], uint32_t mask) {
    const __m256i lanes = _mm256_set_epi64x(8, 4, 2, 1);
    __m256i total = _mm256_setzero_si256();
    for (int i = 0; i < SLOTS && mask >> i != 0; i += 4) {
        const __m256i bits = _mm256_and_si256(_mm256_set1_epi64x(mask >> i & 15), lanes);
        const __m256i chosen = _mm256_cmpeq_epi64(bits, lanes);
        const __m256i values = _mm256_loadu_si256((const __m256i *)(const void *)(tiyn + i));
        total = _mm256_add_epi64(total, _mm256_and_si256(values, chosen));
    }
    int64_t parts[4];
    _mm256_storeu_si256((__m256i *)(void *)parts, total);
    return parts[0] + parts[1] + parts[2] + parts[3];
}

static void sums(const int64_t tiyn[32], const uint32_t *masks, size_t count, int64_t *out) {
    for (size_t m = 0; m < count; m++)
        out[m] = masks[m] == 0 ? 0 : sum_of(tiyn, masks[m]);
}

const struct kernels kernels_avx2 = {"avx2", window, select_slots, amounts, sums};
