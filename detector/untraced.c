/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/untraced.h"

#include "detector/base/log.h"

#include <stdio.h>

enum { SAID_EVERY_MS = 60000 };

void untraced_note(struct untraced *u, struct text signal_id) {
    if (u->count < UNTRACED_IDS)
        snprintf(u->ids[u->count], SIGNAL_ID_SIZE, "%.*s", (int)signal_id.size, signal_id.data);
    u->count++;
}

void untraced_say(struct untraced *u, int64_t now_ms) {
    char first[UNTRACED_IDS * SIGNAL_ID_SIZE];
    size_t used = 0;
    if (u->count == 0 || now_ms < u->next_ms) return;
    for (uint32_t i = 0; i < UNTRACED_IDS && i < u->count; i++)
        used +=
            (size_t)snprintf(first + used, sizeof first - used, i == 0 ? "%s" : ",%s", u->ids[i]);
    log_warn("event=incidents_untraced count=%llu first=\"%s\" next=\"transfers that they name are "
             "not here: send their next revision once they are\"",
             (unsigned long long)u->count, first);
    *u = (struct untraced){.next_ms = now_ms + SAID_EVERY_MS};
}
