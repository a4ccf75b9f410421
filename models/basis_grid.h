/* SPDX-License-Identifier: Apache-2.0 */
/* The grid of basis values. Private to models/. */
#pragma once

#include "models/basis.h"

/* To the nearest multiple of 2^-16 (ties to even), within the bound; never -0. Adding and taking
 * away 1.5 · 2^36 leaves exactly 16 binary places. */
static inline double on_grid(double x) {
    const double lowered = x > BASIS_BOUND ? BASIS_BOUND : x;
    const double bounded = lowered < -BASIS_BOUND ? -BASIS_BOUND : lowered;
    return bounded + 0x1.8p36 - 0x1.8p36;
}
