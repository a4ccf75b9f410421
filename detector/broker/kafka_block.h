/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one stream on their way from the reader thread to the engine thread, with copies of
 * their keys and values: librdkafka's messages are given back by the thread that took them, while
 * the cache still holds them. One thread owns a block at a time. */
#pragma once

#include "detector/port.h"

#include <librdkafka/rdkafka.h>

enum { KAFKA_BLOCK_RECORDS = 128, KAFKA_BLOCK_BYTES = 32 << 10 };

struct kafka_block;

/* What the handle of a record points at. */
struct kafka_slot {
    struct kafka_block *block;
    rd_kafka_headers_t *headers; /* NULL: none */
};

struct kafka_block {
    uint32_t count;
    uint32_t used;        /* of `bytes` */
    uint32_t outstanding; /* records that the engine has not released */
    uint32_t stream;
    bool headed;        /* a record has headers */
    bool eof;           /* behind the last record the partition ended */
    int64_t eof_offset; /* where: as far as may be read, see kafka_readable_end */
    bool orphan;        /* its stream is no more: who releases the last record frees the block */
    uint8_t *own;       /* the last record's bytes when they do not fit */
    struct error error; /* what came behind the last record; ERROR_NONE: nothing */
    struct port_record records[KAFKA_BLOCK_RECORDS];
    struct kafka_slot slots[KAFKA_BLOCK_RECORDS];
    uint8_t bytes[KAFKA_BLOCK_BYTES];
};

/* NULL when memory is short. */
struct kafka_block *kafka_block_new(uint32_t stream);
void kafka_block_free(struct kafka_block *block);
/* Makes it empty again. */
void kafka_block_clear(struct kafka_block *block);
/* Copies a message that carries no error; takes its headers. False, with block->error set: no
 * memory. The block must not be full. */
bool kafka_block_add(struct kafka_block *block, rd_kafka_message_t *message);
bool kafka_block_full(const struct kafka_block *block);
