/* SPDX-License-Identifier: Apache-2.0 */
/* One change of the policy in the demo: holds of one working day, so that advice of its short life
 * has time to expire. It is published as `saqshy policy publish` does it, and read back with what
 * the engine answered as `saqshy policy history` does. */
#pragma once

#include "detector/service/options.h"

struct demo_policy;

#define DEMO_POLICY_ID "saqshy-demo"

/* Comes where the feed is at `at_s`; never with topic.policy empty. Options outlive it. NULL on
 * failure. */
struct demo_policy *demo_policy_open(const struct options *options, int64_t at_s,
                                     struct error *error);
void demo_policy_close(struct demo_policy *policy);
/* The feed's thread, before what is at `now_s`: publishes when it is time. *records: how many
 * the engine has to read for it. */
bool demo_policy_reach(struct demo_policy *policy, int64_t now_s, int64_t *records,
                       struct error *error);

/* What the topic says of the change. */
struct demo_policy_said {
    bool published, acknowledged, active;
    int64_t at_s; /* of the feed */
    const char *author, *approver, *reason;
    const char *shard, *why; /* that acknowledged it; why it was refused */
};
/* One other thread: reads the topic once there may be an answer, until there is one. The texts live
 * as long as the policy. */
struct demo_policy_said demo_policy_look(struct demo_policy *policy);
