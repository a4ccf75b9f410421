/* SPDX-License-Identifier: Apache-2.0 */
/* Which accounts are bad and since when, from a CSV; for tools, off the hot path.
 *
 * The head line says which of two kinds it is:
 *
 *   account_id,ANY_NAME            the account and the time it turned bad
 *   account_id,…,first_NAME,…      the same among more columns, as `saqshy gen --labels` writes it
 *   event_id,label                 labelled events, as `saqshy import --labels-out` writes them
 *
 * A time is as moment.h reads it; a label is 1 or true, 0 or false. Where an account stands twice,
 * the earliest time counts; where an event does, it is bad if any row says so. Labelled events name
 * accounts only as the run meets them: see labels_note. They may also come from the feed itself
 * (labels_of_events). */
#pragma once

#include "detector/base/error.h"
#include "detector/batch.h"
#include "detector/commands/outcome_labels.h"

#include <stddef.h>

struct labels;

/* NULL: ERROR_IO; ERROR_BAD_DATA with the line and what is expected there, also for a file without
 * a row. */
struct labels *labels_open(const char *path, struct error *error);
/* What --labels names: a file, or the word `outcomes`: outcomes of recommendations in the file of
 * `given` (--outcomes). ERROR_USAGE: one of the two without the other. They name accounts
 * themselves, or as the run gives their recommendations: see labels_note_advice. */
#define LABELS_OUTCOMES "outcomes"
struct labels *labels_open_named(const char *name, const char *given, const struct options *options,
                                 struct error *error);
void labels_close(struct labels *labels);
/* The second from which the account is bad (floor); INT64_MAX: never. */
int64_t labels_first_bad(const struct labels *labels, const char *account, size_t size);
/* Without a row: none is bad yet. */
struct labels *labels_new(void);
/* Of events that labels_event brings one by one; none yet. */
struct labels *labels_of_events(void);
/* Only such labels. NULL, or what is wrong with the label. */
const char *labels_event(struct labels *labels, struct text event_id, const char *label);
/* The account is bad from that second on; where it was already, from the earlier one. */
void labels_add(struct labels *labels, struct text account, int64_t second);
/* For each scored side of a run: a labelled event makes its payee's account, or the payer's where
 * no payee has one, bad from the event's time on. Nothing happens for labels of accounts. */
void labels_note(struct labels *labels, struct text event_id, bool is_payee_or_only_side,
                 struct text account, int64_t event_time_s);
/* The same for all sides of a batch. */
void labels_note_batch(struct labels *labels, const struct batch *batch);
/* For each recommendation of a run. Nothing happens for labels of a file. */
void labels_note_advice(struct labels *labels, const struct recommendation *recommendation);
/* What the outcomes came to; false: they are labels of a file. */
bool labels_outcomes(const struct labels *labels, struct outcome_label_counts *counts);
/* Accounts that are bad. */
size_t labels_accounts(const struct labels *labels);
/* Events of which one row says that they are bad, and another that they are not. */
size_t labels_contradicted(const struct labels *labels);
bool labels_by_event(const struct labels *labels);
