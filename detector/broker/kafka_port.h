/* SPDX-License-Identifier: Apache-2.0 */
/* struct port over librdkafka. */
#pragma once

#include "detector/port.h"
#include "detector/service/options.h"

/* Creates the clients; connects lazily. `delivery` decides whether commits are transactions. The
 * transactional id and the group id are `shard.id`. Tells the allocator of the process to keep what
 * is freed. ERROR_CONFIG for a refused librdkafka setting. */
struct port *kafka_port_open(const struct options *options, struct error *error);

/* librdkafka version and built-in features, for --version. */
const char *kafka_port_library(void);
