/* SPDX-License-Identifier: Apache-2.0 */
/* The feature vector of one side, from its account record and its event. Definitions:
 * feature_table.c. */
#pragma once

#include "detector/account_record.h"
#include "detector/batch.h"
#include "detector/kernels.h"

/* `out` gets FEATURE_COUNT doubles, NaN for null. `amount_z` is taken against the account's history
 * before this event, which the caller has asked for with features_amount_z before it inserted the
 * event. */
void features_compute(const struct account *account, const struct transaction *tx,
                      enum side_role role, double amount_z, const struct kernels *kernels,
                      double out[FEATURE_COUNT]);
double features_amount_z(const struct account *account, int64_t amount_tiyn);
/* Sets quality, approximate_before_s and cold_before_s of a side at `second`, when the engine's
 * knowledge began at `first_s`. */
void features_quality(const struct account *account, int64_t second, int64_t first_s,
                      struct side *side);
