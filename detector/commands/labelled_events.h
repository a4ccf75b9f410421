/* SPDX-License-Identifier: Apache-2.0 */
/* What labels say of events; for tools, whose memory grows with them: 16 bytes an event in a table
 * that is three to six eighths full. An id is held as 126 bits of its hash: among a billion of them
 * two that are taken for one have a chance of less than one in 10^20. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* SAID_BOTH: one row said that it is bad, and another that it is not. */
enum said { SAID_NOTHING, SAID_BOTH, SAID_BAD, SAID_GOOD };

struct labelled_event;

/* Zeros: empty. */
struct labelled_events {
    struct labelled_event *slots;
    size_t count, room; /* room: a power of two, or 0 */
};

enum said labelled_events_find(const struct labelled_events *events, struct text event_id);
/* A row: SAID_BAD or SAID_GOOD. True when the event has come to be SAID_BOTH by it. */
bool labelled_events_note(struct labelled_events *events, struct text event_id, enum said said);
void labelled_events_clear(struct labelled_events *events);
