/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of an account record: one line of head, and behind it a ring of as many events as its
 * size class has room for. Private to account.c, accounts.c, fifo.c, panes.c, features.c and
 * apply.c.
 *
 * The ring is a structure of arrays of the events in the order they arrived, `count` of them from
 * slot `first` on; what windows read comes first. What leaves at the old end folds into the opening
 * lot, which is exact for FIFO: everything that is left came later. When the room of the class is
 * used up, the events move back to slot 0, or the record to a larger class. */
#pragma once

#include "detector/account.h"
#include "detector/kernels.h"

/* A record at rest is a head alone. The largest class has panes (panes.h), and room for twice the
 * events a ring holds, so that they need not move back each time one enters. */
enum { SIZE_CLASSES = 8, CLASS_HEAD = 0, CLASS_4 = 1, CLASS_128 = 6, CLASS_PANES = 7 };
enum { RING_MAX = 128, RING_KEEP_S = 8 * 86400 };

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
    KIND_FOREIGN = 64, /* of what went out: abroad */
    KIND_FLAGGED = 64, /* of what came in: there was evidence against the payer */
    KIND_PHONE = 128,  /* sent to a phone number */
};

/* flags */
enum {
    ACCOUNT_SEEN = 1,    /* has had an event */
    ACCOUNT_LATE = 4,    /* an event of the ring may have come after one that is later than it */
    ACCOUNT_COLD = 2,    /* what was before `left_s` may have been dropped for want of memory */
    ACCOUNT_TAINTED = 8, /* taint.h has something to say of it */
    /* A bound bit on what taint.h knows of it, in the turn of 8 days that this counts, by threes
     * and from 1. It is felt to the end of the next turn. */
    ACCOUNT_BOUNDED = 16 + 32,
};

struct account {
    uint64_t key;         /* the low half of the account's key; the index keeps bits of the other */
    int64_t opening_tiyn; /* FIFO's oldest lot: before first sight, and what left the ring */
    double amount_mean, amount_variance; /* tiyn, decayed, weight 1/16 an event */
    double credit_rate;     /* decayed number of credits, half-life 14 d, as of newest_s */
    uint32_t number;        /* from 1, in order of appearance; 0: not touched yet */
    uint32_t newest_s;      /* latest event time seen */
    uint32_t last_living_s; /* latest payment for living; 0: never */
    uint32_t left_s;      /* latest event time that left the ring, or whose amount is beyond what a
                             slot can say; 0: none. Before the first event, and where it is cold:
                             the engine clock when the number was given */
    uint8_t first, count; /* slots in use: `count` from `first` on */
    uint16_t side;        /* 1 + first side of the batch in hand that refers to this; 0: none */
    uint8_t size_class;
    uint8_t amounts; /* events in mean and variance, saturating */
    uint8_t flags;
    uint8_t saved; /* the last saving of the table (accounts_save.c) that has it; not state */
};

/* The columns of a record's ring, from its oldest event on. */
struct ring {
    uint32_t count;
    uint32_t *second;       /* event time, UTC */
    uint32_t *amount;       /* coded: quantise_amount */
    uint32_t *counterparty; /* account number; 0: none */
    uint8_t *bits, *kind;
    uint8_t *way;   /* channel, and rail in the high four bits */
    uint8_t *print; /* low eight bits of the tx hash */
    uint64_t *cold; /* ordinal in the low 40 bits, the other 24 bits of the tx hash above */
};

/* Bits of an ordinal; above them in cold[] stand those of the tx hash. */
enum { ORDINAL_BITS = 40 };
#define ORDINAL_MASK ((UINT64_C(1) << ORDINAL_BITS) - 1)

/* Events a class has room for: 0, 4, 8 … 128, 256. */
static inline uint32_t class_room(uint8_t size_class) {
    return size_class == CLASS_HEAD ? 0 : UINT32_C(2) << size_class;
}

/* Of an event, and of it what is read with every vector: all but the cold column behind. */
enum { RING_EVENT_BYTES = 3 * 4 + 4 + 8, RING_EVENT_BYTES_READ = 3 * 4 + 4 };

static inline struct ring ring_of(const struct account *account) {
    const uint32_t room = class_room(account->size_class), first = account->first;
    uint32_t *const words = (uint32_t *)(uintptr_t)(account + 1) + first;
    uint8_t *const bytes = (uint8_t *)(uintptr_t)(account + 1) + 12 * room + first;
    return (struct ring){
        .count = account->count,
        .second = words,
        .amount = words + room,
        .counterparty = words + 2 * room,
        .bits = bytes,
        .kind = bytes + room,
        .way = bytes + 2 * room,
        .print = bytes + 3 * room,
        .cold = (uint64_t *)(void *)((uint8_t *)(uintptr_t)(account + 1) + 16 * room) + first,
    };
}

