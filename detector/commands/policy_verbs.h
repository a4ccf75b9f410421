/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `saqshy policy`, over any port. */
#pragma once

#include "detector/commands/policy_book.h"
#include "models/language.h"

#include <stdio.h>

struct policy_query {
    const struct options *options;
    const char *names[2]; /* publish: files; show: an id; diff: files or ids; NULL: not given */
    const char *author, *approver, *reason; /* NULL: not given */
    int64_t timestamp_ms;                   /* publish: of the record; 0: now */
    enum language language;
    bool json, quiet, dry_run;
};

/* Publishes the files as one change, unless what they say is in force; as the producer of `port`,
 * which it fences. ERROR_CONFIG: an engine would refuse it. ERROR_BAD_DATA: another document is
 * there by its id, or might be asked for by it. */
bool policy_publish(struct port *port, const struct policy_query *query, FILE *out,
                    struct error *error);
/* The same of a change in memory, and says nothing; the query's names are not looked at. */
bool policy_publish_change(struct port *port, const struct policy_query *query,
                           const struct policy_change *change, struct error *error);
/* What is in force, and what the engines say of it; of a name, the document's own bytes. */
bool policy_show(struct port *port, const struct policy_query *query, FILE *out,
                 struct error *error);
/* Every change in the order of the topic, and what the engines answered. */
bool policy_history(struct port *port, const struct policy_query *query, FILE *out,
                    struct error *error);
/* Two documents of one kind; with one name, against what is in force. `port` may be NULL where both
 * are files. */
bool policy_diff(struct port *port, const struct policy_query *query, FILE *out, bool *differ,
                 struct error *error);
/* Whether a name of a document is that of a file. */
bool policy_is_file(const char *name);

/* A book of the topic, read to its end; the caller's. */
struct policy_book *policy_read_topic(struct port *port, const struct policy_query *query,
                                      struct error *error);
