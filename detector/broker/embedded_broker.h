/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded broker: librdkafka's mock cluster, in this process, for the demo and for tests. It
 * keeps about 5 MiB a partition and ignores transactions: at-least-once only. */
#pragma once

#include "detector/base/error.h"

#include <stdint.h>

struct embedded_broker;

struct embedded_broker *embedded_broker_open(struct error *error);
const char *embedded_broker_bootstrap(const struct embedded_broker *broker);
bool embedded_broker_create_topic(struct embedded_broker *broker, const char *topic,
                                  int32_t partitions, struct error *error);
void embedded_broker_close(struct embedded_broker *broker);
