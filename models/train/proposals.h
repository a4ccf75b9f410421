/* SPDX-License-Identifier: Apache-2.0 */
/* The terms that boosting proposes, and which of them are worth a weight. Private to
 * models/train/. */
#pragma once

#include "models/train/train.h"

struct proposals {
    uint32_t count;
    struct train_term term[TRAIN_TERMS_MAX]; /* as they were proposed */
    bool alike[TRAIN_TERMS_MAX];             /* an earlier one stands for it */
};

/* False: no memory. `stage` is what progress is told. */
bool proposals_make(const struct binned *rows, const struct train_options *options,
                    const char *stage, struct proposals *out);
/* The same of what others report, upon the logits of the rows that are known so far. */
bool proposals_make_reported(const struct binned *rows, const struct train_options *options,
                             const double *known, uint32_t terms_max, struct proposals *out);
/* The first `wanted` of those that are not alike; returns how many there are. `through`: so many
 * proposals they were chosen from; may be NULL. */
uint32_t proposals_take(const struct proposals *proposals, uint32_t wanted,
                        struct train_term *terms, uint32_t *through);
/* There are rows of both kinds. */
bool proposals_possible(const struct binned *rows);
