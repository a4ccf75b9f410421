/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include "detector/kernels_tiers.h"

#include <immintrin.h>

enum { WIDE = 16, BYTES = 64, COARSE_SHIFT = 16, LOCAL_OFFSET_S = 5 * 3600, MORNING = 6 };

/* Bits below `slots` of word `word`. */
static uint64_t used(uint32_t slots, uint32_t word) {
    const uint32_t left = slots - 64 * word;
    return left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
}

/* Of 16 slots from `at` on. */
static __mmask16 used16(uint32_t slots, uint32_t at) {
    const uint32_t left = slots - at;
    return (__mmask16)(left >= WIDE ? UINT16_MAX : (1u << left) - 1);
}

static void look_at_times(const uint32_t *second, uint32_t slots, const uint32_t low[RING_WINDOWS],
                          uint32_t high, struct ring_masks *masks) {
    const __m512i top = _mm512_set1_epi32((int)high);
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __mmask16 here = used16(slots, at);
        const __m512i seconds = _mm512_maskz_loadu_epi32(here, second + at);
        const __mmask16 past = _mm512_mask_cmple_epu32_mask(here, seconds, top);
        uint64_t *const window = masks->window[at / 64];
        for (int w = 0; w < RING_WINDOWS; w++) {
            const __m512i bottom = _mm512_set1_epi32((int)low[w]);
            const uint64_t inside = _mm512_mask_cmpgt_epu32_mask(past, seconds, bottom);
            window[w] |= inside << at % 64;
        }
    }
}

static void planes(const uint8_t *bytes, uint32_t slots, uint32_t word, uint64_t plane[LANES]) {
    const __m512i all = _mm512_maskz_loadu_epi8(used(slots, word), bytes + BYTES * word);
    for (int b = 0; b < LANES; b++)
        plane[b] = _mm512_test_epi8_mask(all, _mm512_set1_epi8((char)(1 << b)));
}

static void look(const uint32_t *second, const uint8_t *bits, const uint8_t *kind, uint32_t slots,
                 const uint32_t low[RING_WINDOWS], uint32_t high, struct ring_masks *masks) {
    const __m512i none = _mm512_setzero_si512();
    _mm512_storeu_si512(masks->window[0], none);
    _mm512_storeu_si512(masks->window[1], none);
    look_at_times(second, slots, low, high, masks);
    planes(bits, slots, 0, masks->bits[0]);
    planes(kind, slots, 0, masks->kind[0]);
    if (slots > 64) {
        planes(bits, slots, 1, masks->bits[1]);
        planes(kind, slots, 1, masks->kind[1]);
    } else {
        _mm512_storeu_si512(masks->bits[1], none);
        _mm512_storeu_si512(masks->kind[1], none);
    }
}

static void match(const uint32_t *values, uint32_t slots, uint32_t value,
                  uint64_t mask[MASK_WORDS]) {
    const __m512i wanted = _mm512_set1_epi32((int)value);
    mask[0] = mask[1] = 0;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __mmask16 here = used16(slots, at);
        const __m512i some = _mm512_maskz_loadu_epi32(here, values + at);
        mask[at / 64] |= (uint64_t)_mm512_mask_cmpeq_epi32_mask(here, some, wanted) << at % 64;
    }
}

static void match_bytes(const uint8_t *bytes, uint32_t slots, uint8_t value,
                        uint64_t mask[MASK_WORDS]) {
    const __m512i wanted = _mm512_set1_epi8((char)value);
    mask[0] = mask[1] = 0;
    for (uint32_t word = 0; 64 * word < slots; word++) {
        const __mmask64 here = used(slots, word);
        const __m512i some = _mm512_maskz_loadu_epi8(here, bytes + BYTES * word);
        mask[word] = _mm512_mask_cmpeq_epi8_mask(here, some, wanted);
    }
}

static void at_least(const uint32_t *values, uint32_t slots, uint32_t least,
                     uint64_t mask[MASK_WORDS]) {
    const __m512i wanted = _mm512_set1_epi32((int)least);
    mask[0] = mask[1] = 0;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __mmask16 here = used16(slots, at);
        const __m512i some = _mm512_maskz_loadu_epi32(here, values + at);
        mask[at / 64] |= (uint64_t)_mm512_mask_cmpge_epu32_mask(here, some, wanted) << at % 64;
    }
}

static __mmask16 chosen16(const uint64_t mask[MASK_WORDS], uint32_t at) {
    return (__mmask16)(mask[at / 64] >> at % 64);
}

static uint32_t largest(const uint32_t *values, uint32_t slots, const uint64_t mask[MASK_WORDS]) {
    __m512i most = _mm512_setzero_si512();
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __mmask16 chosen = chosen16(mask, at);
        most = _mm512_max_epu32(most, _mm512_maskz_loadu_epi32(chosen, values + at));
    }
    return _mm512_reduce_max_epu32(most);
}

static void extremes(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                     const struct extremes_of *of, struct extremes *extremes) {
    const __m512i none = _mm512_set1_epi32(-1);
    __m512i in = _mm512_setzero_si512(), out = in, older = in, recent = none;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const uint32_t *amounts = amount + at, *seconds = second + at;
        in = _mm512_max_epu32(in, _mm512_maskz_loadu_epi32(chosen16(of->in, at), amounts));
        out = _mm512_max_epu32(out, _mm512_maskz_loadu_epi32(chosen16(of->out, at), amounts));
        older = _mm512_max_epu32(older, _mm512_maskz_loadu_epi32(chosen16(of->older, at), seconds));
        recent = _mm512_min_epu32(recent,
                                  _mm512_mask_loadu_epi32(none, chosen16(of->recent, at), seconds));
    }
    extremes->in = _mm512_reduce_max_epu32(in);
    extremes->out = _mm512_reduce_max_epu32(out);
    extremes->older = _mm512_reduce_max_epu32(older);
    extremes->recent = _mm512_reduce_min_epu32(recent);
}

