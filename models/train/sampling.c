/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/sampling.h"

/* 0 … 1, evenly over accounts. */
static double place_of(uint32_t account, uint64_t seed) {
    uint64_t z = seed + account * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double share(double wanted, size_t of) {
    return wanted >= (double)of ? 1 : wanted / (double)of;
}

void sample_accounts(const struct binned *binned, const bool *is_bad, size_t limit, uint64_t seed,
                     double *weight) {
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < binned->count; i++)
        count[is_bad[binned->account[i]]] += weight[i] > 0;
    const double bad = share((double)limit / 2, count[1]);
    const double left = (double)limit - bad * (double)count[1];
    const double shares[2] = {share(left, count[0]), bad};
    for (size_t i = 0; i < binned->count; i++) {
        const double p = shares[is_bad[binned->account[i]]];
        if (weight[i] > 0) weight[i] = place_of(binned->account[i], seed) < p ? 1 / p : 0;
    }
}
