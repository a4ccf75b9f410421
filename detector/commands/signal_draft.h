/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that a command is to publish: read from JSON, completed, given an id, checked by what the
 * engine checks. */
#pragma once

#include "detector/signal.h"
#include "schemas/encode.h"

#include <jansson.h>
#include <stdio.h>

enum { SIGNAL_UUID_SIZE = 37, SIGNAL_DRAFTS_MAX = 10000 };

struct signal_draft {
    json_t *json; /* owns the texts; NULL: none */
    struct signal signal;
    char id[SIGNAL_UUID_SIZE]; /* where none was given */
    bool reported_now;         /* reported_at was not given */
    bool reported_by_day;      /* reported_at ends a day (UTC); while it lasts, now */
    bool from_reported;        /* valid_from was not given */
    int64_t term_s;            /* valid_until is so long after valid_from; 0: as it was given */
    int64_t line;              /* of the CSV it comes from; 0: of none */
    bool there;                /* out: it had been published before */
    const char *stands_for_it; /* out: or this withdrawal had, of the same signal (the book's) */
};

struct signal_drafts {
    struct signal_draft *items;
    size_t count, room;
};

void signal_drafts_free(struct signal_drafts *drafts);
/* Takes the object over. `term_s` as above. ERROR_BAD_DATA names the field. */
bool signal_drafts_add(struct signal_drafts *drafts, json_t *object, int64_t term_s,
                       struct error *error);
/* Objects one after the other, or arrays of them. ERROR_BAD_DATA names the signal's number. */
bool signal_drafts_read(struct signal_drafts *drafts, FILE *file, struct error *error);

/* OUTCOME signals from a CSV, a row each (docs/SIGNALS.md); *passed: rows without a result.
 * `source` where a row names none. ERROR_IO; ERROR_BAD_DATA names the line. */
bool signal_drafts_read_outcomes(struct signal_drafts *drafts, const char *path, char separator,
                                 const char *source, size_t *passed, struct error *error);

/* Fills in what was not given: revision 1, now, an id that is a digest of what was given, so that
 * the same again is the same signal; then the checks of signal_admit. */
bool signal_draft_complete(struct signal_draft *draft, int64_t now_us, struct encoder *encoder,
                           struct error *error);
/* Whether `there` says what was given; what was not does not count. */
bool signal_draft_says(const struct signal_draft *draft, const struct signal *there,
                       struct encoder *encoder);
