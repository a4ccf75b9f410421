/* SPDX-License-Identifier: Apache-2.0 */
/* The tail of the input, read back at a start: the record that was taken last of every partition is
 * still where it was. A topic that was deleted, made anew and filled again has other records at the
 * same offsets; an engine that went on among them would leave out those before its place, and tell
 * nobody. Engine thread; assigns the port's consumer anew, and leaves it assigned to anything. */
#pragma once

#include "detector/inputs.h"
#include "detector/port.h"
#include "schemas/order_record.h"

/* Of key and value, which is what the state is made of. */
uint64_t input_tail_digest(const struct port_record *record);

enum input_found {
    INPUT_SAME,
    INPUT_UNKNOWN, /* retention or compaction has taken it, or it is of another topic: nothing can
                      be said */
    INPUT_OTHER,   /* another record is there */
    INPUT_NOTHING, /* the partition reaches so far, and has no record there */
    INPUT_SHORTER, /* the partition ends before */
};

struct input_tail {
    struct port *port;
    struct inputs inputs;
    /* What was taken last, as the order log has it. */
    const struct order_end *ends;
    uint32_t count;
    /* Asked while waiting; true ends the reading with ERROR_INTERRUPTED. */
    bool (*stopping)(const void *context);
    const void *context;
};

/* found[i] is of ends[i]. ERROR_UNAVAILABLE: the broker gave nothing for half a minute. */
bool input_tail_read(const struct input_tail *tail, enum input_found *found, struct error *error);
/* False, with ERROR_INPUT_GONE, where, and the next step, when one of them is not what was taken.
 */
bool input_tail_judge(const struct input_tail *tail, const enum input_found *found,
                      struct error *error);
