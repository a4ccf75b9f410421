/* SPDX-License-Identifier: Apache-2.0 */
/* The tiers of columns.h. Private to models/. */
#pragma once

#include "models/columns.h"

extern const struct columns columns_scalar;
extern const struct columns columns_avx2;
extern const struct columns columns_avx512;
