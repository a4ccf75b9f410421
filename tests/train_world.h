/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to train on whose truth is known. */
#pragma once

#include "models/train/train.h"
#include "tests/chance.h"

enum { ACCOUNTS = 360, EACH = 20, FIRST_BAD = 100 };

/* An account is bad from the middle of its rows on when it is one of every sixth; then its money is
 * soon gone, and many pay it. */
struct world {
    struct row_store rows;
    int64_t first_bad_s[ACCOUNTS];
};

/* The caller's to free, behind row_store_free. */
struct world *world(void);
/* Puts a value of another making into a column. */
void poison(struct world *w, int feature, double (*value)(struct world *, size_t));

/* 0 to 1. */
double uniform(struct chance *chance);
