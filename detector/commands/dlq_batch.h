/* SPDX-License-Identifier: Apache-2.0 */
/* Letters that are going back, copied: the topic is not read while a transaction is open, which
 * would time out where that takes long, and what was refused together can be sent one by one. */
#pragma once

#include "detector/commands/dlq_walk.h"
#include "detector/inputs.h"

enum { DLQ_BATCH_LETTERS = 500, DLQ_BATCH_BYTES = 8 << 20 }; /* the letter that passes it is in */

struct dlq_copy {
    struct dlq_letter letter;
    enum input_kind kind; /* of its source */
    int32_t partition;    /* its place in the dead-letter topic */
    int64_t offset;
    struct bytes key, value;
    struct port_header *headers; /* the record's own */
    size_t header_count;
};

/* In the order in which they came. {0} is empty. */
struct dlq_batch {
    struct dlq_copy *copies[DLQ_BATCH_LETTERS];
    size_t count, bytes;
};

/* Of one that is not full. False when memory is short. */
bool dlq_batch_add(struct dlq_batch *batch, struct port *port, const struct dlq_letter *letter,
                   const struct dlq_place *place, enum input_kind kind, struct error *error);
bool dlq_batch_is_full(const struct dlq_batch *batch);
/* The first `count` of them leave. */
void dlq_batch_drop(struct dlq_batch *batch, size_t count);
