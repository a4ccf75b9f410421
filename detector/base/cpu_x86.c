/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/cpu.h"

enum cpu_tier cpu_best(void) {
    if (!__builtin_cpu_supports("avx2")) return CPU_SCALAR;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        return CPU_AVX512;
    return CPU_AVX2;
}
