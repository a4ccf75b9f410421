/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of exact_math.h, without a branch on data, so that a loop over them becomes vectors of
 * any width with the bits of the scalar functions. Private to models/.
 *
 * Every path is computed and the right result is chosen at the end. Whole numbers become doubles
 * and back by adding a power of two: the widths below AVX-512 have no instruction for it. */
#pragma once

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first has 32 significant bits, so that its product with an exponent is
 * exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0
#define SQRT_2 0x1.6a09e667f3bcdp+0

/* Added to a double below 2^51, leaves its nearest whole number (ties to even) in the low bits. */
#define EXACT_SHIFTER 0x1.8p52

static inline uint64_t exact_bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double exact_of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Below 2^52. */
static inline double exact_of_whole(uint64_t whole) {
    return exact_of_bits(whole | 0x4330000000000000ULL) - 0x1p52;
}

/* 2^k for a whole k and a normal result. */
static inline double exact_power_of_two(double k) {
    return exact_of_bits((exact_bits_of(k + EXACT_SHIFTER) + 1023) << 52);
}

/* log(1 + f) - f + f²/2 over s = f / (2 + f) is f²/2 + R, where R = 2 (s²/3 + s⁴/5 + …). */
static inline double exact_log_tail(double s2) {
    double r = 2.0 / 23;
    r = r * s2 + 2.0 / 21;
    r = r * s2 + 2.0 / 19;
    r = r * s2 + 2.0 / 17;
    r = r * s2 + 2.0 / 15;
    r = r * s2 + 2.0 / 13;
    r = r * s2 + 2.0 / 11;
    r = r * s2 + 2.0 / 9;
    r = r * s2 + 2.0 / 7;
    r = r * s2 + 2.0 / 5;
    r = r * s2 + 2.0 / 3;
    return r * s2;
}

/* log(x) + correction for a positive, finite x, where the correction is small beside an ulp of x's
 * neighbourhood. x = m · 2^k with sqrt(1/2) < m <= sqrt(2). */
static inline double exact_log_corrected(double x, double correction) {
    const double scaled = x * 0x1p54;
    const double normal = x < DBL_MIN ? scaled : x;
    const double bias = x < DBL_MIN ? 1023 + 54 : 1023;
    const uint64_t bits = exact_bits_of(normal);
    const double exponent = exact_of_whole(bits >> 52) - bias;
    const double mantissa = exact_of_bits((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
    const double half_mantissa = mantissa * 0.5;
    const double next_exponent = exponent + 1;
    const double m = mantissa > SQRT_2 ? half_mantissa : mantissa;
    const double k = mantissa > SQRT_2 ? next_exponent : exponent;
    const double f = m - 1;
    const double s = f / (2 + f);
    const double half = 0.5 * f * f;
    const double low = s * (half + exact_log_tail(s * s)) + (k * LN2_LOW + correction);
    return k * LN2_HIGH - ((half - low) - f);
}

/* The ends of a logarithm's domain: x is the argument that is 0 at the pole. */
static inline double exact_log_ends(double x, double inside) {
    double y = x == INFINITY ? INFINITY : inside;
    y = x == 0 ? -INFINITY : y;
    return x >= 0 ? y : (double)NAN;
}

static inline double exact_log_inline(double x) {
    return exact_log_ends(x, exact_log_corrected(x, 0));
}

static inline double exact_log1p_inline(double x) {
    const double u = 1 + x;
    /* What rounding took from 1 + x, over u. */
    const double lost_of_1 = 1 - (u - x), lost_of_x = x - (u - 1);
    const double lost = x > 1 ? lost_of_1 : lost_of_x;
    const double y = exact_log_corrected(u, lost / u);
    return exact_log_ends(u, fabs(x) < 0x1p-54 ? x : y);
}

/* (exp(r) - 1 - r) / r² for |r| <= ln(2)/2: the Taylor series to r¹³. */
static inline double exact_exp_tail(double r) {
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    return p * r + 0.5;
}

static inline double exact_exp_inline(double x) {
    const double below = x < 709.782712893384 ? x : 709.782712893384;
    const double inside = below > -745.1332191019412 ? below : -745.1332191019412;
    const double k = (inside * LOG2_E + EXACT_SHIFTER) - EXACT_SHIFTER;
    const double high = inside - k * LN2_HIGH;
    const double r = high - k * LN2_LOW;
    const double lost = (high - r) - k * LN2_LOW;
    const double m = 1 + (r + (lost + r * r * exact_exp_tail(r)));
    /* In two steps: 2^k itself may be no normal number. */
    const double half = (k * 0.5 + EXACT_SHIFTER) - EXACT_SHIFTER;
    double y = m * exact_power_of_two(half) * exact_power_of_two(k - half);
    y = x > 709.782712893384 ? INFINITY : y;
    y = x < -745.1332191019412 ? 0 : y;
    return x == x ? y : (double)NAN;
}
