/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals for the basis: gradient boosting on histograms, trees of two splits, whose leaves are
 * steps and products of two steps. Only the leaves are kept, in the order of the rounds; their
 * weights come from the fit (fit.h). Sums run in the order of the rows: the same rows, the same
 * terms, on any machine. Two threads look at the features. */
#pragma once

#include "models/train/terms.h"
#include "models/train/train_progress.h"

struct boost_options {
    uint32_t terms_max;
    uint64_t seed;
    bool monotone;                         /* only terms that term_sign allows */
    bool reported;                         /* looks at those features alone; else at all others */
    const double *known;                   /* a logit for each row to begin with; NULL: none */
    double support;                        /* sum of weights a leaf has at least */
    const struct train_progress *progress; /* of terms */
    const char *stage;                     /* its name to progress */
};

/* Fills `terms` (terms_max of room); count 0: nothing tells bad from others. False: no memory. */
bool boost_propose(const struct binned *binned, const struct boost_options *options,
                   struct train_term *terms, uint32_t *count);
