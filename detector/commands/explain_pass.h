/* SPDX-License-Identifier: Apache-2.0 */
/* What one run over recorded events leaves behind about one account: its scored entries with their
 * vectors and decisions, the one that is to be explained, and how the features of all entries are
 * spread. Grows with the account's entries; engine thread. */
#pragma once

#include "detector/batch.h"
#include "detector/commands/account_set.h"
#include "detector/commands/masked.h"
#include "detector/recommendation.h"
#include "models/spread.h"

/* One scored side of the account. */
struct explain_entry {
    uint64_t ordinal;
    int64_t time_s;
    int64_t amount_tiyn;
    int64_t moved_tiyn;                    /* what it added to the balance; 0: an attempt */
    int64_t balance_before, balance_after; /* tiyn */
    bool balance_known;
    enum side_role role;
    uint8_t tx_status, event_type, channel; /* enums of transaction.h */
    enum decision decision;
    uint32_t counterparty; /* from 1, in order of appearance; 0: none */
    char counterparty_masked[MASKED_SIZE];
    int32_t partition;
    int64_t offset;
    double logit;
};

/* A recommendation for the account that opened or amended an episode. */
struct explain_advice {
    uint64_t ordinal;
    int32_t partition;
    int64_t offset;
    char id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision;
    enum action action;
    int64_t issued_s, valid_until_s;
};

/* Which events a feature of the entry to be explained was made of, newest first, and how sure it
 * is. */
struct explain_evidence {
    uint32_t count;
    uint64_t ordinals[EVIDENCE_MAX];
    enum quality quality;
};

struct explain_pass {
    struct text account;
    int64_t at_s; /* the last entry at or before; INT64_MAX: the highest score, of those that opened
                     a recommendation if any did */
    struct explain_entry *entries;
    size_t entry_count, entry_room;
    double *vectors; /* of each entry FEATURE_COUNT, in the same order */
    size_t vector_room;
    struct explain_advice *advice;
    size_t advice_count, advice_room, advice_placed;
    size_t chosen; /* index of the entry; entry_count 0 or SIZE_MAX: none */
    struct explain_evidence evidence[FEATURE_COUNT];
    struct account_set *counterparties;
    /* Of the whole feed. */
    struct account_set *accounts;
    struct spread *spread;
    uint64_t sides;
    int64_t first_s, last_s; /* of event times */
};

struct explain_pass *explain_pass_new(struct text account, int64_t at_s);
void explain_pass_free(struct explain_pass *pass);
/* Take a struct explain_pass; fit pipeline_options.on_decided and .on_recommendation. */
void explain_pass_take_batch(void *pass, const struct batch *batch);
void explain_pass_take_advice(void *pass, const struct recommendation *recommendation);

/* The last recommendation up to the entry to be explained; NULL: none before. */
const struct explain_advice *explain_pass_advice(const struct explain_pass *pass);
