/* SPDX-License-Identifier: Apache-2.0 */
/* Advice to the paying side: an instruction that is not settled goes to an account on which advice
 * is open, strong enough for the policy. The payer's bank is told to ask the payer, or to suspend.
 *
 * It closes when the instruction is settled, refused or reversed, when the advice on the payee is
 * withdrawn or declined, by an answer to it, and with the term of the advice on the payee. A payee
 * whose fraud a bank confirmed counts for as long as its cool-down. Part of decide, which asks at
 * each record; caps and a bound of its own. Engine thread. */
#pragma once

#include "detector/decide.h"
#include "detector/endings.h"
#include "detector/episodes.h"

struct instructions;
struct payer_side;

/* What decide stands at. */
struct payer_side_place {
    const struct decide_options *documents;
    const struct episodes *episodes; /* on payees */
    struct issued *issued;           /* ids on either side */
    struct batch *batch;
    uint32_t event;  /* row of input[] */
    int64_t clock_s; /* engine clock */
};

/* NULL when memory is short. */
struct payer_side *payer_side_open(uint32_t instructions_max);
void payer_side_close(struct payer_side *side);

void payer_side_move(struct payer_side *side, int64_t clock_s);

/* Each gives a recommendation that lives until the next call, or NULL. */
/* The next whose term is over. */
const struct recommendation *payer_side_expire(struct payer_side *side,
                                               const struct payer_side_place *at);
/* The next that rests on advice that is none any more, after payer_side_lift; NULL: none is left.
 */
const struct recommendation *payer_side_lifted(struct payer_side *side,
                                               const struct payer_side_place *at);
/* The transaction of the row, once its sides are judged; once a row. */
const struct recommendation *payer_side_take(struct payer_side *side,
                                             const struct payer_side_place *at);
/* The OUTCOME of the row, which is heard; fills answered[] when it is about an instruction. */
const struct recommendation *payer_side_hear(struct payer_side *side,
                                             const struct payer_side_place *at);

/* Advice on a payee is none any more; what rests on it is given by payer_side_lifted, to its end
 * before the next. */
void payer_side_lift(struct payer_side *side, const char *payee_id, const struct ending *why);

uint64_t payer_side_open_count(const struct payer_side *side);
/* Its table, to be saved and loaded beside it. */
struct instructions *payer_side_instructions(const struct payer_side *side);
void payer_side_save(const struct payer_side *side, struct pack *pack);
/* Into one that is new. */
bool payer_side_load(struct payer_side *side, struct unpack *unpack);
