/* SPDX-License-Identifier: Apache-2.0 */
/* The input of a simulated run: a few people and droppers over some weeks, with bursts, reversals,
 * attempts, repeats, late ones, and records that cannot be used; signals about them, some of which
 * report transfers that were made or take such a report back; and changes of the policy that decide
 * the same under other names. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/inputs.h"
#include "tests/sim_world.h"

enum { SIM_FEED_MAX = 600 };

struct sim_record {
    enum input_kind kind;
    int64_t arrives_ms; /* by the world's clock */
    int64_t timestamp_ms;
    uint32_t draw; /* for its partition */
    bool poison;
    struct bytes key, value;
};

struct sim_feed {
    uint32_t count;
    struct sim_record records[SIM_FEED_MAX];
    uint8_t *bytes;
    size_t used, room;
};

/* Drawn from the world's seed; arrives within about a minute. Of 100 turns so many bring a signal,
 * and so many a change of the policy. */
void sim_feed_make(struct sim_feed *feed, struct sim_world *world, uint32_t signals,
                   uint32_t changes);
/* A policy that asks the payer, too, where a dropper is held; by this id, at this probability. */
enum { SIM_POLICY_SIZE = 640 };
const char *sim_policy(const char *id, double probability, char out[SIM_POLICY_SIZE]);
void sim_feed_free(struct sim_feed *feed);
