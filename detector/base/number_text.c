/* SPDX-License-Identifier: Apache-2.0 */
/* Between 10⁻¹¹ and 2⁵² a fraction m × 2ᵉ times 10ᵏ is m × 5ᵏ shifted, and m × 5ᵏ fits 128 bits: so
 * its 17 digits, and whether fewer of them are enough, are found exactly. What lies outside is rare
 * and left to the C library. */
#include "detector/base/number_text.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef unsigned __int128 wide;

enum { DIGITS = 17, EXPONENT_BIAS = 1075, SCALE_MAX = 27 };
static const uint64_t ten_16 = UINT64_C(10000000000000000), ten_17 = UINT64_C(100000000000000000);
/* clang-format off */
static const uint64_t five_to[SCALE_MAX + 1] = {
    1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625,
    1220703125, 6103515625, 30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125,
    95367431640625, 476837158203125, 2384185791015625, 11920928955078125, 59604644775390625,
    298023223876953125, 1490116119384765625, 7450580596923828125};
/* clang-format on */
static const double whole_end = 9223372036854775808.0; /* 2⁶³ */

/* m × 2ᵉ, and that times 10^scale: `product` >> `shift`. */
struct scaled {
    uint64_t mantissa, five; /* five: 5^scale */
    int exponent, scale, shift;
    wide product;
};

static char *put_whole(uint64_t value, char *out) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        *out++ = digits[--count];
    return out;
}

/* Scales so that the digits lie in [10¹⁶, 10¹⁷); gives them, rounded. */
static uint64_t scale_by(struct scaled *s, int scale) {
    s->scale = scale;
    s->five = five_to[scale];
    s->product = (wide)s->mantissa * s->five;
    s->shift = -(s->exponent + scale);
    const wide half = s->shift > 0 ? (wide)1 << (s->shift - 1) : 0;
    return (uint64_t)((s->product + half) >> s->shift);
}

static uint64_t scale(struct scaled *s) {
    const int log2 = s->exponent + 52;
    /* log10(2) ≈ 1233 / 4096; the guess is right or one too large. */
    int guess = DIGITS - 1 - ((log2 * 1233) >> 12);
    if (guess > SCALE_MAX) guess = SCALE_MAX;
    const uint64_t digits = scale_by(s, guess);
    return digits < ten_17 ? digits : scale_by(s, guess - 1);
}

/* Whether `digits` lie nearer to this double than half of the way to the next one. */
static bool reads_back(const struct scaled *s, uint64_t digits) {
    const wide given = (wide)digits << s->shift;
    const wide off = given > s->product ? given - s->product : s->product - given;
    const bool gap_below_is_half = s->mantissa == UINT64_C(1) << 52;
    return off * (gap_below_is_half ? 4 : 2) < s->five;
}

static uint64_t fewest(const struct scaled *s, uint64_t digits) {
    for (uint64_t unit = 100; unit > 1; unit /= 10) {
        const uint64_t rounded = (digits + unit / 2) / unit * unit;
        if (reads_back(s, rounded)) return rounded;
    }
    return digits;
}

static char *put_scaled(uint64_t digits, int scale, char *out) {
    if (digits == ten_17) {
        digits = ten_16;
        scale--;
    }
    if (scale >= DIGITS) {
        out[0] = '0';
        out[1] = '.';
        memset(out + 2, '0', (size_t)(scale - DIGITS));
        out = put_whole(digits, out + 2 + scale - DIGITS);
    } else {
        char *end = put_whole(digits, out);
        char *point = end - scale;
        memmove(point + 1, point, (size_t)scale);
        *point = '.';
        out = end + 1;
    }
    while (out[-1] == '0')
        out--;
    return out;
}

static char *put_fraction(double value, char *out) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct scaled s = {.mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52,
                       .exponent = (int)(bits >> 52) - EXPONENT_BIAS};
    const uint64_t digits = scale(&s);
    return put_scaled(fewest(&s, digits), s.scale, out);
}

size_t number_text_whole(int64_t value, char *out) {
    const char *start = out;
    if (value < 0) *out++ = '-';
    const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    return (size_t)(put_whole(size, out) - start);
}

size_t number_text(double value, char *out) {
    assert(isfinite(value));
    const char *start = out;
    const double size = fabs(value);
    if (signbit(value)) *out++ = '-';
    if (size < whole_end && (double)(int64_t)size == size)
        return (size_t)(put_whole((uint64_t)size, out) - start);
    if (size >= 1e-11 && size < whole_end) return (size_t)(put_fraction(size, out) - start);
    return (size_t)(out - start + snprintf(out, NUMBER_TEXT_MAX - 1, "%.17g", size));
}
