/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/cloud_events.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static void add(struct cloud_events *events, const char *name, struct bytes value) {
    assert(events->count < CLOUD_EVENTS_HEADERS_MAX);
    events->headers[events->count++] = (struct port_header){name, value};
}

static void add_text(struct cloud_events *events, const char *name, const char *value) {
    add(events, name, (struct bytes){(const uint8_t *)value, (uint32_t)strlen(value)});
}

static void format_time(char *out, size_t size, int64_t time_us) {
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char whole[32];
    const size_t length = strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &utc);
    assert(length > 0);
    snprintf(out, size, "%s.%06dZ", whole, (int)(time_us % 1000000));
}

static void add_trace_context(struct cloud_events *events, struct port *port,
                              const struct input *input) {
    struct port_header header;
    for (size_t i = 0; port->ops->header(port, &input->record, i, &header); i++) {
        const bool trace =
            strcmp(header.name, "traceparent") == 0 || strcmp(header.name, "tracestate") == 0;
        if (trace && events->count < CLOUD_EVENTS_HEADERS_MAX)
            add(events, header.name, header.value);
    }
}

void cloud_events_fill(struct cloud_events *events, const struct recommendation *recommendation,
                       const char *shard_id, struct port *port, const struct input *input) {
    events->count = 0;
    snprintf(events->id, sizeof events->id, "%s.%d", recommendation->id,
             (int)recommendation->revision);
    snprintf(events->source, sizeof events->source, "saqshy/%s", shard_id);
    format_time(events->time, sizeof events->time, recommendation->issued_at_us);
    add_text(events, "ce_specversion", "1.0");
    add_text(events, "ce_id", events->id);
    add_text(events, "ce_type", "saqshy.freeze-recommendation.v1");
    add_text(events, "ce_source", events->source);
    add_text(events, "ce_time", events->time);
    add_text(events, "content-type", "avro/binary");
    if (recommendation->state != RECOMMENDATION_EXPIRED) add_trace_context(events, port, input);
}
