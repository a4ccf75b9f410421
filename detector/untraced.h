/* SPDX-License-Identifier: Apache-2.0 */
/* Says which INCIDENTs name transfers that the engine does not have, or not yet: once a minute at
 * most, how many there were and the first of their ids. Engine thread only. */
#pragma once

#include "detector/signals.h"

enum { UNTRACED_IDS = 5 };

struct untraced {
    uint64_t count; /* since it was said last */
    char ids[UNTRACED_IDS][SIGNAL_ID_SIZE];
    int64_t next_ms;
};

void untraced_note(struct untraced *untraced, struct text signal_id);
void untraced_say(struct untraced *untraced, int64_t now_ms);
