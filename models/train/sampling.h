/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing rows by account, so that what is correlated stays together. A row that was chosen with
 * probability p counts 1/p: the model needs no correction of its intercept afterwards. */
#pragma once

#include "models/train/bins.h"

/* weight: 1 for rows to choose from, 0 for others; becomes 0 or 1/p. About `limit` rows are kept,
 * up to half of them of accounts that are bad at some time. is_bad: by account number. */
void sample_accounts(const struct binned *binned, const bool *is_bad, size_t limit, uint64_t seed,
                     double *weight);
