/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of the scalar tier alone. */
#include "detector/finish_tiers.h"

#include <assert.h>

finish_features *finish_of(enum cpu_tier tier) {
    assert(tier == CPU_SCALAR);
    return finish_scalar;
}
