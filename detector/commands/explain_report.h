/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of one account explained: what made its score, what it would have taken to be judged
 * otherwise. As text, JSON, and a page of HTML; the same events and documents give the same bytes.
 */
#pragma once

#include "detector/base/instant.h"
#include "detector/commands/explain_pass.h"
#include "detector/commands/explain_words.h"
#include "detector/policy.h"

#include <stdio.h>

/* What text and page show; the rest is summed up, and whole in the JSON. */
enum { EXPLAIN_ENTRIES_SHOWN = 10, EXPLAIN_TERMS_SHOWN = 6, EXPLAIN_FEATURES_SHOWN = 8 };

struct explain_report {
    const char *input; /* path */
    const struct model *model;
    const struct policy *policy;
    const struct explain_pass *pass;
    const struct explain_entry *entry;   /* the one that is explained */
    const struct explain_advice *advice; /* the last up to then, or NULL */
    const double *vector;                /* of the entry */
    bool flagged;                        /* it opened or amended an episode */
    bool above;                          /* its score reaches the mildest threshold */
    enum action mildest;                 /* of the policy */
    enum action wanted;                  /* that the score asks for */
    double probability, threshold, threshold_probability;
    /* Contributions. Together with the intercept the terms' are the score exactly, and so are the
     * features': of a term on two features each has half. */
    double intercept;
    double *terms;        /* by term */
    uint32_t *term_order; /* those that are not 0, the weightiest first */
    uint32_t term_count;
    double features[FEATURE_COUNT];
    int feature_order[FEATURE_COUNT];
    uint32_t feature_count;
    struct spread *own; /* the account's earlier entries */
    struct counterfactual changes[COUNTERFACTUALS_MAX];
    uint32_t change_count;
    size_t first_shown; /* of pass->entries; the last is the entry itself */
};

/* From a pass that has chosen an entry; all must outlive it. */
bool explain_report_open(struct explain_report *report, const char *kernel_tier,
                         struct error *error);
void explain_report_close(struct explain_report *report);

/* The number that an entry is shown under, from 1; 0: it is not shown. */
uint32_t explain_report_number(const struct explain_report *report, uint64_t ordinal);
/* The shown entries behind a term, "3 4 7" in room for all of them; "" for none, and for all. */
enum { EXPLAIN_NUMBERS_SIZE = 4 * EXPLAIN_ENTRIES_SHOWN };
const char *explain_report_numbers(const struct explain_report *report, uint32_t term,
                                   char out[EXPLAIN_NUMBERS_SIZE]);
/* The worst of a term's features. */
enum quality explain_report_quality(const struct explain_report *report, uint32_t term);
/* Contributions that are not among the first `shown`, added up. */
double explain_report_other_terms(const struct explain_report *report, uint32_t shown);
double explain_report_other_features(const struct explain_report *report, uint32_t shown);
/* "It would not be flagged if", as fits. */
enum explain_word explain_report_question(const struct explain_report *report);

/* Texts that writers share, in their language. */

/* Of the feed's entries, cut to whole percent; an entry is never above all, as it is one of them.
 */
int explain_percent(double share);
/* "transfer, reversed". */
enum { EXPLAIN_KIND_SIZE = 96 };
const char *explain_kind(const struct explain_entry *entry, enum language language,
                         char out[EXPLAIN_KIND_SIZE]);
/* "80 %; usually 0 %; above 98 % of all entries". */
enum { EXPLAIN_NORMAL_SIZE = 384 };
const char *explain_normal(const struct explain_report *report, int feature, enum language language,
                           char out[EXPLAIN_NORMAL_SIZE]);

/* Errors are the file's: ferror. */
void explain_write_text(FILE *file, const struct explain_report *report, enum language language);
/* One line, all languages, everything. */
void explain_write_json(FILE *file, const struct explain_report *report);
void explain_write_html(FILE *file, const struct explain_report *report, enum language language);
