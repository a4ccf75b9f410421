/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of an account record. Private to account.c, accounts.c, fifo.c, features.c and
 * apply.c.
 *
 * The ring is a structure of arrays of RING_SLOTS events in the order they arrived; the lines that
 * windows read come first and together. What leaves the ring folds into the opening lot, which is
 * exact for FIFO: everything that is left came later. */
#pragma once

#include "detector/account.h"
#include "detector/kernels.h"

enum { RING_SLOTS = 32 };

/* bits[]: what windows select by. */
enum {
    BIT_CREDIT = 1, /* settled or reversed credit, own transfers left out */
    BIT_DEBIT = 2,  /* settled or reversed debit, own transfers left out */
    BIT_P2P = 4,
    BIT_CASH = 8,      /* cash withdrawal or crypto purchase */
    BIT_NEWEST = 16,   /* newest event of its counterparty on this side, by event time */
    BIT_STRANGER = 32, /* the counterparty was not in the ring within the 7 d before */
    BIT_ATTEMPT = 64,
    BIT_REVERSAL = 128,
};

/* kind[]: the rest, above the event type in the low four bits. */
enum {
    KIND_EVENT_TYPE = 15,
    KIND_IN = 16, /* money came in, own transfers included */
    KIND_ROUND = 32,
    KIND_FOREIGN = 64, /* money went abroad */
    KIND_PHONE = 128,  /* sent to a phone number */
};
/* As planes (kernels.h). */
enum { PLANE_ROUND = 5, PLANE_FOREIGN, PLANE_PHONE };
enum {
    PLANE_CREDIT,
    PLANE_DEBIT,
    PLANE_P2P,
    PLANE_CASH,
    PLANE_NEWEST,
    PLANE_STRANGER,
    PLANE_ATTEMPT,
    PLANE_REVERSAL
};

struct account {
    /* The line that finding an account reads. */
    struct account_key key;
    uint32_t number;
    uint8_t count, head;  /* slots in use; physical slot of the oldest */
    uint32_t seen;        /* events ever, saturating */
    int64_t opening_tiyn; /* FIFO's oldest lot: before first sight, and what left the ring */
    int64_t newest_s;     /* latest event time seen */
    int64_t decayed_s;    /* when `credit_rate` was last brought up to date */
    double credit_rate;   /* decayed number of credits, half-life 14 d */

    uint64_t batch; /* the batch that changed it last, and the sides of it that refer to it */
    uint32_t first_side, side_count;
    double amount_mean, amount_variance; /* decayed, weight 1/16 an event */
    int64_t last_living_s;               /* 0: never */
    int64_t inexact_s; /* latest event time that left the ring or whose amount is beyond what a slot
                          can say; 0: none */
    uint32_t amounts;  /* events in mean and variance, saturating */

    _Alignas(64) uint8_t bits[RING_SLOTS];
    uint8_t kind[RING_SLOTS];
    uint32_t second[RING_SLOTS];
    uint32_t amount[RING_SLOTS]; /* coded: quantise_amount */
    uint32_t counterparty[RING_SLOTS];
    uint32_t tx_hash[RING_SLOTS];
    uint32_t ordinal_low[RING_SLOTS];
    uint8_t ordinal_high[RING_SLOTS];
    uint8_t way[RING_SLOTS]; /* channel, and rail in the high four bits */
};

/* Physical slot of the i-th oldest event. */
static inline uint32_t ring_slot(const struct account *account, uint32_t i) {
    return (account->head + i) % RING_SLOTS;
}

/* 31 bits of tiyn, or with the top bit units of 2^16 tiyn, saturating. */
uint32_t quantise_amount(int64_t tiyn);
int64_t amount_of(uint32_t coded);

/* How many slots the kernels must read: a ring fills from slot 0. */
static inline uint32_t ring_extent(const struct account *account) {
    return account->count <= RING_SLOTS / 2 ? RING_SLOTS / 2 : RING_SLOTS;
}

/* Slots in use, as a mask. */
static inline uint32_t ring_used(const struct account *account) {
    return account->count == RING_SLOTS ? UINT32_MAX : (UINT32_C(1) << account->count) - 1;
}

/* Money in a lot: it stops at the largest number. */
static inline int64_t lot_sum(int64_t lot, int64_t amount) {
    return lot > INT64_MAX - amount ? INT64_MAX : lot + amount;
}

/* Fetches what the next event of a record whose first line is there will touch. */
void account_prefetch(const struct account *account);

/* Makes room, writes everything but `bits`' NEWEST and STRANGER, which it finds itself, and brings
 * the header up to date. `kind` is without the event type. */
struct ring_event {
    int64_t second, amount_tiyn, balance_before_tiyn;
    uint64_t ordinal;
    uint32_t counterparty, tx_hash;
    uint8_t bits, kind, event_type, channel, rail;
    bool balance_present;
};
void account_insert(struct account *account, const struct ring_event *event,
                    const struct kernels *kernels);
/* The decayed number of credits at `second`; a time before the last is that one. */
double account_credit_rate(const struct account *account, int64_t second);
/* True when the ring holds the same transaction: tx hash, amount, counterparty and kind. */
bool account_holds(const struct account *account, const struct ring_event *event,
                   const struct kernels *kernels);
