/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka's murmur2 partitioner, as Java's DefaultPartitioner has it. */
#pragma once

#include "detector/base/bytes.h"

/* Partition of a non-null key among `partitions` > 0. */
int32_t murmur2_partition(struct bytes key, int32_t partitions);
