/* SPDX-License-Identifier: Apache-2.0 */
/* The stage that fills batches, on logs in memory. Whatever fails here fails the test. */
#pragma once

#include "detector/broker/memory_port.h"
#include "detector/consume.h"

#define TOPIC "transactions"
#define SIGNALS "signals"
enum { PARTITIONS = 2, RECORDS_MAX = 8192 };

struct consume_stand {
    struct memory_port *memory;
    struct runs *runs;
    struct consume *consume;
    struct batch *batch;
    struct consume_options how;
    int32_t signal_partitions; /* 0: the topic is not there */
};

/* Of `how`, port, runs, inputs and the wait are filled in. */
void consume_stand_open(struct consume_stand *stand, int32_t signal_partitions,
                        const struct consume_options *how);
void consume_stand_close(struct consume_stand *stand);

/* New runs and a new stage on the same logs; those there were become the caller's. */
void consume_stand_begin(struct consume_stand *stand);

void consume_stand_append(const struct consume_stand *stand, const char *topic, int32_t partition,
                          int64_t timestamp_ms);
