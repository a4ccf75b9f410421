/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of a benchmark on a real broker, and one of them full of the synthetic feed. */
#pragma once

#include "detector/generator/gen.h"
#include "detector/service/options.h"

/* Creates the topic if it is not there; nothing in it dies by retention. ERROR_UNAVAILABLE. */
bool topic_create(const struct options *options, const char *topic, int32_t partitions,
                  struct error *error);

/* Asks for the topic's end; it goes a moment later. ERROR_UNAVAILABLE. */
bool topic_delete(const struct options *options, const char *topic, struct error *error);

struct feed_topic {
    const struct options *options;
    const char *topic;
    const char *codec; /* of the producer: "none", "lz4", "zstd" */
    int32_t partitions;
    struct gen_options gen;
    int64_t records;
    int64_t per_second; /* the record timestamps say that so many came in a second */
};

/* Sends the first `records` transactions of the feed by an idempotent producer, unless the topic
 * holds exactly as many already and begins with the feed's first one. ERROR_UNAVAILABLE,
 * ERROR_BAD_DATA when it holds something else. */
bool feed_topic_fill(const struct feed_topic *feed, struct error *error);
