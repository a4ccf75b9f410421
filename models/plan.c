/* SPDX-License-Identifier: Apache-2.0 */
#include "models/plan.h"

#include "models/model_private.h"

#include <assert.h>
#include <stdlib.h>

/* A feature through its transform. */
struct transformed {
    int feature;
    enum basis_transform transform;
    double low, high;
};

/* A part reads its feature and, beside it, what the transform made of it. */
struct planned_part {
    struct basis_part part;
    int transformed; /* index, or -1: the feature itself */
};

/* The second part is a gate wherever one of the two is. */
struct product {
    uint32_t part[2];
    bool gated;
};

/* A block holds, one after another: the parts that are terms by themselves, the products, the parts
 * that only products read, the transformed features. */
struct plan {
    uint32_t single_count, part_count, product_count, transformed_count;
    uint32_t pitch;  /* of the weights: terms of all models */
    double *weights; /* a model after another: of the single parts, then of the products */
    struct planned_part *parts;
    struct product *products;
    struct transformed *transformed;
};

static bool same_transform(const struct transformed *t, const struct basis_part *part) {
    return t->feature == part->feature && t->transform == part->transform &&
           (t->transform != BASIS_CLIP || (t->low == part->low && t->high == part->high));
}

static int find_transformed(struct plan *plan, const struct basis_part *part) {
    if (!basis_is_transformed(part->shape) || part->transform == BASIS_IDENTITY) return -1;
    for (uint32_t i = 0; i < plan->transformed_count; i++)
        if (same_transform(&plan->transformed[i], part)) return (int)i;
    plan->transformed[plan->transformed_count] =
        (struct transformed){part->feature, part->transform, part->low, part->high};
    return (int)plan->transformed_count++;
}

static uint32_t find_part(struct plan *plan, const struct basis_part *part) {
    for (uint32_t i = 0; i < plan->part_count; i++)
        if (basis_same_part(&plan->parts[i].part, part)) return i;
    plan->parts[plan->part_count] = (struct planned_part){*part, find_transformed(plan, part)};
    return plan->part_count++;
}

/* A part that is 0 or 1. */
static bool is_gate(const struct planned_part *p) {
    return p->part.shape == BASIS_step || p->part.shape == BASIS_null;
}

static uint32_t find_product(struct plan *plan, uint32_t a, uint32_t b) {
    const bool swap = is_gate(&plan->parts[a]) && !is_gate(&plan->parts[b]);
    const uint32_t first = swap ? b : a, second = swap ? a : b;
    for (uint32_t i = 0; i < plan->product_count; i++)
        if (plan->products[i].part[0] == first && plan->products[i].part[1] == second) return i;
    plan->products[plan->product_count] =
        (struct product){{first, second}, is_gate(&plan->parts[second])};
    return plan->product_count++;
}

static void plan_singles(struct plan *plan, const struct model *model, double *weights) {
    for (uint32_t i = 0; i < model->term_count; i++) {
        const struct model_term *term = &model->terms[i];
        if (term->basis.part_count == 1)
            weights[find_part(plan, &term->basis.part[0])] += term->weight;
    }
}

static void plan_products(struct plan *plan, const struct model *model, double *weights) {
    for (uint32_t i = 0; i < model->term_count; i++) {
        const struct model_term *term = &model->terms[i];
        if (term->basis.part_count == 1) continue;
        const uint32_t a = find_part(plan, &term->basis.part[0]);
        const uint32_t b = find_part(plan, &term->basis.part[1]);
        const uint32_t product = find_product(plan, a < b ? a : b, a < b ? b : a);
        weights[plan->single_count + product] += term->weight;
    }
}

/* Single parts first: they and the products are what the weights multiply. */
static void plan_terms(struct plan *plan, const struct model *const *models, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        plan_singles(plan, models[m], plan->weights + (size_t)m * plan->pitch);
    plan->single_count = plan->part_count;
    for (uint32_t m = 0; m < count; m++)
        plan_products(plan, models[m], plan->weights + (size_t)m * plan->pitch);
}

