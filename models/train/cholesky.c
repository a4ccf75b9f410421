/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/cholesky.h"

#include <math.h>
#include <stddef.h>

enum { LANES = 8 };

static double dot(const double *a, const double *b, uint32_t n) {
    double lane[LANES] = {0}, rest = 0;
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t l = 0; l < LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        rest += a[i] * b[i];
    return (((lane[0] + lane[4]) + (lane[2] + lane[6])) +
            ((lane[1] + lane[5]) + (lane[3] + lane[7]))) +
           rest;
}

static bool factor(double *a, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        double *row = a + (size_t)i * n;
        for (uint32_t j = 0; j < i; j++)
            row[j] = (row[j] - dot(row, a + (size_t)j * n, j)) / a[(size_t)j * n + j];
        const double rest = row[i] - dot(row, row, i);
        if (!(rest > 0)) return false;
        row[i] = sqrt(rest);
    }
    return true;
}

bool cholesky_solve(double *a, uint32_t n, double *b) {
    if (!factor(a, n)) return false;
    for (uint32_t i = 0; i < n; i++)
        b[i] = (b[i] - dot(a + (size_t)i * n, b, i)) / a[(size_t)i * n + i];
    for (uint32_t i = n; i-- > 0;) {
        b[i] /= a[(size_t)i * n + i];
        for (uint32_t j = 0; j < i; j++)
            b[j] -= a[(size_t)i * n + j] * b[i];
    }
    return true;
}
