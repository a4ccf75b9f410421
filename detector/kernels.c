/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kernels.h"

const struct kernels *kernels_choose(const char *limit) {
    return kernels_of(cpu_tier(limit));
}
