/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kernel_case.h"
#include "bench/random_model.h"

#include "models/columns.h"

#include <math.h>

/* A batch of sides in the nearest cache. */
enum { ROWS = 256 };

static double x[ROWS], t[ROWS], gate[ROWS], out[ROWS];

#define COLUMN_CASES(X)                                                                            \
    X(log, x, out, ROWS)                                                                           \
    X(log1p, x, out, ROWS)                                                                         \
    X(exp, t, out, ROWS)                                                                           \
    X(log1p_above_0, x, out, ROWS)                                                                 \
    X(clip, x, 1, 500, out, ROWS)                                                                  \
    X(linear, t, out, ROWS)                                                                        \
    X(hinge_above, x, t, 300, 5, out, ROWS)                                                        \
    X(hinge_below, x, t, 300, 5, out, ROWS)                                                        \
    X(step_above, x, 300, out, ROWS)                                                               \
    X(step_below, x, 300, out, ROWS)                                                               \
    X(null, x, out, ROWS)                                                                          \
    X(product, t, gate, out, ROWS)                                                                 \
    X(gate, t, gate, out, ROWS)

#define X(name, ...)                                                                               \
    static void run_##name(const void *table) {                                                    \
        ((const struct columns *)table)->name(__VA_ARGS__);                                        \
    }
COLUMN_CASES(X)
#undef X

static struct kernel_case cases[] = {
#define X(function, ...)                                                                           \
    {.name = #function,                                                                            \
     .unit = "ns/row",                                                                             \
     .items = ROWS,                                                                                \
     .run = run_##function,                                                                        \
     .out = out,                                                                                   \
     .out_size = sizeof out},
    COLUMN_CASES(X)
#undef X
};

struct kernel_cases column_cases(uint64_t seed) {
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = random_next(&seed) % 8 == 0 ? NAN : (double)(random_next(&seed) % 1000000) * 1e-3;
        t[i] = (double)(random_next(&seed) % 1000000) * 2e-5;
        gate[i] = (double)(random_next(&seed) % 2);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++)
            cases[i].table[tier] = columns_of(tier);
    return (struct kernel_cases){cases, sizeof cases / sizeof *cases};
}
