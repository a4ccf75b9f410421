/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/dead_letter.h"

#include "detector/base/digest.h"
#include "detector/publish.h"

#include <stdio.h>

enum { OWN_HEADERS = 12 };

static void add(struct dead_letter *letter, const char *name, const char *value) {
    letter->headers[letter->header_count++] =
        (struct port_header){name, {(const uint8_t *)value, (uint32_t)strlen(value)}};
}

/* The record's own headers come first; a record with very many loses the last of them. */
static void copy_headers(struct dead_letter *letter, struct port *port, const struct input *input) {
    struct port_header header;
    for (size_t i = 0; letter->header_count < DEAD_LETTER_HEADERS_MAX - OWN_HEADERS &&
                       port->ops->header(port, &input->record, i, &header);
         i++)
        letter->headers[letter->header_count++] = header;
}

static void cut(struct dead_letter *letter, struct bytes value) {
    letter->value = value;
    if (value.size <= DEAD_LETTER_VALUE_MAX) return;
    letter->value.size = DEAD_LETTER_VALUE_MAX;
    snprintf(letter->size, sizeof letter->size, "%u", value.size);
    digest_sha256_hex(value.data, value.size, letter->sha256);
    add(letter, "saqshy.dlq.value.size", letter->size);
    add(letter, "saqshy.dlq.value.sha256", letter->sha256);
}

void dead_letter_fill(struct dead_letter *letter, struct port *port, const struct input *input,
                      enum verdict verdict, const char *why) {
    letter->header_count = 0;
    copy_headers(letter, port, input);
    snprintf(letter->partition, sizeof letter->partition, "%d", (int)input->partition);
    snprintf(letter->offset, sizeof letter->offset, "%lld", (long long)input->record.offset);
    snprintf(letter->timestamp, sizeof letter->timestamp, "%lld",
             (long long)input->record.timestamp_ms);
    add(letter, "__connect.errors.topic", input->topic);
    add(letter, "__connect.errors.partition", letter->partition);
    add(letter, "__connect.errors.offset", letter->offset);
    add(letter, "__connect.errors.connector.name", "saqshy");
    add(letter, "__connect.errors.stage", "VALUE_CONVERTER");
    add(letter, "__connect.errors.class.name", "saqshy.decode");
    add(letter, "__connect.errors.exception.message", why);
    add(letter, "saqshy.dlq.reason", verdict_name(verdict));
    add(letter, "saqshy.dlq.attempt", "1");
    add(letter, "saqshy.dlq.timestamp", letter->timestamp);
    cut(letter, input->record.value);
}
