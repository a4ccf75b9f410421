/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/fit.h"

#include "models/exact_math.h"
#include "models/train/cholesky.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CURVATURE_UNIT 0x1p-26
#define SLACK 1e-9        /* share of the curvature that is added, for columns that are alike */
#define SETTLED 1e-13     /* change of a weight in a round of coordinate descent */
#define GOOD_PROGRESS 0.2 /* the curvature is kept while a step shrinks the next to this */
enum {
    BLOCK = 256,
    PANEL = 128,
    STEPS_MAX = 200,
    LANES = 8,
    HALVINGS = 30,
    ROUNDS = 10,
    POLISHES_MAX = 50
};

struct fit {
    const struct binned *binned;
    const struct train_term *terms;
    uint32_t columns; /* the intercept is column 0 */
    double penalty, total;
    double *values, *curved; /* columns × BLOCK */
    double *weights, *trial, *gradient, *trial_gradient, *step;
    double *curvature, *full, *factor; /* columns × columns */
    uint32_t *free;                    /* columns that are not held at 0 */
    uint32_t free_count;
    double loss;
};

/* Passes over the rows. */

static void block_values(const struct binned *binned, const struct train_term *terms,
                         uint32_t columns, size_t first, size_t rows, double *values) {
    uint8_t mask[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        values[i] = i < rows;
    for (uint32_t c = 1; c < columns; c++) {
        double *column = values + (size_t)c * BLOCK;
        memset(mask, 0, sizeof mask);
        term_values(&terms[c - 1], binned, first, rows, mask);
        for (size_t i = 0; i < BLOCK; i++)
            column[i] = mask[i];
    }
}

static void block_margins(const double *values, const double *weights, uint32_t columns,
                          double *margins) {
    memset(margins, 0, BLOCK * sizeof *margins);
    for (uint32_t c = 0; c < columns; c++) {
        const double *column = values + (size_t)c * BLOCK;
        if (weights[c] == 0) continue;
        for (size_t i = 0; i < BLOCK; i++)
            margins[i] += weights[c] * column[i];
    }
}

static double dot(const double *a, const double *b) {
    double lane[LANES] = {0};
    for (size_t i = 0; i < BLOCK; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Residuals and curvatures of a block's rows; returns their loss. */
static double block_rows(const struct binned *binned, size_t first, size_t rows,
                         const double *margins, double *residual, double *curve) {
    double loss = 0;
    memset(residual, 0, BLOCK * sizeof *residual);
    memset(curve, 0, BLOCK * sizeof *curve);
    for (size_t i = 0; i < rows; i++) {
        const double w = binned->weight[first + i], y = binned->bad[first + i];
        const double small = exact_exp(-fabs(margins[i]));
        const double p = margins[i] > 0 ? 1 / (1 + small) : small / (1 + small);
        loss +=
            w * ((margins[i] > 0 ? margins[i] * (1 - y) : -margins[i] * y) + exact_log1p(small));
        residual[i] = w * (p - y);
        curve[i] = nearbyint(w * p * (1 - p) / CURVATURE_UNIT) * CURVATURE_UNIT;
    }
    return loss;
}

/* The upper triangle, in panels: every product is a multiple of CURVATURE_UNIT. */
static void add_curvature(struct fit *f, const double *curve) {
    const uint32_t n = f->columns;
    for (uint32_t c = 0; c < n; c++)
        for (size_t i = 0; i < BLOCK; i++)
            f->curved[(size_t)c * BLOCK + i] = f->values[(size_t)c * BLOCK + i] * curve[i];
    for (uint32_t from = 0; from < n; from += PANEL) {
        const uint32_t to = from + PANEL < n ? from + PANEL : n;
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)to, (int)(to - from), BLOCK, 1,
                    f->values, BLOCK, f->curved + (size_t)from * BLOCK, BLOCK, 1,
                    f->curvature + (size_t)from * n, (int)n);
    }
}

static double penalized(const struct fit *f, const double *weights, double *gradient) {
    double sum = 0;
    for (uint32_t c = 1; c < f->columns; c++) {
        gradient[c] += f->penalty * weights[c];
        sum += weights[c] * weights[c];
    }
    return f->penalty / 2 * sum;
}

/* Loss and gradient at `weights`, and the curvature if `curved`. */
static double pass(struct fit *f, const double *weights, double *gradient, bool curved) {
    double margins[BLOCK], residual[BLOCK], curve[BLOCK], loss = 0;
    const uint32_t n = f->columns;
    memset(gradient, 0, n * sizeof *gradient);
    if (curved) memset(f->curvature, 0, (size_t)n * n * sizeof *f->curvature);
    for (size_t first = 0; first < f->binned->count; first += BLOCK) {
        const size_t left = f->binned->count - first, rows = left < BLOCK ? left : BLOCK;
        block_values(f->binned, f->terms, n, first, rows, f->values);
        block_margins(f->values, weights, n, margins);
        loss += block_rows(f->binned, first, rows, margins, residual, curve);
        for (uint32_t c = 0; c < n; c++)
            gradient[c] += dot(f->values + (size_t)c * BLOCK, residual);
        if (curved) add_curvature(f, curve);
    }
    return loss + penalized(f, weights, gradient);
}

/* Steps. */

static int sign_of(const struct fit *f, uint32_t column) {
    return column == 0 ? 0 : f->terms[column - 1].sign;
}

/* One round of coordinate descent on the quadratic model; returns the largest change. `pull` is the
 * model's gradient at the step so far. */
static double descend(struct fit *f, double *pull) {
    const uint32_t n = f->columns;
    double most = 0;
    for (uint32_t c = 0; c < n; c++) {
        const double *row = f->full + (size_t)c * n;
        double to = f->step[c] - pull[c] / row[c];
        if ((f->weights[c] + to) * sign_of(f, c) < 0) to = -f->weights[c];
        const double change = to - f->step[c];
        if (change == 0) continue;
        f->step[c] = to;
        most = fmax(most, fabs(change));
        for (uint32_t i = 0; i < n; i++)
            pull[i] += change * row[i];
    }
    return most;
}

/* The curvature with the penalty, both triangles. */
static void complete(struct fit *f) {
    const uint32_t n = f->columns;
    for (uint32_t j = 0; j < n; j++)
        for (uint32_t i = 0; i <= j; i++)
            f->full[(size_t)j * n + i] = f->full[(size_t)i * n + j] =
                f->curvature[(size_t)j * n + i] +
                (i == j ? (j == 0 ? 0 : f->penalty) + SLACK * f->total : 0);
}

/* Columns that are not held at 0 by their sign. */
static void find_free(struct fit *f) {
    f->free_count = 0;
    for (uint32_t c = 0; c < f->columns; c++)
        if (sign_of(f, c) == 0 || f->weights[c] + f->step[c] != 0) f->free[f->free_count++] = c;
}

/* What the free columns have to make good when the others go to 0. */
static void right_side(const struct fit *f, double *right) {
    const uint32_t n = f->columns;
    for (uint32_t c = 0; c < n; c++)
        right[c] = -f->gradient[c];
    for (uint32_t c = 0, k = 0; c < n; c++) {
        if (k < f->free_count && f->free[k] == c)
            k++;
        else if (f->weights[c] != 0)
            for (uint32_t i = 0; i < n; i++)
                right[i] += f->full[(size_t)c * n + i] * f->weights[c];
    }
}

/* The exact step of the free columns. False: the curvature is not positive. */
static bool solve_free(struct fit *f, double *right) {
    const uint32_t n = f->columns, m = f->free_count;
    right_side(f, right);
    for (uint32_t j = 0; j < m; j++) {
        for (uint32_t i = 0; i <= j; i++)
            f->factor[(size_t)j * m + i] = f->full[(size_t)f->free[j] * n + f->free[i]];
        right[j] = right[f->free[j]]; /* free[j] >= j: what is still needed lies behind */
    }
    return cholesky_solve(f->factor, m, right);
}

/* Leaves out the free columns whose sign would be wrong. */
static bool drop_wrong(struct fit *f, double *right) {
    uint32_t kept = 0;
    for (uint32_t j = 0; j < f->free_count; j++) {
        const uint32_t c = f->free[j];
        if ((f->weights[c] + right[j]) * sign_of(f, c) < 0) continue;
        right[kept] = right[j];
        f->free[kept++] = c;
    }
    const bool dropped = kept < f->free_count;
    f->free_count = kept;
    return dropped;
}

/* From where coordinate descent has come to the least of the model over the columns it left free.
 */
static bool polish(struct fit *f, double *pull) {
    double *right = f->trial;
    do {
        if (!solve_free(f, right)) return false;
    } while (drop_wrong(f, right));
    for (uint32_t c = 0, k = 0; c < f->columns; c++)
        f->step[c] = k < f->free_count && f->free[k] == c ? right[k++] : -f->weights[c];
    memcpy(pull, f->gradient, f->columns * sizeof *pull);
    for (uint32_t c = 0; c < f->columns; c++)
        for (uint32_t i = 0; i < f->columns && f->step[c] != 0; i++)
            pull[i] += f->step[c] * f->full[(size_t)c * f->columns + i];
    return true;
}

/* The step to the least of the quadratic model among weights of the right signs: coordinate descent
 * finds which of them are 0, the exact solution gives the others. */
static bool find_step(struct fit *f) {
    double *pull = f->trial_gradient; /* free until the step is tried */
    memset(f->step, 0, f->columns * sizeof *f->step);
    memcpy(pull, f->gradient, f->columns * sizeof *pull);
    for (int times = 0; times < POLISHES_MAX; times++) {
        for (int round = 0; round < ROUNDS; round++)
            if (descend(f, pull) < SETTLED) return true;
        find_free(f);
        if (!polish(f, pull)) return false;
    }
    return true;
}

/* The weights that a part of the step leads to; returns what the gradient promises of it. */
static double tried(struct fit *f, double length) {
    double promise = 0;
    for (uint32_t c = 0; c < f->columns; c++) {
        const double by = length * f->step[c];
        f->trial[c] = length == 1 && f->weights[c] + by == 0 ? 0 : f->weights[c] + by;
        promise += f->gradient[c] * by;
    }
    return promise;
}

static void accept(struct fit *f, double loss) {
    double *swap = f->weights;
    f->weights = f->trial;
    f->trial = swap;
    swap = f->gradient;
    f->gradient = f->trial_gradient;
    f->trial_gradient = swap;
    f->loss = loss;
}

/* Goes along the step as far as the loss falls. False: nowhere. */
static bool go(struct fit *f, double *length) {
    *length = 1;
    for (int i = 0; i < HALVINGS; i++, *length /= 2) {
        const double promise = tried(f, *length);
        const double loss = pass(f, f->trial, f->trial_gradient, false);
        /* Beyond the digits of a sum there is nothing to see. */
        if (loss <= f->loss + 1e-4 * promise + 1e-13 * fabs(f->loss)) {
            accept(f, loss);
            return true;
        }
    }
    return false;
}

static double largest(const struct fit *f) {
    double most = 0;
    for (uint32_t c = 0; c < f->columns; c++)
        most = fmax(most, fabs(f->step[c]));
    return most;
}

static void newton(struct fit *f, const struct fit_options *options, struct fit_result *result) {
    double before = INFINITY, length = 0;
    bool stale = true;
    result->converged = false;
    for (result->steps = 0; result->steps < STEPS_MAX; result->steps++) {
        if (stale) {
            f->loss = pass(f, f->weights, f->gradient, true);
            complete(f);
        }
        if (!find_step(f)) return;
        const double size = largest(f);
        const bool fresh = stale;
        if (size < options->tolerance) {
            result->converged = true;
            return;
        }
        const bool moved = go(f, &length);
        if (!moved && fresh) return;
        stale = !moved || length < 1 || size > GOOD_PROGRESS * before;
        before = size;
    }
}

/* Opening and closing. */

static void release(struct fit *f) {
    free(f->values);
    free(f->curved);
    free(f->weights);
    free(f->trial);
    free(f->gradient);
    free(f->trial_gradient);
    free(f->step);
    free(f->curvature);
    free(f->full);
    free(f->factor);
    free(f->free);
}

static bool allocate(struct fit *f) {
    const size_t n = f->columns;
    f->values = calloc(n * BLOCK, sizeof(double));
    f->curved = calloc(n * BLOCK, sizeof(double));
    f->weights = calloc(n, sizeof(double));
    f->trial = calloc(n, sizeof(double));
    f->gradient = calloc(n, sizeof(double));
    f->trial_gradient = calloc(n, sizeof(double));
    f->step = calloc(n, sizeof(double));
    f->curvature = calloc(n * n, sizeof(double));
    f->full = calloc(n * n, sizeof(double));
    f->factor = calloc(n * n, sizeof(double));
    f->free = calloc(n, sizeof *f->free);
    return f->values != NULL && f->curved != NULL && f->weights != NULL && f->trial != NULL &&
           f->gradient != NULL && f->trial_gradient != NULL && f->step != NULL &&
           f->curvature != NULL && f->full != NULL && f->factor != NULL && f->free != NULL;
}

static double total_weight(const struct binned *binned) {
    double total = 0;
    for (size_t i = 0; i < binned->count; i++)
        total += binned->weight[i];
    return total;
}

bool fit_logistic(const struct binned *binned, const struct train_term *terms, uint32_t count,
                  const struct fit_options *options, double *weights, struct fit_result *result) {
    struct fit f = {.binned = binned, .terms = terms, .columns = count + 1};
    const bool room = allocate(&f);
    openblas_set_num_threads(1);
    if (room) {
        f.total = total_weight(binned);
        f.penalty = options->l2 * f.total;
        memcpy(f.weights, weights, f.columns * sizeof *weights);
        newton(&f, options, result);
        memcpy(weights, f.weights, f.columns * sizeof *weights);
        result->loss = f.loss / f.total;
    }
    release(&f);
    return room;
}

void fit_start(const struct binned *binned, uint32_t count, double *weights) {
    double weight[2] = {0, 0};
    memset(weights, 0, (count + 1) * sizeof *weights);
    for (size_t i = 0; i < binned->count; i++)
        weight[binned->bad[i]] += binned->weight[i];
    weights[0] = exact_log(weight[1] / weight[0]);
}

bool fit_logits(const struct binned *binned, const struct train_term *terms, uint32_t count,
                const double *weights, double *logits) {
    double margins[BLOCK];
    double *values = malloc((size_t)(count + 1) * BLOCK * sizeof *values);
    if (values == NULL) return false;
    for (size_t first = 0; first < binned->count; first += BLOCK) {
        const size_t left = binned->count - first, rows = left < BLOCK ? left : BLOCK;
        block_values(binned, terms, count + 1, first, rows, values);
        block_margins(values, weights, count + 1, margins);
        memcpy(logits + first, margins, rows * sizeof *margins);
    }
    free(values);
    return true;
}
