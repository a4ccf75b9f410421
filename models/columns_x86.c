/* SPDX-License-Identifier: Apache-2.0 */
#include "models/columns_tiers.h"

const struct columns *columns_of(enum cpu_tier tier) {
    static const struct columns *const tiers[CPU_TIER_COUNT] = {
        [CPU_SCALAR] = &columns_scalar,
        [CPU_AVX2] = &columns_avx2,
        [CPU_AVX512] = &columns_avx512,
    };
    return tiers[tier];
}
