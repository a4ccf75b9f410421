/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `saqshy signal`, over any port. */
#pragma once

#include "detector/commands/signal_book.h"
#include "detector/commands/signal_draft.h"
#include "detector/service/options.h"

#include <stdio.h>

struct signal_query {
    const struct options *options;
    const char *kind;    /* ls: NULL: any */
    const char *subject; /* ls: TYPE:TOKEN; NULL: any */
    const char *id;      /* show, withdraw */
    const char *reason;  /* withdraw: what the withdrawal's category says */
    const char *source;  /* withdraw: NULL: the signal's own */
    int64_t now_s;
    bool live, full, json, quiet, dry_run;
};

/* "ACCOUNT:TOKEN" or "ACCOUNT:TOKEN:DROPPER" as the object of a subject, the caller's; NULL:
 * ERROR_USAGE. */
json_t *signal_subject_json(const char *text, struct error *error);

/* Publishes completed drafts, all or none, but those that are there already; as the producer of
 * `port`, which it fences. ERROR_BAD_DATA: one contradicts what is there, or has ended. */
bool signal_publish(struct port *port, const struct signal_query *query,
                    struct signal_drafts *drafts, FILE *out, struct error *error);
/* Publishes a WITHDRAWAL, if the signal counts. ERROR_FAILED: there is none of that id. */
bool signal_withdraw(struct port *port, const struct signal_query *query, FILE *out,
                     struct error *error);
bool signal_list(struct port *port, const struct signal_query *query, FILE *out,
                 struct error *error);
/* Every record about one signal. */
bool signal_show(struct port *port, const struct signal_query *query, FILE *out,
                 struct error *error);

/* A book of the topic, read to its end; the caller's. */
struct signal_book *signal_read_topic(struct port *port, const struct signal_query *query,
                                      void (*seen)(void *context, const struct signal_seen *seen),
                                      void *context, struct error *error);
/* "live", "later", "ended", "rejected", "withdrawn". */
const char *signal_state(const struct signal_entry *entry, const struct signal *signal,
                         int64_t now_s);
/* As JSON, tokens masked unless the query wants them full; the caller's. */
json_t *signal_to_json(const struct signal *signal, const struct signal_query *query);
