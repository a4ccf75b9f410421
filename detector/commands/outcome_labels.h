/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of accounts from what banks reported of recommendations: CONFIRMED_FRAUD makes an account
 * bad, FALSE_POSITIVE and RELEASED make it known to be good; other results are no labels. Of
 * several such outcomes of one recommendation the one that was reported last counts. */
#pragma once

#include "detector/recommendation.h"
#include "detector/service/options.h"

#include <stddef.h>

struct outcome_labels;

/* Signals of a file as signal_book_load reads it. ERROR_IO; ERROR_BAD_DATA, also for one without an
 * outcome that is a label. */
struct outcome_labels *outcome_labels_open(const char *path, const struct options *options,
                                           struct error *error);
void outcome_labels_close(struct outcome_labels *labels);

/* Bad accounts, with the second from which they are: here those whose signal says both. */
void outcome_labels_tell(struct outcome_labels *labels,
                         void (*bad)(void *context, struct text account, int64_t second),
                         void *context);
/* The same of a recommendation that an outcome confirms: from when the signal says it happened,
 * else from when the first revision was issued. INT64_MAX: none does. */
int64_t outcome_labels_first_bad(struct outcome_labels *labels,
                                 const struct recommendation *recommendation);

/* By recommendation. */
struct outcome_label_counts {
    size_t fraud, good;
    size_t unplaced; /* of `fraud`: neither its signal nor a recommendation of the run has said
                        whose account it is, and since when */
};
struct outcome_label_counts outcome_labels_count(const struct outcome_labels *labels);
