/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out: which credited money has left, how fast and which way. Recomputed from the
 * ring in the order of arrival; the opening lot is the oldest. A debit beyond all lots spends
 * unseen money. Ages are never negative.
 *
 * A reversed debit gives back to the lots that the debits of its tx hash spent, the latest part
 * first; what is more than that (the debit is not in the ring, or spent unseen money) joins the
 * newest lot, or the opening one where there is none. A reversed credit leaves from the lot of its
 * tx hash, else from the newest; what that lot has not is gone already. */
#pragma once

#include "detector/account_record.h"

/* tiyn; `gone` and its parts are what left and was not given back. */
struct fifo_lot {
    int64_t left;
    int64_t gone;
    int64_t gone_10m; /* within 10 min of arriving */
    int64_t gone_1h;
    int64_t gone_cash; /* as cash or crypto */
    int64_t gone_p2p;
};

/* One a ring event, oldest first, as many as the ring has; zeros for what is no credit. */
struct fifo {
    struct fifo_lot lots[RING_SLOTS];
};

void fifo_compute(const struct account *account, struct fifo *fifo);
