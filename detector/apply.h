/* SPDX-License-Identifier: Apache-2.0 */
/* Apply: both sides of every accepted event, debit first, and the feature vector of each side right
 * after. In phases over the batch: hash and prefetch, probe, update and compute. Engine thread
 * only. */
#pragma once

#include "detector/accounts.h"
#include "detector/batch.h"

struct apply;

struct apply_options {
    uint32_t accounts_max;   /* `accounts.max` */
    const char *kernel_tier; /* `kernel.tier`: "auto", "scalar", "avx2": may only take tiers away */
};

struct apply *apply_open(const struct apply_options *options, struct error *error);
void apply_close(struct apply *apply);

/* Fills sides, side[], features[]; may turn a verdict into DUPLICATE or LATE. False: the table is
 * full (ERROR_CONFIG naming accounts.max). */
bool apply_batch(struct apply *apply, struct batch *batch, struct error *error);

const struct accounts *apply_accounts(const struct apply *apply);
const char *apply_kernel_tier(const struct apply *apply);
