/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/fit_step.h"

#include "models/train/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTLED 1e-13 /* change of a weight in a round of coordinate descent */
enum { ROUNDS = 10, POLISHES_MAX = 50 };

static int sign_of(const struct fit_step *s, uint32_t column) {
    return column == 0 ? 0 : s->terms[column - 1].sign;
}

/* One round of coordinate descent on the quadratic model; returns the largest change. */
static double descend(struct fit_step *s) {
    const uint32_t n = s->columns;
    double most = 0;
    for (uint32_t c = s->held; c < n; c++) {
        const double *row = s->full + (size_t)c * n;
        double to = s->step[c] - s->pull[c] / row[c];
        if ((s->weights[c] + to) * sign_of(s, c) < 0) to = -s->weights[c];
        const double change = to - s->step[c];
        if (change == 0) continue;
        s->step[c] = to;
        most = fmax(most, fabs(change));
        for (uint32_t i = 0; i < n; i++)
            s->pull[i] += change * row[i];
    }
    return most;
}

/* Columns that are not held at 0 by their sign. */
static void find_free(struct fit_step *s) {
    s->free_count = 0;
    for (uint32_t c = s->held; c < s->columns; c++)
        if (sign_of(s, c) == 0 || s->weights[c] + s->step[c] != 0) s->free[s->free_count++] = c;
}

/* What the free columns have to make good when the others go to 0. */
static void right_side(struct fit_step *s) {
    const uint32_t n = s->columns;
    for (uint32_t c = 0; c < n; c++)
        s->right[c] = -s->gradient[c];
    for (uint32_t c = s->held, k = 0; c < n; c++) {
        if (k < s->free_count && s->free[k] == c)
            k++;
        else if (s->weights[c] != 0)
            for (uint32_t i = 0; i < n; i++)
                s->right[i] += s->full[(size_t)c * n + i] * s->weights[c];
    }
}

/* The exact step of the free columns. False: the curvature is not positive. */
static bool solve_free(struct fit_step *s) {
    const uint32_t n = s->columns, m = s->free_count;
    right_side(s);
    for (uint32_t j = 0; j < m; j++) {
        for (uint32_t i = 0; i <= j; i++)
            s->factor[(size_t)j * m + i] = s->full[(size_t)s->free[j] * n + s->free[i]];
        s->right[j] = s->right[s->free[j]]; /* free[j] >= j: what is still needed lies behind */
    }
    return cholesky_solve(s->factor, m, s->right);
}

/* Leaves out the free columns whose sign would be wrong. */
static bool drop_wrong(struct fit_step *s) {
    uint32_t kept = 0;
    for (uint32_t j = 0; j < s->free_count; j++) {
        const uint32_t c = s->free[j];
        if ((s->weights[c] + s->right[j]) * sign_of(s, c) < 0) continue;
        s->right[kept] = s->right[j];
        s->free[kept++] = c;
    }
    const bool dropped = kept < s->free_count;
    s->free_count = kept;
    return dropped;
}

/* From where coordinate descent has come to the least of the model over the columns it left free.
 */
static bool polish(struct fit_step *s) {
    do {
        if (!solve_free(s)) return false;
    } while (drop_wrong(s));
    for (uint32_t c = s->held, k = 0; c < s->columns; c++)
        s->step[c] = k < s->free_count && s->free[k] == c ? s->right[k++] : -s->weights[c];
    memcpy(s->pull, s->gradient, s->columns * sizeof *s->pull);
    for (uint32_t c = 0; c < s->columns; c++)
        for (uint32_t i = 0; i < s->columns && s->step[c] != 0; i++)
            s->pull[i] += s->step[c] * s->full[(size_t)c * s->columns + i];
    return true;
}

/* Coordinate descent finds which weights are 0, the exact solution gives the others. */
bool fit_step_find(struct fit_step *s, const double *weights, const double *gradient) {
    s->weights = weights;
    s->gradient = gradient;
    memset(s->step, 0, s->columns * sizeof *s->step);
    memcpy(s->pull, gradient, s->columns * sizeof *s->pull);
    for (int times = 0; times < POLISHES_MAX; times++) {
        for (int round = 0; round < ROUNDS; round++)
            if (descend(s) < SETTLED) return true;
        find_free(s);
        if (!polish(s)) return false;
    }
    return true;
}

void fit_step_curvature(struct fit_step *s, const double *upper, double penalty, double slack) {
    const uint32_t n = s->columns;
    for (uint32_t j = 0; j < n; j++)
        for (uint32_t i = 0; i <= j; i++)
            s->full[(size_t)j * n + i] = s->full[(size_t)i * n + j] =
                upper[(size_t)j * n + i] + (i == j ? (j == 0 ? 0 : penalty) + slack : 0);
}

double fit_step_size(const struct fit_step *s) {
    double most = 0;
    for (uint32_t c = 0; c < s->columns; c++)
        most = fmax(most, fabs(s->step[c]));
    return most;
}

bool fit_step_open(struct fit_step *s, const struct train_term *terms, uint32_t count) {
    const size_t n = count + 1;
    *s = (struct fit_step){.terms = terms, .columns = count + 1};
    s->step = calloc(n, sizeof(double));
    s->full = calloc(n * n, sizeof(double));
    s->factor = calloc(n * n, sizeof(double));
    s->pull = calloc(n, sizeof(double));
    s->right = calloc(n, sizeof(double));
    s->free = calloc(n, sizeof *s->free);
    return s->step != NULL && s->full != NULL && s->factor != NULL && s->pull != NULL &&
           s->right != NULL && s->free != NULL;
}

void fit_step_close(struct fit_step *s) {
    free(s->step);
    free(s->full);
    free(s->factor);
    free(s->pull);
    free(s->right);
    free(s->free);
}
