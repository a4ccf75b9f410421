/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded Kafka records in an Avro object container file (record name RecordedMessage: topic,
 * partition, offset, timestamp_ms, key, value, headers), read into or written from a memory port.
 */
#pragma once

#include "detector/memory_port.h"

extern const char recording_schema[];

/* True when the container file's schema is RecordedMessage. */
bool recording_is(struct bytes schema_json);
/* Appends all records to topics of the same names, creating them with as many partitions as seen
 * (at least `partitions_min`). */
bool recording_load(const char *path, struct memory_port *memory, int32_t partitions_min,
                    struct error *error);
/* Writes every committed record of `topic`, by partition and offset. */
bool recording_save(const char *path, const struct memory_port *memory, const char *topic,
                    struct error *error);
