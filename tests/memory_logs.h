/* SPDX-License-Identifier: Apache-2.0 */
/* What the logs of a port in memory hold. Whatever fails here fails the test. */
#pragma once

#include "detector/broker/memory_port.h"

void logs_close(struct memory_port *memory);

/* The records of all partitions. */
size_t logs_count(const struct memory_port *memory, const char *topic, int32_t partitions);
/* As many records with the same values in each partition. */
void logs_must_be_same(const struct memory_port *a, const struct memory_port *b, const char *topic,
                       int32_t partitions);
/* The offsets that the group has committed of a topic's partitions, LOGS_COMMITTED_MAX at most, are
 * committed in `to`. */
enum { LOGS_COMMITTED_MAX = 8 };
void logs_copy_committed(struct memory_port *from, struct memory_port *to, const char *topic,
                         int32_t partitions);
