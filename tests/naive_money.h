/* SPDX-License-Identifier: Apache-2.0 */
/* Where traced money lies, first in first out, by the rules of docs/TRACE.md and docs/SIGNALS.md,
 * over what accounts remember: their last 128 entries. Known of a credit is which stretches of it
 * are traced, and of a reversal what it gave back; all else is worked out from an account's entries
 * whenever it is asked for. Shares no code with the engine; tests only. */
#pragma once

#include "detector/transaction.h"

#include <stddef.h>

enum { NAIVE_TX_ID_MAX = 40, NAIVE_PARTS_MAX = 8, NAIVE_BACK_MAX = 256 };

struct naive_money_limits {
    uint32_t hops_max;
    int64_t seconds_max, floor_tiyn;
};

/* A stretch of traced money. */
struct naive_part {
    int64_t start, amount; /* tiyn of the credit; of what a reversal gave back, start is 0 */
    int source;            /* number of a move */
    uint32_t hop;          /* transfers since the source */
};

/* One transaction of the log, of [0] the payer's side, of [1] the payee's. */
struct naive_move {
    char tx_id[NAIVE_TX_ID_MAX];
    int64_t amount, second;
    int64_t before[2];   /* balance, tiyn; not known or below 0: 0 */
    uint32_t account[2]; /* from 1; 0: none */
    size_t entry[2];     /* which of the account's it is, from 1; 0: none of them */
    uint8_t status, type;
    bool source; /* what it brought and nobody else has traced is traced */
    /* What it brought to the payee, or, a reversal, gave back to the payer, of the latest first. */
    struct naive_part *parts;
    int part_count;
};

struct naive_money;

struct naive_money *naive_money_new(const struct naive_money_limits *limits);
void naive_money_free(struct naive_money *money);

/* The next move is in the payer's statement; then, of one that moved money, in the payee's: traced
 * money went along. */
void naive_money_debit(struct naive_money *money, const struct naive_move *move);
void naive_money_credit(struct naive_money *money);
/* The move has become a source, or is none any more: what came of that is worked out anew. */
void naive_money_walk(struct naive_money *money, int move);

/* In the order of the log; `source` may be changed. */
struct naive_move *naive_money_moves(const struct naive_money *money, int *count);
/* Numbers of an account's moves, in the order of the log. */
const int *naive_money_statement(const struct naive_money *money, uint32_t account, size_t *count);
bool naive_money_remembers(const struct naive_money *money, int move, int side);
/* Traced money that the account has. */
int64_t naive_money_there(struct naive_money *money, uint32_t account);
