/* SPDX-License-Identifier: Apache-2.0 */
/* Which accounts are dropped first for want of memory: a heap of candidates by (day of the newest
 * event, account number).
 *
 * It is filled by one pass over all records with those up to a bound, and is exact from then on
 * without another look at the rest: a record only ever goes up in this order, unless it is new, and
 * what is new or moves within the table during the pass is offered too. A candidate that has gone
 * up or away since is found out when its turn comes. Private to the account table. */
#pragma once

#include "detector/account_record.h"

struct victim {
    uint64_t order; /* day << 32 | account number */
    uint64_t key;   /* the low half */
};

struct victims {
    struct victim *heap; /* the first in order on top */
    size_t count, room;
    uint64_t bound; /* nothing beyond it is kept */
};

static inline uint64_t victim_order(const struct account *account) {
    return (uint64_t)(account->newest_s / 86400) << 32 | account->number;
}

void victims_clear(struct victims *victims, uint64_t bound);
void victims_free(struct victims *victims);
/* Keeps the account if it is within the bound. */
void victims_offer(struct victims *victims, const struct account *account);
/* False: there is none. */
bool victims_take(struct victims *victims, struct victim *out);
