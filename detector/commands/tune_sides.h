/* SPDX-License-Identifier: Apache-2.0 */
/* What episodes are made of: of every scored side what decide reads, so that it can be asked what
 * it would have done at another threshold. Grows with the input; engine thread. */
#pragma once

#include "detector/commands/backtest_pass.h"
#include "detector/policy.h"

struct tune_side {
    double logit;
    int64_t clock_s;        /* engine clock at its record */
    int64_t issued_s;       /* when a recommendation on it is issued */
    int64_t due_s;          /* and when that one would expire */
    int64_t unspent_tiyn;   /* of the account's P2P credits, as account_unspent */
    int64_t traced_tiyn;    /* reported money that is there */
    int64_t available_tiyn; /* that may be held at most */
    int64_t unreturned_s;   /* as account_unspent */
    int64_t event_s;
    uint64_t tx;      /* hash of the transaction's id */
    uint32_t account; /* index into the pass */
    uint32_t number;  /* the engine's: another one when the account was forgotten between */
    bool reversed, allowed;
};

/* Every second that the engine clock showed, rising. */
struct tune_clock {
    int64_t *seconds;
    size_t count, room;
};

struct tune_sides {
    const struct policy *policy;
    struct tune_side *items; /* in log order; after tune_sides_sort by account, each in log order */
    size_t count, room;
    struct tune_clock clock;
};

void tune_sides_close(struct tune_sides *sides);
/* After the pass took the batch. */
void tune_sides_take(struct tune_sides *sides, const struct backtest_pass *pass,
                     const struct batch *batch);
void tune_sides_sort(struct tune_sides *sides, const struct backtest_pass *pass);
