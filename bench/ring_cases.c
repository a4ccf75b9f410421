/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kernel_case.h"
#include "bench/random_model.h"

#include "detector/kernels.h"

/* Rings as many as stay in the nearest cache, of the size that is met most. */
enum { RINGS = 64, SLOTS = 16, SLACK = 64, NOW_S = 1000000, BLOCK = 160 };

static struct ring {
    uint32_t second[SLOTS + SLACK], coded[SLOTS + SLACK];
    uint8_t bits[SLOTS + SLACK], kind[SLOTS + SLACK];
    struct extremes_of of;
    uint64_t mask[MASK_WORDS], family[MASK_WORDS][RING_FAMILIES], lane[MASK_WORDS][LANES];
} rings[RINGS];
static int64_t rows[LANES][BLOCK];

/* Every case leaves its results in the member of its name. */
static union {
    struct ring_masks look[RINGS];
    uint64_t match[RINGS][MASK_WORDS], match_bytes[RINGS][MASK_WORDS], at_least[RINGS][MASK_WORDS];
    uint32_t largest[RINGS], hours[RINGS][2];
    struct {
        int64_t count[RING_FAMILIES][LANES], sum[RING_FAMILIES][LANES];
    } tally[RINGS];
    struct extremes extremes[RINGS];
    int64_t transpose[RINGS][BLOCK][LANES];
} out;

static const uint32_t low[RING_WINDOWS] = {NOW_S - 600,    NOW_S - 3600,   NOW_S - 86400,
                                           NOW_S - 259200, NOW_S - 604800, NOW_S - 21600};

#define EACH_RING                                                                                  \
    const struct kernels *k = table;                                                               \
    for (size_t i = 0; i < RINGS; i++)

static void run_look(const void *table) {
    EACH_RING k->look(rings[i].second, rings[i].bits, rings[i].kind, SLOTS, low, NOW_S,
                      &out.look[i]);
}

static void run_match(const void *table) {
    EACH_RING k->match(rings[i].coded, SLOTS, 77, out.match[i]);
}

static void run_match_bytes(const void *table) {
    EACH_RING k->match_bytes(rings[i].bits, SLOTS, 77, out.match_bytes[i]);
}

static void run_at_least(const void *table) {
    EACH_RING k->at_least(rings[i].coded, SLOTS, 77, out.at_least[i]);
}

static void run_largest(const void *table) {
    EACH_RING out.largest[i] = k->largest(rings[i].coded, SLOTS, rings[i].mask);
}

static void run_extremes(const void *table) {
    EACH_RING k->extremes(rings[i].coded, rings[i].second, SLOTS, &rings[i].of, &out.extremes[i]);
}

static void run_tally(const void *table) {
    EACH_RING k->tally(rings[i].coded, SLOTS, rings[i].family, rings[i].lane, out.tally[i].count,
                       out.tally[i].sum);
}

static void run_hours(const void *table) {
    EACH_RING k->hours(rings[i].second, SLOTS, rings[i].mask, &out.hours[i][0], &out.hours[i][1]);
}

static void run_transpose(const void *table) {
    EACH_RING k->transpose(&rows[0][0], BLOCK, BLOCK, &out.transpose[i][0][0]);
}

#define RING_CASE(function, of)                                                                    \
    {                                                                                              \
        .name = "ring " #function, .unit = "ns/" of, .items = RINGS, .run = run_##function,        \
        .out = &out.function, .out_size = sizeof out.function                                      \
    }
static struct kernel_case cases[] = {
    RING_CASE(look, "ring"),     RING_CASE(match, "ring"),   RING_CASE(match_bytes, "ring"),
    RING_CASE(at_least, "ring"), RING_CASE(largest, "ring"), RING_CASE(extremes, "ring"),
    RING_CASE(tally, "ring"),    RING_CASE(hours, "ring"),   RING_CASE(transpose, "8 rows"),
};

static void fill(struct ring *ring, uint64_t *state) {
    const uint64_t used = (UINT64_C(1) << SLOTS) - 1;
    for (size_t i = 0; i < SLOTS; i++) {
        ring->second[i] = (uint32_t)(random_next(state) % (NOW_S + 100));
        ring->coded[i] = (uint32_t)random_next(state) % 256;
        ring->bits[i] = (uint8_t)random_next(state);
        ring->kind[i] = (uint8_t)random_next(state);
    }
    ring->mask[0] = random_next(state) & used;
    ring->of.in[0] = random_next(state) & used;
    ring->of.out[0] = random_next(state) & used;
    ring->of.older[0] = random_next(state) & used;
    ring->of.recent[0] = random_next(state) & used;
    for (size_t f = 0; f < RING_FAMILIES; f++)
        ring->family[0][f] = random_next(state) & used;
    for (size_t w = 0; w < LANES; w++)
        ring->lane[0][w] = random_next(state) & used;
}

struct kernel_cases ring_cases(uint64_t seed) {
    for (size_t i = 0; i < RINGS; i++)
        fill(&rings[i], &seed);
    for (size_t row = 0; row < LANES; row++)
        for (size_t i = 0; i < BLOCK; i++)
            rows[row][i] = (int64_t)random_next(&seed);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++)
            cases[i].table[tier] = kernels_of(tier);
    return (struct kernel_cases){cases, sizeof cases / sizeof *cases};
}
