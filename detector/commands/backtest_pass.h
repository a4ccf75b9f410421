/* SPDX-License-Identifier: Apache-2.0 */
/* What one run over recorded events leaves behind: every scored side, every account, every
 * recommendation. Grows with the input; engine thread. */
#pragma once

#include "detector/batch.h"
#include "detector/commands/labels.h"
#include "detector/recommendation.h"

enum { BACKTEST_DAY_UNKNOWN = INT32_MIN };

struct backtest_account {
    char *token;
    uint32_t token_size;
    int32_t opened_on_day; /* days since 1970, or BACKTEST_DAY_UNKNOWN */
    uint8_t account_type;  /* enum account_type; what was said last, as of the next */
    uint8_t person_type;   /* enum person_type */
};

struct backtest_side {
    int64_t time_s; /* of the event */
    double logit;
    int64_t received_tiyn; /* came to the account by transfer between persons */
    uint32_t account;      /* index */
    uint16_t partition;    /* with `offset` where its record lies in the run */
    uint8_t role;          /* enum side_role */
    int64_t offset;
    int64_t amount_tiyn;
};

/* A recommendation that opens or amends an episode. */
struct backtest_advice {
    int64_t issued_s;
    int64_t hold_tiyn; /* 0: nothing is to be held */
    uint32_t account;
    enum action action;
    bool opens;
    int32_t revision;
    int64_t at_risk_tiyn; /* of P2P credits that was still there, whatever the action */
    char id[RECOMMENDATION_ID_SIZE + 1];
};

struct backtest_pass {
    struct backtest_account *accounts;
    size_t account_count, account_room;
    struct backtest_side *sides;
    size_t side_count, side_room;
    struct backtest_advice *advice;
    size_t advice_count, advice_room;
    uint32_t shadows;      /* models beside the live one */
    double *shadow_logits; /* by side, then by shadow */
    size_t shadow_room;
    struct account_set *index; /* of accounts, by token */
    uint32_t *by_number;       /* the same by the engine's number: index + 1; 0: not met yet */
    size_t number_room;
    struct labels *labels; /* told of each batch; the caller's; or NULL */
};

struct backtest_pass *backtest_pass_new(struct labels *labels);
void backtest_pass_free(struct backtest_pass *pass);
void backtest_pass_take_batch(struct backtest_pass *pass, const struct batch *batch);
/* Takes a struct backtest_pass; fits pipeline_options.on_recommendation. */
void backtest_pass_take_advice(void *pass, const struct recommendation *recommendation);

/* The account of one side of the batch. */
const struct party *backtest_party(const struct batch *batch, const struct side *side);
