/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic over columns of doubles, as a table of tiers chosen once at start. Every tier is the
 * same C, compiled for wider vectors: IEEE arithmetic without contraction, no branch on data, so
 * all of them give the same bits.
 *
 * `count` values are read and written; `out` overlaps no input. NaN is null. No state, any thread.
 */
#pragma once

#include "detector/base/cpu.h"

#include <stddef.h>

struct columns {
    /* exact_math.h's functions, with their bits. */
    void (*log)(const double *x, double *out, size_t count);
    void (*log1p)(const double *x, double *out, size_t count);
    void (*exp)(const double *x, double *out, size_t count);

    /* Transforms of a feature: log1p of what is above 0, else 0; held within [low, high], NaN
     * stays. */
    void (*log1p_above_0)(const double *x, double *out, size_t count);
    void (*clip)(const double *x, double low, double high, double *out, size_t count);

    /* Basis values (basis.h), on its grid. x is the feature, t what its transform made of it
     * (which may be x itself). */
    void (*linear)(const double *t, double *out, size_t count);
    void (*hinge_above)(const double *x, const double *t, double knot, double knot_value,
                        double *out, size_t count);
    void (*hinge_below)(const double *x, const double *t, double knot, double knot_value,
                        double *out, size_t count);
    void (*step_above)(const double *x, double knot, double *out, size_t count);
    void (*step_below)(const double *x, double knot, double *out, size_t count);
    void (*null)(const double *x, double *out, size_t count);
    void (*product)(const double *a, const double *b, double *out, size_t count);
    /* The product with a column of 0 and 1 of what is on the grid already. */
    void (*gate)(const double *a, const double *gate, double *out, size_t count);
};

/* Of a tier that the processor has. */
const struct columns *columns_of(enum cpu_tier tier);
