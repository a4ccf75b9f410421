/* SPDX-License-Identifier: Apache-2.0 */
#include "models/basis.h"

#include "models/basis_grid.h"
#include "models/exact_math.h"

#include <assert.h>
#include <math.h>

static bool same_transform(const struct basis_part *a, const struct basis_part *b) {
    return a->transform == b->transform &&
           (a->transform != BASIS_CLIP || (a->low == b->low && a->high == b->high));
}

bool basis_same_form(const struct basis_part *a, const struct basis_part *b) {
    return a->feature == b->feature && a->shape == b->shape &&
           (!basis_is_knotted(a->shape) || a->above == b->above) &&
           (!basis_is_transformed(a->shape) || same_transform(a, b));
}

bool basis_same_part(const struct basis_part *a, const struct basis_part *b) {
    return basis_same_form(a, b) && (!basis_is_knotted(a->shape) || a->knot == b->knot);
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

/* Comparisons with NaN are false. */
static double part_value(const struct basis_part *part, double x) {
    switch (part->shape) {
    case BASIS_linear:
        return isnan(x) ? 0 : on_grid(basis_transformed(part, x));
    case BASIS_hinge:
        return hinge(part, x);
    case BASIS_step:
        return part->above ? x >= part->knot : x < part->knot;
    case BASIS_null:
        return isnan(x);
    default:
        assert(false && "a shape that is not known");
        return 0;
    }
}

double basis_value(const struct basis_term *term, const double *features) {
    const double first = part_value(&term->part[0], features[term->part[0].feature]);
    if (term->part_count == 1) return first;
    return on_grid(first * part_value(&term->part[1], features[term->part[1].feature]));
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
