/* SPDX-License-Identifier: Apache-2.0 */
/* An open-loop load: transaction i is due at start + i / rate, whatever the broker or the engine
 * do. Among honest traffic some accounts receive a large transfer and are emptied as cash a moment
 * later. Their transactions carry a number as trace context, which comes back in the headers of
 * the recommendation that they cause. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/service/options.h"

#include <pthread.h>
#include <stdatomic.h>

struct latency_feed {
    const struct options *options; /* the producer's; outlives the feed */
    int32_t partitions;
    int64_t rate;      /* transactions a second */
    int64_t records;   /* in all */
    int64_t droppers;  /* accounts emptied, a second */
    uint32_t accounts; /* of the honest */
    uint64_t seed;
    /* Out. */
    int64_t start_ns;  /* steady; set before the first record is due */
    int64_t late_ns;   /* how far the feeder was behind its schedule at most */
    int64_t end_ns;    /* everything is delivered */
    atomic_bool ended; /* everything is delivered, or the feed has failed */
    bool failed;
    struct error error;
    pthread_t thread;
};

/* Starts the thread; false when there is none. The first record is due `delay_ms` from now. */
bool latency_feed_start(struct latency_feed *feed, int delay_ms);
/* Waits for the end. */
bool latency_feed_join(struct latency_feed *feed, struct error *error);
/* When record i was to be handed to the producer. */
int64_t latency_feed_due_ns(const struct latency_feed *feed, int64_t i);
/* The record that a traceparent header names; -1: none of ours. */
int64_t latency_feed_record(struct bytes traceparent);
