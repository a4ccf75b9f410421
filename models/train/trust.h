/* SPDX-License-Identifier: Apache-2.0 */
/* How far what others report is to be believed: held to rows that nothing was fitted on. Private to
 * models/train/. */
#pragma once

#include "models/train/isotonic.h"

struct raised_row {
    double logit; /* of behaviour */
    double by;    /* what reports add */
    bool bad;
};

/* The share, 0 to 1 in sixteenths, of what reports add with which the calibration of behaviour says
 * best which rows are bad: of the least log loss, of equal ones the larger. 1 for fewer than 100
 * rows. */
double trust_find(const struct raised_row *rows, size_t count, const struct isotonic *behaviour);
