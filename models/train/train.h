/* SPDX-License-Identifier: Apache-2.0 */
/* Training: rows and labels in, a model out. Boosting proposes the terms (boost.h), one logistic
 * regression weighs them (fit.h); how many, and the penalty, by time-blocked validation: trained on
 * what was before, judged on the accounts that turned bad after. The same rows, options and seed
 * give the same model on any machine. Boosting uses two threads. */
#pragma once

#include "detector/base/error.h"
#include "models/bootstrap.h"
#include "models/score_bins.h"
#include "models/train/fit.h"
#include "models/train/isotonic.h"
#include "models/train/row_store.h"

#define TRAIN_TERMS_MAX 1024
enum { TRAIN_FOLDS = 2, TRAIN_SIZES = 3, TRAIN_PENALTIES = 3 };
/* What a row takes at most, when it is both in the store and in bins; later it takes less. */
enum { TRAIN_ROW_BYTES = (int)(sizeof(struct row_chunk) / ROW_CHUNK) + FEATURE_COUNT + 32 };

struct train_input {
    struct row_store *rows; /* freed as soon as they are in bins */
    /* By account number: the second from which it is bad; INT64_MAX: never. */
    const int64_t *first_bad_s;
    uint32_t accounts;       /* numbers are below this */
    int64_t from_s, until_s; /* rows are of [from, until) */
    int64_t horizon_s; /* an account's rows so long after it turned bad are left out; 0: never */
};

struct train_options {
    uint64_t seed;
    uint32_t terms_max; /* 8 … TRAIN_TERMS_MAX */
    uint32_t sample;    /* rows at most to propose and validate with, chosen by account */
    bool monotone;      /* the score never falls as a risk of the feature table rises */
    struct train_progress progress;
};

struct train_trial {
    uint32_t terms;
    double l2;
    double precision[TRAIN_FOLDS]; /* account average precision */
};

struct trained {
    struct bins bins;
    uint32_t count;
    struct train_term term[TRAIN_TERMS_MAX];
    double weight[TRAIN_TERMS_MAX + 1]; /* the intercept first; multiples of 2^-20 */
    struct isotonic calibration;        /* of behaviour alone */
    struct {
        size_t rows, bad_rows; /* judged, and raised by what others report */
        double share;          /* of what it adds, kept by those (trust.h) */
    } raised;
    double trust; /* share of what reports add that is kept (trust.h) */
    uint32_t trials, chosen;
    struct train_trial trial[TRAIN_SIZES * TRAIN_PENALTIES];
    struct band band[TRAIN_FOLDS];        /* 95 % of the chosen trial's precision, by account */
    int64_t fold_from_s[TRAIN_FOLDS + 1]; /* where each fold's validation begins, and the end */
    size_t rows, bad_rows, bad_accounts;
    uint32_t alike; /* proposals that an earlier one stood for */
    /* Mean loss on the sample, with and without those. */
    double loss_proposed, loss_merged;
    struct fit_result fit;
    double loss_rounded;      /* mean loss with the rounded weights */
    struct score_bins scores; /* of the rows, with the rounded weights */
};

/* ERROR_BAD_DATA: rows or labels that nothing can be learned from, with the reason; ERROR_FAILED:
 * no memory; ERROR_INTERRUPTED: progress.stopped. `out` is large: not on the stack. */
bool train(const struct train_input *input, const struct train_options *options,
           struct trained *out, struct error *error);
