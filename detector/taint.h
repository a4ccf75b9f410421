/* SPDX-License-Identifier: Apache-2.0 */
/* Taint: money of reported transfers, followed from account to account as it moves.
 *
 * A source is a transfer that an INCIDENT names: what it brought to its payee is traced, by the
 * rules of trail.h (first in first out; hops, hours and a floor bound it; a reversal gives back
 * what is still there). What is known of an account is which stretches of which of its credits are
 * traced; where they lie now follows from its ring (taint_fifo.h). A report of a past transfer is
 * traced when it comes, by walking forward through the rings in the order of the log: the state is
 * then as if the transfer had been known as a source from the start. A withdrawal does the same
 * without it: its marks go wherever they have got to.
 *
 * What bounds bite is said by taint_ask (`approximate`) of the account where they did, for 8 to 16
 * days, and counted: marks of an account and parts of a credit (taint_fifo.h), accounts, marks,
 * sources, steps of a walk, and rings, which forget what is older than 8 days or 128 events back.
 * Nothing of a source is known 8 days after it. A function of the log alone. Engine thread only. */
#pragma once

#include "detector/accounts.h"
#include "detector/signal.h"
#include "detector/trail.h"

struct taint;

struct taint_options {
    struct trail_limits limits; /* hops_max at most 254; bytes_max is not used */
    uint32_t walk_max;          /* events that one report is traced through */
    uint32_t accounts_max;      /* tainted at a time; four times as many marks, as many sources */
};

/* Bytes that a table of such options may take. */
size_t taint_bytes_of(const struct taint_options *options);
/* The accounts outlive it, and tell it by taint_forget who is gone. */
struct taint *taint_open(const struct taint_options *options, struct accounts *accounts,
                         struct error *error);
void taint_close(struct taint *taint);

/* A settled or reversed event is in the rings of both its accounts, by their numbers; 0: it has
 * none. At the engine clock of the row. */
void taint_moved(struct taint *taint, uint64_t ordinal, uint32_t payer, uint32_t payee,
                 int64_t clock_s);

/* An INCIDENT is in force: its transfers are traced. Those that are named by related_tx_ids in the
 * rings of its ACCOUNT subjects (credits of a BENEFICIARY or DROPPER, debits of a VICTIM), or,
 * without ids, those near occurred_at: of the amount, or, where none is given, P2P transfers. To
 * the end of its term. A citizen's report and other signals: nothing. Returns how many of the named
 * transfers are not there; without ids: 1, none is. */
uint32_t taint_report(struct taint *taint, const struct signal *signal, int64_t clock_s);
/* The signal of this id counts no more. */
void taint_withdraw(struct taint *taint, struct text signal_id, int64_t clock_s);

/* The signal is another now: undone, then traced anew. Returns what taint_report does; *still: of
 * the transfers that it named, it names one. */
uint32_t taint_revise(struct taint *taint, const struct signal *signal, int64_t clock_s,
                      bool *still);

/* An account is gone from the table, or about to go. */
void taint_forget(struct taint *taint, uint32_t account_number);
/* Between batches, at fixed places of the order: drops a bounded number of things that are over. */
void taint_maintain(struct taint *taint, int64_t clock_s);

/* What the account knows of traced credits within windows up to `second`. */
struct taint_answer {
    int64_t amount_72h;  /* tiyn that came */
    uint32_t hop;        /* transfers since the victim, the fewest: 1 from the victim; 0: none */
    uint32_t payers_24h; /* different ones that brought it */
    int64_t there;       /* tiyn of it, whenever it came, that the account still has */
    bool approximate;
};
void taint_ask(struct taint *taint, uint32_t account_number, int64_t second, int64_t clock_s,
               struct taint_answer *answer);

/* Keys of ids (signals_id_key) of reports that traced credits of the account rest on, one for each
 * source: the latest `max` by the order of the credits. Of the time of the last question. */
uint32_t taint_reports(const struct taint *taint, uint32_t account_number, struct account_key *out,
                       uint32_t max);

struct taint_counts {
    uint64_t accounts, marks, sources; /* held */
    uint64_t walked;                   /* events walked through, ever */
    uint64_t bounded;                  /* times a bound bit, ever */
};
struct taint_counts taint_count(const struct taint *taint);

/* Saving the table as it is now while it goes on: what is small into `head`, the rest through the
 * sink, each item whole; one that is about to change comes before the others. */
void taint_save_begin(struct taint *taint, struct pack *head, const struct pack_sink *sink);
/* Goes on by so many items; false: there are no more, or one found no space. */
bool taint_save_step(struct taint *taint, uint32_t looks);
/* True when all of them have been saved; ends it in any case. */
bool taint_save_end(struct taint *taint);

/* Loading into a table that is new. False: these bytes are no state of such a table, which is then
 * good for taint_close only; or ERROR_FAILED: no memory. */
bool taint_load_begin(struct taint *taint, struct unpack *head, struct error *error);
/* Any part of what went through the sink, of whole items. */
bool taint_load_records(struct taint *taint, struct unpack *records);
bool taint_load_end(struct taint *taint, struct error *error);
/* Once the accounts are loaded: whether it is those that have traced money that are marked so,
 * `tainted` of them. */
bool taint_fits(const struct taint *taint, uint64_t tainted);
