/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

#include <string.h>

const struct kernels *kernels_choose(const char *limit) {
    const int allowed = strcmp(limit, "scalar") != 0;
    return allowed && __builtin_cpu_supports("avx2") ? &kernels_avx2 : &kernels_scalar;
}
