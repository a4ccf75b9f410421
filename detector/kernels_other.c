/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of the scalar tier alone. */
#include "detector/kernels.h"

#include <assert.h>

const struct kernels *kernels_of(enum cpu_tier tier) {
    assert(tier == CPU_SCALAR);
    return &kernels_scalar;
}
