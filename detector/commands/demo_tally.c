/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_tally.h"

#include "detector/service/metrics.h"

#define X(name) #name,
const char *const demo_state_names[DEMO_STATES] = {RECOMMENDATION_STATE_TABLE(X)};
const char *const demo_action_names[ACTION_COUNT] = {ACTION_TABLE(X)};
#undef X

void demo_tally_advice(struct demo_tally *t, const struct recommendation *r) {
    atomic_fetch_add(&t->states[r->state], 1);
    if (r->state == RECOMMENDATION_ISSUED) atomic_fetch_add(&t->actions[r->action], 1);
}

void demo_tally_batch(void *context, const struct batch *b) {
    struct demo_tally *t = context;
    for (uint32_t i = 0; i < b->count; i++)
        if (b->verdict[i] == VERDICT_SIGNAL) atomic_fetch_add(&t->signals[b->signal[i].kind], 1);
}

int64_t demo_answers(enum outcome_result result) {
    uint64_t answers = 0;
    for (enum action action = ACTION_UNKNOWN + 1; action < ACTION_COUNT; action++)
        answers += metrics_get_outcome(result, action);
    return (int64_t)answers;
}
