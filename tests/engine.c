/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/engine.h"

#include "detector/kernels.h"
#include "tests/support.h"

#include <string.h>

struct apply *engine_open(const char *tier, const struct kernels *kernels, int64_t dormancy_s) {
    struct error error;
    const struct apply_options options = {.memory_limit = UINT64_C(64) << 20,
                                          .dormancy_s = dormancy_s,
                                          .kernel_tier = tier,
                                          .kernels = kernels};
    struct apply *apply = apply_open(&options, &error);
    if (apply == NULL) fail_msg("%s", error.text);
    return apply;
}

int engine_tiers(const struct kernels *tiers[ENGINE_TIERS_MAX]) {
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    int count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct kernels *k = kernels_choose(names[i]);
        if (strcmp(k->name, names[i]) == 0) tiers[count++] = k;
    }
    return count;
}
