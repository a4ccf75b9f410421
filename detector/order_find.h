/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for one record in the captured part of the order log, without reading all of it: its last
 * one, or one by epoch and sequence, which only grow. Assigns the port's consumer, which has to be
 * assigned anew afterwards. Engine thread. */
#pragma once

#include "detector/order_log.h"

#include <stdatomic.h>

/* A record of the shard, and where it lies. */
struct order_place {
    int64_t offset;
    int32_t epoch;
    int64_t sequence;
    uint64_t state_hash;
};

enum order_found { ORDER_FOUND, ORDER_NOT_THERE, ORDER_FIND_FAILED };

/* `stopping`, once set, ends the search with ERROR_INTERRUPTED. */
struct order_find {
    struct port *port;
    struct order_log *log;
    const atomic_bool *stopping;
};

/* Captures the log anew until all that lies in it now may be read: another shard's open transaction
 * hides what was committed after it began. Logs when it has to wait. */
bool order_find_capture(const struct order_find *find, struct error *error);
enum order_found order_find_last(const struct order_find *find, struct order_place *place,
                                 struct error *error);
enum order_found order_find(const struct order_find *find, int32_t epoch, int64_t sequence,
                            struct order_place *place, struct error *error);
