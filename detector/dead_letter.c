/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/dead_letter.h"

#include "detector/base/digest.h"
#include "detector/publish.h"

#include <stdio.h>

enum { OWN_HEADERS = 16 };

static void add(struct dead_letter *letter, const char *name, const char *value) {
    letter->headers[letter->header_count++] =
        (struct port_header){name, {(const uint8_t *)value, (uint32_t)strlen(value)}};
}

/* The record's own headers come first; of very many or very large ones the last are left out. */
static void copy_headers(struct dead_letter *letter, struct port *port, const struct input *input) {
    struct port_header header;
    size_t bytes = 0, left_out = 0;
    for (size_t i = 0; port->ops->header(port, &input->record, i, &header); i++) {
        bytes += strlen(header.name) + header.value.size;
        if (left_out > 0 || bytes > DEAD_LETTER_HEADERS_BYTES_MAX ||
            letter->header_count == DEAD_LETTER_HEADERS_MAX - OWN_HEADERS)
            left_out++;
        else
            letter->headers[letter->header_count++] = header;
    }
    if (left_out == 0) return;
    snprintf(letter->left_out, sizeof letter->left_out, "%zu", left_out);
    add(letter, "saqshy.dlq.headers.left_out", letter->left_out);
}

static struct bytes cut(struct dead_letter *letter, struct bytes whole, uint32_t max,
                        struct dead_letter_cut *noted, const char *size_name,
                        const char *sha256_name) {
    if (whole.size <= max) return whole;
    snprintf(noted->size, sizeof noted->size, "%u", whole.size);
    digest_sha256_hex(whole.data, whole.size, noted->sha256);
    add(letter, size_name, noted->size);
    add(letter, sha256_name, noted->sha256);
    return (struct bytes){whole.data, max};
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
    letter->key = cut(letter, input->record.key, DEAD_LETTER_KEY_MAX, &letter->key_cut,
                      "saqshy.dlq.key.size", "saqshy.dlq.key.sha256");
    letter->value = cut(letter, input->record.value, DEAD_LETTER_VALUE_MAX, &letter->value_cut,
                        "saqshy.dlq.value.size", "saqshy.dlq.value.sha256");
}
