/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when a simulated run is over, whatever happened in it.
 *
 * The order log is replayed without faults, and what it gives must be what is committed, byte for
 * byte and in its order (I1, I2, I5); where asked for, each row of the replay is held to the slow
 * twins of the features and of decide. The rest is looked up in the logs themselves: chains,
 * sequences, offsets, dead letters (I3, I7). */
#pragma once

#include "detector/inputs.h"
#include "detector/service/options.h"
#include "tests/sim_cluster.h"

enum { SIM_PARTITIONS_MAX = 8 };

/* A record that was appended to the input and is not to be used. */
struct sim_poison {
    enum input_kind kind;
    int32_t partition;
    int64_t offset;
};

struct sim_expectation {
    const struct options *options;
    const struct sim_poison *poison;
    size_t poison_count;
    /* One past the last record of each partition of an input; 0: it has none. */
    const int64_t (*input_ends)[SIM_PARTITIONS_MAX];
    bool with_twins; /* slow */
};

struct sim_outcome {
    uint64_t recommendations, dead_letters, order_records, shadow_scores;
    uint64_t signals; /* accepted, in runs with twins */
    uint64_t changes; /* of the policy, the same */
    uint64_t asked;   /* revisions of advice to the paying side, the same */
    uint64_t traced;  /* scored sides with reported money, the same */
};

/* Where the order log, as far as it is committed, leaves a partition of an input; 0: unnamed. */
int64_t sim_order_end(struct sim_world *world, struct sim_cluster *cluster,
                      const struct options *options, enum input_kind kind, int32_t partition);

/* One past the last visible record of a partition. */
int64_t sim_data_end(struct sim_world *world, struct sim_cluster *cluster, const char *topic,
                     int32_t partition);

/* Says what is wrong by sim_fail. */
void sim_check(struct sim_world *world, struct sim_cluster *cluster,
               const struct sim_expectation *expected, struct sim_outcome *outcome);
