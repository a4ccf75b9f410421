/* SPDX-License-Identifier: Apache-2.0 */
/* The fit of models/train/ for tests in other languages. Reads words from stdin:
 *
 *   L2 TOLERANCE TERMS ROWS FEATURES
 *   TERMS times  PARTS SIGN, then PARTS times  FEATURE KIND EDGE     (terms.h)
 *   ROWS times   BAD WEIGHT, then FEATURES bins                      (bins.h)
 *
 * and prints the intercept and the weights, unrounded, one a line. Exit status 1: it did not
 * converge; 2: the input is none. */
#include "models/train/fit.h"

#include <stdio.h>
#include <stdlib.h>

enum { TERMS_MAX = 256 };

struct problem {
    struct fit_options options;
    uint32_t terms, features;
    struct train_term term[TERMS_MAX];
    double weight[TERMS_MAX + 1];
    struct binned rows;
};

static void demand(bool good) {
    if (!good) exit(2);
}

static void *room(size_t count, size_t size) {
    void *block = calloc(count + 64, size); /* as bins.c: vectors reach beyond the end */
    demand(block != NULL);
    return block;
}

static void read_term(struct train_term *term, uint32_t features) {
    demand(scanf("%hhu %hhd", &term->parts, &term->sign) == 2 && term->parts >= 1 &&
           term->parts <= 2);
    for (int i = 0; i < term->parts; i++) {
        struct literal *l = &term->part[i];
        demand(scanf("%hd %hhu %hhu", &l->feature, &l->kind, &l->edge) == 3 && l->feature >= 0 &&
               (uint32_t)l->feature < features && l->kind <= LITERAL_NULL);
    }
}

static void read_row(struct problem *p, size_t i) {
    demand(scanf("%hhu %lf", &p->rows.bad[i], &p->rows.weight[i]) == 2 && p->rows.bad[i] <= 1);
    for (uint32_t f = 0; f < p->features; f++)
        demand(scanf("%hhu", &p->rows.bin[f][i]) == 1);
}

static void read_problem(struct problem *p) {
    demand(scanf("%lf %lf %u %zu %u", &p->options.l2, &p->options.tolerance, &p->terms,
                 &p->rows.count, &p->features) == 5 &&
           p->terms <= TERMS_MAX && p->rows.count < 10000000 && p->features <= FEATURE_COUNT);
    for (uint32_t t = 0; t < p->terms; t++)
        read_term(&p->term[t], p->features);
    p->rows.bad = room(p->rows.count, 1);
    p->rows.weight = room(p->rows.count, sizeof(double));
    for (uint32_t f = 0; f < p->features; f++)
        p->rows.bin[f] = room(p->rows.count, 1);
    for (size_t i = 0; i < p->rows.count; i++)
        read_row(p, i);
}

int main(void) {
    static struct problem p;
    struct fit_result result;
    read_problem(&p);
    fit_start(&p.rows, p.terms, p.weight);
    demand(fit_logistic(&p.rows, p.term, p.terms, &p.options, p.weight, &result));
    for (uint32_t i = 0; i <= p.terms; i++)
        printf("%.17g\n", p.weight[i]);
    binned_free(&p.rows);
    return result.converged ? 0 : 1;
}
