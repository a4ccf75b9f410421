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

static struct backtest_point first(const struct ranking *ranking, size_t size) {
    if (size > ranking->count) size = ranking->count;
    double bad = 0;
    for (size_t begin = 0, end; begin < size; begin = end) {
        end = ranked_tie_end(ranking->rows, ranking->count, begin);
        const double tied = count_bad(ranking, begin, end);
        const size_t taken = (end < size ? end : size) - begin;
        bad += tied * (double)taken / (double)(end - begin);
    }
    return point(ranking, (double)size, bad);
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
        f->queues[i] = first(&accounts, (size_t)backtest_queue_sizes[i]);
    for (int action = 0; action < ACTION_COUNT; action++) {
        struct backtest_threshold *threshold = &f->thresholds[action];
        if (!threshold->used) continue;
        threshold->accounts = from_threshold(&accounts, threshold->logit);
        threshold->sides = from_threshold(&sides, threshold->logit);
    }
    free(accounts.rows);
    free(sides.rows);
}
