/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_feed.h"

#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"

#include <stdlib.h>

enum { SERVE_EVERY = 256 };

/* The producer half of a port without its transactions. */
struct kafka_feed {
    struct kafka_port port;
    uint64_t sent;
};

struct kafka_feed *kafka_feed_open(const struct options *options, struct error *error) {
    struct kafka_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the producer");
        return NULL;
    }
    feed->port.options = options;
    feed->port.feeding = true;
    feed->port.warned_ms = steady_ms() - KAFKA_WARN_MS;
    feed->port.producer = kafka_client_new(&feed->port, OPTIONS_PRODUCER, error);
    if (feed->port.producer != NULL) return feed;
    kafka_feed_close(feed);
    return NULL;
}

static bool all_delivered(const struct kafka_feed *feed, struct error *error) {
    return feed->port.delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(error, ERROR_UNAVAILABLE,
                     "%lld of %llu records sent were not delivered, the first because: %s",
                     (long long)feed->port.delivery_failures, (unsigned long long)feed->sent,
                     rd_kafka_err2str(feed->port.delivery_error));
}

bool kafka_feed_partitions(struct kafka_feed *feed, const char *topic, int32_t *count,
                           struct error *error) {
    return kafka_partition_count(&feed->port.port, topic, count, error);
}

bool kafka_feed_send(struct kafka_feed *feed, const struct port_message *message,
                     struct error *error) {
    const enum port_status status = kafka_produce(&feed->port.port, message, error);
    if (status == PORT_STOPPED) return error_set(error, ERROR_INTERRUPTED, "stopped while sending");
    if (status != PORT_OK) return false;
    if (++feed->sent % SERVE_EVERY == 0) rd_kafka_poll(feed->port.producer, 0);
    return all_delivered(feed, error);
}

bool kafka_feed_flush(struct kafka_feed *feed, struct error *error) {
    while (rd_kafka_flush(feed->port.producer, KAFKA_CALL_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        if (!kafka_try_again(&feed->port, "flush", "records are on their way", error)) return false;
    return all_delivered(feed, error);
}

void kafka_feed_stop(struct kafka_feed *feed) {
    atomic_store(&feed->port.stopped, true);
}

void kafka_feed_close(struct kafka_feed *feed) {
    if (feed == NULL) return;
    kafka_producer_close(&feed->port);
    free(feed);
}
