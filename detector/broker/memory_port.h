/* SPDX-License-Identifier: Apache-2.0 */
/* struct port over logs in memory: offline runs and tests. Transactions are real: produced messages
 * and offsets appear at commit and never otherwise. */
#pragma once

#include "detector/port.h"

struct memory_port;

struct memory_port *memory_port_open(void);
/* The port is owned by the memory port; port->ops->close(port) is memory_port_close. */
struct port *memory_port_port(struct memory_port *memory);

bool memory_port_create_topic(struct memory_port *memory, const char *topic, int32_t partitions);
/* Appends a committed record; offset < 0: the next one. Offsets may skip, never go back. */
bool memory_port_append(struct memory_port *memory, const struct port_message *message,
                        int64_t offset);
/* The committed records of one partition: count, and number `index` of them. */
size_t memory_port_count(const struct memory_port *memory, const char *topic, int32_t partition);
bool memory_port_get(const struct memory_port *memory, const char *topic, int32_t partition,
                     size_t index, struct port_record *record);
bool memory_port_get_header(const struct port_record *record, size_t index,
                            struct port_header *header);
/* Bytes held by all records and what they are kept with. */
size_t memory_port_bytes(struct memory_port *memory);
/* The port's clock stands still at what is set here, 0 at first, so that offline runs repeat to the
 * byte. */
void memory_port_set_now(struct memory_port *memory, int64_t now_ms);
