/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/fit.h"

#include "models/exact_math.h"
#include "models/train/fit_rows.h"
#include "models/train/fit_step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 1e-9        /* share of the curvature that is added, for columns that are alike */
#define GOOD_PROGRESS 0.2 /* the curvature is kept while a step shrinks the next to this */
enum { STEPS_MAX = 200, HALVINGS = 30 };

struct fit {
    struct fit_rows rows;
    struct fit_step step;
    uint32_t columns;
    double penalty, loss;
    double *weights, *trial, *gradient, *trial_gradient;
    double *curvature; /* columns × columns */
};

static double penalty_of(const struct fit *f, const double *weights) {
    double sum = 0;
    for (uint32_t c = 1; c < f->columns; c++)
        sum += weights[c] * weights[c];
    return f->penalty / 2 * sum;
}

/* Loss with the penalty, and its gradient; the curvature if `curved`. */
static double pass(struct fit *f, const double *weights, double *gradient, bool curved) {
    const double loss = fit_rows_pass(&f->rows, weights, gradient, curved ? f->curvature : NULL);
    for (uint32_t c = 1; c < f->columns; c++)
        gradient[c] += f->penalty * weights[c];
    return loss + penalty_of(f, weights);
}

/* The weights that a part of the step leads to; returns what the gradient promises of it. */
static double tried(struct fit *f, double length) {
    double promise = 0;
    for (uint32_t c = 0; c < f->columns; c++) {
        const double by = length * f->step.step[c];
        f->trial[c] = length == 1 && f->weights[c] + by == 0 ? 0 : f->weights[c] + by;
        promise += f->gradient[c] * by;
    }
    return promise;
}

static void swap(double **a, double **b) {
    double *kept = *a;
    *a = *b;
    *b = kept;
}

static void accept(struct fit *f, double loss) {
    swap(&f->weights, &f->trial);
    swap(&f->gradient, &f->trial_gradient);
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

static void newton(struct fit *f, const struct fit_options *options, struct fit_result *result) {
    double before = INFINITY, length = 0;
    bool stale = true;
    result->converged = false;
    for (result->steps = 0; result->steps < STEPS_MAX; result->steps++) {
        if (train_stopped(options->progress)) return;
        train_tell(options->progress, "fitting", result->steps, 0);
        if (stale) {
            f->loss = pass(f, f->weights, f->gradient, true);
            fit_step_curvature(&f->step, f->curvature, f->penalty, SLACK * f->rows.total);
        }
        if (!fit_step_find(&f->step, f->weights, f->gradient)) return;
        const double size = fit_step_size(&f->step);
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

static bool fit_open(struct fit *f, const struct binned *binned, const struct train_term *terms,
                     uint32_t count) {
    const size_t n = count + 1;
    const bool rows = fit_rows_open(&f->rows, binned, terms, count);
    const bool step = fit_step_open(&f->step, terms, count);
    f->columns = count + 1;
    f->weights = calloc(n, sizeof(double));
    f->trial = calloc(n, sizeof(double));
    f->gradient = calloc(n, sizeof(double));
    f->trial_gradient = calloc(n, sizeof(double));
    f->curvature = calloc(n * n, sizeof(double));
    return rows && step && f->weights != NULL && f->trial != NULL && f->gradient != NULL &&
           f->trial_gradient != NULL && f->curvature != NULL;
}

static void fit_close(struct fit *f) {
    fit_rows_close(&f->rows);
    fit_step_close(&f->step);
    free(f->weights);
    free(f->trial);
    free(f->gradient);
    free(f->trial_gradient);
    free(f->curvature);
}

bool fit_logistic(const struct binned *binned, const struct train_term *terms, uint32_t count,
                  const struct fit_options *options, double *weights, struct fit_result *result) {
    struct fit f;
    const bool room = fit_open(&f, binned, terms, count);
    if (room) {
        f.penalty = options->l2 * f.rows.total;
        f.step.held = options->held;
        memcpy(f.weights, weights, f.columns * sizeof *weights);
        newton(&f, options, result);
        memcpy(weights, f.weights, f.columns * sizeof *weights);
        result->loss = (f.loss - penalty_of(&f, weights)) / f.rows.total;
    }
    fit_close(&f);
    return room;
}

void fit_start(const struct binned *binned, uint32_t count, double *weights) {
    double weight[2] = {0.5, 0.5};
    memset(weights, 0, (count + 1) * sizeof *weights);
    for (size_t i = 0; i < binned->count; i++)
        weight[binned->bad[i]] += binned->weight[i];
    weights[0] = exact_log(weight[1] / weight[0]);
}

bool fit_logits(const struct binned *binned, const struct train_term *terms, uint32_t count,
                const double *weights, double *logits) {
    struct fit_rows rows;
    const bool room = fit_rows_open(&rows, binned, terms, count);
    if (room) fit_rows_logits(&rows, weights, logits);
    fit_rows_close(&rows);
    return room;
}
