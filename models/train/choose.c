/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/choose.h"

#include "models/average_precision.h"
#include "models/train/boost.h"
#include "models/train/sampling.h"

#include <math.h>
#include <stdlib.h>

#define TOLERANCE 1e-4 /* of a weight: enough to judge by */

enum { TRIALS = TRAIN_SIZES * TRAIN_PENALTIES, SUPPORT_LEAST = 20, SUPPORT_SHARE = 20000 };

static const double penalties[TRAIN_PENALTIES] = {1e-4, 1e-5, 1e-6};

/* One fold: what to train on, and what to judge by. */
struct fold {
    const struct choice *choice;
    struct binned train, judge;
    struct train_term term[TRAIN_TERMS_MAX];
    uint32_t proposed;
    double weights[TRAIN_TERMS_MAX + 1];
    double *logits[TRIALS];  /* of the rows to judge */
    struct ranked *accounts; /* by number */
    double *account_weight;  /* by number; 0: none of its rows is judged */
};

double choose_support(const struct binned *binned) {
    double total = 0;
    for (size_t i = 0; i < binned->count; i++)
        total += binned->weight[i];
    return fmax(SUPPORT_LEAST, total / SUPPORT_SHARE);
}

uint32_t choose_propose(const struct binned *binned, const struct train_options *options,
                        struct train_term *terms) {
    const struct boost_options boost = {.terms_max = options->terms_max,
                                        .seed = options->seed,
                                        .monotone = options->monotone,
                                        .support = choose_support(binned)};
    return boost_propose(binned, &boost, terms);
}

static void say(const struct choice *c, const char *stage, double share) {
    if (c->options->progress != NULL) c->options->progress(c->options->context, stage, share);
}

/* The rows of a fold. */

static bool split(const struct fold *f, int64_t from_s, int64_t until_s, const double *sampled,
                  double *weight, bool judging, struct binned *out) {
    const struct choice *c = f->choice;
    for (size_t i = 0; i < c->all->count; i++) {
        const int64_t t = c->all->time_s[i];
        const bool known = c->first_bad_s[c->all->account[i]] < from_s;
        const bool in = judging ? t >= from_s && t < until_s && !known : t < from_s;
        weight[i] = in ? sampled[i] : 0;
    }
    return binned_choose(c->all, weight, out);
}

static bool open_fold(struct fold *f, const double *sampled, int64_t from_s, int64_t until_s) {
    const struct choice *c = f->choice;
    double *weight = malloc(c->all->count * sizeof *weight);
    bool good = weight != NULL && split(f, from_s, until_s, sampled, weight, false, &f->train) &&
                split(f, from_s, until_s, sampled, weight, true, &f->judge);
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

static bool has_both(const struct binned *b) {
    size_t bad = 0;
    for (size_t i = 0; i < b->count; i++)
        bad += b->bad[i];
    return bad > 0 && bad < b->count;
}

/* Judging. */

static double judge(struct fold *f, const double *logits) {
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
    return average_precision(f->accounts, count, f->account_weight);
}

static bool run_trial(struct fold *f, struct train_trial *trial, double *logits, int number) {
    const struct fit_options fit = {.l2 = trial->l2, .tolerance = TOLERANCE};
    struct fit_result result;
    const uint32_t count = trial->terms < f->proposed ? trial->terms : f->proposed;
    if (!fit_logistic(&f->train, f->term, count, &fit, f->weights, &result) ||
        !fit_logits(&f->judge, f->term, count, f->weights, logits))
        return false;
    trial->precision[number] = judge(f, logits);
    return true;
}

/* From the hardest penalty to the mildest, each beginning where the one before ended. */
static bool run_fold(struct fold *f, struct trained *out, int number) {
    f->proposed = choose_propose(&f->train, f->choice->options, f->term);
    for (int t = 0; t < TRIALS; t++) {
        if (t % TRAIN_PENALTIES == 0) fit_start(&f->train, TRAIN_TERMS_MAX, f->weights);
        if (!run_trial(f, &out->trial[t], f->logits[t], number)) return false;
        say(f->choice, "validating", ((double)number + (double)(t + 1) / TRIALS) / TRAIN_FOLDS);
    }
    return f->proposed > 0;
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

static bool no_fold(const struct trained *out, int number, struct error *error) {
    return error_set(error, ERROR_BAD_DATA,
                     "validation needs accounts that turn bad before and after second %lld of the "
                     "period; give a longer period or more labels",
                     (long long)(out->fold_from_s[number] - out->fold_from_s[0]));
}

static bool run_folds(const struct choice *c, const double *sampled,
                      struct fold *folds[TRAIN_FOLDS], struct trained *out, struct error *error) {
    for (int n = 0; n < TRAIN_FOLDS; n++) {
        folds[n] = calloc(1, sizeof *folds[n]);
        if (folds[n] == NULL) return error_set(error, ERROR_FAILED, "no memory to train");
        folds[n]->choice = c;
        if (!open_fold(folds[n], sampled, out->fold_from_s[n], out->fold_from_s[n + 1]))
            return error_set(error, ERROR_FAILED, "no memory to train");
        if (!has_both(&folds[n]->train) || !has_both(&folds[n]->judge))
            return no_fold(out, n, error);
        if (!run_fold(folds[n], out, n))
            return error_set(error, ERROR_BAD_DATA,
                             "no feature tells bad rows from others before validation %d", n + 1);
    }
    out->chosen = best_trial(out);
    return calibrate(folds, out) || error_set(error, ERROR_FAILED, "no memory to train");
}

bool choose(const struct choice *choice, struct trained *out, struct error *error) {
    struct fold *folds[TRAIN_FOLDS] = {NULL};
    const size_t count = choice->all->count;
    double *sampled = malloc((count + 1) * sizeof *sampled);
    if (sampled == NULL) return error_set(error, ERROR_FAILED, "no memory to train");
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
