/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the tiers beyond the base. Private to kernels*.c. */
#pragma once

#include "detector/kernels.h"

extern const struct kernels kernels_avx2;
extern const struct kernels kernels_avx512;
