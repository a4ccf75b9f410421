/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_letter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void copy(char *out, size_t room, struct bytes value) {
    const size_t size = value.size < room ? value.size : room - 1;
    if (size > 0) memcpy(out, value.data, size);
    out[size] = '\0';
}

static bool parse(const char *text, int64_t high, int64_t *out) {
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out >= 0 && *out <= high;
}

static bool parse_header(struct bytes value, int64_t high, int64_t *out) {
    char text[32];
    copy(text, sizeof text, value);
    return value.size < sizeof text && parse(text, high, out);
}

/* What the engine added stands behind the record's own headers, which may have any name: of a name
 * that comes twice the last one counts. */
struct seen {
    bool topic, partition, offset, reason, redriven;
};

static bool is(const struct port_header *header, const char *name) {
    return strcmp(header->name, name) == 0;
}

static void take_place(struct dlq_letter *letter, struct seen *seen,
                       const struct port_header *header) {
    int64_t number = 0;
    if (is(header, "__connect.errors.partition")) {
        seen->partition = parse_header(header->value, INT32_MAX, &number);
        letter->source_partition = (int32_t)number;
    } else if (is(header, "__connect.errors.offset")) {
        seen->offset = parse_header(header->value, INT64_MAX, &letter->source_offset);
    } else if (is(header, "__connect.errors.exception.message")) {
        copy(letter->why, sizeof letter->why, header->value);
    } else if (is(header, "saqshy.dlq.reason")) {
        seen->reason = true;
        copy(letter->reason, sizeof letter->reason, header->value);
    } else if (is(header, "saqshy.dlq.timestamp")) {
        if (!parse_header(header->value, INT64_MAX, &letter->source_ms)) letter->source_ms = -1;
    }
}

static void take_header(struct dlq_letter *letter, struct seen *seen,
                        const struct port_header *header, size_t index, const char **left_out,
                        size_t *left_out_at) {
    if (is(header, "__connect.errors.topic")) {
        seen->topic = true;
        letter->cut = NULL;
        letter->own_headers = index;
        copy(letter->source_topic, sizeof letter->source_topic, header->value);
    } else if (is(header, "saqshy.dlq.headers.left_out")) {
        *left_out = "headers";
        *left_out_at = index;
    } else if (is(header, "saqshy.dlq.value.sha256")) {
        letter->cut = "value";
    } else if (is(header, "saqshy.dlq.key.sha256")) {
        letter->cut = "key";
    } else if (is(header, DLQ_REDRIVEN)) {
        seen->redriven = parse_header(header->value, INT64_MAX, &letter->redriven);
    } else {
        take_place(letter, seen, header);
    }
}

enum dlq_kind dlq_letter_read(struct port *port, const struct port_record *record,
                              struct dlq_letter *letter) {
    struct port_header header;
    struct seen seen = {false};
    const char *left_out = NULL;
    size_t left_out_at = 0;
    *letter = (struct dlq_letter){.source_ms = -1, .redriven = -1};
    for (size_t i = 0; port->ops->header(port, record, i, &header); i++)
        take_header(letter, &seen, &header, i, &left_out, &left_out_at);
    if (seen.topic && seen.partition && seen.offset && seen.reason) {
        /* The engine's own note of what it left out stands right before the rest of its headers. */
        const bool noted = left_out != NULL && left_out_at + 1 == letter->own_headers;
        if (noted) letter->own_headers--;
        if (noted && letter->cut == NULL) letter->cut = left_out;
        return DLQ_LETTER;
    }
    const bool marker = seen.redriven && !seen.topic && record->value.data == NULL;
    return marker ? DLQ_MARKER : DLQ_STRANGER;
}

bool dlq_position_parse(const char *text, int32_t *partition, int64_t *offset) {
    char first[16];
    int64_t number = 0;
    const char *slash = strchr(text, '/');
    if (slash == NULL || (size_t)(slash - text) >= sizeof first) return false;
    snprintf(first, sizeof first, "%.*s", (int)(slash - text), text);
    if (!parse(first, INT32_MAX, &number) || !parse(slash + 1, INT64_MAX, offset)) return false;
    *partition = (int32_t)number;
    return true;
}

const char *dlq_time(int64_t time_ms, char out[DLQ_TIME_SIZE]) {
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (time_ms < 0 || gmtime_r(&seconds, &utc) == NULL ||
        strftime(out, DLQ_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(out, DLQ_TIME_SIZE, "-");
    return out;
}
