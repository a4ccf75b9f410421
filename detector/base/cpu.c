/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/cpu.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[] = {
#define X(name, text) text,
    CPU_TIER_TABLE(X)
#undef X
};

const char *cpu_tier_name(enum cpu_tier tier) {
    return names[tier];
}

enum cpu_tier cpu_tier(const char *limit) {
    const enum cpu_tier best = cpu_best();
    if (strcmp(limit, "auto") == 0) return best;
    for (enum cpu_tier tier = CPU_SCALAR; tier < CPU_TIER_COUNT; tier++)
        if (strcmp(limit, names[tier]) == 0) return tier < best ? tier : best;
    assert(false && "a tier that is not known");
    return CPU_SCALAR;
}
