/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/train.h"

#include "models/exact_math.h"
#include "models/train/choose.h"
#include "models/train/folds.h"
#include "models/train/proposals.h"
#include "models/train/reported.h"
#include "models/train/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_UNIT 0x1p-20
#define TOLERANCE 1e-9 /* of a weight in the end: far below WEIGHT_UNIT */
#define SAMPLE_TOLERANCE 1e-3
enum { BAD_ACCOUNTS_LEAST = 10 };

struct training {
    const struct train_input *input;
    const struct train_options *options;
    struct trained *out;
    struct error *error;
    struct binned all;
    uint8_t *bad;   /* by row */
    bool *include;  /* by row */
    bool *is_bad;   /* by account: one of its rows is bad */
    double *weight; /* by row */
};

static bool no_memory(const struct training *t) {
    return error_set(t->error, ERROR_FAILED, "no memory to train");
}

/* Labels. */

static bool allocate(struct training *t) {
    const size_t rows = t->input->rows->count;
    t->bad = calloc(rows + 1, 1);
    t->include = calloc(rows + 1, sizeof *t->include);
    t->is_bad = calloc(t->input->accounts + 1, sizeof *t->is_bad);
    t->weight = calloc(rows + 1, sizeof *t->weight);
    return (t->bad != NULL && t->include != NULL && t->is_bad != NULL && t->weight != NULL) ||
           no_memory(t);
}

static void label(struct training *t) {
    const struct train_input *in = t->input;
    for (size_t i = 0; i < in->rows->count; i++) {
        const struct row *row = row_store_row(in->rows, i);
        const int64_t since_s = row->time_s - in->first_bad_s[row->account];
        t->include[i] = row->time_s >= in->from_s && row->time_s < in->until_s &&
                        (in->horizon_s == 0 || since_s < in->horizon_s);
        t->bad[i] = t->include[i] && since_s >= 0;
        t->out->rows += t->include[i];
        t->out->bad_rows += t->bad[i];
        if (t->bad[i]) t->is_bad[row->account] = true;
    }
    for (uint32_t a = 0; a < in->accounts; a++)
        t->out->bad_accounts += t->is_bad[a];
}

static bool judge_labels(const struct training *t) {
    const struct trained *out = t->out;
    if (out->rows == 0)
        return error_set(t->error, ERROR_BAD_DATA, "no row lies in the period to fit");
    if (out->bad_accounts < BAD_ACCOUNTS_LEAST)
        return error_set(t->error, ERROR_BAD_DATA,
                         "%zu accounts with a row after they turned bad; training needs %d: check "
                         "that the labels name accounts of this feed, and their times",
                         out->bad_accounts, BAD_ACCOUNTS_LEAST);
    if (out->bad_rows == out->rows)
        return error_set(t->error, ERROR_BAD_DATA, "every row is bad; training needs others too");
    return true;
}

static bool make_choice(struct training *t) {
    const struct choice choice = {.all = &t->all,
                                  .include = t->include,
                                  .first_bad_s = t->input->first_bad_s,
                                  .is_bad = t->is_bad,
                                  .accounts = t->input->accounts,
                                  .options = t->options};
    return folds_place(&choice, t->out->fold_from_s, t->error) && choose(&choice, t->out, t->error);
}

/* The model. */

static void sample_rows(struct training *t, size_t limit) {
    for (size_t i = 0; i < t->all.count; i++)
        t->weight[i] = t->include[i];
    sample_accounts(&t->all, t->is_bad, limit, t->options->seed, t->weight);
}

/* The rows to fit on: all, or a sample of them. */
static bool choose_rows(struct training *t, size_t limit, struct binned *out) {
    sample_rows(t, limit);
    return binned_choose(&t->all, t->weight, out) || no_memory(t);
}

static bool fit(struct training *t, const struct binned *rows, const struct train_term *terms,
                uint32_t count, double tolerance, struct fit_result *result) {
    const struct fit_options options = {.l2 = t->out->trial[t->out->chosen].l2,
                                        .tolerance = tolerance,
                                        .progress = &t->options->progress};
    return fit_logistic(rows, terms, count, &options, t->out->weight, result) || no_memory(t);
}

/* What leaving out terms that are alike costs on the sample: all of them fitted, then those that
 * stay, which leaves their weights as a start for all rows. */
static bool compare_merged(struct training *t, const struct binned *sample,
                           const struct proposals *proposals) {
    struct trained *out = t->out;
    struct fit_result all, merged;
    uint32_t through;
    out->count = proposals_take(proposals, out->trial[out->chosen].terms, out->term, &through);
    out->alike = through - out->count;
    fit_start(sample, through, out->weight);
    if (!fit(t, sample, proposals->term, through, SAMPLE_TOLERANCE, &all)) return false;
    fit_start(sample, out->count, out->weight);
    if (!fit(t, sample, out->term, out->count, SAMPLE_TOLERANCE, &merged)) return false;
    out->loss_proposed = all.loss;
    out->loss_merged = merged.loss;
    return true;
}

static bool propose_from(struct training *t, const struct binned *sample,
                         struct proposals *proposals) {
    if (!proposals_possible(sample))
        return error_set(
            t->error, ERROR_BAD_DATA,
            "of %zu rows that were sampled all are of one kind; give a larger --sample",
            sample->count);
    return (proposals_make(sample, t->options, "proposing", proposals) || no_memory(t)) &&
           compare_merged(t, sample, proposals);
}

