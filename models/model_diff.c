/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model_diff.h"

#include "models/model_private.h"

#include <math.h>
#include <string.h>

enum { NONE = -1 };

struct pairing {
    const struct model *old, *new;
    int old_of[MODEL_TERMS_MAX]; /* by new term */
    bool taken[MODEL_TERMS_MAX]; /* by old term */
};

/* Two terms are compared part by part, in either order of a conjunction. */
typedef bool part_test(const struct basis_part *a, const struct basis_part *b);

static bool alike(const struct basis_term *a, const struct basis_term *b, bool swapped,
                  part_test *test) {
    const uint32_t last = a->part_count - 1;
    for (uint32_t i = 0; i < a->part_count; i++)
        if (!test(&a->part[i], &b->part[swapped ? last - i : i])) return false;
    return true;
}

static bool same_basis(const struct basis_term *a, const struct basis_term *b) {
    return a->part_count == b->part_count &&
           (alike(a, b, false, basis_same_part) || alike(a, b, true, basis_same_part));
}

/* Between 0 and 1, whatever the unit. */
static double knot_distance(const struct basis_part *a, const struct basis_part *b) {
    if (!basis_is_knotted(a->shape) || a->knot == b->knot) return 0;
    return fabs(a->knot - b->knot) / (fabs(a->knot) + fabs(b->knot));
}

/* How far the knots are apart; infinity where something else differs. */
static double distance_as(const struct basis_term *a, const struct basis_term *b, bool swapped) {
    const uint32_t last = a->part_count - 1;
    double sum = 0;
    if (!alike(a, b, swapped, basis_same_form)) return INFINITY;
    for (uint32_t i = 0; i < a->part_count; i++)
        sum += knot_distance(&a->part[i], &b->part[swapped ? last - i : i]);
    return sum;
}

static double distance(const struct basis_term *a, const struct basis_term *b) {
    if (a->part_count != b->part_count) return INFINITY;
    return fmin(distance_as(a, b, false), distance_as(a, b, true));
}

static void pair(struct pairing *p, uint32_t new_term, int old_term) {
    p->old_of[new_term] = old_term;
    if (old_term != NONE) p->taken[old_term] = true;
}

static int find_same(const struct pairing *p, uint32_t new_term) {
    for (uint32_t i = 0; i < p->old->term_count; i++)
        if (!p->taken[i] && same_basis(&p->old->terms[i].basis, &p->new->terms[new_term].basis))
            return (int)i;
    return NONE;
}

static int find_nearest(const struct pairing *p, uint32_t new_term) {
    double least = INFINITY;
    int nearest = NONE;
    for (uint32_t i = 0; i < p->old->term_count; i++) {
        const double d = p->taken[i]
                             ? INFINITY
                             : distance(&p->old->terms[i].basis, &p->new->terms[new_term].basis);
        if (!(d < least)) continue;
        least = d;
        nearest = (int)i;
    }
    return nearest;
}

static enum model_change_kind kind_of(const struct model_term *old, const struct model_term *new) {
    if (!same_basis(&old->basis, &new->basis)) return MODEL_MOVED;
    if (old->weight != new->weight) return MODEL_REWEIGHTED;
    const bool same_words = strcmp(old->name, new->name) == 0 && strcmp(old->en, new->en) == 0 &&
                            strcmp(old->ru, new->ru) == 0 && strcmp(old->kk, new->kk) == 0;
    return same_words ? MODEL_SAME : MODEL_REWORDED;
}

static struct model_change change_of(const struct pairing *p, uint32_t new_term) {
    const int old_term = p->old_of[new_term];
    const enum model_change_kind kind =
        old_term == NONE ? MODEL_ADDED
                         : kind_of(&p->old->terms[old_term], &p->new->terms[new_term]);
    return (struct model_change){kind, old_term, (int)new_term};
}

uint32_t model_diff(const struct model *old, const struct model *new,
                    struct model_change out[MODEL_CHANGES_MAX]) {
    struct pairing p = {.old = old, .new = new};
    uint32_t count = 0;
    for (uint32_t i = 0; i < new->term_count; i++)
        pair(&p, i, find_same(&p, i));
    for (uint32_t i = 0; i < new->term_count; i++)
        if (p.old_of[i] == NONE) pair(&p, i, find_nearest(&p, i));
    for (uint32_t i = 0; i < new->term_count; i++)
        out[count++] = change_of(&p, i);
    for (uint32_t i = 0; i < old->term_count; i++)
        if (!p.taken[i]) out[count++] = (struct model_change){MODEL_REMOVED, (int)i, NONE};
    return count;
}

bool model_same_calibration(const struct model *a, const struct model *b) {
    const struct calibration *x = &a->calibration, *y = &b->calibration;
    const size_t size = x->count * sizeof *x->logit;
    return x->count == y->count && memcmp(x->logit, y->logit, size) == 0 &&
           memcmp(x->probability, y->probability, size) == 0;
}
