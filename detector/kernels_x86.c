/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels_tiers.h"

const struct kernels *kernels_of(enum cpu_tier tier) {
    static const struct kernels *const tiers[CPU_TIER_COUNT] = {
        [CPU_SCALAR] = &kernels_scalar,
        [CPU_AVX2] = &kernels_avx2,
        [CPU_AVX512] = &kernels_avx512,
    };
    return tiers[tier];
}
