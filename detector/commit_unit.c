/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commit_unit.h"

#include <assert.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 1 << 16 };

/* Chunks never move, so that messages may point into them. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    uint8_t bytes[];
};

struct commit_unit {
    size_t bytes_max, bytes;
    struct chunk *first, *current;
    struct port_message *messages;
    size_t count, room;
    struct port_position *positions;
    size_t position_count;
};

struct commit_unit *commit_unit_new(size_t bytes_max) {
    struct commit_unit *unit = calloc(1, sizeof *unit);
    if (unit != NULL) unit->bytes_max = bytes_max;
    return unit;
}

void commit_unit_free(struct commit_unit *unit) {
    if (unit == NULL) return;
    for (struct chunk *chunk = unit->first; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(unit->messages);
    free(unit->positions);
    free(unit);
}

void commit_unit_reset(struct commit_unit *unit) {
    for (struct chunk *chunk = unit->first; chunk != NULL; chunk = chunk->next)
        chunk->used = 0;
    unit->current = unit->first;
    unit->count = 0;
    unit->bytes = 0;
    unit->position_count = 0;
}

static struct chunk *chunk_new(size_t size) {
    struct chunk *chunk = malloc(sizeof *chunk + size);
    assert(chunk != NULL && "out of memory");
    *chunk = (struct chunk){.size = size};
    return chunk;
}

static void *reserve(struct commit_unit *unit, size_t size) {
    struct chunk **place = &unit->first;
    if (unit->current != NULL) place = &unit->current;
    while (*place != NULL && (*place)->size - (*place)->used < size)
        place = &(*place)->next;
    if (*place == NULL) *place = chunk_new(size > CHUNK_SIZE ? size : CHUNK_SIZE);
    unit->current = *place;
    void *bytes = unit->current->bytes + unit->current->used;
    unit->current->used += (size + 15) & ~(size_t)15;
    if (unit->current->used > unit->current->size) unit->current->used = unit->current->size;
    return bytes;
}

static struct bytes copy(struct commit_unit *unit, struct bytes from) {
    if (from.data == NULL) return from;
    uint8_t *data = reserve(unit, from.size + 1u);
    if (from.size > 0) memcpy(data, from.data, from.size);
    return (struct bytes){data, from.size};
}

static struct port_header *copy_headers(struct commit_unit *unit,
                                        const struct port_message *message) {
    struct port_header *headers = reserve(unit, (message->header_count + 1) * sizeof *headers);
    for (size_t i = 0; i < message->header_count; i++) {
        const size_t size = strlen(message->headers[i].name) + 1;
        char *name = reserve(unit, size);
        memcpy(name, message->headers[i].name, size);
        headers[i] = (struct port_header){name, copy(unit, message->headers[i].value)};
    }
    return headers;
}

static size_t message_bytes(const struct port_message *message) {
    size_t size = message->key.size + message->value.size;
    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + message->headers[i].value.size;
    return size;
}

bool commit_unit_add(struct commit_unit *unit, const struct port_message *message,
                     struct error *error) {
    unit->bytes += message_bytes(message);
    if (unit->bytes > unit->bytes_max)
        return error_set(error, ERROR_FAILED,
                         "one commit would hold more than %zu bytes; raise commit.bytes.max",
                         unit->bytes_max);
    if (unit->count == unit->room) {
        unit->room = unit->room == 0 ? 64 : unit->room * 2;
        unit->messages = realloc(unit->messages, unit->room * sizeof *unit->messages);
        assert(unit->messages != NULL && "out of memory");
    }
    struct port_message *kept = &unit->messages[unit->count++];
    *kept = *message;
    kept->key = copy(unit, message->key);
    kept->value = copy(unit, message->value);
    kept->headers = copy_headers(unit, message);
    return true;
}

void commit_unit_set_positions(struct commit_unit *unit, const struct port_position *positions,
                               size_t count) {
    unit->positions = realloc(unit->positions, (count + 1) * sizeof *unit->positions);
    assert(unit->positions != NULL && "out of memory");
    if (count > 0) memcpy(unit->positions, positions, count * sizeof *positions);
    unit->position_count = count;
}

size_t commit_unit_count(const struct commit_unit *unit) {
    return unit->count;
}

size_t commit_unit_bytes(const struct commit_unit *unit) {
    return unit->bytes;
}

struct port_message commit_unit_message(const struct commit_unit *unit, size_t index) {
    assert(index < unit->count);
    return unit->messages[index];
}

const struct port_position *commit_unit_positions(const struct commit_unit *unit, size_t *count) {
    *count = unit->position_count;
    return unit->positions;
}
