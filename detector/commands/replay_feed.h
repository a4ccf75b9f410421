/* SPDX-License-Identifier: Apache-2.0 */
/* A replay into Kafka: a plain file by the key's murmur2, a recording into the partitions it was
 * read from. */
#pragma once

#include "detector/commands/pace.h"
#include "detector/commands/replay_source.h"

struct replay_feed;

struct replay_feed_options {
    const struct options *settings; /* outlives the feed, as the source does */
    struct replay_source *source;
    struct pace pace;
    bool recorded_timestamps; /* otherwise the records are stamped with now */
    bool quiet;               /* no progress */
};

struct replay_feed *replay_feed_open(const struct replay_feed_options *options,
                                     struct error *error);
void replay_feed_close(struct replay_feed *feed);
/* Once. True when everything sent has been delivered, also after a stop. */
bool replay_feed_run(struct replay_feed *feed, struct error *error);
/* Any thread: no more is sent; what is on its way has a few seconds. */
void replay_feed_stop(struct replay_feed *feed);
int64_t replay_feed_sent(const struct replay_feed *feed);
