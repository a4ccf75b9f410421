/* SPDX-License-Identifier: Apache-2.0 */
/* For a build of the scalar tier alone. */
#include "detector/base/cpu.h"

enum cpu_tier cpu_best(void) {
    return CPU_SCALAR;
}
