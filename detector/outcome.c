/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/outcome.h"

#include <assert.h>

static const struct {
    enum outcome_does does;
    const struct ending *ending;
} results[OUTCOME_COUNT] = {
    [OUTCOME_UNKNOWN] = {OUTCOME_STANDS, NULL},
    [OUTCOME_HELD] = {OUTCOME_STANDS, NULL},
    [OUTCOME_PARTLY_HELD] = {OUTCOME_STANDS, NULL},
    [OUTCOME_NO_FUNDS] = {OUTCOME_EMPTIES, NULL},
    [OUTCOME_DECLINED] = {OUTCOME_DECLINES, NULL},
    [OUTCOME_REFUNDED] = {OUTCOME_CONFIRMS, NULL},
    [OUTCOME_CONFIRMED_FRAUD] = {OUTCOME_CONFIRMS, NULL},
    [OUTCOME_RELEASED] = {OUTCOME_WITHDRAWS, &ending_released},
    [OUTCOME_FALSE_POSITIVE] = {OUTCOME_WITHDRAWS, &ending_false_positive},
};

enum outcome_does outcome_does(enum outcome_result result) {
    return results[result].does;
}

const struct ending *outcome_ending(enum outcome_result result) {
    assert(results[result].ending != NULL);
    return results[result].ending;
}

bool outcome_is_heard(const struct signal *s, enum signal_effect effect) {
    return s->kind == SIGNAL_OUTCOME && (effect == EFFECT_ADDED || effect == EFFECT_REVISED) &&
           !signal_is_citizens(s) && s->confidence != CONFIDENCE_REJECTED;
}

bool outcome_is_about(const struct signal *s, struct text account_token) {
    bool names = false;
    for (uint32_t i = 0; i < s->subject_count; i++) {
        if (s->subjects[i].type != SUBJECT_ACCOUNT || s->subjects[i].role == ROLE_VICTIM) continue;
        if (text_equal(s->subjects[i].token, account_token)) return true;
        names = true;
    }
    return !names;
}
