/* SPDX-License-Identifier: Apache-2.0 */
/* What the demo's engine took in and advised, by kind. The engine's thread counts, any thread
 * reads. */
#pragma once

#include "detector/batch.h"
#include "detector/recommendation.h"

#include <stdatomic.h>

enum { DEMO_STATES = RECOMMENDATION_EXPIRED + 1 };

extern const char *const demo_state_names[DEMO_STATES];
extern const char *const demo_action_names[ACTION_COUNT];

/* Zeros: nothing yet. */
struct demo_tally {
    _Atomic int64_t states[DEMO_STATES];   /* revisions, on payees and to the paying side */
    _Atomic int64_t actions[ACTION_COUNT]; /* of them, the first ones */
    _Atomic int64_t signals[SIGNAL_KIND_COUNT];
};

void demo_tally_advice(struct demo_tally *tally, const struct recommendation *recommendation);
/* Fits pipeline_options.on_decided. */
void demo_tally_batch(void *tally, const struct batch *batch);
/* Answers of this result to advice that the engine knew. */
int64_t demo_answers(enum outcome_result result);
