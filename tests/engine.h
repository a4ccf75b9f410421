/* SPDX-License-Identifier: Apache-2.0 */
/* An engine of a test: apply with room for small things, under a tier or with kernels of its own.
 */
#pragma once

#include "detector/apply.h"

/* Fails the test when there is none. `kernels` NULL: those of the tier `tier`; else the tier is
 * the one that they are named after. With signals, money of reported transfers is followed. */
struct apply *engine_open_with(const char *tier, const struct kernels *kernels, int64_t dormancy_s,
                               struct signals *signals);
struct apply *engine_open(const char *tier, const struct kernels *kernels, int64_t dormancy_s);
/* The tiers that this build and CPU have, scalar first. Returns how many. */
enum { ENGINE_TIERS_MAX = CPU_TIER_COUNT };
int engine_tiers(const struct kernels *tiers[ENGINE_TIERS_MAX]);
