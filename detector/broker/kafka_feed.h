/* SPDX-License-Identifier: Apache-2.0 */
/* A plain producer for tools that fill a topic (`replay`, `demo`, benchmarks): no transactions
 * but idempotent, back-pressure instead of an unbounded queue. One thread. */
#pragma once

#include "detector/port.h"
#include "detector/service/options.h"

struct kafka_feed;

/* Connects lazily; `options` outlives the feed. ERROR_CONFIG for a refused librdkafka setting. */
struct kafka_feed *kafka_feed_open(const struct options *options, struct error *error);
/* Waits for the brokers. ERROR_CONFIG when the topic does not exist. */
bool kafka_feed_partitions(struct kafka_feed *feed, const char *topic, int32_t *count,
                           struct error *error);
/* Copies the message; waits while the queue is full. ERROR_UNAVAILABLE when a delivery failed. */
bool kafka_feed_send(struct kafka_feed *feed, const struct port_message *message,
                     struct error *error);
/* Waits until everything sent is delivered. ERROR_INTERRUPTED after kafka_feed_stop. */
bool kafka_feed_flush(struct kafka_feed *feed, struct error *error);
/* Any thread: makes a waiting call return. */
void kafka_feed_stop(struct kafka_feed *feed);
/* Drops what is not delivered yet. */
void kafka_feed_close(struct kafka_feed *feed);
