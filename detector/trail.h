/* SPDX-License-Identifier: Apache-2.0 */
/* Where the money of some transfers went, exactly: first in, first out within each account, as
 * fifo.h has it, but over all of a history and with a mark on each tenge. Knows nothing of rings,
 * files or models: the slow twin of what an engine can follow within its bounds.
 *
 * An account is a queue of lots. The oldest is its balance before first sight; a debit takes from
 * the front; a credit brings the payer's money in its order; a debit beyond all lots is unseen
 * money, which is not traced. A reversal gives back what its debit took, the latest first, to where
 * it was; what of it the payee has still got comes back with its mark, and what is spent already is
 * replaced by money without one: the mark stays where the money went. Refused and attempted moves
 * and repeated reports move nothing.
 *
 * Two passes: the first finds which accounts traced money may reach, the second keeps queues for
 * those, from their first sight. Off the stream path; memory grows with their moves, up to a limit.
 */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define TRAIL_NONE UINT32_MAX

/* One event, in log order. */
struct trail_move {
    int64_t amount;                     /* tiyn */
    int64_t second;                     /* event time */
    int64_t payer_before, payee_before; /* balances, tiyn; not known or below 0: 0 */
    uint32_t payer, payee;              /* accounts, from 1; 0: cash or an external side */
    uint32_t tx;                        /* the same for events of one transaction */
    uint8_t status, type;               /* enums of transaction.h */
    bool source; /* settled and has a payee: what it brought is traced, but for what is already */
};

/* Why a part ends, or that it does not. Money is not followed into a shop or an office. */
#define TRAIL_FATE_TABLE(X)                                                                        \
    X(FOLLOWED)                                                                                    \
    X(CASH) X(CRYPTO) X(PURCHASE) X(BILL) X(OUTSIDE) X(HOP_LIMIT) X(TIME_LIMIT) X(FLOOR) X(UNDONE)

#define X(name) TRAIL_##name,
enum trail_fate { TRAIL_FATE_TABLE(X) TRAIL_FATE_COUNT };
#undef X

struct trail_limits {
    uint32_t hops_max;   /* transfers on from the first account */
    int64_t seconds_max; /* after the source's event time */
    int64_t floor_tiyn;  /* a transfer with less of traced money is not followed */
    size_t bytes_max;    /* of memory */
};

/* A transfer, and money of a source that it moves. */
struct trail_step {
    int64_t second, began_s; /* of the transfer, of the source */
    int64_t traced;          /* tiyn the transfer moves of all sources */
    uint32_t hop;            /* of the money before it */
    uint8_t type;            /* enum event_type */
    bool to_account;         /* it has a payee */
    bool source;             /* it is one itself, which takes in what comes back to it */
};
/* What becomes of the money; never UNDONE. */
enum trail_fate trail_fate_of(const struct trail_limits *limits, const struct trail_step *step);

/* What one move took of the money of one part, its parent. The amount is gone as follows: returned,
 * and, of a FOLLOWED part, left on the payee's account, or the amounts less returns of its
 * children. */
struct trail_part {
    int64_t amount;
    int64_t returned; /* undone by reversals: the parent's again; of a source, the payer's */
    int64_t left;
    uint32_t move, parent; /* parent TRAIL_NONE: a source */
    uint32_t source;       /* the part it comes from in the end; of a source, itself */
    uint32_t newest_child; /* or TRAIL_NONE */
    uint32_t hop;          /* 0: a source */
    enum trail_fate fate;
};

/* What a reversal gave back of one part. */
struct trail_return {
    int64_t amount;
    uint32_t move, part;
};

struct trail;

/* The moves are borrowed; accounts are numbered to `accounts`. NULL with ERROR_FAILED when it takes
 * more than bytes_max. */
struct trail *trail_follow(const struct trail_move *moves, size_t count, uint32_t accounts,
                           const struct trail_limits *limits, struct error *error);
void trail_free(struct trail *trail);

/* By the order of their moves; a parent comes before its children. */
const struct trail_part *trail_parts(const struct trail *trail, size_t *count);
const struct trail_return *trail_returns(const struct trail *trail, size_t *count);
/* Accounts that had a queue, and bytes that all took. */
size_t trail_reached(const struct trail *trail);
size_t trail_bytes(const struct trail *trail);
