/* SPDX-License-Identifier: Apache-2.0 */
/* The thresholds that are tried: the edges between the bins of scores. Each is a logit on the
 * model's grid that a policy can name: the first whose probability is at least the edge's. */
#pragma once

#include "detector/commands/backtest_standing.h"
#include "detector/policy.h"
#include "models/average_precision.h"

enum { TUNE_EDGES_MAX = 1000 };

struct tune_edges {
    size_t count;
    double logit[TUNE_EDGES_MAX];       /* rising */
    double probability[TUNE_EDGES_MAX]; /* what a policy says to mean the logit */
};

/* Evenly from the score that a tenth of the accounts reach, or a thousand accounts where that is
 * more, to the highest; the policy's own thresholds are among them. `ranked`: highest first. */
void tune_edges_lay(struct tune_edges *edges, const struct policy *policy,
                    const struct model *model, const struct ranked *ranked, size_t count);
/* The number of edges at or below the logit. */
size_t tune_edges_below(const struct tune_edges *edges, double logit);
