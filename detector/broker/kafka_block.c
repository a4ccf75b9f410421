/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_block.h"

#include <assert.h>
#include <stdlib.h>

struct kafka_block *kafka_block_new(uint32_t stream) {
    struct kafka_block *block = malloc(sizeof *block);
    if (block == NULL) return NULL;
    block->stream = stream;
    block->orphan = block->headed = false;
    block->own = NULL;
    for (uint32_t i = 0; i < KAFKA_BLOCK_RECORDS; i++)
        block->slots[i] = (struct kafka_slot){.block = block};
    kafka_block_clear(block);
    return block;
}

void kafka_block_free(struct kafka_block *block) {
    if (block == NULL) return;
    kafka_block_clear(block);
    free(block);
}

static void drop_headers(struct kafka_block *block) {
    for (uint32_t i = 0; i < block->count; i++) {
        if (block->slots[i].headers != NULL) rd_kafka_headers_destroy(block->slots[i].headers);
        block->slots[i].headers = NULL;
    }
    block->headed = false;
}

void kafka_block_clear(struct kafka_block *block) {
    if (block->headed) drop_headers(block);
    free(block->own);
    block->own = NULL;
    block->count = block->used = block->outstanding = 0;
    block->eof = false;
    block->error.code = ERROR_NONE;
}

bool kafka_block_full(const struct kafka_block *block) {
    return block->count == KAFKA_BLOCK_RECORDS || block->own != NULL;
}

/* Room for `size` bytes: in the block, or memory of its own, which closes the block. */
static uint8_t *room_for(struct kafka_block *block, size_t size) {
    if (size > KAFKA_BLOCK_BYTES - block->used) return block->own = malloc(size);
    uint8_t *room = block->bytes + block->used;
    block->used += (uint32_t)size;
    return room;
}

static struct bytes copy(uint8_t *room, const void *data, size_t size) {
    if (data == NULL) return (struct bytes){NULL, 0};
    memcpy(room, data, size);
    return (struct bytes){room, (uint32_t)size};
}

bool kafka_block_add(struct kafka_block *block, rd_kafka_message_t *message) {
    assert(!kafka_block_full(block));
    uint8_t *room = room_for(block, message->key_len + message->len);
    if (room == NULL)
        return error_set(&block->error, ERROR_FAILED, "no memory for a record of %zu bytes",
                         message->key_len + message->len);
    const uint32_t i = block->count++;
    struct kafka_slot *slot = &block->slots[i];
    block->records[i] =
        (struct port_record){.offset = message->offset,
                             .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
                             .key = copy(room, message->key, message->key_len),
                             .value = copy(room + message->key_len, message->payload, message->len),
                             .handle = slot};
    if (rd_kafka_message_detach_headers(message, &slot->headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        block->headed = true;
    return true;
}
