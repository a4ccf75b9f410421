/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_figures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

const int64_t backtest_queue_sizes[BACKTEST_QUEUES] = {10, 50, 100, 200, 500};

struct ranking {
    struct ranked *rows; /* sorted */
    size_t count;
    double bad;
};

static struct ranking new_ranking(size_t room) {
    struct ranking ranking = {.rows = calloc(room + 1, sizeof *ranking.rows)};
    assert(ranking.rows != NULL && "out of memory");
    return ranking;
}

static void add(struct ranking *ranking, double score, bool bad) {
    ranking->rows[ranking->count] = (struct ranked){score, (uint32_t)ranking->count, bad};
    ranking->count++;
    ranking->bad += bad;
}

static struct ranking rank_accounts(const struct backtest_pass *pass,
                                    const struct backtest_standing *standings) {
    struct ranking ranking = new_ranking(pass->account_count);
    for (size_t i = 0; i < pass->account_count; i++)
        if (backtest_counts(&standings[i]))
            add(&ranking, standings[i].score, backtest_is_bad(&standings[i]));
    ranked_sort(ranking.rows, ranking.count);
    return ranking;
}

struct ranked *backtest_ranked_accounts(const struct backtest_pass *pass,
                                        const struct backtest_standing *standings, size_t *count) {
    const struct ranking ranking = rank_accounts(pass, standings);
    *count = ranking.count;
    return ranking.rows;
}

static struct ranking rank_sides(struct backtest_figures *f, const struct backtest_pass *pass,
                                 const struct backtest_standing *standings) {
    struct ranking ranking = new_ranking(pass->side_count);
    for (size_t i = 0; i < pass->side_count; i++) {
        const struct backtest_side *side = &pass->sides[i];
        const struct backtest_standing *standing = &standings[side->account];
        if (!standing->left_out && backtest_within(f->period, side->time_s))
            add(&ranking, side->logit, side->time_s >= standing->first_bad_s);
    }
    ranked_sort(ranking.rows, ranking.count);
    f->sides = (int64_t)ranking.count;
    f->bad_sides = (int64_t)ranking.bad;
    return ranking;
}

static struct backtest_point point(const struct ranking *ranking, double taken, double bad) {
    return (struct backtest_point){taken, bad, taken > 0 ? bad / taken : (double)NAN,
                                   ranking->bad > 0 ? bad / ranking->bad : (double)NAN};
}

static double count_bad(const struct ranking *ranking, size_t begin, size_t end) {
    double bad = 0;
    for (size_t i = begin; i < end; i++)
        bad += ranking->rows[i].bad;
    return bad;
}

/* Equal scores have one probability. */
static void calibrate(struct backtest_figures *f, const struct ranking *sides,
                      const struct model *model) {
    for (size_t begin = 0, end; begin < sides->count; begin = end) {
        end = ranked_tie_end(sides->rows, sides->count, begin);
        const double probability = model_probability(model, sides->rows[begin].score);
        const size_t bin = (size_t)(probability * BACKTEST_BINS);
        struct backtest_bin *into = &f->bins[bin < BACKTEST_BINS ? bin : BACKTEST_BINS - 1];
        into->sides += (int64_t)(end - begin);
        into->bad += (int64_t)count_bad(sides, begin, end);
        into->probability_sum += probability * (double)(end - begin);
    }
}

/* Rows that weigh nothing are not there. */
struct weighed {
    double all, bad;
};

static struct weighed weigh(const struct ranking *ranking, size_t begin, size_t end,
                            const double *weights) {
    struct weighed sum = {0, 0};
    for (size_t i = begin; i < end; i++) {
        const struct ranked *row = &ranking->rows[i];
        const double weight = weights == NULL ? 1 : weights[row->id];
        sum.all += weight;
        sum.bad += row->bad ? weight : 0;
    }
    return sum;
}

