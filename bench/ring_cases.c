/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kernel_case.h"
#include "bench/random_model.h"

#include "detector/kernels.h"

/* Full rings, as many as stay in the nearest cache. */
enum { RINGS = 64, SLOTS = 32, WINDOWS = 5, PLANES = 8 };

static struct ring {
    uint32_t second[SLOTS], coded[SLOTS];
    uint8_t bytes[SLOTS];
    int64_t tiyn[SLOTS];
    uint32_t masks[WINDOWS];
} rings[RINGS];

/* Every case leaves its results in the member of its name. */
static union {
    struct {
        uint32_t masks[WINDOWS], level[SLOTS];
    } windows[RINGS];
    uint32_t equal[RINGS], planes[RINGS][PLANES];
    int64_t amounts[RINGS][SLOTS], sums[RINGS][WINDOWS];
} out;

enum { NOW_S = 1000000 };
static const uint32_t low[WINDOWS] = {NOW_S - 600, NOW_S - 3600, NOW_S - 86400, NOW_S - 259200,
                                      NOW_S - 604800};

static void run_windows(const void *table) {
    for (size_t i = 0; i < RINGS; i++)
        ((const struct kernels *)table)
            ->windows(rings[i].second, SLOTS, low, WINDOWS, NOW_S, out.windows[i].masks,
                      out.windows[i].level);
}

static void run_equal(const void *table) {
    for (size_t i = 0; i < RINGS; i++)
        out.equal[i] = ((const struct kernels *)table)->equal(rings[i].coded, SLOTS, 77);
}

static void run_planes(const void *table) {
    for (size_t i = 0; i < RINGS; i++)
        ((const struct kernels *)table)->planes(rings[i].bytes, out.planes[i]);
}

static void run_amounts(const void *table) {
    for (size_t i = 0; i < RINGS; i++)
        ((const struct kernels *)table)->amounts(rings[i].coded, SLOTS, out.amounts[i]);
}

static void run_sums(const void *table) {
    for (size_t i = 0; i < RINGS; i++)
        ((const struct kernels *)table)
            ->sums(rings[i].tiyn, SLOTS, rings[i].masks, WINDOWS, out.sums[i]);
}

#define RING_CASE(function)                                                                        \
    {                                                                                              \
        .name = "ring " #function, .unit = "ns/ring", .items = RINGS, .run = run_##function,       \
        .out = &out.function, .out_size = sizeof out.function                                      \
    }
static struct kernel_case cases[] = {
    RING_CASE(windows), RING_CASE(equal), RING_CASE(planes), RING_CASE(amounts), RING_CASE(sums),
};

static void fill(struct ring *ring, uint64_t *state) {
    for (size_t i = 0; i < SLOTS; i++) {
        ring->second[i] = (uint32_t)(random_next(state) % (NOW_S + 100));
        ring->coded[i] = (uint32_t)random_next(state) % 256;
        ring->bytes[i] = (uint8_t)random_next(state);
        ring->tiyn[i] = (int64_t)(random_next(state) % 100000000);
    }
    for (size_t w = 0; w < WINDOWS; w++)
        ring->masks[w] = (uint32_t)random_next(state);
}

struct kernel_cases ring_cases(uint64_t seed) {
    for (size_t i = 0; i < RINGS; i++)
        fill(&rings[i], &seed);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++)
            cases[i].table[tier] = kernels_choose(cpu_tier_name(tier));
    return (struct kernel_cases){cases, sizeof cases / sizeof *cases};
}
