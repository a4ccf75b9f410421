/* SPDX-License-Identifier: Apache-2.0 */
/* What the later stages may ask of an account record as it stood at a row (batch.h, struct side).
 * Ring slots are addressed from 0, oldest in log order first. */
#pragma once

#include "detector/accounts.h"

/* What one ring slot says of its event. */
struct account_event {
    uint64_t ordinal;
    int64_t second;
    int64_t amount_tiyn;   /* what the features saw: quantised at apply */
    uint8_t channel, rail; /* enums of transaction.h */
};

uint32_t account_number(const struct account *account); /* from 1, dense, not reused */
/* All slots, oldest first. Returns their number. */
enum { ACCOUNT_EVENTS_MAX = 128 };
uint32_t account_history(const struct account *account,
                         struct account_event out[ACCOUNT_EVENTS_MAX]);

/* Which slots (indices into account_history) a feature looked at for an event at `second`, newest
 * first: the evidence of a reason. Returns their number, at most `max`. */
uint32_t account_evidence(const struct account *account, int feature, int64_t second,
                          uint32_t *slots, uint32_t max);
/* Money of credits that FIFO has not seen leave, tiyn. */
struct account_unspent {
    int64_t p2p_tiyn;       /* of P2P credits within the 24 h up to a second, and since */
    int64_t protected_tiyn; /* of wages, pensions and benefits, as far back as is known */
    /* Event time of the latest P2P credit that did not go back whole by reversals of its own, as
     * one cannot of which some was spent. INT64_MAX: P2P money is still there, however old. No
     * earlier than what the ring may not know. */
    int64_t unreturned_s;
};
struct account_unspent account_unspent(const struct account *account, int64_t second);
