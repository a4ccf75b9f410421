/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include "detector/kernels_tiers.h"

#include <immintrin.h>
#include <string.h>

enum { WIDE = 8, BYTES = 32, COARSE_SHIFT = 16, LOCAL_OFFSET_S = 5 * 3600, MORNING = 6 };

static __m256i load(const void *at) {
    return _mm256_loadu_si256((const __m256i *)at);
}

static void store(void *at, __m256i value) {
    _mm256_storeu_si256((__m256i *)at, value);
}

static uint64_t lanes_of(__m256i mask) {
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

/* Takes away what lies behind the last slot. */
static void trim(uint32_t slots, uint64_t mask[MASK_WORDS]) {
    const uint64_t last = slots % 64 == 0 ? UINT64_MAX : (UINT64_C(1) << slots % 64) - 1;
    if (slots <= 64) mask[1] = 0;
    if (slots == 0) mask[0] = 0;
    if (slots > 0) mask[(slots - 1) / 64] &= last;
}

/* Unsigned a > b is signed with the top bits turned. */
static __m256i turned(__m256i values) {
    return _mm256_xor_si256(values, _mm256_set1_epi32(INT32_MIN));
}

static void look_at_times(const uint32_t *second, uint32_t slots, const uint32_t low[RING_WINDOWS],
                          uint32_t high, struct ring_masks *masks) {
    const __m256i top = turned(_mm256_set1_epi32((int)high));
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __m256i seconds = turned(load(second + at));
        const __m256i after = _mm256_cmpgt_epi32(seconds, top);
        for (int w = 0; w < RING_WINDOWS; w++) {
            const __m256i bottom = turned(_mm256_set1_epi32((int)low[w]));
            const __m256i inside = _mm256_andnot_si256(after, _mm256_cmpgt_epi32(seconds, bottom));
            masks->window[at / 64][w] |= lanes_of(inside) << at % 64;
        }
    }
}

/* The bit wanted is at the top of each byte. */
static void planes(const uint8_t *bytes, uint32_t slots, uint64_t plane[MASK_WORDS][LANES]) {
    for (uint32_t at = 0; at < slots; at += BYTES) {
        __m256i all = load(bytes + at);
        for (int b = LANES - 1; b >= 0; b--) {
            const uint64_t some = (uint32_t)_mm256_movemask_epi8(all);
            plane[at / 64][b] |= some << at % 64;
            all = _mm256_add_epi8(all, all);
        }
    }
}

/* Takes away what lies behind the last slot, in every lane. */
static void trim_lanes(uint32_t slots, uint64_t mask[MASK_WORDS][LANES]) {
    for (int i = 0; i < LANES; i++) {
        uint64_t words[MASK_WORDS] = {mask[0][i], mask[1][i]};
        trim(slots, words);
        mask[0][i] = words[0];
        mask[1][i] = words[1];
    }
}

static void look(const uint32_t *second, const uint8_t *bits, const uint8_t *kind, uint32_t slots,
                 const uint32_t low[RING_WINDOWS], uint32_t high, struct ring_masks *masks) {
    memset(masks, 0, sizeof *masks);
    look_at_times(second, slots, low, high, masks);
    planes(bits, slots, masks->bits);
    planes(kind, slots, masks->kind);
    trim_lanes(slots, masks->window);
    trim_lanes(slots, masks->bits);
    trim_lanes(slots, masks->kind);
}

static void match(const uint32_t *values, uint32_t slots, uint32_t value,
                  uint64_t mask[MASK_WORDS]) {
    const __m256i wanted = _mm256_set1_epi32((int)value);
    mask[0] = mask[1] = 0;
    for (uint32_t at = 0; at < slots; at += WIDE)
        mask[at / 64] |= lanes_of(_mm256_cmpeq_epi32(load(values + at), wanted)) << at % 64;
    trim(slots, mask);
}

static void match_bytes(const uint8_t *bytes, uint32_t slots, uint8_t value,
                        uint64_t mask[MASK_WORDS]) {
    const __m256i wanted = _mm256_set1_epi8((char)value);
    mask[0] = mask[1] = 0;
    for (uint32_t at = 0; at < slots; at += BYTES) {
        const __m256i same = _mm256_cmpeq_epi8(load(bytes + at), wanted);
        mask[at / 64] |= (uint64_t)(uint32_t)_mm256_movemask_epi8(same) << at % 64;
    }
    trim(slots, mask);
}

