/* SPDX-License-Identifier: Apache-2.0 */
/* Which dead letters of one partition have been sent back: the markers that stand in it. */
#pragma once

#include "detector/commands/topic_scan.h"

struct dlq_ledger;

enum { DLQ_LEDGER_MAX = 1 << 24 }; /* markers of a partition */

/* NULL when memory is short. */
struct dlq_ledger *dlq_ledger_new(void);
void dlq_ledger_free(struct dlq_ledger *ledger);
/* Reads the partition's markers anew, all that were committed when it was called: where another
 * producer's open transaction hides some, it waits for its end. `extent` is what was read. */
bool dlq_ledger_read(struct dlq_ledger *ledger, struct port *port, const char *topic,
                     int32_t partition, struct topic_extent *extent, struct error *error);
bool dlq_ledger_has(const struct dlq_ledger *ledger, int64_t offset);