static bool propose(struct training *t) {
    struct binned sample;
    struct proposals *proposals = malloc(sizeof *proposals);
    bool good = proposals != NULL || no_memory(t);
    good = good && choose_rows(t, t->options->sample, &sample);
    if (good) {
        good = propose_from(t, &sample, proposals);
        binned_free(&sample);
    }
    free(proposals);
    return good;
}

/* Terms whose weight rounds to nothing are left out. */
static void round_weights(struct trained *out) {
    uint32_t kept = 0;
    out->weight[0] = nearbyint(out->weight[0] / WEIGHT_UNIT) * WEIGHT_UNIT;
    for (uint32_t i = 0; i < out->count; i++) {
        const double rounded = nearbyint(out->weight[i + 1] / WEIGHT_UNIT) * WEIGHT_UNIT;
        if (rounded == 0) continue;
        out->term[kept] = out->term[i];
        out->weight[++kept] = rounded;
    }
    out->count = kept;
}

static double mean_loss(const struct binned *rows, const double *logits) {
    double loss = 0, total = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const double m = rows->bad[i] ? -logits[i] : logits[i];
        loss += rows->weight[i] * (fmax(m, 0) + exact_log1p(exact_exp(-fabs(m))));
        total += rows->weight[i];
    }
    return loss / total;
}

static bool count_accounts(const struct training *t, const struct binned *rows, int64_t *count) {
    bool *seen = calloc(t->input->accounts + (size_t)1, sizeof *seen);
    for (size_t i = 0; i < rows->count && seen != NULL; i++) {
        *count += !seen[rows->account[i]];
        seen[rows->account[i]] = true;
    }
    free(seen);
    return seen != NULL;
}

/* What the rounded weights make of the rows. */
static bool judge_rounded(struct training *t, const struct binned *rows, double *logits) {
    struct trained *out = t->out;
    if (!fit_logits(rows, out->term, out->count, out->weight, logits)) return no_memory(t);
    out->loss_rounded = mean_loss(rows, logits);
    score_bins_lay(&out->scores, logits, rows->count);
    return count_accounts(t, rows, &out->scores.accounts) || no_memory(t);
}

static bool propose_reported(struct training *t, const struct binned *rows) {
    struct trained *out = t->out;
    const struct reported model = {.options = t->options,
                                   .l2 = out->trial[out->chosen].l2,
                                   .tolerance = TOLERANCE,
                                   .term = out->term,
                                   .weight = out->weight,
                                   .count = &out->count};
    struct binned sample;
    sample_rows(t, t->options->sample);
    reported_sample(&t->all, t->include, t->weight);
    if (!binned_choose(&t->all, t->weight, &sample)) return no_memory(t);
    const bool good = reported_add(&model, &sample, rows);
    binned_free(&sample);
    return good || no_memory(t);
}

/* Of what reports add, as much as validation bears out. */
static bool add_reported(struct training *t, const struct binned *rows, double *logits) {
    struct trained *out = t->out;
    const uint32_t before = out->count;
    if (!is_anything_reported(&out->bins)) return true;
    if (!propose_reported(t, rows)) return false;
    for (uint32_t i = before; i < out->count; i++)
        out->weight[i + 1] *= out->raised.share;
    if (!fit_logits(rows, out->term, out->count, out->weight, logits)) return no_memory(t);
    out->fit.loss = mean_loss(rows, logits);
    return true;
}

static bool fit_model(struct training *t, const struct binned *rows, double *logits) {
    struct trained *out = t->out;
    if (logits == NULL) return no_memory(t);
    if (!fit(t, rows, out->term, out->count, TOLERANCE, &out->fit)) return false;
    round_weights(out);
    if (!add_reported(t, rows, logits)) return false;
    round_weights(out);
    return judge_rounded(t, rows, logits);
}

static bool make_model(struct training *t) {
    struct binned rows;
    if (!propose(t) || !choose_rows(t, SIZE_MAX, &rows)) return false;
    double *logits = malloc((rows.count + 1) * sizeof *logits);
    const bool good = fit_model(t, &rows, logits);
    free(logits);
    binned_free(&rows);
    return good;
}

static bool bin(struct training *t) {
    const bool good = bins_learn(&t->out->bins, t->input->rows, t->bad) &&
                      bins_apply(&t->out->bins, t->input->rows, t->bad, &t->all);
    row_store_free(t->input->rows);
    return good || no_memory(t);
}

bool train(const struct train_input *input, const struct train_options *options,
           struct trained *out, struct error *error) {
    struct training t = {.input = input, .options = options, .out = out, .error = error};
    memset(out, 0, sizeof *out);
    bool good = allocate(&t);
    if (good) label(&t);
    good = good && judge_labels(&t) && bin(&t) && make_choice(&t) && make_model(&t);
    binned_free(&t.all);
    free(t.bad);
    free(t.include);
    free(t.is_bad);
    free(t.weight);
    if (train_stopped(&options->progress))
        return error_set(error, ERROR_INTERRUPTED, "stopped; no model is written");
    return good;
}
