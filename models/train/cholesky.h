/* SPDX-License-Identifier: Apache-2.0 */
/* Solves A·x = b for a symmetric, positive definite A, in plain arithmetic: the same bits on every
 * machine, which LAPACK's kernels, chosen by processor, are not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* a: n × n, row by row, the lower triangle is used and overwritten; b becomes x. False: A is not
 * positive definite. */
bool cholesky_solve(double *a, uint32_t n, double *b);
