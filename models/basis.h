/* SPDX-License-Identifier: Apache-2.0 */
/* Basis values: what a term of the model sees of a feature vector. Private to models/.
 *
 * Every value is a multiple of 2^-16 within ±BASIS_BOUND, so that products with weights (multiples
 * of 2^-20) and their sums are exact. A null feature gives 0, except to a `null` part, which
 * gives 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASIS_BOUND 32.0
#define BASIS_UNIT 0x1p-16

#define BASIS_SHAPE_TABLE(X) X(linear) X(hinge) X(step) X(null)
enum basis_shape {
#define X(name) BASIS_##name,
    BASIS_SHAPE_TABLE(X)
#undef X
        BASIS_SHAPE_COUNT
};

enum basis_transform { BASIS_IDENTITY, BASIS_LOG1P, BASIS_CLIP };

/* linear: T(x). hinge above: max(0, T(x) - T(knot)); below: max(0, T(knot) - T(x)).
 * step above: x >= knot; below: x < knot. null: x is null. T is the feature's transform;
 * log1p takes what is below 0 as 0. */
struct basis_part {
    int feature; /* row of the feature table */
    enum basis_shape shape;
    enum basis_transform transform;
    bool above;
    double knot;       /* in the feature's unit */
    double knot_value; /* T(knot) */
    double low, high;  /* of a clip */
};

/* One part, or the product of two. */
struct basis_term {
    struct basis_part part[2];
    uint32_t part_count;
};

/* The same function but for its knot: feature, shape, side, and a transform where the shape reads
 * it. */
bool basis_same_form(const struct basis_part *a, const struct basis_part *b);
/* The same function. */
bool basis_same_part(const struct basis_part *a, const struct basis_part *b);
/* Shapes with a knot and a side. */
static inline bool basis_is_knotted(enum basis_shape shape) {
    return shape == BASIS_hinge || shape == BASIS_step;
}
/* Shapes that read what the transform makes of a feature; the others read the feature itself. */
static inline bool basis_is_transformed(enum basis_shape shape) {
    return shape == BASIS_linear || shape == BASIS_hinge;
}

double basis_transformed(const struct basis_part *part, double x);
/* The value of a term for one vector of features: the specification that plan.h's columns follow to
 * the bit. */
double basis_value(const struct basis_term *term, const double *features);
/* Largest |value|. */
double basis_bound(const struct basis_term *term);
