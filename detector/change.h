/* SPDX-License-Identifier: Apache-2.0 */
/* What a revision of a recommendation says that the one before it did not. */
#pragma once

#include "detector/episodes.h"

/* What was last published of an episode, as far as a revision changes it. */
struct advised {
    enum recommendation_state state;
    enum action action;
    enum priority priority;
    int64_t hold_tiyn, at_risk_tiyn;
    bool lacks_tx; /* a transaction that the revision names was not named; false until set */
};

struct advised change_advised(const struct episode *episode);
/* Fills `change` of a recommendation that is filled but for it. `why`: a stable code, static. */
void change_name(struct recommendation *recommendation, const struct advised *before,
                 const char *why);
