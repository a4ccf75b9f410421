/* SPDX-License-Identifier: Apache-2.0 */
/* One kernel under measurement: what bench_kernels needs to know of it. A family of kernels is a
 * function that gives its cases; their inputs and outputs are the family's own, made at the first
 * call and never freed. */
#pragma once

#include "detector/base/cpu.h"

#include <stddef.h>
#include <stdint.h>

struct kernel_case {
    const char *name;
    const char *unit; /* of what one call does `items` times: "ns/row" */
    double items;
    double terms; /* of a model: the cost is given by term too; 0: no model */
    /* What `run` takes in each tier: a table of functions, a scorer. The one of the tier below, or
     * NULL: the tier has nothing of its own. */
    const void *table[CPU_TIER_COUNT];
    void (*run)(const void *table);
    /* What `run` leaves: must be equal in all tiers. */
    const void *out;
    size_t out_size;
};

struct kernel_cases {
    const struct kernel_case *cases;
    size_t count;
};

struct kernel_cases column_cases(uint64_t seed); /* models/columns.h */
struct kernel_cases score_cases(uint64_t seed);  /* models/score.h */
struct kernel_cases ring_cases(uint64_t seed);   /* detector/kernels.h */
