/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_batch.h"

#include <stdlib.h>

enum { HEADERS_MAX = 64 };

/* Headers that speak of dead letters would be taken for another life's. */
static size_t own_headers(struct port *port, const struct dlq_letter *letter,
                          const struct port_record *record, struct port_header *headers) {
    static const char ours[] = "saqshy.dlq.";
    size_t count = 0;
    for (size_t i = 0; i < letter->own_headers && count < HEADERS_MAX; i++)
        if (port->ops->header(port, record, i, &headers[count]) &&
            strncmp(headers[count].name, ours, sizeof ours - 1) != 0)
            count++;
    return count;
}

static size_t size_of(const struct port_record *record, const struct port_header *headers,
                      size_t count) {
    size_t size = record->key.size + record->value.size;
    for (size_t i = 0; i < count; i++)
        size += strlen(headers[i].name) + 1 + headers[i].value.size;
    return size;
}

static struct bytes put(uint8_t **cursor, struct bytes from) {
    if (from.data == NULL) return (struct bytes){NULL, 0};
    const struct bytes copy = {*cursor, from.size};
    if (from.size > 0) memcpy(*cursor, from.data, from.size);
    *cursor += from.size;
    return copy;
}

/* All in one allocation: the copy, its headers, the bytes. */
static struct dlq_copy *copy_of(const struct port_record *record, const struct port_header *headers,
                                size_t count) {
    struct dlq_copy *copy =
        malloc(sizeof *copy + count * sizeof *headers + size_of(record, headers, count));
    if (copy == NULL) return NULL;
    copy->headers = (struct port_header *)(copy + 1);
    copy->header_count = count;
    uint8_t *cursor = (uint8_t *)(copy->headers + count);
    copy->key = put(&cursor, record->key);
    copy->value = put(&cursor, record->value);
    for (size_t i = 0; i < count; i++) {
        const struct bytes name = {(const uint8_t *)headers[i].name,
                                   (uint32_t)strlen(headers[i].name) + 1};
        copy->headers[i].name = (const char *)put(&cursor, name).data;
        copy->headers[i].value = put(&cursor, headers[i].value);
    }
    return copy;
}

bool dlq_batch_add(struct dlq_batch *batch, struct port *port, const struct dlq_letter *letter,
                   const struct dlq_place *place, enum input_kind kind, struct error *error) {
    struct port_header headers[HEADERS_MAX];
    const size_t count = own_headers(port, letter, place->record, headers);
    struct dlq_copy *copy = copy_of(place->record, headers, count);
    if (copy == NULL) return error_set(error, ERROR_FAILED, "no memory for a letter");
    copy->letter = *letter;
    copy->kind = kind;
    copy->partition = place->partition;
    copy->offset = place->record->offset;
    batch->copies[batch->count++] = copy;
    batch->bytes += copy->key.size + copy->value.size;
    return true;
}

bool dlq_batch_is_full(const struct dlq_batch *batch) {
    return batch->count == DLQ_BATCH_LETTERS || batch->bytes >= DLQ_BATCH_BYTES;
}

void dlq_batch_drop(struct dlq_batch *batch, size_t count) {
    for (size_t i = 0; i < count; i++) {
        batch->bytes -= batch->copies[i]->key.size + batch->copies[i]->value.size;
        free(batch->copies[i]);
    }
    batch->count -= count;
    memmove(batch->copies, batch->copies + count, batch->count * sizeof batch->copies[0]);
}
