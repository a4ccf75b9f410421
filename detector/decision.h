/* SPDX-License-Identifier: Apache-2.0 */
/* What decide made of a scored side: a recommendation, or why there is none. */
#pragma once

/* clang-format off */
#define DECISION_TABLE(X)                                                                          \
    X(BELOW)    /* the score reaches no threshold, and no reported money is new to an episode */   \
    X(ISSUED)   /* opened an episode */                                                            \
    X(AMENDED)  /* a stronger action, or a quarter more money at risk */                           \
    X(STANDING) /* the open episode says as much already */                                        \
    X(COOLING)  /* the cool-down after an episode is not over */                                   \
    X(ALLOWED)  /* an entry of the allow-list is in force */                                       \
    X(CAPPED)   /* the policy's recommendations of the hour are used up */                         \
    X(CROWDED)  /* as many episodes as episodes.max, or ids as issued.max */                       \
    X(OVERDUE)  /* so far behind the engine clock that the term would be over */                   \
    X(REVERSAL) /* a reversal opens nothing; it may end its own episode */                         \
    X(REPEATED) /* this very event opened an episode before */
/* clang-format on */

enum decision {
#define X(name) DECISION_##name,
    DECISION_TABLE(X)
#undef X
        DECISION_COUNT
};
