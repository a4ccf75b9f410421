/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic feed: a seeded population lives its days, some of it as droppers and victims. See
 * docs/GENERATOR.md.
 *
 * The same options give the same transactions to the bit on any machine. Memory grows with the
 * number of accounts, not with the days. One thread. */
#pragma once

#include "detector/base/error.h"
#include "detector/signal.h"
#include "detector/transaction.h"

struct gen;

struct gen_options {
    uint64_t seed;
    int64_t start_s; /* first midnight (UTC+5) of the feed, seconds since 1970 */
    uint32_t days;
    uint32_t accounts;          /* people; organisations come on top */
    uint32_t daily_per_mille;   /* everyday operations a person a day, thousandths */
    uint32_t dropper_per_mille; /* share of accounts that become droppers', thousandths, ≤ 500 */
    bool signals;               /* keep what others say of it, for gen_next_signal */
};

enum gen_typology {
    GEN_HONEST,
    GEN_FORWARDER,      /* money in from frightened victims, out within minutes */
    GEN_OPERATOR,       /* keeps about 5 %, forwards the rest by P2P */
    GEN_CARD_FARM,      /* one of several accounts of one person, emptied at one ATM */
    GEN_SLOW_FORWARDER, /* the same as a forwarder, but hours later */
    GEN_TYPOLOGY_COUNT,
};
const char *gen_typology_name(enum gen_typology typology);

struct gen_label {
    char account_token[40];
    enum gen_typology typology;
    int64_t first_bad_s; /* time of the first tainted credit; 0 when it never came */
};

/* NULL: ERROR_FAILED (memory) or ERROR_USAGE (options out of range). */
struct gen *gen_open(const struct gen_options *options, struct error *error);
void gen_close(struct gen *gen);

/* The next transaction in the order the hub would publish it; false at the end. `tx` and its texts
 * live until the next call. amount_tiyn is not set. `bad`: it belongs to a scheme (a label, never
 * part of the record). */
bool gen_next(struct gen *gen, struct transaction *tx, bool *bad);
/* What victims, banks, operators and citizens say of the feed's own story: the next signal of those
 * reported before the time that gen_next has come to, in the order of reported_at; false: none yet.
 * Its texts live until the next call. The transactions are the same with signals and without. */
bool gen_next_signal(struct gen *gen, struct signal *signal);
/* True when the feed ended early because memory was short. */
bool gen_failed(const struct gen *gen);
/* Seconds since 1970 up to which the feed has come, and where it ends: for progress. */
int64_t gen_now_s(const struct gen *gen);
int64_t gen_end_s(const struct gen *gen);

/* Which groups an account is of, to see whom wrong recommendations hit; never part of a record: a
 * dropper's typology, or the role and what befell the account in the feed so far, "victim" among
 * it. NULL: no more. */
uint32_t gen_account_count(const struct gen *gen);
const char *gen_group(const struct gen *gen, uint32_t account, uint32_t nth);
void gen_account_token(const struct gen *gen, uint32_t account, char out[40]);

/* The planted droppers; complete once gen_next has returned false. */
uint32_t gen_label_count(const struct gen *gen);
struct gen_label gen_label(const struct gen *gen, uint32_t index);
