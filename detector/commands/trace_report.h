/* SPDX-License-Identifier: Apache-2.0 */
/* A money trail as it is told: transfers, accounts, sums. As text, CSV, JSON, and a page of HTML;
 * the same records and documents give the same bytes. */
#pragma once

#include "detector/base/instant.h"
#include "detector/commands/explain_words.h"
#include "detector/commands/pairs.h"
#include "detector/commands/trace_subject.h"
#include "detector/commands/trace_words.h"
#include "detector/policy.h"

#include <stdio.h>

/* One transfer of traced money at one hop with one fate, or what a reversal gave back. */
struct trace_row {
    uint32_t move, hop, from, to; /* accounts; 0: none */
    enum trail_fate fate;
    bool given_back;
    int64_t traced_tiyn;
};

/* tiyn, net of what was given back: came = passed_on + went_out + cut_off + there. */
struct trace_sums {
    int64_t came, passed_on, went_out, cut_off, there;
};

/* An account that traced money came to. */
struct trace_holder {
    uint32_t account, hop; /* the least */
    int64_t first_s;
    struct trace_sums sums;
};

struct trace_sender {
    uint32_t account; /* 0: none */
    uint32_t transfers;
    int64_t traced_tiyn;
};

/* An account at a hop, for the graph. */
struct trace_node {
    uint32_t account, hop;
    int64_t first_s;
    struct trace_sums sums;
};

/* Money from one node to another. */
struct trace_edge {
    uint32_t from, to; /* nodes; from TRAIL_NONE: senders */
    int64_t traced_tiyn;
};

struct trace_report {
    const struct trace_pass *pass;
    const struct trace_subject *subject;
    const struct model *model;
    const struct policy *policy;
    const char *topic;
    struct trail_limits limits;
    bool full; /* account tokens as they are */
    /* Out: */
    struct trail *trail;
    struct trace_row *rows;       /* in log order */
    struct trace_holder *holders; /* by when they were reached, as nodes are */
    struct trace_node *nodes;
    struct trace_edge *edges;
    struct trace_sender *senders;
    size_t row_count, row_room, holder_room, node_room, edge_room, sender_room;
    /* Numbers of the arrays' items; their counts. */
    struct pairs holder_numbers, node_numbers, edge_numbers, sender_numbers, payment_numbers;
    int64_t traced, there, returned, ended[TRAIL_FATE_COUNT]; /* tiyn */
};

/* From a pass whose sources are marked; all must outlive it. */
bool trace_report_open(struct trace_report *report, struct error *error);
void trace_report_close(struct trace_report *report);

/* What the subject is: "transaction". */
enum trace_word trace_report_of(const struct trace_report *report);
/* "3: t1bb…2f" of a holder, "S3: t1bb…2f" of one that has only sent; else the token. */
enum { TRACE_NAME_SIZE = 1024, TRACE_HOUR_S = 3600 };
const char *trace_report_name(const struct trace_report *report, uint32_t account,
                              enum language language, char out[TRACE_NAME_SIZE]);
/* The same with the token that trace_report_token gives. */
const char *trace_report_long_name(const struct trace_report *report, uint32_t account,
                                   enum language language, char out[TRACE_NAME_SIZE]);
/* The token, shortened unless it is wanted whole or was asked for; "" for account 0. */
const char *trace_report_token(const struct trace_report *report, uint32_t account,
                               char out[TRACE_NAME_SIZE]);
/* "transfer". */
const char *trace_report_kind(const struct trace_report *report, const struct trace_row *row,
                              enum language language);
const char *trace_report_outcome(const struct trace_row *row, enum language language);
/* SHA-256 of the record of a move, as the log has it. */
void trace_report_hash(const struct trace_report *report, uint32_t move, char out[DIGEST_HEX_SIZE]);
/* Whether a recommendation is for an account of the trail, or its sender; if it is on a payment,
 * whether that is of the trail. */
bool trace_report_concerns(const struct trace_report *report, const struct trace_advice *advice);
/* The payment that the payer's bank was advised on. */
struct text trace_report_payment(const struct trace_report *report,
                                 const struct trace_advice *advice);
/* The first that the payer's bank was advised on the row's transaction; NULL: nothing. */
const struct trace_advice *trace_report_warning(const struct trace_report *report,
                                                const struct trace_row *row);
/* What of the traced money was on the account right after the record that led to the advice; -1:
 * not known. */
int64_t trace_report_then(const struct trace_report *report, const struct trace_advice *advice);
/* "12.3" of what was traced. */
const char *trace_report_percent(const struct trace_report *report, int64_t tiyn, char out[16]);

/* Errors are the file's: ferror. */
void trace_write_text(FILE *file, const struct trace_report *report, enum language language);
/* Transfers alone, a row each. */
void trace_write_csv(FILE *file, const struct trace_report *report);
/* One line, everything. */
void trace_write_json(FILE *file, const struct trace_report *report);
void trace_write_html(FILE *file, const struct trace_report *report, enum language language);
/* The graph as SVG within it. */
void trace_write_graph(FILE *file, const struct trace_report *report, enum language language);
