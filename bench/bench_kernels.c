/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel in every tier of this processor against its scalar twin, in the nearest cache:
 * what a call costs, how much the tier gains. The results of the run must be equal. */
#include "bench/kernel_case.h"
#include "bench/report.h"

#include "detector/base/steady.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 10000, CHUNK_NS = 20000 };

static double samples[SAMPLES_MAX];

static double time_calls(const struct kernel_case *c, const void *table, size_t calls) {
    const int64_t start = steady_ns();
    for (size_t i = 0; i < calls; i++)
        c->run(table);
    return (double)(steady_ns() - start);
}

/* As many calls as make a chunk that the clock can tell. */
static size_t calls_of(const struct kernel_case *c, const void *table) {
    size_t calls = 1;
    while (time_calls(c, table, calls) < CHUNK_NS)
        calls *= 2;
    return calls;
}

/* The best of the chunks, in the case's unit. */
static double measure(struct report *report, const struct kernel_case *c, const void *table,
                      const char *name, size_t chunks) {
    const size_t calls = calls_of(c, table);
    for (size_t i = 0; i < chunks; i++)
        samples[i] = time_calls(c, table, calls) / ((double)calls * c->items);
    report_row(report, name, c->unit, samples, chunks);
    return samples[0];
}

static void must_equal(const struct kernel_case *c, const void *scalar, const char *name) {
    if (memcmp(c->out, scalar, c->out_size) == 0) return;
    (void)fprintf(stderr, "%s: another result than the scalar tier's\n", name);
    exit(1);
}

static void run_case(struct report *report, const struct kernel_case *c, size_t chunks) {
    void *scalar = malloc(c->out_size);
    if (scalar == NULL) exit(1);
    double scalar_best = 0;
    for (enum cpu_tier tier = CPU_SCALAR; tier < CPU_TIER_COUNT; tier++) {
        const void *table = c->table[tier];
        if (table == NULL || (tier > CPU_SCALAR && table == c->table[tier - 1])) continue;
        char name[64], other[96];
        (void)snprintf(name, sizeof name, "%s, %s", c->name, cpu_tier_name(tier));
        const double best = measure(report, c, table, name, chunks);
        if (c->terms > 0) {
            (void)snprintf(other, sizeof other, "%s, a term", name);
            report_value(report, other, "ns", best / c->terms);
        }
        if (tier == CPU_SCALAR) {
            scalar_best = best;
            memcpy(scalar, c->out, c->out_size);
            continue;
        }
        must_equal(c, scalar, name);
        (void)snprintf(other, sizeof other, "%s, gain", name);
        report_value(report, other, "times", scalar_best / best);
    }
    free(scalar);
}

static void run_cases(struct report *report, struct kernel_cases cases, size_t chunks) {
    for (size_t i = 0; i < cases.count; i++)
        run_case(report, &cases.cases[i], chunks);
}

int main(int argc, char **argv) {
    struct report_flag flags[] = {{"--chunks", "timed chunks of each kernel in each tier", 200}};
    struct report *report = report_open("Kernels by tier", argc, argv, flags, 1);
    const uint64_t seed = report_seed(report);
    const size_t chunks = flags[0].value < 1             ? 1
                          : flags[0].value > SAMPLES_MAX ? SAMPLES_MAX
                                                         : (size_t)flags[0].value;
    run_cases(report, column_cases(seed), chunks);
    run_cases(report, score_cases(seed), chunks);
    run_cases(report, ring_cases(seed), chunks);
    return report_close(report);
}
