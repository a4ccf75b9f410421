/* SPDX-License-Identifier: Apache-2.0 */
/* The id of an episode, which its recommendations bear: 128 bits of SHA-256 over "saqshy/1",
 * "freeze", account token, and tx_id, event_id and event_time (microseconds, decimal) of the event
 * that opened it, NUL between them. For advice to the paying side of an instruction it is
 * "instruction" and the payer's token. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/recommendation.h"
#include "detector/transaction.h"

struct opening_event {
    struct text tx_id, event_id;
    int64_t event_time_us;
};

static inline struct opening_event opening_event_of(const struct transaction *tx) {
    return (struct opening_event){tx->tx_id, tx->event_id, tx->event_time_us};
}

void episode_id(struct text account_token, const struct opening_event *event,
                char out[RECOMMENDATION_ID_SIZE + 1]);
void instruction_id(struct text payer_token, const struct opening_event *event,
                    char out[RECOMMENDATION_ID_SIZE + 1]);
