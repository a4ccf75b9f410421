/* SPDX-License-Identifier: Apache-2.0 */
/* One engine that is fed a row a batch. A test program has one. */
#pragma once

#include "tests/engine.h"
#include "tests/rows.h"

struct fed {
    struct apply *apply;
    struct batch *batch;
    uint64_t ordinal; /* of the next row */
};
extern struct fed fed;

enum { FED_DORMANCY_DAYS = 180 };

/* With signals, which may be NULL. */
void fed_open(struct signals *signals);
void fed_close(void);

/* Fixtures: without signals. */
int fed_set_up(void **state);
int fed_tear_down(void **state);

enum verdict fed_take(struct transaction tx);
void fed_tell(struct signal signal);

/* Of the row taken last; there must be such a side. */
const struct side *fed_side(enum side_role role);
double fed_value(enum side_role role, int feature);
