/* SPDX-License-Identifier: Apache-2.0 */
#define COLUMNS_TIER columns_avx512
#include "models/columns_tier.h"
