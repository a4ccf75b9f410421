/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/finish_tiers.h"

finish_features *finish_of(enum cpu_tier tier) {
    static finish_features *const tiers[CPU_TIER_COUNT] = {
        [CPU_SCALAR] = finish_scalar,
        [CPU_AVX2] = finish_avx2,
        [CPU_AVX512] = finish_avx512,
    };
    return tiers[tier];
}
