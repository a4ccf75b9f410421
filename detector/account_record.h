/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of an account record. Private to account.c, accounts.c, fifo.c, features.c and
 * apply.c.
 *
 * The ring is a structure of arrays of RING_SLOTS events in the order they arrived; the lines that
 * windows read come first and together. What leaves the ring folds into the opening lot, which is
 * exact for FIFO: everything that is left came later. */
#pragma once

#include "detector/account.h"

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

/* tags[]: the rest. */
enum {
    TAG_IN = 1, /* money came in, own transfers included */
    TAG_OWN = 2,
    TAG_NIGHT = 4,
    TAG_ROUND = 8,
};

struct account {
    uint32_t second[RING_SLOTS];
    uint32_t amount[RING_SLOTS]; /* coded: quantise_amount */
    uint8_t bits[RING_SLOTS];
    uint8_t tags[RING_SLOTS];
    uint32_t counterparty[RING_SLOTS];
    uint32_t tx_hash[RING_SLOTS];
    uint32_t ordinal_low[RING_SLOTS];
    uint8_t ordinal_high[RING_SLOTS];
    uint8_t event_type[RING_SLOTS];
    uint8_t channel[RING_SLOTS];
    uint8_t rail[RING_SLOTS];

    struct account_key key;
    int64_t opening_tiyn;  /* FIFO's oldest lot: before first sight, and what left the ring */
    int64_t last_living_s; /* 0: never */
    int64_t decayed_s;     /* when `credit_rate` was last brought up to date */
    int64_t inexact_s;     /* latest event time that left the ring or whose amount is beyond what a
                              slot can say; 0: none */
    int64_t newest_s;      /* latest event time seen */
    double credit_rate;    /* decayed number of credits, half-life 14 d */
    double amount_mean, amount_variance; /* decayed, weight 1/16 an event */
    uint64_t batch; /* the batch that changed it last, and the sides of it that refer to it */
    uint32_t first_side, side_count;
    uint32_t number;
    uint32_t seen;       /* events ever, saturating */
    uint32_t amounts;    /* of them in mean and variance */
    uint8_t count, head; /* slots in use; physical slot of the oldest */
};

/* Physical slot of the i-th oldest event. */
static inline uint32_t ring_slot(const struct account *account, uint32_t i) {
    return (account->head + i) % RING_SLOTS;
}

/* 31 bits of tiyn, or with the top bit units of 2^16 tiyn, saturating. */
uint32_t quantise_amount(int64_t tiyn);
int64_t amount_of(uint32_t coded);

/* Money in a lot: it stops at the largest number. */
static inline int64_t lot_sum(int64_t lot, int64_t amount) {
    return lot > INT64_MAX - amount ? INT64_MAX : lot + amount;
}

/* Makes room, writes everything but `bits`' NEWEST and STRANGER, which it finds itself, and brings
 * the header up to date. */
struct ring_event {
    int64_t second, amount_tiyn, balance_before_tiyn;
    uint64_t ordinal;
    uint32_t counterparty, tx_hash;
    uint8_t bits, tags, event_type, channel, rail;
    bool balance_present;
};
void account_insert(struct account *account, const struct ring_event *event);
/* The decayed number of credits at `second`; a time before the last is that one. */
double account_credit_rate(const struct account *account, int64_t second);
/* True when the ring holds the same transaction: tx hash, amount, counterparty and kind. */
bool account_holds(const struct account *account, const struct ring_event *event);
