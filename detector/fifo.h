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
    int64_t returned; /* by reversals of its own transaction */
};

/* One a ring event, oldest first, as many as the ring has; zeros for what is no credit. */
struct fifo {
    struct fifo_lot lots[RING_MAX];
};

void fifo_compute(const struct account *account, struct fifo *fifo);

/* Which lots are asked about: credits (own transfers and reversals left out) of three windows up to
 * `second`, the first of them being slot `first`. */
struct fifo_question {
    uint32_t first;
    int64_t second;
};
/* What is gone of the lots: of 24 h within 10 min and 1 h of arriving, of 72 h at all; of the P2P
 * ones as cash or crypto, and by P2P. */
struct fifo_answer {
    int64_t day_10m, day_1h, three_days;
    int64_t p2p_day_cash, p2p_day_p2p, p2p_three_days_cash, p2p_three_days_p2p;
};
/* Sums over fifo_compute's lots, without computing the lots where nothing was reversed. */
void fifo_ask(const struct account *account, const struct fifo_question *question, bool reversals,
              struct fifo_answer *answer);
