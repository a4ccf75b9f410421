/* SPDX-License-Identifier: Apache-2.0 */
/* Why a recommendation ends: the code and the words of the one reason of its last revision. */
#pragma once

#include "detector/recommendation.h"

struct ending {
    enum recommendation_state state;
    const char *code, *en, *ru, *kk; /* the code is stable, and that of the change too */
};

extern const struct ending ending_term_over, ending_reversed, ending_money_reversed,
    ending_false_positive, ending_released, ending_signal_withdrawn;
/* Money that went back, and a report that was taken back, say nothing of what comes next: no
 * cool-down follows. */
static inline bool ending_cools(const struct ending *ending) {
    return ending != &ending_reversed && ending != &ending_money_reversed &&
           ending != &ending_signal_withdrawn;
}
/* Of advice to the paying side. */
extern const struct ending ending_settled, ending_refused, ending_payee_withdrawn,
    ending_payee_declined;