static void at_least(const uint32_t *values, uint32_t slots, uint32_t least,
                     uint64_t mask[MASK_WORDS]) {
    const __m256i wanted = _mm256_set1_epi32((int)least);
    mask[0] = mask[1] = 0;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __m256i some = load(values + at);
        const __m256i not_less = _mm256_cmpeq_epi32(_mm256_max_epu32(some, wanted), some);
        mask[at / 64] |= lanes_of(not_less) << at % 64;
    }
    trim(slots, mask);
}

/* All bits of the lanes that eight bits of a mask from `at` on choose. */
static __m256i chosen8(const uint64_t mask[MASK_WORDS], uint32_t at) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i bits = _mm256_set1_epi32((int)(mask[at / 64] >> at % 64 & 255));
    return _mm256_cmpeq_epi32(_mm256_and_si256(bits, lane), lane);
}

static uint32_t most_of(__m256i values) {
    __m128i half =
        _mm_max_epu32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

static uint32_t largest(const uint32_t *values, uint32_t slots, const uint64_t mask[MASK_WORDS]) {
    __m256i most = _mm256_setzero_si256();
    for (uint32_t at = 0; at < slots; at += WIDE)
        most = _mm256_max_epu32(most, _mm256_and_si256(load(values + at), chosen8(mask, at)));
    return most_of(most);
}

/* The extremes is what is left of the largest of the others' bits. */
static void extremes(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                     const struct extremes_of *of, struct extremes *extremes) {
    const __m256i ones = _mm256_set1_epi32(-1);
    __m256i in = _mm256_setzero_si256(), out = in, older = in, recent = in;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __m256i amounts = load(amount + at), seconds = load(second + at);
        const __m256i turned_over = _mm256_xor_si256(seconds, ones);
        in = _mm256_max_epu32(in, _mm256_and_si256(amounts, chosen8(of->in, at)));
        out = _mm256_max_epu32(out, _mm256_and_si256(amounts, chosen8(of->out, at)));
        older = _mm256_max_epu32(older, _mm256_and_si256(seconds, chosen8(of->older, at)));
        recent = _mm256_max_epu32(recent, _mm256_and_si256(turned_over, chosen8(of->recent, at)));
    }
    extremes->in = most_of(in);
    extremes->out = most_of(out);
    extremes->older = most_of(older);
    extremes->recent = ~most_of(recent);
}

static void count_members(uint32_t slots, const uint64_t family[MASK_WORDS][RING_FAMILIES],
                          const uint64_t lane[MASK_WORDS][LANES],
                          int64_t count[RING_FAMILIES][LANES]) {
    for (int f = 0; f < RING_FAMILIES; f++)
        for (int w = 0; w < LANES; w++) {
            count[f][w] = __builtin_popcountll(family[0][f] & lane[0][w]);
            if (slots > 64) count[f][w] += __builtin_popcountll(family[1][f] & lane[1][w]);
        }
}

/* Adds the slots of one word. Lanes are windows: an amount goes to those whose mask has its slot,
 * in each family that has it. */
static void add_word(const uint32_t *amount, const uint64_t family[RING_FAMILIES],
                     const uint64_t lane[LANES], __m256i sums[RING_FAMILIES][2]) {
    const __m256i low = load(lane), high = load(lane + LANES / 2);
    uint64_t any = 0;
    for (int f = 0; f < RING_FAMILIES; f++)
        any |= family[f];
    for (; any != 0; any &= any - 1) {
        const int slot = __builtin_ctzll(any);
        const uint32_t coded = amount[slot];
        const __m256i bit = _mm256_set1_epi64x((long long)(UINT64_C(1) << slot));
        const __m256i tiyn =
            _mm256_set1_epi64x((long long)(coded & INT32_MAX) << (coded >> 31) * COARSE_SHIFT);
        const __m256i to_low =
            _mm256_and_si256(tiyn, _mm256_cmpeq_epi64(_mm256_and_si256(low, bit), bit));
        const __m256i to_high =
            _mm256_and_si256(tiyn, _mm256_cmpeq_epi64(_mm256_and_si256(high, bit), bit));
        for (int f = 0; f < RING_FAMILIES; f++) {
            const __m256i member = _mm256_set1_epi64x(-(long long)(family[f] >> slot & 1));
            sums[f][0] = _mm256_add_epi64(sums[f][0], _mm256_and_si256(to_low, member));
            sums[f][1] = _mm256_add_epi64(sums[f][1], _mm256_and_si256(to_high, member));
        }
    }
}

