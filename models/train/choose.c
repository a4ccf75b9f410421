/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/choose.h"

#include "models/average_precision.h"
#include "models/train/proposals.h"
#include "models/train/reported.h"
#include "models/train/sampling.h"
#include "models/train/trust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-4 /* of a weight: enough to judge by */
#define RAISED_LEAST 0x1p-20

enum { TRIALS = TRAIN_SIZES * TRAIN_PENALTIES, RESAMPLES = 200 };

static const double penalties[TRAIN_PENALTIES] = {1e-4, 1e-5, 1e-6};

static const char *const proposing[TRAIN_FOLDS] = {"proposing for validation 1",
                                                   "proposing for validation 2"};
static const char *const validating[TRAIN_FOLDS] = {"validation 1", "validation 2"};

/* One fold: what to train on, and what to judge by. */
struct fold {
    const struct choice *choice;
    int64_t from_s, until_s; /* of what is judged */
    struct binned train, judge;
    struct proposals proposals;
    double weights[TRIALS][TRAIN_TERMS_MAX + 1];
    double *logits[TRIALS];  /* of the rows to judge */
    struct ranked *accounts; /* by number */
    double *account_weight;  /* by number; 0: none of its rows is judged */
};

/* The rows of a fold. */

static bool split(const struct fold *f, const double *sampled, double *weight, bool judging,
                  struct binned *out) {
    const struct choice *c = f->choice;
    for (size_t i = 0; i < c->all->count; i++) {
        const int64_t t = c->all->time_s[i];
        const bool known = c->first_bad_s[c->all->account[i]] < f->from_s;
        const bool in = judging ? t >= f->from_s && t < f->until_s && !known : t < f->from_s;
        weight[i] = in ? sampled[i] : 0;
    }
    return binned_choose(c->all, weight, out);
}

static bool open_fold(struct fold *f, const double *sampled) {
    const struct choice *c = f->choice;
    double *weight = malloc(c->all->count * sizeof *weight);
    bool good = weight != NULL && split(f, sampled, weight, false, &f->train) &&
                split(f, sampled, weight, true, &f->judge);
    free(weight);
    for (int t = 0; t < TRIALS && good; t++)
        good = (f->logits[t] = malloc((f->judge.count + 1) * sizeof(double))) != NULL;
    f->accounts = calloc(c->accounts, sizeof *f->accounts);
    f->account_weight = calloc(c->accounts, sizeof *f->account_weight);
    return good && f->accounts != NULL && f->account_weight != NULL;
}

static void close_fold(struct fold *f) {
    binned_free(&f->train);
    binned_free(&f->judge);
    for (int t = 0; t < TRIALS; t++)
        free(f->logits[t]);
    free(f->accounts);
    free(f->account_weight);
    free(f);
}

/* Judging. */

/* The accounts by their highest logit; returns how many there are. */
static size_t rank(struct fold *f, const double *logits) {
    const uint32_t accounts = f->choice->accounts;
    size_t count = 0;
    for (uint32_t a = 0; a < accounts; a++)
        f->accounts[a] = (struct ranked){-INFINITY, a, false};
    for (size_t i = 0; i < f->judge.count; i++) {
        struct ranked *a = &f->accounts[f->judge.account[i]];
        a->score = fmax(a->score, logits[i]);
        a->bad = a->bad || f->judge.bad[i];
        f->account_weight[a->id] = f->judge.weight[i];
    }
    for (uint32_t a = 0; a < accounts; a++)
        if (f->account_weight[a] > 0) f->accounts[count++] = f->accounts[a];
    ranked_sort(f->accounts, count);
    return count;
}

static bool run_trial(struct fold *f, struct train_trial *trial, double *weights, double *logits,
                      int number) {
    const struct fit_options fit = {.l2 = trial->l2, .tolerance = TOLERANCE};
    struct fit_result result;
    struct train_term term[TRAIN_TERMS_MAX];
    const uint32_t count = proposals_take(&f->proposals, trial->terms, term, NULL);
    if (!fit_logistic(&f->train, term, count, &fit, weights, &result) ||
        !fit_logits(&f->judge, term, count, weights, logits))
        return false;
    const size_t accounts = rank(f, logits);
    trial->precision[number] = average_precision(f->accounts, accounts, f->account_weight);
    return true;
}

