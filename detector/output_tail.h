/* SPDX-License-Identifier: Apache-2.0 */
/* The tail of the output, read back at a start: nothing that was committed is missing, repeated or
 * changed.
 *
 * For every output partition the last recommendation of this shard is to be number next_sequence-1
 * and its value, without the frame, to have the hash that the order log names; the one before it,
 * where it is still there, the number before. Other shards may write to the same topic: ours are
 * told by the header ce_source. A partition whose next_sequence is 0 is to hold none of ours within
 * its last OUTPUT_TAIL_EMPTY_RECORDS offsets, or at all. What retention has taken cannot be checked
 * and is said. Engine thread; assigns the port's consumer anew, and leaves it assigned to anything.
 */
#pragma once

#include "detector/port.h"
#include "schemas/order_record.h"

enum { OUTPUT_TAIL_EMPTY_RECORDS = 1 << 16 };

struct output_tail {
    struct port *port;
    const char *topic, *shard_id;
    /* The chain as the order log has it. */
    const struct order_output *outputs;
    uint32_t count;
    bool to_the_first; /* a partition that is to hold none of ours is read whole */
    /* Asked while waiting; true ends the check with ERROR_INTERRUPTED. */
    bool (*stopping)(const void *context);
    const void *context;
};

/* ERROR_BAD_DATA: the output is not what was committed; the text says where, what was found, what
 * was due and the next step. ERROR_UNAVAILABLE: the broker gave nothing for half a minute. True at
 * once where commits are no transactions (port->exactly_once), for a repeat is no error there. */
bool output_tail_check(const struct output_tail *tail, struct error *error);
