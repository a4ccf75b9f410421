/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded Kafka records in an Avro object container file (record name RecordedMessage: topic,
 * partition, offset, timestamp_ms, key, value, headers). */
#pragma once

#include "detector/broker/memory_port.h"

#include <stdio.h>

enum { RECORDING_PARTITIONS_MAX = 1 << 16 };

extern const char recording_schema[];

/* True when the container file's schema is RecordedMessage. */
bool recording_is(struct bytes schema_json);

/* Room for one message that is read. */
struct recorded;

struct recorded *recorded_new(void);
void recorded_free(struct recorded *recorded);
/* Reads one message from the start of `bytes` and sets *used to its length. What `message` points
 * at lies in `bytes` and in `recorded`, until its next message. False: it is broken. */
bool recorded_read(struct recorded *recorded, struct bytes bytes, struct port_message *message,
                   int64_t *offset, uint32_t *used);

/* Tells every message of a recording in the order of the file; false of `each` ends it and has set
 * the error. ERROR_BAD_DATA: the file is none, or breaks. */
bool recording_walk(const char *path,
                    bool (*each)(void *context, const struct port_message *message, int64_t offset,
                                 struct error *error),
                    void *context, struct error *error);

/* Writes every committed record of the topics, in their order, by partition and offset. */
bool recording_save(const char *path, const struct memory_port *memory, const char *const *topics,
                    size_t topic_count, struct error *error);
/* The same on a stream, which is closed unless it is stdout. Errors say `name`. */
bool recording_write(FILE *file, const char *name, const struct memory_port *memory,
                     const char *const *topics, size_t topic_count, struct error *error);