/* From the hardest penalty to the mildest, each beginning where the one before ended. */
static bool run_fold(struct fold *f, struct trained *out, int number) {
    for (int t = 0; t < TRIALS; t++) {
        if (train_stopped(&f->choice->options->progress)) return false;
        if (t % TRAIN_PENALTIES == 0)
            fit_start(&f->train, TRAIN_TERMS_MAX, f->weights[t]);
        else
            memcpy(f->weights[t], f->weights[t - 1], sizeof f->weights[t]);
        if (!run_trial(f, &out->trial[t], f->weights[t], f->logits[t], number)) return false;
        train_tell(&f->choice->options->progress, validating[number], t + 1, TRIALS);
    }
    return true;
}

/* How far the chosen trial's precision can be trusted. */
static bool find_band(struct fold *f, const double *logits, uint64_t seed, struct band *band) {
    const size_t count = rank(f, logits);
    double *weights = malloc((count + 1) * sizeof *weights);
    if (weights == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        weights[i] = f->account_weight[f->accounts[i].id];
        f->accounts[i].id = (uint32_t)i;
    }
    *band = bootstrap_weighted(f->accounts, count, weights, RESAMPLES, seed);
    free(weights);
    return true;
}

/* The whole. */

static void list_trials(const struct train_options *options, struct trained *out) {
    out->trials = TRIALS;
    for (int t = 0; t < TRIALS; t++)
        out->trial[t] = (struct train_trial){.terms = options->terms_max >> (t / TRAIN_PENALTIES),
                                             .l2 = penalties[t % TRAIN_PENALTIES]};
}

static double mean(const struct train_trial *trial) {
    double sum = 0;
    for (int i = 0; i < TRAIN_FOLDS; i++)
        sum += trial->precision[i];
    return sum / TRAIN_FOLDS;
}

/* Of trials that are as good, the one with fewer terms and the harder penalty. */
static uint32_t best_trial(const struct trained *out) {
    uint32_t best = TRIALS - TRAIN_PENALTIES;
    for (uint32_t t = TRIALS; t-- > 0;)
        if (mean(&out->trial[t]) > mean(&out->trial[best])) best = t;
    return best;
}

static bool calibrate(struct fold *const folds[TRAIN_FOLDS], struct trained *out) {
    size_t count = 0;
    for (int n = 0; n < TRAIN_FOLDS; n++)
        count += folds[n]->judge.count;
    struct scored_row *rows = malloc((count + 1) * sizeof *rows);
    if (rows == NULL) return false;
    count = 0;
    for (int n = 0; n < TRAIN_FOLDS; n++)
        for (size_t i = 0; i < folds[n]->judge.count; i++)
            rows[count++] = (struct scored_row){folds[n]->logits[out->chosen][i],
                                                folds[n]->judge.weight[i], folds[n]->judge.bad[i]};
    isotonic_fit(rows, count, &out->calibration);
    free(rows);
    return true;
}

/* What others report. */

/* Of the rows to judge, those that terms of reports raise: behind `behaviour` terms the others. */
static bool gather_raised(const struct binned *rows, const struct reported *model,
                          uint32_t behaviour, struct raised_row *raised, size_t *count) {
    double *before = malloc((rows->count + 1) * sizeof *before);
    double *after = malloc((rows->count + 1) * sizeof *after);
    const bool good = before != NULL && after != NULL &&
                      fit_logits(rows, model->term, behaviour, model->weight, before) &&
                      fit_logits(rows, model->term, *model->count, model->weight, after);
    for (size_t i = 0; i < rows->count && good; i++)
        if (fabs(after[i] - before[i]) >= RAISED_LEAST)
            raised[(*count)++] = (struct raised_row){before[i], after[i] - before[i], rows->bad[i]};
    free(before);
    free(after);
    return good;
}

/* With the chosen trial's terms, and those of reports upon them by what was before the fold. */
static bool raise_rows(struct fold *f, const struct trained *out, const double *sampled,
                       double *weight, struct raised_row *raised, size_t *count) {
    const struct train_trial *trial = &out->trial[out->chosen];
    struct train_term term[TRAIN_TERMS_MAX];
    const uint32_t behaviour = proposals_take(&f->proposals, trial->terms, term, NULL);
    uint32_t terms = behaviour;
    const struct reported model = {.options = f->choice->options,
                                   .l2 = trial->l2,
                                   .tolerance = TOLERANCE,
                                   .term = term,
                                   .weight = f->weights[out->chosen],
                                   .count = &terms};
    struct binned train = {.count = 0}, judge = {.count = 0};
    const bool good = split(f, sampled, weight, false, &train) &&
                      reported_add(&model, &train, &train) &&
                      split(f, sampled, weight, true, &judge) &&
                      gather_raised(&judge, &model, behaviour, raised, count);
    binned_free(&train);
    binned_free(&judge);
    return good;
}

