/* SPDX-License-Identifier: Apache-2.0 */
/* The one thing that moves through the pipeline: up to BATCH_EVENTS input records with the columns
 * that the stages fill, each its own. Allocated once; a record's memory is borrowed until
 * `consume_release`.
 *
 *   consume   count, input[], forced[]
 *   decode    verdict[], verdict_text[], tx[] or signal[], clock_s[]
 *   apply     sides, side[], told[][], features[][], signal_effect[], signal_untraced[],
 *             still_traced[]
 *             (verdict[] may become DUPLICATE)
 *   score     logit[], shadows, shadow_logit[][]
 *   decide    decision[], answered[], unsaid[]; reads all and hands out recommendations one by one
 *   publish   reads all */
#pragma once

#include "detector/decision.h"
#include "detector/feature_table.h"
#include "detector/inputs.h"
#include "detector/port.h"
#include "detector/recommendation.h"
#include "detector/signals.h"
#include "detector/transaction.h"
#include "detector/verdict.h"
#include "models/score.h"

#define BATCH_EVENTS 128u
#define BATCH_SIDES (2u * BATCH_EVENTS)
/* No batch reaches across a multiple of so many ordinals: what is to be done at a fixed place in
 * the order, whatever the batches were, is done there. */
#define BATCH_STRIDE 1024u
/* Keys and values of a batch, and the record that passes this: its dead letters, with the headers
 * that these keep, and its recommendations fit in half of the least commit.bytes.max. No batch of
 * usable records is that large. */
#define BATCH_BYTES (8u << 20)
/* Values a column of features has room for: a little more than there are sides, so that columns do
 * not all start in the same set of the cache. */
#define BATCH_COLUMN (BATCH_SIDES + 8u)

struct account; /* accounts.h */

struct input {
    struct port_record record;
    enum input_kind kind;
    const char *topic;
    int32_t partition;
    uint32_t stream;
    uint64_t ordinal; /* place in the order the engine chose, from 0 in an epoch */
};

enum side_role { SIDE_PAYER, SIDE_PAYEE };

/* One scored side of one event. */
struct side {
    uint32_t event; /* index into input[], tx[] */
    uint32_t account_number;
    enum side_role role;
    uint32_t quality; /* bit set of 1 << enum quality, over the widest window */
    /* Windows that begin before these are APPROXIMATE, COLD_START. */
    int64_t approximate_before_s, cold_before_s;
    bool taint_approximate;    /* what is known of traced money is */
    int64_t traced_tiyn;       /* reported money that was there */
    uint32_t told;             /* ids in `told` */
    uint32_t told_by_citizens; /* a bit each: it weighs nothing alone */
    uint32_t told_by_money;    /* a bit each: money came that it reports */
    /* The account as it stood when this side was scored: the live record, or a copy where a later
     * event of the batch changed it. Read-only for the stages after apply. */
    const struct account *account;
};

/* An answer to a recommendation that counts no more. */
struct unsaid {
    uint8_t result; /* enum outcome_result */
    uint8_t action; /* that was last advised */
};

struct batch {
    uint32_t count;
    uint32_t sides;
    struct input input[BATCH_EVENTS];
    enum verdict forced[BATCH_EVENTS]; /* replay: what the order log says; else ACCEPTED */
    enum verdict verdict[BATCH_EVENTS];
    char verdict_text[BATCH_EVENTS][128];
    struct transaction tx[BATCH_EVENTS];
    /* Of the rows whose verdict is SIGNAL. */
    struct signal signal[BATCH_EVENTS];
    enum signal_effect signal_effect[BATCH_EVENTS];
    uint32_t signal_untraced[BATCH_EVENTS]; /* transfers that an INCIDENT names and are not there */
    bool still_traced[BATCH_EVENTS]; /* a revision of what reported money names some of it still */
    bool moved[BATCH_EVENTS];        /* an attempt whose transaction has moved money already */
    int64_t clock_s[BATCH_EVENTS];   /* engine clock once this record was accepted */
    struct side side[BATCH_SIDES];
    /* Ids of signals that speak of a side's party or of its money; told[side][n]. */
    char told[BATCH_SIDES][SIGNAL_IDS_MAX][SIGNAL_ID_SIZE];
    double features[FEATURE_COUNT][BATCH_COLUMN]; /* features[f][side]; NaN is null */
    double logit[BATCH_SIDES];
    uint32_t shadows;                                    /* models that decide nothing */
    double shadow_logit[SCORE_SHADOWS_MAX][BATCH_SIDES]; /* [shadow][side] */
    /* Once all recommendations were asked for: */
    uint8_t decision[BATCH_SIDES]; /* enum decision */
    /* Of the rows whose verdict is SIGNAL: the action of the episode that an OUTCOME is about,
     * ACTION_UNKNOWN where none such is known; ACTION_COUNT: no OUTCOME that says something new. */
    uint8_t answered[BATCH_EVENTS];
    /* Likewise: what was taken back by it of an answer that counted; OUTCOME_UNKNOWN: nothing. */
    struct unsaid unsaid[BATCH_EVENTS];
};

/* The feature vector of one side. */
static inline void batch_vector(const struct batch *batch, uint32_t side,
                                double out[FEATURE_COUNT]) {
    for (int f = 0; f < FEATURE_COUNT; f++)
        out[f] = batch->features[f][side];
}

/* NULL when memory is short. */
struct batch *batch_new(void);
void batch_free(struct batch *batch);
