/* SPDX-License-Identifier: Apache-2.0 */
/* What every benchmark prints: where it ran, then one row a figure: best, median, p99. With --json
 * one line a row: {name, unit, best, median, p99, machine, compiler, commit, seed, versions}. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A flag with a whole number behind it: "--accounts". Given: value is replaced. */
struct report_flag {
    const char *name, *help;
    int64_t value;
};

struct report;

/* Reads --json, --seed N (1), --help and the flags given; exits with status 2 on anything else. */
struct report *report_open(const char *purpose, int argc, char **argv, struct report_flag *flags,
                           size_t flag_count);
uint64_t report_seed(const struct report *report);
/* A row from samples, which are sorted in place. Best is the least, or the largest where the unit
 * ends in "/s"; p99 is the 99th percentile from the best. */
void report_row(struct report *report, const char *name, const char *unit, double *samples,
                size_t count);
/* A row of one figure: a ratio, a size, a mean that shows that the work was done. */
void report_value(struct report *report, const char *name, const char *unit, double value);
/* Bytes of this process that are in memory. */
double report_resident_bytes(void);
/* Frees; returns the exit status. */
int report_close(struct report *report);
