/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `saqshy freezes`, and where they read from: a broker's topics, or files. */
#pragma once

#include "detector/commands/freeze_book.h"
#include "detector/commands/outcomes.h"
#include "detector/service/options.h"
#include "models/language.h"

#include <jansson.h>
#include <stdio.h>

struct freezes_query {
    const struct options *options;
    const char *input; /* a recording; NULL: the broker */
    const char
        *signals;       /* a file as signal_book_load reads it; NULL: the broker's or the input's */
    const char *bank;   /* ls: of this BIC; NULL: of any */
    const char *id;     /* show: with or without a revision behind a dot */
    enum action action; /* ls: of this one; ACTION_UNKNOWN: of any */
    int64_t now_us, until_us; /* INT64_MAX: what was issued at any time */
    int64_t limit;            /* ls: rows; 0: all */
    enum language language;
    bool all, full, csv, json, quiet;
};

/* A record of the recommendations' topic, borrowed. */
struct freeze_record {
    int32_t partition;
    int64_t offset;
    struct bytes value;
};

/* What was read, to be closed after a failure as well. */
struct freezes_source {
    const struct freezes_query *query;
    struct port *port; /* NULL: files alone */
    struct signal_book *signals;
    struct outcomes *outcomes; /* NULL: there are no signals */
};

/* Tells every recommendation, then reads the signals. ERROR_BAD_DATA: the input holds none. */
bool freezes_read(struct freezes_source *source,
                  void (*each)(void *context, const struct freeze_record *record), void *context,
                  struct error *error);
void freezes_close(struct freezes_source *source);

bool freezes_list(const struct freezes_query *query, struct port *port, FILE *out,
                  struct error *error);
bool freezes_show(const struct freezes_query *query, struct port *port, FILE *out,
                  struct error *error);

/* The token as the query wants it: whole, or masked. */
enum { FREEZE_TOKEN_SIZE = 512 };
const char *freeze_token(const struct freezes_query *query, const char *token,
                         char out[FREEZE_TOKEN_SIZE]);
/* An outcome as JSON, the caller's; null where there is none. */
json_t *freeze_outcome_json(const struct outcome *outcome);

/* "3 h 05 min", or "overdue 2 d 1 h" of what is below 0. */
enum { FREEZE_SPAN_SIZE = 64 };
const char *freeze_span(int64_t seconds, enum language language, char out[FREEZE_SPAN_SIZE]);
