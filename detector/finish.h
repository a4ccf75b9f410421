/* SPDX-License-Identifier: Apache-2.0 */
/* From what was counted to features: conversions, quotients, roots and logarithms of LANES sides at
 * once. One source compiled once a tier (finish_tier.h); the arithmetic is IEEE's, so all tiers
 * give the same bits. */
#pragma once

#include "detector/raw_features.h"

#include <stddef.h>

/* Feature f of side i goes to columns[f * stride + i], all LANES of them. */
typedef void finish_features(const struct raw_columns *raw, double *columns, size_t stride);

/* Of a tier that this build and this processor have. */
finish_features *finish_of(enum cpu_tier tier);
