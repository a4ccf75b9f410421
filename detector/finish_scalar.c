/* SPDX-License-Identifier: Apache-2.0 */
#define FINISH_TIER finish_scalar
#include "detector/finish_tier.h"