static void take_raised(const struct raised_row *rows, size_t count, struct trained *out) {
    out->raised.rows = count;
    for (size_t i = 0; i < count; i++)
        out->raised.bad_rows += rows[i].bad;
    out->raised.share = trust_find(rows, count, &out->calibration);
}

/* The calibration stays that of behaviour, or a policy's probabilities would mean other scores
 * where nobody reports anything; so what reports add is held to it. */
static bool hold_reported(const struct choice *c, const double *sampled,
                          struct fold *const folds[TRAIN_FOLDS], struct trained *out) {
    const size_t rows = c->all->count;
    if (!is_anything_reported(&out->bins)) return true;
    double *with = malloc((rows + 1) * sizeof *with);
    double *weight = malloc((rows + 1) * sizeof *weight);
    struct raised_row *raised = malloc((rows + 1) * sizeof *raised);
    size_t count = 0;
    bool good = with != NULL && weight != NULL && raised != NULL;
    if (good) {
        memcpy(with, sampled, rows * sizeof *with);
        reported_sample(c->all, c->include, with);
    }
    for (int n = 0; n < TRAIN_FOLDS && good; n++)
        good = raise_rows(folds[n], out, with, weight, raised, &count);
    if (good) take_raised(raised, count, out);
    free(with);
    free(weight);
    free(raised);
    return good;
}

static bool no_memory(struct error *error) {
    return error_set(error, ERROR_FAILED, "no memory to train");
}

static bool no_kinds(int number, struct error *error) {
    return error_set(error, ERROR_BAD_DATA,
                     "of the rows that were sampled for validation %d, or for training before it, "
                     "all are of one kind; give a larger --sample or a longer period",
                     number + 1);
}

static bool prepare_fold(struct fold *f, const double *sampled, const struct trained *out,
                         int number, struct error *error) {
    f->from_s = out->fold_from_s[number];
    f->until_s = out->fold_from_s[number + 1];
    if (!open_fold(f, sampled)) return no_memory(error);
    return (proposals_possible(&f->train) && proposals_possible(&f->judge)) ||
           no_kinds(number, error);
}

/* Both before the first is boosted, which takes long. */
static bool prepare_folds(const struct choice *c, const double *sampled,
                          struct fold *folds[TRAIN_FOLDS], const struct trained *out,
                          struct error *error) {
    for (int n = 0; n < TRAIN_FOLDS; n++) {
        folds[n] = calloc(1, sizeof *folds[n]);
        if (folds[n] == NULL) return no_memory(error);
        folds[n]->choice = c;
        if (!prepare_fold(folds[n], sampled, out, n, error)) return false;
    }
    return true;
}

static bool try_fold(struct fold *f, struct trained *out, int number, struct error *error) {
    if (!proposals_make(&f->train, f->choice->options, proposing[number], &f->proposals))
        return no_memory(error);
    if (f->proposals.count == 0)
        return error_set(error, ERROR_BAD_DATA,
                         "no feature tells bad rows from others before validation %d", number + 1);
    return run_fold(f, out, number) || no_memory(error);
}

static bool run_folds(const struct choice *c, const double *sampled,
                      struct fold *folds[TRAIN_FOLDS], struct trained *out, struct error *error) {
    if (!prepare_folds(c, sampled, folds, out, error)) return false;
    for (int n = 0; n < TRAIN_FOLDS; n++)
        if (!try_fold(folds[n], out, n, error)) return false;
    out->chosen = best_trial(out);
    for (int n = 0; n < TRAIN_FOLDS; n++)
        if (!find_band(folds[n], folds[n]->logits[out->chosen], c->options->seed, &out->band[n]))
            return no_memory(error);
    if (!calibrate(folds, out)) return no_memory(error);
    return hold_reported(c, sampled, folds, out) || no_memory(error);
}

bool choose(const struct choice *choice, struct trained *out, struct error *error) {
    struct fold *folds[TRAIN_FOLDS] = {NULL};
    const size_t count = choice->all->count;
    double *sampled = malloc((count + 1) * sizeof *sampled);
    if (sampled == NULL) return no_memory(error);
    for (size_t i = 0; i < count; i++)
        sampled[i] = choice->include[i];
    sample_accounts(choice->all, choice->is_bad, choice->options->sample, choice->options->seed,
                    sampled);
    list_trials(choice->options, out);
    const bool good = run_folds(choice, sampled, folds, out, error);
    for (int n = 0; n < TRAIN_FOLDS; n++)
        if (folds[n] != NULL) close_fold(folds[n]);
    free(sampled);
    return good;
}
