/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/engine.h"

#include "detector/kernels.h"
#include "tests/support.h"

#include <sys/prctl.h>

#define MEMORY_LIMIT (UINT64_C(64) << 20)
#define TAINTED_MAX 256

struct apply *engine_open(const char *tier, const struct kernels *kernels, int64_t dormancy_s) {
    return engine_open_with(tier, kernels, dormancy_s, NULL);
}

struct apply *engine_open_with(const char *tier, const struct kernels *kernels, int64_t dormancy_s,
                               struct signals *signals) {
    struct error error;
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* little is kept: no huge page is to be cleared */
    const struct apply_options options = {
        .accounts = {.memory_limit = MEMORY_LIMIT, .dormancy_s = dormancy_s},
        .kernel_tier = kernels == NULL ? tier : kernels->name,
        .kernels = kernels,
        .signals = signals,
        .taint = {{10, 72 * 3600, 100000, 0}, 4096, signals == NULL ? 0 : TAINTED_MAX},
    };
    struct apply *apply = apply_open(&options, &error);
    if (apply == NULL) fail_msg("%s", error.text);
    return apply;
}

int engine_tiers(const struct kernels *tiers[ENGINE_TIERS_MAX]) {
    int count = 0;
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++)
        tiers[count++] = kernels_of(tier);
    return count;
}