/* `weights`: by id, how often a row counts; NULL: once each. */
static struct weighed first(const struct ranking *ranking, double size, const double *weights) {
    struct weighed sum = {0, 0};
    for (size_t begin = 0, end; begin < ranking->count && sum.all < size; begin = end) {
        end = ranked_tie_end(ranking->rows, ranking->count, begin);
        const struct weighed tied = weigh(ranking, begin, end, weights);
        if (tied.all == 0) continue;
        const double taken = tied.all < size - sum.all ? tied.all : size - sum.all;
        sum.all += taken;
        sum.bad += tied.bad * taken / tied.all;
    }
    return sum;
}

static struct backtest_point queue_point(const struct ranking *ranking, double size) {
    const struct weighed sum = first(ranking, size, NULL);
    return point(ranking, sum.all, sum.bad);
}

/* Precision and recall of each queue, by sample; those that are defined first. */
struct samples {
    double values[2][BACKTEST_QUEUES][BACKTEST_ROUNDS];
    size_t counts[2];
};

static void take_sample(struct samples *s, const struct ranking *ranking, const double *weights) {
    const struct weighed all = weigh(ranking, 0, ranking->count, weights);
    for (size_t queue = 0; queue < BACKTEST_QUEUES; queue++) {
        const struct weighed sum = first(ranking, (double)backtest_queue_sizes[queue], weights);
        s->values[0][queue][s->counts[0]] = sum.bad / sum.all;
        if (all.bad > 0) s->values[1][queue][s->counts[1]] = sum.bad / all.bad;
    }
    s->counts[0]++;
    s->counts[1] += all.bad > 0;
}

static struct band band_of(struct samples *s, int which, size_t queue) {
    double *values = s->values[which][queue];
    return (struct band){percentile(values, s->counts[which], 0.025),
                         percentile(values, s->counts[which], 0.975)};
}

static void draw_queue_bands(struct backtest_figures *f, const struct ranking *accounts) {
    struct samples *s = calloc(1, sizeof *s);
    double *weights = calloc(accounts->count + 1, sizeof *weights);
    uint64_t seed = BACKTEST_SEED;
    assert(s != NULL && weights != NULL && "out of memory");
    for (int round = 0; round < BACKTEST_ROUNDS && accounts->bad > 0; round++) {
        bootstrap_resample(weights, accounts->count, &seed);
        take_sample(s, accounts, weights);
    }
    for (size_t queue = 0; queue < BACKTEST_QUEUES; queue++) {
        f->queues[queue].precision = band_of(s, 0, queue);
        f->queues[queue].recall = band_of(s, 1, queue);
    }
    free(weights);
    free(s);
}

static struct backtest_point from_threshold(const struct ranking *ranking, double threshold) {
    size_t end = 0;
    while (end < ranking->count && ranking->rows[end].score >= threshold)
        end++;
    return point(ranking, (double)end, count_bad(ranking, 0, end));
}

void backtest_rank(struct backtest_figures *f, const struct backtest_pass *pass,
                   const struct backtest_standing *standings, const struct model *model) {
    const struct ranking accounts = rank_accounts(pass, standings);
    const struct ranking sides = rank_sides(f, pass, standings);
    calibrate(f, &sides, model);
    f->account_ap = average_precision(accounts.rows, accounts.count, NULL);
    f->side_ap = average_precision(sides.rows, sides.count, NULL);
    f->account_ap_band = bootstrap_average_precision(
        accounts.rows, accounts.count, accounts.bad > 0 ? BACKTEST_ROUNDS : 0, BACKTEST_SEED);
    for (size_t i = 0; i < BACKTEST_QUEUES; i++)
        f->queues[i].point = queue_point(&accounts, (double)backtest_queue_sizes[i]);
    draw_queue_bands(f, &accounts);
    for (int action = 0; action < ACTION_COUNT; action++) {
        struct backtest_threshold *threshold = &f->thresholds[action];
        if (!threshold->used) continue;
        threshold->accounts = from_threshold(&accounts, threshold->logit);
        threshold->sides = from_threshold(&sides, threshold->logit);
    }
    free(accounts.rows);
    free(sides.rows);
}
