/* SPDX-License-Identifier: Apache-2.0 */
#define FINISH_TIER finish_avx2
#include "detector/finish_tier.h"
