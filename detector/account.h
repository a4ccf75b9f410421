/* SPDX-License-Identifier: Apache-2.0 */
/* What the later stages may ask of an account record as it stood at a row (batch.h, struct side).
 * Ring slots are addressed 0 … account_events()-1, oldest in log order first. */
#pragma once

#include "detector/accounts.h"

/* What one ring slot knows. Amounts are what the features saw (quantised at apply), in tiyn. */
struct account_event {
    uint64_t ordinal;
    int64_t second;
    int64_t amount_tiyn;
    uint32_t counterparty; /* account number; 0: none */
    uint8_t kind;          /* enum event_kind */
    uint8_t event_type;    /* enum event_type */
    uint8_t channel, rail;
    bool credit;
    int64_t unspent_tiyn; /* of a credit: what FIFO has not yet seen leave */
};

struct account_key account_identity(const struct account *account);
uint32_t account_number(const struct account *account); /* from 1, dense, not reused */
uint32_t account_events(const struct account *account);
/* All slots, oldest first; `out` has room for ACCOUNT_EVENTS_MAX. Returns their number. Runs FIFO:
 * not for the hot path. */
enum { ACCOUNT_EVENTS_MAX = 128 };
uint32_t account_history(const struct account *account,
                         struct account_event out[ACCOUNT_EVENTS_MAX]);

/* Which slots (indices into account_history) a feature looked at for an event at `second`, newest
 * first: the evidence of a reason. Returns their number, at most `max`. */
uint32_t account_evidence(const struct account *account, int feature, int64_t second,
                          uint32_t *slots, uint32_t max);
/* Money of P2P credits within the 24 h up to `second`, and since, that FIFO has not seen leave,
 * tiyn. */
int64_t account_unspent_p2p(const struct account *account, int64_t second);
