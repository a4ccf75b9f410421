/* SPDX-License-Identifier: Apache-2.0 */
/* Admission: whether a decoded transaction can be used, by its values and the engine clock. */
#pragma once

#include "detector/transaction.h"
#include "detector/verdict.h"

enum {
    ADMIT_FUTURE_S = 300,     /* event_time is at most so far after ingest_time */
    ADMIT_LATE_S = 7 * 86400, /* and at most so far behind the engine clock */
};

/* Sets tx->amount_tiyn. `clock_s` is the engine clock before this record (INT64_MIN: none yet). For
 * a verdict other than ACCEPTED *why is a static sentence. Source of the rules: docs/CONTRACTS.md,
 * "Admission". */
enum verdict admit(struct transaction *tx, int64_t clock_s, const char **why);
/* Whether an admitted transaction may move the engine clock: FUTURE_TIME when its ingest_time is
 * more than a day after its Kafka record's own time stamp (≤ 0: none). One such record would make
 * all that come after it late. */
enum verdict admit_clock(const struct transaction *tx, int64_t record_ms, const char **why);
/* The record's own time for the engine clock: ingest_time, or event_time where it is absent. */
int64_t admit_clock_s(const struct transaction *tx);
