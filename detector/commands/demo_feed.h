/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's feed: the generator into the topics of transactions and signals, with the banks'
 * answers and the change of the policy at their time, on a thread of its own, paced by a rate and
 * by how far the engine is behind. Records carry the feed's own time, and one partition keeps its
 * order: days pass in seconds here. */
#pragma once

#include "detector/commands/demo_bank.h"
#include "detector/commands/demo_policy.h"
#include "detector/commands/demo_story.h"
#include "detector/commands/scoreboard.h"
#include "detector/generator/gen.h"
#include "detector/service/options.h"

struct demo_feed;

struct demo_feed_options {
    struct gen_options gen;
    const struct options *options; /* brokers and topics; outlives the feed */
    struct demo_story *story;      /* is told of every signal; the caller's */
    struct demo_bank *bank;        /* the caller's, as the next */
    struct demo_policy *policy;
    int64_t per_s; /* records a second at most; 0: as fast as the engine takes */
    /* Called on the feed's thread once everything sent was taken in, or sending failed. */
    void (*ended)(void *context);
    void *context;
};

struct demo_feed *demo_feed_start(const struct demo_feed_options *options, struct error *error);
/* Any thread: the feed ends early. */
void demo_feed_stop(struct demo_feed *feed);
/* Waits for the thread; false when sending failed. */
bool demo_feed_join(struct demo_feed *feed, struct error *error);
/* After the join: the droppers whose money has come, for the scoreboard. */
void demo_feed_label(const struct demo_feed *feed, struct scoreboard *board);
void demo_feed_close(struct demo_feed *feed);

int64_t demo_feed_sent(const struct demo_feed *feed);
/* Seconds since 1970 up to which the feed has come. */
int64_t demo_feed_now_s(const struct demo_feed *feed);
