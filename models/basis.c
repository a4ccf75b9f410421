/* SPDX-License-Identifier: Apache-2.0 */
#include "models/basis.h"

#include "models/exact_math.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

/* To the nearest multiple of 2^-16 (ties to even), within the bound: adding and taking away 1.5 ·
 * 2^36 leaves exactly 16 binary places. */
static double on_grid(double x) {
    const double bounded = x > BASIS_BOUND ? BASIS_BOUND : x < -BASIS_BOUND ? -BASIS_BOUND : x;
    return bounded + 0x1.8p36 - 0x1.8p36;
}

double basis_transformed(const struct basis_part *part, double x) {
    switch (part->transform) {
    case BASIS_IDENTITY:
        return x;
    case BASIS_LOG1P:
        return x > 0 ? exact_log1p(x) : 0;
    case BASIS_CLIP:
        return x < part->low ? part->low : x > part->high ? part->high : x;
    }
    assert(false && "a transform that is not known");
    return 0;
}

static double hinge(const struct basis_part *part, double x) {
    if (isnan(x) || (part->above ? x <= part->knot : x >= part->knot)) return 0;
    const double beyond = basis_transformed(part, x) - part->knot_value;
    return on_grid(part->above ? beyond : -beyond);
}

static double linear(const struct basis_part *part, double x) {
    return isnan(x) ? 0 : on_grid(basis_transformed(part, x));
}

/* One shape at a time over all rows: no branch on the shape per value. Comparisons with NaN are
 * false. */
static void part_column(const struct basis_part *part, const double *columns, size_t stride,
                        uint32_t rows, double *out) {
    const double *x = columns + (size_t)part->feature * stride;
    switch (part->shape) {
    case BASIS_linear:
        for (size_t i = 0; i < rows; i++)
            out[i] = linear(part, x[i]);
        return;
    case BASIS_hinge:
        for (size_t i = 0; i < rows; i++)
            out[i] = hinge(part, x[i]);
        return;
    case BASIS_step:
        for (size_t i = 0; i < rows; i++)
            out[i] = part->above ? x[i] >= part->knot : x[i] < part->knot;
        return;
    case BASIS_null:
        for (size_t i = 0; i < rows; i++)
            out[i] = isnan(x[i]);
        return;
    default:
        assert(false && "a shape that is not known");
    }
}

void basis_column(const struct basis_term *term, const double *columns, size_t stride,
                  uint32_t rows, double *out) {
    double second[BASIS_ROWS_MAX];
    assert(rows <= BASIS_ROWS_MAX);
    part_column(&term->part[0], columns, stride, rows, out);
    if (term->part_count == 1) return;
    part_column(&term->part[1], columns, stride, rows, second);
    for (uint32_t i = 0; i < rows; i++)
        out[i] = on_grid(out[i] * second[i]);
}

static double part_bound(const struct basis_part *part) {
    return part->shape == BASIS_linear || part->shape == BASIS_hinge ? BASIS_BOUND : 1;
}

double basis_bound(const struct basis_term *term) {
    const double first = part_bound(&term->part[0]);
    if (term->part_count == 1) return first;
    const double second = part_bound(&term->part[1]);
    return first > second ? first : second;
}
