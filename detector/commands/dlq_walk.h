/* SPDX-License-Identifier: Apache-2.0 */
/* Through the dead-letter topic letter by letter, with what the ledger says of each. */
#pragma once

#include "detector/commands/dlq_ledger.h"
#include "detector/commands/dlq_letter.h"

struct dlq_place {
    int32_t partition; /* in the dead-letter topic */
    const struct port_record *record;
    bool redriven;
};

struct dlq_walk {
    struct port *port;
    const char *topic;
    /* Called for every letter; false ends the walk: without an error set it is enough. */
    bool (*each)(void *context, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error);
    /* NULL, or called before and after the letters of a partition are handed out, `begun` with its
     * ledger as it was just read. */
    bool (*begun)(void *context, const struct dlq_ledger *ledger, struct error *error);
    bool (*ended)(void *context, struct error *error);
    void *context;
    /* Set by any of these: the partition's ledger is read anew, `begun` called again, and the walk
     * goes on behind the letter it was at. */
    bool again;
    int64_t strangers; /* out: records that are neither letters nor markers */
};

/* Assigns the port's consumer. What is written while it runs is not read. */
bool dlq_walk(struct dlq_walk *walk, struct error *error);
