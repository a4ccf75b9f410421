/* SPDX-License-Identifier: Apache-2.0 */
#include "models/exact_math.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first has 32 significant bits, so that its product with an exponent is
 * exact. */
static const double LN2_HIGH = 0x1.62e42feep-1;
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double LOG2_E = 0x1.71547652b82fep+0;
static const double SQRT_2 = 0x1.6a09e667f3bcdp+0;

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for a normal result. */
static double power_of_two(int k) {
    return of_bits((uint64_t)(k + 1023) << 52);
}

/* x = m · 2^result with sqrt(1/2) < m <= sqrt(2); x is positive and finite. */
static int split(double x, double *m) {
    int k = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        k = -54;
    }
    const uint64_t bits = bits_of(x);
    k += (int)(bits >> 52) - 1023;
    *m = of_bits((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
    if (*m > SQRT_2) {
        *m *= 0.5;
        k++;
    }
    return k;
}

/* log(1 + f) - f + f²/2 over s = f / (2 + f) is f²/2 + R, where R = 2 (s²/3 + s⁴/5 + …). */
static double log_tail(double s2) {
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

/* log(x) + correction, where the correction is small beside an ulp of x's neighbourhood. */
static double log_corrected(double x, double correction) {
    double m;
    const double k = split(x, &m);
    const double f = m - 1;
    const double s = f / (2 + f);
    const double half = 0.5 * f * f;
    const double low = s * (half + log_tail(s * s)) + (k * LN2_LOW + correction);
    return k * LN2_HIGH - ((half - low) - f);
}

double exact_log(double x) {
    if (isnan(x) || x < 0) return NAN;
    if (x == 0) return -INFINITY;
    if (isinf(x)) return x;
    return log_corrected(x, 0);
}

double exact_log1p(double x) {
    if (isnan(x) || x < -1) return NAN;
    if (x == -1) return -INFINITY;
    if (isinf(x)) return x;
    if (fabs(x) < 0x1p-54) return x;
    const double u = 1 + x;
    /* What rounding took from 1 + x, over u. */
    const double lost = x > 1 ? 1 - (u - x) : x - (u - 1);
    return log_corrected(u, lost / u);
}

/* (exp(r) - 1 - r) / r² for |r| <= ln(2)/2: the Taylor series to r¹³. */
static double exp_tail(double r) {
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

double exact_exp(double x) {
    if (isnan(x)) return NAN;
    if (x > 709.782712893384) return INFINITY;
    if (x < -745.1332191019412) return 0;
    const double scaled = x * LOG2_E;
    const int k = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double high = x - k * LN2_HIGH;
    const double r = high - k * LN2_LOW;
    const double lost = (high - r) - k * LN2_LOW;
    const double m = 1 + (r + (lost + r * r * exp_tail(r)));
    /* In two steps: 2^k itself may be no normal number. */
    const int half = k / 2;
    return m * power_of_two(half) * power_of_two(k - half);
}
