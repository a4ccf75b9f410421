/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of the advice to the paying side: it believes what is published on payees, and
 * works out from the rows what their payers' banks must be told, in which order. */
#pragma once

#include "detector/recommendation.h"
#include "detector/signal.h"
#include "detector/signal_effect.h"
#include "detector/transaction.h"

struct naive_payer_side;

/* What the policy says of an action; `from` ACTION_UNKNOWN: it is not used. */
struct naive_payer_rule {
    enum action from; /* of the advice on the payee */
    uint32_t per_hour, per_bank;
    bool urgent;
};

struct naive_payer_side *naive_payer_side_new(const struct naive_payer_rule *ask,
                                              const struct naive_payer_rule *suspend,
                                              unsigned instructions_max);
void naive_payer_side_free(struct naive_payer_side *side);

/* In this order for each row: its engine clock; the signal that it is, by which answers may be
 * taken back; the OUTCOME that it is, if it is heard; what was published on payees at it; the
 * transaction that it is, accepted or a duplicate, and whether it is an attempt of one that has
 * moved money already. */
void naive_payer_side_move(struct naive_payer_side *side, int64_t clock_s);
void naive_payer_side_take_back(struct naive_payer_side *side, const struct signal *signal,
                                enum signal_effect effect);
void naive_payer_side_hear(struct naive_payer_side *side, const struct signal *outcome);
void naive_payer_side_advise(struct naive_payer_side *side, const struct recommendation *payee);
void naive_payer_side_take(struct naive_payer_side *side, const struct transaction *tx,
                           bool duplicate, bool moved);

/* The next line that is due, as naive_payer_side_line has it; NULL: none. It lives until the next
 * call of another function. */
const char *naive_payer_side_due(struct naive_payer_side *side);
enum { NAIVE_LINE_SIZE = 384 };
void naive_payer_side_line(const struct recommendation *recommendation, char out[NAIVE_LINE_SIZE]);
