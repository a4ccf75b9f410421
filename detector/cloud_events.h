/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a recommendation: CloudEvents 1.0 in binary content mode, and the trace context of the
 * event that triggered it. No header names an account. */
#pragma once

#include "detector/batch.h"
#include "detector/recommendation.h"

enum { CLOUD_EVENTS_HEADERS_MAX = 8 };

/* The headers point into the struct itself: it must not move while they are used. */
struct cloud_events {
    struct port_header headers[CLOUD_EVENTS_HEADERS_MAX];
    size_t count;
    char id[64], source[576], time[48];
};

void cloud_events_fill(struct cloud_events *events, const struct recommendation *recommendation,
                       const char *shard_id, struct port *port, const struct input *input);
