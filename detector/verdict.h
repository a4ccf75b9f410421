/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one input record. Names are stable: they are metric labels and, for the dead ones,
 * the header `saqshy.dlq.reason`. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>

/* X(name, dead letter?, what it means) */
#define VERDICT_TABLE(X)                                                                           \
    X(ACCEPTED, false, "decoded, applied and scored")                                              \
    X(DUPLICATE, false, "the same transaction is in the ring already; not applied again")          \
    X(LATE, false, "older than the engine clock by more than 7 days; not applied")                 \
    X(SIGNAL, false, "a signal, given to the table of signals; it has no sides")                   \
    X(SIGNAL_RETIRED, false,                                                                       \
      "a key of the signals without a value, which lets compaction drop it; nothing to apply")     \
    X(DOCUMENT, false, "a change of policy or model, in force from the next record on")            \
    X(DOCUMENT_REFUSED, false,                                                                     \
      "a change of policy or model that cannot be used; the old ones stay")                        \
    X(DOCUMENT_NOTE, false,                                                                        \
      "an acknowledgement in the policy topic, or a key of it without a value; nothing to do")     \
    X(NOT_FRAMED, true,                                                                            \
      "the value is not in the Confluent frame; the text names what it looks like")                \
    X(SCHEMA_UNKNOWN, true, "no schema is known under the frame's id")                             \
    X(SCHEMA_REFUSED, true, "the writer's schema cannot be bound to the contract exactly")         \
    X(MALFORMED, true, "the bytes are not a record of the writer's schema")                        \
    X(OVERSIZE, true, "the value is larger than the limit")                                        \
    X(TOMBSTONE, true, "the record has no value")                                                  \
    X(NO_ACCOUNT, true, "neither side names an account")                                           \
    X(BAD_AMOUNT, true, "the amount is negative or not given in tenge")                            \
    X(BAD_CURRENCY, true, "the currency and the tenge amount contradict each other")               \
    X(BAD_TIME, true, "a time lies outside the years 2000 to 2100")                                \
    X(FUTURE_TIME, true,                                                                           \
      "event_time is more than 5 minutes after ingest_time, or ingest_time more than a day after " \
      "the record's own time stamp")                                                               \
    X(BAD_VALUE, true, "an obligatory value is empty or out of its range")

enum verdict {
#define X(name, dead, text) VERDICT_##name,
    VERDICT_TABLE(X)
#undef X
        VERDICT_COUNT
};

const char *verdict_name(enum verdict verdict);
const char *verdict_text(enum verdict verdict);
/* By its name; VERDICT_COUNT when there is none. */
enum verdict verdict_find(struct text name);
bool verdict_is_dead_letter(enum verdict verdict);
