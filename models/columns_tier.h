/* SPDX-License-Identifier: Apache-2.0 */
/* The one source of every tier of columns.h: a file of that tier's own includes it, with
 * COLUMNS_TIER naming the table, and is compiled with that tier's flags. */
#include "models/basis_grid.h"
#include "models/columns.h"
#include "models/columns_tiers.h"
#include "models/exact_inline.h"

static void column_log(const double *restrict x, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = exact_log_inline(x[i]);
}

static void column_log1p(const double *restrict x, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = exact_log1p_inline(x[i]);
}

static void column_exp(const double *restrict x, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = exact_exp_inline(x[i]);
}

static void column_log1p_above_0(const double *restrict x, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = exact_log1p_inline(x[i] > 0 ? x[i] : 0);
}

static void column_clip(const double *restrict x, double low, double high, double *restrict out,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double raised = x[i] < low ? low : x[i];
        out[i] = raised > high ? high : raised;
    }
}

static void column_linear(const double *restrict t, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double value = on_grid(t[i]);
        out[i] = t[i] == t[i] ? value : 0;
    }
}

static void column_hinge_above(const double *restrict x, const double *restrict t, double knot,
                               double knot_value, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double value = on_grid(t[i] - knot_value);
        out[i] = x[i] > knot ? value : 0;
    }
}

static void column_hinge_below(const double *restrict x, const double *restrict t, double knot,
                               double knot_value, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double value = on_grid(knot_value - t[i]);
        out[i] = x[i] < knot ? value : 0;
    }
}

static void column_step_above(const double *restrict x, double knot, double *restrict out,
                              size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = x[i] >= knot ? 1 : 0;
}

static void column_step_below(const double *restrict x, double knot, double *restrict out,
                              size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = x[i] < knot ? 1 : 0;
}

static void column_null(const double *restrict x, double *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = x[i] == x[i] ? 0 : 1;
}

static void column_product(const double *restrict a, const double *restrict b, double *restrict out,
                           size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = on_grid(a[i] * b[i]);
}

static void column_gate(const double *restrict a, const double *restrict gate, double *restrict out,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double value = a[i]; /* read in any case: no branch */
        out[i] = gate[i] > 0 ? value : 0;
    }
}

const struct columns COLUMNS_TIER = {
    .log = column_log,
    .log1p = column_log1p,
    .exp = column_exp,
    .log1p_above_0 = column_log1p_above_0,
    .clip = column_clip,
    .linear = column_linear,
    .hinge_above = column_hinge_above,
    .hinge_below = column_hinge_below,
    .step_above = column_step_above,
    .step_below = column_step_below,
    .null = column_null,
    .product = column_product,
    .gate = column_gate,
};
