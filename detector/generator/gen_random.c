/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** (Blackman and Vigna, public domain), and what is drawn from it without libm. */
#include "detector/generator/gen_internal.h"

#include "models/exact_math.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t rotate(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

uint64_t gen_random(struct gen *g) {
    uint64_t *s = g->random;
    const uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t gen_below(struct gen *g, uint32_t bound) {
    return (uint32_t)(((gen_random(g) >> 32) * bound) >> 32);
}

bool gen_chance(struct gen *g, uint32_t per_mille) {
    return gen_below(g, 1000) < per_mille;
}

int64_t gen_between(struct gen *g, int64_t low, int64_t high) {
    return low + (int64_t)(gen_random(g) % (uint64_t)(high - low + 1));
}

/* Twelve uniforms less six: near enough to a normal variate, and the same bits everywhere. */
static double normal(struct gen *g) {
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += (double)(gen_random(g) >> 11) * 0x1p-53;
    return sum;
}

int64_t gen_amount(struct gen *g, int64_t median_kzt, double sigma) {
    const double kzt = (double)median_kzt * exact_exp(sigma * normal(g));
    const int64_t tiyn = (int64_t)(kzt * 20.0) * 5;
    return tiyn < 50 * KZT ? 50 * KZT : tiyn;
}

int64_t gen_round(int64_t tiyn) {
    const int64_t unit = 1000 * KZT;
    return tiyn < unit ? unit : tiyn / unit * unit;
}

uint64_t gen_trait(const struct gen *g, const char *what, uint64_t number) {
    const uint64_t name[2] = {XXH3_64bits(what, strlen(what)), number};
    return XXH3_64bits_withSeed(name, sizeof name, g->options.seed ^ 0x1d8e4e27c47d124fu);
}