/* Lanes are windows: an amount is added to those whose mask has its slot. */
static void tally(const uint32_t *amount, uint32_t slots,
                  const uint64_t family[MASK_WORDS][RING_FAMILIES],
                  const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                  int64_t sum[RING_FAMILIES][LANES]) {
    __m512i counts[RING_FAMILIES], sums[RING_FAMILIES], members[RING_FAMILIES];
    for (int f = 0; f < RING_FAMILIES; f++)
        counts[f] = sums[f] = _mm512_setzero_si512();
    for (uint32_t word = 0; 64 * word < slots; word++) {
        const __m512i lanes = _mm512_loadu_si512(lane[word]);
        uint64_t any = 0;
        for (int f = 0; f < RING_FAMILIES; f++) {
            members[f] = _mm512_and_si512(lanes, _mm512_set1_epi64((long long)family[word][f]));
            counts[f] = _mm512_add_epi64(counts[f], _mm512_popcnt_epi64(members[f]));
            any |= family[word][f];
        }
        for (any &= (uint64_t)_mm512_reduce_or_epi64(lanes); any != 0; any &= any - 1) {
            const int slot = __builtin_ctzll(any);
            const uint32_t coded = amount[64 * word + (uint32_t)slot];
            const __m512i bit = _mm512_set1_epi64((long long)(UINT64_C(1) << slot));
            const __m512i tiyn =
                _mm512_set1_epi64((long long)(coded & INT32_MAX) << (coded >> 31) * COARSE_SHIFT);
            for (int f = 0; f < RING_FAMILIES; f++)
                sums[f] = _mm512_mask_add_epi64(sums[f], _mm512_test_epi64_mask(members[f], bit),
                                                sums[f], tiyn);
        }
    }
    for (int f = 0; f < RING_FAMILIES; f++) {
        _mm512_storeu_si512(count[f], counts[f]);
        _mm512_storeu_si512(sum[f], sums[f]);
    }
}

/* n / divisor for each 32-bit n, as n · factor / 2^shift. */
static __m512i divided(__m512i n, uint32_t factor, unsigned shift) {
    const __m512i wide = _mm512_set1_epi64(factor);
    const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(n, wide), shift);
    const __m512i odd = _mm512_srli_epi64(_mm512_mul_epu32(_mm512_srli_epi64(n, 32), wide), shift);
    return _mm512_or_si512(even, _mm512_slli_epi64(odd, 32));
}

static __m512i hour_of_day(__m512i seconds) {
    const __m512i hour = divided(seconds, 2443359173u, 43);                      /* / 3600 */
    const __m512i day = divided(_mm512_srli_epi32(seconds, 7), 3257812231u, 41); /* / 86400 */
    return _mm512_sub_epi32(hour, _mm512_mullo_epi32(day, _mm512_set1_epi32(24)));
}

static void hours(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                  uint32_t *set, uint32_t *night) {
    const __m512i one = _mm512_set1_epi32(1), offset = _mm512_set1_epi32(LOCAL_OFFSET_S);
    __m512i all = _mm512_setzero_si512();
    *night = 0;
    for (uint32_t at = 0; at < slots; at += WIDE) {
        const __mmask16 chosen = chosen16(mask, at);
        const __m512i seconds = _mm512_maskz_loadu_epi32(chosen, second + at);
        const __m512i hour = hour_of_day(_mm512_add_epi32(seconds, offset));
        const __mmask16 dark =
            _mm512_mask_cmplt_epu32_mask(chosen, hour, _mm512_set1_epi32(MORNING));
        all = _mm512_or_si512(all, _mm512_maskz_sllv_epi32(chosen, one, hour));
        *night += (uint32_t)__builtin_popcount(dark);
    }
    *set = (uint32_t)_mm512_reduce_or_epi32(all);
}

/* Pairs, then quarters, then halves change places. */
static void transpose_block(const int64_t *rows, size_t stride, int64_t *columns) {
    __m512i r[LANES], t[LANES];
    for (size_t i = 0; i < LANES; i++)
        r[i] = _mm512_loadu_si512(rows + i * stride);
    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    }
    for (int i = 0; i < LANES; i += 4)
        for (int j = 0; j < 2; j++) {
            r[i + j] = _mm512_shuffle_i64x2(t[i + j], t[i + j + 2], 0x88);
            r[i + j + 2] = _mm512_shuffle_i64x2(t[i + j], t[i + j + 2], 0xdd);
        }
    for (int i = 0; i < 4; i++) {
        const __m512i low = _mm512_shuffle_i64x2(r[i], r[i + 4], 0x88);
        const __m512i high = _mm512_shuffle_i64x2(r[i], r[i + 4], 0xdd);
        _mm512_storeu_si512(columns + i * LANES, low);
        _mm512_storeu_si512(columns + (i + 4) * LANES, high);
    }
}

static void transpose(const int64_t *rows, size_t stride, size_t count, int64_t *columns) {
    for (size_t i = 0; i < count; i += LANES)
        transpose_block(rows + i, stride, columns + i * LANES);
}

const struct kernels kernels_avx512 = {"avx512", look,     match, match_bytes, at_least,
                                       largest,  extremes, tally, hours,       transpose};
