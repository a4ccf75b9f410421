/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the slow twin of the features share: an account's statement, and the question
 * that a vector answers. For them alone. */
#pragma once

#include "tests/naive_features.h"

#include <stddef.h>

enum { RING = 128, TEXT_MAX = 40 };
enum { NOBODY = 0 }; /* a number that no account has */
enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 * DAY, ZONE = 5 * HOUR };
enum { PANE = 6 * HOUR, PLACES = 32 };

enum happening { MOVED, REVERSED, ATTEMPTED };

/* How an entry left the ring. */
enum leaving { NOT_LEFT, EXPIRED, CROWDED_OUT };

/* One line of an account's statement. */
struct entry {
    char tx_id[TEXT_MAX];
    int64_t second;
    int64_t exact;  /* tiyn as given */
    int64_t amount; /* tiyn as a slot of the ring can say it */
    int64_t balance_after, balance_before;
    uint32_t counterparty; /* NOBODY where there is none */
    enum happening happening;
    enum event_type type;
    enum leaving leaving;
    bool credit;
    bool abroad, to_phone;
    bool stranger;
    bool flagged; /* there was evidence against the payer when it came */
    bool balance_known;
    bool beyond_a_slot; /* the amount is more than a slot can say */
};

struct person {
    char token[TEXT_MAX];
    uint32_t number;
    int64_t since;         /* engine clock when the number was given */
    struct entry *entries; /* the first `left` of them have left the ring */
    size_t left, count, room;
    struct person *next; /* in the bucket */
};

/* What a vector is made of. */
struct question {
    enum naive_mutation mutation;
    const struct person *person;
    const struct entry *ring;
    int ring_count;
    const struct transaction *tx;
    bool payee;
    const struct naive_known *known;
    bool to_stranger; /* it pays an account that was new to the payer before */
    int64_t now;
    int64_t newest_pane[PLACES]; /* of those that were crowded out, at each place; 0: none */
    double *out;
};

enum family { IN, OUT, P2P_IN, P2P_OUT, CASH_OUT };

/* What a row knows beside its accounts. */
struct beside {
    const struct transaction *tx;
    const struct naive_known *known;
    bool to_stranger;
};

/* 31 bits of tiyn, or 31 bits of units of 65,536 tiyn, the nearest one, the largest at most. */
int64_t naive_in_a_slot(int64_t tiyn, enum naive_mutation mutation);
/* The latest time of which the ring may not know all; 0: none. */
int64_t naive_left_second(const struct person *person, enum naive_mutation mutation);

/* naive_windows.c */

bool naive_within(const struct question *q, const struct entry *e, int64_t window);
/* Entries that were crowded out are known by panes of event time: six hours each, 32 places. A pane
 * is kept while no later one has its place, and is in a window by its middle. */
bool naive_in_a_pane(const struct question *q, const struct entry *e, int64_t window);
void naive_find_panes(struct question *q);
bool naive_is_cash(enum event_type type);
/* Settled entries of a family in a window. */
bool naive_settled(const struct question *q, const struct entry *e, enum family family,
                   int64_t window);
int naive_count_of(const struct question *q, enum family family, int64_t window);
int64_t naive_net_of(const struct question *q, enum family family, int64_t window);
double naive_tiyn_of(int64_t tiyn);
double naive_largest(const struct question *q, enum family family, int64_t window);
int naive_distinct(const struct question *q, enum family family, int64_t window);
int naive_flagged_payers(const struct question *q);
double naive_share(int64_t part, int64_t whole);
double naive_new_payer_share(const struct question *q, int64_t window);
/* Decayed number of credits now. */
double naive_credit_rate(const struct question *q);
double naive_burst(const struct question *q, double rate, int64_t window);
double naive_amount_z(const struct person *person, int64_t amount);

/* naive_fifo.c */

void naive_fifo(const struct question *q, struct naive_side *side);

/* naive_vector.c: all of a side but its place in the log. */

void naive_answer(enum naive_mutation mutation, const struct person *person,
                  const struct beside *beside, double z, struct naive_side *side);
