/* SPDX-License-Identifier: Apache-2.0 */
/* exp and log in plain IEEE double arithmetic: the same bits on every machine.
 *
 * The C library picks a variant of these by CPU, so features, scores and decisions may not use its.
 * Errors stay below 1 unit in the last place (tests/test_exact_math.c). Domain errors as in the C
 * library: NaN for a negative logarithm, -infinity at its zero. No state, any thread. */
#pragma once

double exact_log(double x);
double exact_log1p(double x);
double exact_exp(double x);
