/* SPDX-License-Identifier: Apache-2.0 */
/* The table of live signals: what is known outside the stream about accounts, persons, phones and
 * devices. A function of the signals applied, in their order, and of the engine clock given with
 * each; no wall clock. Engine thread only.
 *
 * Rules (docs/SIGNALS.md has them with their reasons):
 * - strength of a signal at clock t: 1 for CORROBORATED and CONFIRMED; for REPORTED (and for a
 *   citizen's report whatever it says) linear from 1 at valid_from to 0 at valid_until;
 *   0 outside [valid_from, valid_until);
 * - weight of a subject: the largest of base × strength over its signals, with base 0.3, 0.6, 1;
 *   where signals of two sources are live, at least 0.6 × the second largest of the sources' own
 *   strengths. All citizens' reports are one source, and count only beside another one.
 * - SIM_BOX, FRAUD_CALL and MULTI_LOAN_APPLICATION have no weight; they mark.
 */
#pragma once

#include "detector/accounts.h"
#include "detector/base/pack.h"
#include "detector/signal.h"
#include "detector/signal_effect.h"

enum {
    SIGNAL_ID_SIZE = 129,      /* a signal_id with its NUL */
    SIGNALS_STRONGEST = 4,     /* that an answer names */
    SUBJECT_SOURCE_SIGNALS = 8 /* that count of one source for one subject; the strongest stay */
};

struct signals;

struct signals_options {
    uint32_t max; /* signals held at most, withdrawn ones that are remembered among them */
};

/* Takes address space, no memory: an empty table costs nothing. */
struct signals *signals_open(const struct signals_options *options, struct error *error);
void signals_close(struct signals *signals);

/* An admitted signal; at most 64 whose term is over at `clock_s` (engine clock, seconds) are
 * dropped first. */
enum signal_effect signals_apply(struct signals *signals, const struct signal *signal,
                                 int64_t clock_s);

/* Drops at most 64 signals that had ended before that second's day, whatever the clock. */
void signals_drop_ended(struct signals *signals, int64_t second);

/* Identity of a subject; that of an account is account_key_of(token). */
struct account_key subject_key_of(enum subject_type type, struct text token);

/* Subjects on which the signal weighs, each once, citizens' reports left out. Returns how many. */
uint32_t signals_weighed(const struct signal *signal, struct account_key keys[SIGNAL_SUBJECTS_MAX]);

/* What is known of one party, from its keys. */
struct signal_evidence {
    double weight;     /* 0 to 1; the greatest of its subjects */
    double bot_weight; /* the same of citizens' reports alone, corroborated or not: never a feature,
                          and for REVIEW_ONLY at most */
    int64_t called_s;  /* when a marked number last called one of its phones; 0: not known */
    bool bot_only;     /* there are citizens' reports, and nothing that gives weight */
    bool listed_grey, listed_black;
    bool sim_box;    /* a phone of it is a SIM box's or a fraudulent caller's */
    bool multi_loan; /* it applied for many loans at once */
    uint8_t strongest_count;
    uint32_t strongest[SIGNALS_STRONGEST]; /* signals that gave the weight, for signals_id: by what
                                              they give alone, then age, then id */
};

/* Fetches the line of the index that signals_ask will read. */
void signals_prefetch(const struct signals *signals, struct account_key key);
/* All zero where nothing is known. */
void signals_ask(const struct signals *signals, const struct account_key *keys, size_t count,
                 int64_t clock_s, struct signal_evidence *evidence);
/* The id of a signal of an answer, until the next signals_apply. Returns `id`. */
const char *signals_id(const struct signals *signals, uint32_t reference, char id[SIGNAL_ID_SIZE]);
/* Whether it is a citizen's report, which weighs nothing alone; likewise. */
bool signals_is_citizens(const struct signals *signals, uint32_t reference);
/* The key of an id, and the id of a signal that is held, by it; NULL: none is. */
struct account_key signals_id_key(struct text id);
const char *signals_id_of(const struct signals *signals, struct account_key key,
                          char id[SIGNAL_ID_SIZE]);

uint32_t signals_count(const struct signals *signals); /* held */
size_t signals_bytes(const struct signals *signals);   /* of memory */

/* Saving the table as it is now while it goes on. Signals come through the sink, each whole; one
 * that is about to change comes before the others. The table is not closed meanwhile. */
/* Writes what is small into `head`: 8 bytes for each day on which signals end. */
void signals_save_begin(struct signals *signals, struct pack *head, const struct pack_sink *sink);
/* Goes on by so many signals; false: there are no more, or one found no space. */
bool signals_save_step(struct signals *signals, uint32_t looks);
/* True when all signals have been saved; ends it in any case. */
bool signals_save_end(struct signals *signals);

/* Loading into an empty table. False: these bytes are no state of a table with such options; the
 * table is then good for signals_close only. */
struct signals_load {
    uint32_t signals, subjects; /* that there are in the end */
};
bool signals_load_begin(struct signals *signals, struct signals_load *load, struct unpack *head);
/* Any part of what went through the sink, of whole signals. */
bool signals_load_records(struct signals *signals, struct unpack *records);
bool signals_load_end(struct signals *signals, const struct signals_load *load);