static void tally(const uint32_t *amount, uint32_t slots,
                  const uint64_t family[MASK_WORDS][RING_FAMILIES],
                  const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                  int64_t sum[RING_FAMILIES][LANES]) {
    __m256i sums[RING_FAMILIES][2];
    memset(sums, 0, sizeof sums);
    count_members(slots, family, lane, count);
    for (uint32_t word = 0; 64 * word < slots; word++)
        add_word(amount + 64 * word, family[word], lane[word], sums);
    memcpy(sum, sums, sizeof sums);
}

/* n / divisor for each 32-bit n, as n · factor / 2^shift. */
static __m256i divided(__m256i n, uint32_t factor, int shift) {
    const __m256i wide = _mm256_set1_epi64x(factor);
    const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(n, wide), shift);
    const __m256i odd = _mm256_srli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(n, 32), wide), shift);
    return _mm256_or_si256(even, _mm256_slli_epi64(odd, 32));
}

static __m256i hour_of_day(__m256i seconds) {
    const __m256i hour = divided(seconds, 2443359173u, 43);                      /* / 3600 */
    const __m256i day = divided(_mm256_srli_epi32(seconds, 7), 3257812231u, 41); /* / 86400 */
    return _mm256_sub_epi32(hour, _mm256_mullo_epi32(day, _mm256_set1_epi32(24)));
}

static void hours(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                  uint32_t *set, uint32_t *night) {
    const __m256i one = _mm256_set1_epi32(1), offset = _mm256_set1_epi32(LOCAL_OFFSET_S);
    __m256i all = _mm256_setzero_si256();
    uint32_t parts[WIDE];
    *set = *night = 0;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __m256i chosen = chosen8(mask, at);
        const __m256i hour = hour_of_day(_mm256_add_epi32(load(second + at), offset));
        const __m256i dark = _mm256_cmpgt_epi32(_mm256_set1_epi32(MORNING), hour);
        all = _mm256_or_si256(all, _mm256_and_si256(chosen, _mm256_sllv_epi32(one, hour)));
        *night += (uint32_t)__builtin_popcountll(lanes_of(_mm256_and_si256(chosen, dark)));
    }
    store(parts, all);
    for (int i = 0; i < WIDE; i++)
        *set |= parts[i];
}

/* Four rows by four columns. */
static void transpose_quarter(const int64_t *rows, size_t stride, int64_t *columns) {
    const __m256i a = load(rows), b = load(rows + stride);
    const __m256i c = load(rows + 2 * stride), d = load(rows + 3 * stride);
    const __m256i ab0 = _mm256_unpacklo_epi64(a, b), ab1 = _mm256_unpackhi_epi64(a, b);
    const __m256i cd0 = _mm256_unpacklo_epi64(c, d), cd1 = _mm256_unpackhi_epi64(c, d);
    store(columns, _mm256_permute2x128_si256(ab0, cd0, 0x20));
    store(columns + LANES, _mm256_permute2x128_si256(ab1, cd1, 0x20));
    store(columns + 2 * LANES, _mm256_permute2x128_si256(ab0, cd0, 0x31));
    store(columns + 3 * LANES, _mm256_permute2x128_si256(ab1, cd1, 0x31));
}

static void transpose(const int64_t *rows, size_t stride, size_t count, int64_t *columns) {
    for (size_t i = 0; i < count; i += 4) {
        transpose_quarter(rows + i, stride, columns + i * LANES);
        transpose_quarter(rows + i + 4 * stride, stride, columns + i * LANES + 4);
    }
}

const struct kernels kernels_avx2 = {"avx2",  look,     match, match_bytes, at_least,
                                     largest, extremes, tally, hours,       transpose};
