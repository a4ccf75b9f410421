/* SPDX-License-Identifier: Apache-2.0 */
/* The three verbs of `saqshy dlq`, over any port. */
#pragma once

#include "detector/port.h"
#include "detector/service/options.h"

#include <stdio.h>

struct dlq_query {
    const struct options *options;
    const char *reason; /* NULL: any */
    int64_t limit;      /* letters at most */
    /* Of one letter's source; partition -1: any. */
    int32_t partition;
    int64_t offset;
    int64_t bytes_max; /* of a value that are shown */
    bool json, quiet, dry_run;
};

/* By source and reason: how many, how many wait, where and when the first and the last. */
bool dlq_list(struct port *port, const struct dlq_query *query, FILE *out, struct error *error);
/* The letters that the query names, whole. *shown: how many there were. */
bool dlq_show(struct port *port, const struct dlq_query *query, FILE *out, int64_t *shown,
              struct error *error);

/* Why a letter cannot go back; it stays where it is, without a marker. Names are stable.
 * X(name, why and what to do) */
#define DLQ_REFUSAL_TABLE(X)                                                                       \
    X(CUT, "it was too large, what is here is cut; send the original again")                       \
    X(HEADERS_LEFT_OUT, "some of its headers were left out; send the original again")              \
    X(NOT_AN_INPUT, "the topic it names is no input here; one that was renamed is named with -X")  \
    X(TOPIC_GONE, "its topic is not there, or may not be looked at; create it or allow it")        \
    X(PARTITION_GONE, "its topic has no such partition any more; send the original again")         \
    X(DENIED, "WRITE on its topic is denied; allow it")                                            \
    X(REFUSED_BY_BROKER, "the broker takes it from nobody; mend the topic's settings")

enum dlq_refusal {
#define X(name, text) DLQ_REFUSAL_##name,
    DLQ_REFUSAL_TABLE(X)
#undef X
        DLQ_REFUSALS
};

const char *dlq_refusal_name(enum dlq_refusal refusal);
const char *dlq_refusal_text(enum dlq_refusal refusal);

struct dlq_redriven {
    int64_t redriven; /* or would be, in a dry run */
    int64_t before;   /* had been already */
    int64_t refused;  /* and why: */
    int64_t refused_for[DLQ_REFUSALS];
};

/* Sends letters back to where they came from, each with its marker in one transaction, as the
 * producer of `port`, which it fences. Ended anywhere it may be started again: a letter goes back
 * at most once. One that is refused, here or by the broker, holds no other up; the first of each
 * refusal are named on `said`. ERROR_FENCED: another redrive has taken over. */
bool dlq_redrive(struct port *port, const struct dlq_query *query, struct dlq_redriven *result,
                 FILE *said, struct error *error);
