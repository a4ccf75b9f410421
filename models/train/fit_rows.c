/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/fit_rows.h"

#include "models/exact_math.h"
#include "models/train/two_threads.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CURVATURE_UNIT 0x1p-26
enum { BLOCK = 256, PANEL = 128, LANES = 8 };

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
static void add_curvature(struct fit_half *h, const double *curve) {
    const uint32_t n = h->rows->columns;
    for (uint32_t c = 0; c < n; c++)
        for (size_t i = 0; i < BLOCK; i++)
            h->curved[(size_t)c * BLOCK + i] = h->values[(size_t)c * BLOCK + i] * curve[i];
    for (uint32_t from = 0; from < n; from += PANEL) {
        const uint32_t to = from + PANEL < n ? from + PANEL : n;
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)to, (int)(to - from), BLOCK, 1,
                    h->values, BLOCK, h->curved + (size_t)from * BLOCK, BLOCK, 1,
                    h->curvature + (size_t)from * n, (int)n);
    }
}

static size_t block_at(const struct binned *binned, size_t first) {
    const size_t left = binned->count - first;
    return left < BLOCK ? left : BLOCK;
}

static void *pass_half(void *context) {
    struct fit_half *h = context;
    const struct fit_rows *r = h->rows;
    const uint32_t n = r->columns;
    double margins[BLOCK], residual[BLOCK], curve[BLOCK];
    h->loss = 0;
    memset(h->gradient, 0, n * sizeof(double));
    if (h->wants_curvature) memset(h->curvature, 0, (size_t)n * n * sizeof(double));
    for (size_t first = h->first; first < h->until; first += BLOCK) {
        const size_t rows = block_at(r->binned, first);
        block_values(r->binned, r->terms, n, first, rows, h->values);
        block_margins(h->values, h->weights, n, margins);
        h->loss += block_rows(r->binned, first, rows, margins, residual, curve);
        for (uint32_t c = 0; c < n; c++)
            h->gradient[c] += dot(h->values + (size_t)c * BLOCK, residual);
        if (h->wants_curvature) add_curvature(h, curve);
    }
    return NULL;
}

static void add(const double *a, const double *b, size_t count, double *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = a[i] + b[i];
}

double fit_rows_pass(struct fit_rows *r, const double *weights, double *gradient,
                     double *curvature) {
    struct fit_half *const a = &r->half[0], *const b = &r->half[1];
    a->weights = b->weights = weights;
    a->wants_curvature = b->wants_curvature = curvature != NULL;
    two_threads(pass_half, a, b);
    add(a->gradient, b->gradient, r->columns, gradient);
    if (curvature != NULL)
        add(a->curvature, b->curvature, (size_t)r->columns * r->columns, curvature);
    return a->loss + b->loss;
}

void fit_rows_logits(struct fit_rows *r, const double *weights, double *logits) {
    double margins[BLOCK], *const values = r->half[0].values;
    for (size_t first = 0; first < r->binned->count; first += BLOCK) {
        const size_t rows = block_at(r->binned, first);
        block_values(r->binned, r->terms, r->columns, first, rows, values);
        block_margins(values, weights, r->columns, margins);
        memcpy(logits + first, margins, rows * sizeof *margins);
    }
}

static bool half_open(struct fit_half *h, const struct fit_rows *rows, size_t first, size_t until) {
    const size_t n = rows->columns;
    *h = (struct fit_half){.rows = rows, .first = first, .until = until};
    h->values = calloc(n * BLOCK, sizeof(double));
    h->curved = calloc(n * BLOCK, sizeof(double));
    h->gradient = calloc(n, sizeof(double));
    h->curvature = calloc(n * n, sizeof(double));
    return h->values != NULL && h->curved != NULL && h->gradient != NULL && h->curvature != NULL;
}

bool fit_rows_open(struct fit_rows *rows, const struct binned *binned,
                   const struct train_term *terms, uint32_t count) {
    const size_t middle = (binned->count / BLOCK + 1) / 2 * BLOCK;
    const size_t first = middle < binned->count ? middle : binned->count;
    *rows = (struct fit_rows){.binned = binned, .terms = terms, .columns = count + 1};
    for (size_t i = 0; i < binned->count; i++)
        rows->total += binned->weight[i];
    openblas_set_num_threads(1);
    const bool good = half_open(&rows->half[0], rows, 0, first);
    return half_open(&rows->half[1], rows, first, binned->count) && good;
}

void fit_rows_close(struct fit_rows *rows) {
    for (int i = 0; i < FIT_HALVES; i++) {
        free(rows->half[i].values);
        free(rows->half[i].curved);
        free(rows->half[i].gradient);
        free(rows->half[i].curvature);
    }
}
