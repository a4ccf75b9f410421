/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out: which credited money has left, how fast and which way. Recomputed from the
 * ring in the order of arrival; the opening lot is the oldest. A debit beyond all lots spends
 * unseen money. Ages are never negative. */
#pragma once

#include "detector/account_record.h"

/* Per event of the ring, oldest first; 0 for what is no credit. tiyn. */
struct fifo {
    int64_t left[RING_SLOTS];
    int64_t gone[RING_SLOTS];
    int64_t gone_10m[RING_SLOTS];
    int64_t gone_1h[RING_SLOTS];
    int64_t gone_cash[RING_SLOTS]; /* as cash or crypto */
    int64_t gone_p2p[RING_SLOTS];
};

void fifo_compute(const struct account *account, struct fifo *fifo);
