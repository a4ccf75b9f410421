/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/fit_rows.h"

#include "models/exact_math.h"

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
static void add_curvature(struct fit_rows *r, const double *curve, double *curvature) {
    const uint32_t n = r->columns;
    for (uint32_t c = 0; c < n; c++)
        for (size_t i = 0; i < BLOCK; i++)
            r->curved[(size_t)c * BLOCK + i] = r->values[(size_t)c * BLOCK + i] * curve[i];
    for (uint32_t from = 0; from < n; from += PANEL) {
        const uint32_t to = from + PANEL < n ? from + PANEL : n;
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)to, (int)(to - from), BLOCK, 1,
                    r->values, BLOCK, r->curved + (size_t)from * BLOCK, BLOCK, 1,
                    curvature + (size_t)from * n, (int)n);
    }
}

static size_t block_at(const struct binned *binned, size_t first) {
    const size_t left = binned->count - first;
    return left < BLOCK ? left : BLOCK;
}

double fit_rows_pass(struct fit_rows *r, const double *weights, double *gradient,
                     double *curvature) {
    double margins[BLOCK], residual[BLOCK], curve[BLOCK], loss = 0;
    const uint32_t n = r->columns;
    memset(gradient, 0, n * sizeof *gradient);
    if (curvature != NULL) memset(curvature, 0, (size_t)n * n * sizeof *curvature);
    for (size_t first = 0; first < r->binned->count; first += BLOCK) {
        const size_t rows = block_at(r->binned, first);
        block_values(r->binned, r->terms, n, first, rows, r->values);
        block_margins(r->values, weights, n, margins);
        loss += block_rows(r->binned, first, rows, margins, residual, curve);
        for (uint32_t c = 0; c < n; c++)
            gradient[c] += dot(r->values + (size_t)c * BLOCK, residual);
        if (curvature != NULL) add_curvature(r, curve, curvature);
    }
    return loss;
}

void fit_rows_logits(struct fit_rows *r, const double *weights, double *logits) {
    double margins[BLOCK];
    for (size_t first = 0; first < r->binned->count; first += BLOCK) {
        const size_t rows = block_at(r->binned, first);
        block_values(r->binned, r->terms, r->columns, first, rows, r->values);
        block_margins(r->values, weights, r->columns, margins);
        memcpy(logits + first, margins, rows * sizeof *margins);
    }
}

bool fit_rows_open(struct fit_rows *rows, const struct binned *binned,
                   const struct train_term *terms, uint32_t count) {
    *rows = (struct fit_rows){.binned = binned, .terms = terms, .columns = count + 1};
    for (size_t i = 0; i < binned->count; i++)
        rows->total += binned->weight[i];
    rows->values = calloc((size_t)rows->columns * BLOCK, sizeof(double));
    rows->curved = calloc((size_t)rows->columns * BLOCK, sizeof(double));
    openblas_set_num_threads(1);
    return rows->values != NULL && rows->curved != NULL;
}

void fit_rows_close(struct fit_rows *rows) {
    free(rows->values);
    free(rows->curved);
}
