/* SPDX-License-Identifier: Apache-2.0 */
/* What the processor can do, as the tier of kernels that may run on it. Scalar C is the base that
 * every machine runs; each tier includes the ones below it. The answer does not change while the
 * program runs; any thread. */
#pragma once

/* Tiers from the base up; the names are the values of `kernel.tier`. AVX-512 means F, DQ, VL, BW
 * and VPOPCNTDQ. */
#define CPU_TIER_TABLE(X) X(SCALAR, "scalar") X(AVX2, "avx2") X(AVX512, "avx512")
enum cpu_tier {
#define X(name, text) CPU_##name,
    CPU_TIER_TABLE(X)
#undef X
        CPU_TIER_COUNT
};

/* The best tier that the processor has and that `limit` ("auto" or a tier's name) allows. */
enum cpu_tier cpu_tier(const char *limit);
const char *cpu_tier_name(enum cpu_tier tier);
/* The best tier of the processor. */
enum cpu_tier cpu_best(void);
