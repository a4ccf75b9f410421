/* SPDX-License-Identifier: Apache-2.0 */
/* What a revision of a recommendation says, whichever side it is for. Engine thread. */
#pragma once

#include "detector/batch.h"
#include "detector/decide.h"
#include "detector/episodes.h"

/* What every revision says, from the episode as it now stands and the row of input[] that triggered
 * it. Texts are the episode's, the documents' and the batch's. */
void advice_fill(struct recommendation *out, const struct decide_options *documents,
                 const struct batch *batch, uint32_t event, const struct episode *episode,
                 enum recommendation_state state);
/* The hop of the triggering transaction itself. */
void advice_fill_trail(struct recommendation *out, const struct transaction *tx);
/* Its only reason, with no feature behind it: it carries the score. Static texts. */
void advice_fill_reason(struct recommendation *out, const char *code, const char *en,
                        const char *ru, const char *kk);

/* When a record came in, UTC microseconds. */
int64_t advice_time_us(const struct transaction *tx);
/* Until when a decision on advice of that time is of use; within its term. */
int64_t advice_decide_by_us(const struct policy *policy, int64_t issued_us, int64_t valid_until_us);
