/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/labels.h"

#include "detector/commands/account_set.h"
#include "detector/commands/labelled_events.h"
#include "detector/import/csv_walk.h"
#include "detector/import/moment.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

struct labels {
    struct account_set *accounts;    /* first bad second of each */
    struct outcome_labels *outcomes; /* NULL: labels of a file */
    struct labelled_events events;
    bool by_event;               /* else of accounts */
    size_t columns, time_column; /* of the file; columns 0: the head line is still to come */
    size_t rows, contradicted;
};

/* Rows. Each gives NULL, or what is wrong. */

static const char *take_account(struct labels *labels, const struct csv *csv) {
    const struct text account = text_of(csv_field(csv, 0));
    int64_t second = 0;
    if (account.size == 0) return "the account is empty";
    const char *why = moment_read(csv_field(csv, labels->time_column), &second);
    if (why == NULL) labels_add(labels, account, second);
    return why;
}

static const char *read_label(const char *field, bool *bad) {
    *bad = strcmp(field, "1") == 0 || strcasecmp(field, "true") == 0;
    return *bad || strcmp(field, "0") == 0 || strcasecmp(field, "false") == 0
               ? NULL
               : "the label is none of 0, 1, true, false";
}

const char *labels_event(struct labels *labels, struct text event_id, const char *label) {
    bool bad = false;
    if (event_id.size == 0) return "the event is empty";
    const char *why = read_label(label, &bad);
    if (why == NULL && labelled_events_note(&labels->events, event_id, bad ? SAID_BAD : SAID_GOOD))
        labels->contradicted++;
    return why;
}

static const char *take_row(struct labels *labels, const struct csv *csv) {
    if (csv_count(csv) != labels->columns) return "as many fields are due as the head line has";
    return labels->by_event ? labels_event(labels, text_of(csv_field(csv, 0)), csv_field(csv, 1))
                            : take_account(labels, csv);
}

/* The head line. */

static const char *find_time(struct labels *labels, const struct csv *csv) {
    static const char prefix[] = "first_";
    labels->time_column = csv_count(csv) == 2 ? 1 : 0;
    for (size_t i = 1; labels->time_column == 0 && i < csv_count(csv); i++)
        if (strncmp(csv_field(csv, i), prefix, sizeof prefix - 1) == 0) labels->time_column = i;
    return labels->time_column > 0
               ? NULL
               : "of the columns after account_id none is the time: have one, or name it first_…";
}

static const char *take_head(struct labels *labels, const struct csv *csv) {
    labels->columns = csv_count(csv);
    if (strcmp(csv_field(csv, 0), "account_id") == 0) return find_time(labels, csv);
    if (labels->columns != 2 || strcmp(csv_field(csv, 0), "event_id") != 0 ||
        strcmp(csv_field(csv, 1), "label") != 0)
        return "the head line is neither account_id,TIME nor event_id,label";
    labels->by_event = true;
    return NULL;
}

/* The file. */

static const char *take_line(void *context, const struct csv *csv) {
    struct labels *labels = context;
    if (csv == NULL) return labels->rows > 0 ? NULL : "no row follows; labels are due";
    if (labels->columns == 0) return take_head(labels, csv);
    labels->rows++;
    return take_row(labels, csv);
}

struct labels *labels_new(void) {
    struct labels *labels = calloc(1, sizeof *labels);
    assert(labels != NULL && "out of memory");
    labels->accounts = account_set_new();
    assert(labels->accounts != NULL && "out of memory");
    return labels;
}

struct labels *labels_of_events(void) {
    struct labels *labels = labels_new();
    labels->by_event = true;
    return labels;
}

void labels_add(struct labels *labels, struct text account, int64_t second) {
    account_set_lower(labels->accounts, account, second);
}

struct labels *labels_open(const char *path, struct error *error) {
    struct labels *labels = labels_new();
    if (csv_walk(path, take_line, labels, error)) return labels;
    labels_close(labels);
    return NULL;
}

/* Outcomes. */

static void take_bad(void *context, struct text account, int64_t second) {
    labels_add(context, account, second);
}

struct labels *labels_open_named(const char *name, const char *given, const struct options *options,
                                 struct error *error) {
    const bool outcomes = strcmp(name, LABELS_OUTCOMES) == 0;
    if (outcomes != (given != NULL)) {
        error_set(error, ERROR_USAGE,
                  "--labels " LABELS_OUTCOMES " and --outcomes FILE go together");
        return NULL;
    }
    if (!outcomes) return labels_open(name, error);
    struct labels *labels = labels_new();
    labels->outcomes = outcome_labels_open(given, options, error);
    if (labels->outcomes == NULL) {
        labels_close(labels);
        return NULL;
    }
    outcome_labels_tell(labels->outcomes, take_bad, labels);
    return labels;
}

void labels_note_advice(struct labels *labels, const struct recommendation *r) {
    if (labels->outcomes == NULL) return;
    const int64_t second = outcome_labels_first_bad(labels->outcomes, r);
    if (second != INT64_MAX) labels_add(labels, r->target_account_token, second);
}

bool labels_outcomes(const struct labels *labels, struct outcome_label_counts *counts) {
    if (labels->outcomes == NULL) return false;
    *counts = outcome_labels_count(labels->outcomes);
    return true;
}

void labels_close(struct labels *labels) {
    if (labels == NULL) return;
    outcome_labels_close(labels->outcomes);
    account_set_free(labels->accounts);
    labelled_events_clear(&labels->events);
    free(labels);
}

/* Questions. */

int64_t labels_first_bad(const struct labels *labels, const char *account, size_t size) {
    int64_t second = INT64_MAX;
    (void)account_set_find(labels->accounts, (struct text){account, (uint32_t)size}, &second);
    return second;
}

void labels_note(struct labels *labels, struct text event_id, bool is_payee_or_only_side,
                 struct text account, int64_t event_time_s) {
    if (!labels->by_event || !is_payee_or_only_side) return;
    const enum said said = labelled_events_find(&labels->events, event_id);
    if (said == SAID_BAD || said == SAID_BOTH) labels_add(labels, account, event_time_s);
}

void labels_note_batch(struct labels *labels, const struct batch *batch) {
    for (uint32_t i = 0; labels->by_event && i < batch->sides; i++) {
        const struct side *side = &batch->side[i];
        const struct transaction *tx = &batch->tx[side->event];
        const bool payee = side->role == SIDE_PAYEE;
        labels_note(labels, tx->event_id, payee || tx->payee.account_token.data == NULL,
                    payee ? tx->payee.account_token : tx->payer.account_token, tx->event_time_s);
    }
}

size_t labels_accounts(const struct labels *labels) {
    return account_set_count(labels->accounts);
}

size_t labels_contradicted(const struct labels *labels) {
    return labels->contradicted;
}

bool labels_by_event(const struct labels *labels) {
    return labels->by_event;
}
