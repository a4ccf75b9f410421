/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of detector/taint.h: transfers that INCIDENTs name, and where their money is, by
 * the rules of docs/SIGNALS.md.
 *
 * Once each 1,024 places of the log, before the row there, up to 32 of what reports hold are looked
 * at in turn, in the order in which they came, the last one taking the place of one that is gone:
 * that is when the end of a report's term is noticed. A source is over after 8 days. Of bounds it
 * knows that an account remembers 128 entries and a credit has 8 traced parts, and no others. */
#pragma once

#include "tests/naive_money.h"
#include "tests/naive_signals.h"

enum { NAIVE_TOLD_MAX = 4 };

struct naive_tracing;

/* What is known of an account within windows up to an event time. */
struct naive_traced {
    int64_t amount_72h, there; /* tiyn */
    uint32_t hop;              /* 0: none came */
    uint32_t payers_24h;
    uint32_t told_count;
    const char *told[NAIVE_TOLD_MAX]; /* ids of the reports, of the latest money first; until the
                                         next signal */
};

struct naive_tracing *naive_tracing_new(const struct naive_money_limits *limits);
void naive_tracing_free(struct naive_tracing *tracing);

/* The row at a place of the log begins, at its engine clock. Rows of no use may be left out. */
void naive_tracing_row(struct naive_tracing *tracing, uint64_t ordinal, int64_t clock_s);
/* It is a transaction that is no duplicate, its accounts by number, from 1 (0: none); what is known
 * of payer and payee when they are scored. */
void naive_tracing_take(struct naive_tracing *tracing, const struct transaction *tx,
                        const uint32_t accounts[2], struct naive_traced sides[2]);
/* It is a signal, and became this. True: it is a revision, and names a transfer that it named
 * before.
 */
bool naive_tracing_hear(struct naive_tracing *tracing, const struct signal *signal,
                        enum signal_effect effect);
/* The same of one account between rows. */
struct naive_traced naive_tracing_ask(struct naive_tracing *tracing, uint32_t account,
                                      int64_t second);