struct plan *plan_open(const struct model *const *models, uint32_t count) {
    size_t terms = 1;
    for (uint32_t m = 0; m < count; m++)
        terms += models[m]->term_count;
    const size_t parts = 2 * terms;
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    plan->pitch = (uint32_t)terms;
    plan->weights = calloc(count * terms, sizeof *plan->weights);
    plan->parts = calloc(parts, sizeof *plan->parts);
    plan->products = calloc(terms, sizeof *plan->products);
    plan->transformed = calloc(parts, sizeof *plan->transformed);
    if (plan->weights == NULL || plan->parts == NULL || plan->products == NULL ||
        plan->transformed == NULL) {
        plan_close(plan);
        return NULL;
    }
    plan_terms(plan, models, count);
    return plan;
}

void plan_close(struct plan *plan) {
    if (plan == NULL) return;
    free(plan->weights);
    free(plan->parts);
    free(plan->products);
    free(plan->transformed);
    free(plan);
}

uint32_t plan_weighted(const struct plan *plan) {
    return plan->single_count + plan->product_count;
}

const double *plan_weights(const struct plan *plan) {
    return plan->weights;
}

uint32_t plan_weights_pitch(const struct plan *plan) {
    return plan->pitch;
}

uint32_t plan_columns(const struct plan *plan) {
    return plan->part_count + plan->product_count + plan->transformed_count;
}

/* Where things stand in a block. */

static size_t part_place(const struct plan *plan, uint32_t part) {
    return part < plan->single_count ? part : part + plan->product_count;
}

static size_t transformed_place(const struct plan *plan, uint32_t index) {
    return plan->part_count + plan->product_count + index;
}

static void transform_column(const struct transformed *t, const struct columns *columns,
                             const double *x, double *out, size_t rows) {
    if (t->transform == BASIS_LOG1P)
        columns->log1p_above_0(x, out, rows);
    else
        columns->clip(x, t->low, t->high, out, rows);
}

static void part_column(const struct basis_part *part, const struct columns *columns,
                        const double *x, const double *t, double *out, size_t rows) {
    switch (part->shape) {
    case BASIS_linear:
        columns->linear(t, out, rows);
        return;
    case BASIS_hinge:
        (part->above ? columns->hinge_above : columns->hinge_below)(x, t, part->knot,
                                                                    part->knot_value, out, rows);
        return;
    case BASIS_step:
        (part->above ? columns->step_above : columns->step_below)(x, part->knot, out, rows);
        return;
    case BASIS_null:
        columns->null(x, out, rows);
        return;
    default:
        assert(false && "a shape that is not known");
    }
}

void plan_block(const struct plan *plan, const struct columns *columns, const double *features,
                size_t stride, size_t rows, double *block, size_t pitch) {
    for (uint32_t i = 0; i < plan->transformed_count; i++)
        transform_column(&plan->transformed[i], columns,
                         features + (size_t)plan->transformed[i].feature * stride,
                         block + transformed_place(plan, i) * pitch, rows);
    for (uint32_t i = 0; i < plan->part_count; i++) {
        const struct planned_part *p = &plan->parts[i];
        const double *x = features + (size_t)p->part.feature * stride;
        const double *t = p->transformed < 0
                              ? x
                              : block + transformed_place(plan, (uint32_t)p->transformed) * pitch;
        part_column(&p->part, columns, x, t, block + part_place(plan, i) * pitch, rows);
    }
    for (uint32_t i = 0; i < plan->product_count; i++) {
        const struct product *p = &plan->products[i];
        (p->gated ? columns->gate : columns->product)(block + part_place(plan, p->part[0]) * pitch,
                                                      block + part_place(plan, p->part[1]) * pitch,
                                                      block + (plan->single_count + i) * pitch,
                                                      rows);
    }
}
