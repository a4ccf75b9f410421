/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of the scalar tier alone. */
#include "models/columns_tiers.h"

#include <assert.h>

const struct columns *columns_of(enum cpu_tier tier) {
    assert(tier == CPU_SCALAR);
    return &columns_scalar;
}
