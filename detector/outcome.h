/* SPDX-License-Identifier: Apache-2.0 */
/* What an OUTCOME, somebody's answer to a recommendation, does to the open episode it names
 * (docs/SIGNALS.md, "Outcomes"). */
#pragma once

#include "detector/endings.h"
#include "detector/signal.h"
#include "detector/signal_effect.h"

enum outcome_does {
    OUTCOME_STANDS,   /* nothing */
    OUTCOME_EMPTIES,  /* no money was there: whatever comes from now on is news */
    OUTCOME_DECLINES, /* the bank does not follow it: nothing more is advised in this episode */
    OUTCOME_CONFIRMS, /* the bank has dealt with it, likewise; who pays there is warned on */
    OUTCOME_WITHDRAWS /* the advice was overturned: a last revision says so */
};

enum outcome_does outcome_does(enum outcome_result result);
/* Whether nothing more is advised in the episode. */
static inline bool outcome_closes(enum outcome_does does) {
    return does >= OUTCOME_DECLINES;
}
/* Of a result that withdraws. */
const struct ending *outcome_ending(enum outcome_result result);

/* An OUTCOME that says something new: the first, or a later revision, not a citizen's, not
 * REJECTED. `effect`: what it did to the table of signals. */
bool outcome_is_heard(const struct signal *signal, enum signal_effect effect);
/* False: it names accounts, and this is none of them. */
bool outcome_is_about(const struct signal *signal, struct text account_token);
