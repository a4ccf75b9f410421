/* SPDX-License-Identifier: Apache-2.0 */
/* Whose money is traced: that of a transaction, of an incident's transactions, which it names or
 * describes, or of what people sent to an account. */
#pragma once

#include "detector/commands/trace_pass.h"

enum trace_kind { TRACED_TRANSACTION, TRACED_ACCOUNT, TRACED_INCIDENT, TRACED_KINDS };

struct trace_subject {
    enum trace_kind kind;
    bool kind_given;  /* not to be found out */
    const char *name; /* tx_id, account or signal_id */
    /* Of an account: P2P credits in (from_s, to_s]. */
    int64_t from_s, to_s;
    /* Of an incident: its transactions, and which of them moved nothing here. */
    const char **tx_ids;
    size_t tx_count, *unmoved, unmoved_count;
    /* Of an incident without any: what it says of them, and how many it may mean, all of which are
     * traced. */
    bool described;
    struct trace_description description;
    size_t fitting;
    char *owned;          /* its name */
    struct json_t *texts; /* owns those of the description; NULL: the pass does */
};

/* An incident as JSON: "signal_id" and "related_tx_ids", as in FraudSignal, or, without any,
 * "subjects", "occurred_at" and "amount_kzt_minor"; other keys are left alone. ERROR_BAD_DATA,
 * ERROR_IO. */
bool trace_incident_read(const char *path, struct trace_subject *subject, struct error *error);
void trace_subject_free(struct trace_subject *subject);

/* What was asked for by name: ERROR_BAD_DATA when it is none of what the pass has seen, ERROR_USAGE
 * when it is more than one. */
bool trace_subject_find(const struct trace_pass *pass, struct trace_subject *subject,
                        struct error *error);
/* Of an account, without --from: the `window_s` seconds up to its last event. */
void trace_subject_window(const struct trace_pass *pass, struct trace_subject *subject,
                          int64_t window_s);
/* Marks the sources among the pass's moves. ERROR_BAD_DATA, saying why, when there are none. */
bool trace_subject_mark(struct trace_pass *pass, struct trace_subject *subject,
                        struct error *error);
