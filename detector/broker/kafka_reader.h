/* SPDX-License-Identifier: Apache-2.0 */
/* The reader thread of the Kafka port: takes the messages of the assigned partitions from
 * librdkafka and hands them over in blocks, one bounded ring a stream, so that the engine thread
 * waits for no lock of librdkafka's and pays for none of its messages.
 *
 * A reader lives for one assignment: made before the partitions are assigned, started after, closed
 * before the next one. All functions belong to the engine thread. */
#pragma once

#include "detector/broker/bell.h"
#include "detector/port.h"

#include <librdkafka/rdkafka.h>

struct kafka_reader;

/* Cuts the partitions' queues off from the consumer's own, which must be done before they are
 * assigned: what is fetched in between would come out there, and be lost. `main` is the consumer's
 * own queue; `engine` is rung for every block. */
struct kafka_reader *kafka_reader_open(rd_kafka_t *consumer, rd_kafka_queue_t *main,
                                       const struct port_position *positions, size_t count,
                                       struct bell *engine, struct error *error);
bool kafka_reader_start(struct kafka_reader *reader, struct error *error);
/* Ends the thread. Records that are not released yet stay valid until they are. NULL is fine. */
void kafka_reader_close(struct kafka_reader *reader);

/* Like port->poll. False with what the broker said of the stream, once the records before are
 * taken.
 */
bool kafka_reader_take(struct kafka_reader *reader, size_t stream, struct port_record *records,
                       size_t max, size_t *count, struct error *error);
/* Of this reader or of one that is closed; `reader` may be NULL. */
void kafka_reader_release(struct kafka_reader *reader, const struct port_record *records,
                          size_t count);

struct kafka_place {
    const char *topic;
    int32_t partition;
    int64_t next_offset; /* one past the last record taken; negative until known */
    bool eof;            /* behind it the partition ended, and nothing has been taken since */
    int64_t eof_offset;  /* where it ended, for a reader of what is committed */
};
struct kafka_place kafka_reader_place(const struct kafka_reader *reader, size_t stream);
