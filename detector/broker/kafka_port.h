/* SPDX-License-Identifier: Apache-2.0 */
/* struct port over librdkafka. */
#pragma once

#include "detector/port.h"
#include "detector/service/options.h"

/* Creates the clients; connects lazily. `delivery` decides whether commits are transactions. The
 * transactional id and the group id are `shard.id`. Tells the allocator of the process to keep what
 * is freed. ERROR_CONFIG for a refused librdkafka setting. */
struct port *kafka_port_open(const struct options *options, struct error *error);

/* The same for a command that takes part in no shard: `shard.id` names its transactional id alone,
 * no right on a group is needed. Its producer is good for one run: after a transactional call that
 * was slow or retried, `begin` is PORT_REBUILD, as a new producer would shut out a successor that
 * may have come meanwhile. Who calls `fence` after PORT_REFUSED may shut one out, too, and reads
 * anew what it may have committed. */
struct port *kafka_port_open_command(const struct options *options, struct error *error);

/* librdkafka version and built-in features, for --version. */
const char *kafka_port_library(void);
