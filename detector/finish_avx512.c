/* SPDX-License-Identifier: Apache-2.0 */
#define FINISH_TIER finish_avx512
#include "detector/finish_tier.h"
