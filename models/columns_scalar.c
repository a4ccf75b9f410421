/* SPDX-License-Identifier: Apache-2.0 */
#define COLUMNS_TIER columns_scalar
#include "models/columns_tier.h"
