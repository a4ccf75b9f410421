/* SPDX-License-Identifier: Apache-2.0 */
/* How many terms and which penalty: by time-blocked validation. In each fold the terms are proposed
 * and weighed on rows before a point in time, and judged by the average precision over the accounts
 * that were not known as bad then. Private to models/train/. */
#pragma once

#include "models/train/train.h"

struct choice {
    const struct binned *all;
    const bool *include;        /* by row */
    const int64_t *first_bad_s; /* by account */
    const bool *is_bad;         /* by account: at some time */
    uint32_t accounts;
    const struct train_options *options;
};

/* Fills the trials, `chosen`, the calibration, which is made from what was judged, and `raised`. */
bool choose(const struct choice *choice, struct trained *out, struct error *error);