static inline struct panes *panes_of(const struct account *account) {
    uint8_t *const ring = (uint8_t *)(uintptr_t)(account + 1);
    return (struct panes *)(void *)(ring + RING_EVENT_BYTES * class_room(CLASS_PANES));
}

static inline uint64_t ring_ordinal(const struct ring *ring, uint32_t slot) {
    return ring->cold[slot] & ORDINAL_MASK;
}

/* Two slots of one transaction, by all bits of its hash. */
static inline bool ring_same_tx(const struct ring *ring, uint32_t a, uint32_t b) {
    return ring->print[a] == ring->print[b] &&
           ring->cold[a] >> ORDINAL_BITS == ring->cold[b] >> ORDINAL_BITS;
}

/* Whether the slot is of the transaction of this hash. */
static inline bool ring_is_tx(const struct ring *ring, uint32_t slot, uint32_t tx_hash) {
    return ring->print[slot] == (uint8_t)tx_hash &&
           ring->cold[slot] >> ORDINAL_BITS == tx_hash >> 8;
}

/* Whether money came in by the slot, and was not a reversal. */
static inline bool ring_is_lot(const struct ring *ring, uint32_t slot) {
    return (ring->kind[slot] & KIND_IN) != 0 &&
           (ring->bits[slot] & (BIT_REVERSAL | BIT_ATTEMPT)) == 0;
}

/* Bytes of a record of the class. */
size_t class_bytes(uint8_t size_class);
/* The smallest class with room for `count` events; CLASS_PANES never. */
uint8_t class_for(uint32_t count);
/* The class that the record should have at the engine clock: its own, or a smaller one where its
 * ring has become nearly empty and its panes are out of reach. */
uint8_t class_wanted(const struct account *account, int64_t clock_s);

/* 31 bits of tiyn, or with the top bit units of 2^16 tiyn, saturating. */
uint32_t quantise_amount(int64_t tiyn);
static inline int64_t amount_of(uint32_t coded) {
    return (int64_t)(coded & INT32_MAX) << (coded >> 31) * 16;
}

/* Money in a lot: it stops at the largest number. */
static inline int64_t lot_sum(int64_t lot, int64_t amount) {
    return lot > INT64_MAX - amount ? INT64_MAX : lot + amount;
}

/* ACCOUNT_BOUNDED of the turn of an engine clock. */
static inline uint8_t bounded_at(int64_t clock_s) {
    return (uint8_t)(16 * (1 + (uint64_t)clock_s / RING_KEEP_S % 3));
}

/* Events from the old end whose second is at most `until_s` leave the ring: RING_KEEP_S before the
 * engine clock. */
void account_expire(struct account *account, int64_t until_s);
/* Makes `to`, a block of `size_class` that has room, what `from` is. */
void account_move(const struct account *from, struct account *to, uint8_t size_class);
/* Whether the next event has a slot as the record lies; else account_compact, or a larger class. */
static inline bool account_has_room(const struct account *account) {
    return (uint32_t)account->first + account->count < class_room(account->size_class);
}
/* Moves the events back to slot 0. */
void account_compact(struct account *account);

struct ring_event {
    int64_t second, amount_tiyn, balance_before_tiyn;
    uint64_t ordinal;
    uint32_t counterparty, tx_hash;
    uint32_t amount;                               /* coded */
    uint8_t bits, kind, event_type, channel, rail; /* bits without NEWEST and STRANGER */
    bool balance_present;
};
/* Writes the event behind the others, brings the head up to date, and gives NEWEST and STRANGER.
 * The record has room; one whose ring is full has panes, and its oldest event goes there. */
void account_insert(struct account *account, const struct ring_event *event,
                    const struct kernels *kernels);
/* The decayed number of credits at `second`; a time before the newest is that one. */
double account_credit_rate(const struct account *account, int64_t second);
/* Whether the counterparty is an account that is not in the ring within the 7 d before the event.
 */
bool account_is_stranger(const struct account *account, const struct ring_event *event,
                         const struct kernels *kernels);
/* True when the ring holds the same transaction: tx hash, amount, counterparty and kind. */
bool account_holds(const struct account *account, const struct ring_event *event,
                   const struct kernels *kernels);
/* True when the ring holds an event by which the transaction moved money to or from the same
 * counterparty. */
bool account_has_moved(const struct account *account, const struct ring_event *event,
                       const struct kernels *kernels);
