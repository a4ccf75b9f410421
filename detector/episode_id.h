/* SPDX-License-Identifier: Apache-2.0 */
/* The id of an episode, which its recommendations bear: 128 bits of SHA-256 over "saqshy/1",
 * "freeze", account token and the tx_id of the transaction that opened it, NUL between them. For
 * advice to the paying side of an instruction it is "instruction", the payer's token and the tx_id
 * of the instruction. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/recommendation.h"

void episode_id(struct text account_token, struct text tx_id, char out[RECOMMENDATION_ID_SIZE + 1]);
void instruction_id(struct text payer_token, struct text tx_id,
                    char out[RECOMMENDATION_ID_SIZE + 1]);
