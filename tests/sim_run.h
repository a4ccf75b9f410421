/* SPDX-License-Identifier: Apache-2.0 */
/* One simulated run: an input, engines that are killed, frozen, fenced, stopped and started again,
 * brokers that go away, until all is committed; then the checks. */
#pragma once

#include "tests/sim_check.h"

struct sim_totals {
    uint64_t injected[SIM_FAULT_COUNT];
    uint64_t records, starts, turns;
    uint64_t snapshots; /* there when a run ended */
    uint64_t refills;   /* runs after which the input was made anew */
    uint64_t losses;    /* of the group's offsets, before a start */
    uint64_t rebuilds;  /* after which a new epoch began, the offsets lost or set back */
    struct sim_outcome outcome;
};

/* Whether the policy changes in the run of a seed. */
bool sim_run_has_policy(uint64_t seed);

/* `options` are those of the engines; `with_twins` as in sim_check.h. Adds to the totals; false
 * with what is wrong in `failure`. */
bool sim_run(uint64_t seed, const struct options *options, bool with_twins,
             struct sim_totals *totals, char failure[1024]);
