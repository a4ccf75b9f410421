/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of `saqshy dlq` stand on: an engine that turns what it is sent into dead letters, and
 * redrives of them, in memory. */
#pragma once

#include "detector/commands/dlq.h"
#include "tests/memory_stand.h"
#include "tests/printed.h"

#define INPUT "antifrod.transactions"
#define DEAD_LETTERS "antifrod.transactions.dlq"
#define SIGNALS "antifrod.signals"
enum { DLQ_PARTITIONS = 2 };

struct dlq_stand {
    struct memory_stand base;
    struct error error;
    struct dlq_redriven result;
    struct printed printed;
};

/* For cmocka; *state is the stand. */
int dlq_stand_setup(void **state);
int dlq_stand_teardown(void **state);

/* A record of the input, with headers of its own. */
void dlq_stand_send(struct dlq_stand *stand, int32_t partition, const char *key, const void *value,
                    uint32_t size);
/* One of a schema that nobody knows, told from others by its last byte. */
void dlq_stand_send_unknown(struct dlq_stand *stand, int32_t partition, uint8_t last);
/* A letter with the headers that make one, as anybody may write it. */
void dlq_stand_forge(struct dlq_stand *stand, const char *topic, const char *partition,
                     const char *reason);

/* Of all letters. */
struct dlq_query dlq_stand_query(const struct dlq_stand *stand);
bool dlq_stand_redrive(struct dlq_stand *stand, const struct dlq_query *query);
void dlq_stand_must_redrive(struct dlq_stand *stand, const char *reason, int64_t expected);
/* What is said of the refused is the text. */
void dlq_stand_redrive_aloud(struct dlq_stand *stand, int64_t expected);
/* By a process that dies at its n-th call to the producer, or is fenced there. */
bool dlq_stand_redrive_dying(struct dlq_stand *stand, int calls, enum port_status status);

/* The text has it. */
void dlq_stand_expect(const struct dlq_stand *stand, const char *part);
/* So many were refused so, and it is said. */
void dlq_stand_expect_refused(struct dlq_stand *stand, enum dlq_refusal refusal, int64_t count);
