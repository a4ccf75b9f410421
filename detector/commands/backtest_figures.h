/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is worth, in figures: of its recommendations, and, with labels, of its ranking.
 *
 * An account is bad when it turns bad within the period; a side is bad from that second on. An
 * account's score is its highest logit in the period. Accounts that were bad before are left out of
 * everything but the load (recommendations a day). A wrong freeze is an honest account with a
 * recommendation of any action. A bad account's first bad credit is its first one from turning bad
 * on, or turning bad where none follows. NaN: undefined. Shares are 0 to 1, money is tiyn. */
#pragma once

#include "detector/commands/backtest_advised.h"
#include "detector/policy.h"
#include "models/bootstrap.h"

enum { BACKTEST_QUEUES = 5, BACKTEST_BINS = 10, BACKTEST_ROUNDS = 200, BACKTEST_SEED = 1 };

/* Of those at or above a place in the ranking. Where a queue ends among equal scores, `bad` is what
 * is expected of any order of them. */
struct backtest_point {
    double taken, bad, precision, recall;
};

/* Of the highest `size` accounts; the bands hold 95 % of the same in samples of accounts. */
struct backtest_queue {
    struct backtest_point point;
    struct band precision, recall;
};

struct backtest_threshold {
    bool used; /* by the policy */
    double logit, probability;
    struct backtest_point accounts, sides;
};

struct backtest_bin {
    int64_t sides, bad;
    double probability_sum;
};

struct backtest_day {
    int64_t opened, amended; /* recommendations */
};

/* Logits from `low` to below low + 1. */
struct backtest_bar {
    int64_t low, sides, accounts;
};

struct backtest_figures {
    bool labelled, by_event;
    struct backtest_period period;
    int64_t begins_s; /* the beginning of the period, or the first event where that is later */
    int64_t sides, accounts, bad_sides, bad_accounts; /* judged */
    int64_t left_out_accounts;
    int64_t bad_accounts_not_scored; /* turn bad in the period and have no side in it */

    struct backtest_advised advised;
    struct backtest_day *days; /* days of the period, as calendar.h has them */
    size_t day_count;
    int32_t first_day;
    struct backtest_bar *bars; /* those that are not empty, rising */
    size_t bar_count;

    double account_ap, side_ap;
    struct band account_ap_band;
    struct backtest_queue queues[BACKTEST_QUEUES];
    struct backtest_threshold thresholds[ACTION_COUNT];
    struct backtest_bin bins[BACKTEST_BINS]; /* of tenths of the probability */

    /* Honest accounts: of how many `advised` has wrong freezes. Ages are those at the first
     * recommendation, else at the end of the period. */
    int64_t honest_by_age[BACKTEST_AGES], honest_by_type[BACKTEST_TYPES];
    int64_t honest_by_holder[BACKTEST_HOLDERS];
    /* By bad accounts, by transfer between persons, from turning bad on. */
    int64_t received_bad_tiyn;
    double minutes_median, minutes_p90; /* from the first bad credit to the first recommendation */
};

extern const int64_t backtest_queue_sizes[BACKTEST_QUEUES];

/* `labels` may be NULL. The model is the one of the run. */
struct backtest_figures *backtest_figures_new(const struct backtest_pass *pass,
                                              const struct labels *labels, int64_t from_s,
                                              const struct policy *policy,
                                              const struct model *model);
void backtest_figures_free(struct backtest_figures *figures);

/* Recommendations a day of the period; NaN without one. */
double backtest_a_day(const struct backtest_figures *figures);

/* Whether what is issued then is load of the period; the number of its day among `days`. */
bool backtest_is_load(const struct backtest_figures *figures, int64_t issued_s);
size_t backtest_day_at(const struct backtest_figures *figures, int64_t issued_s);

/* Accounts that count, sorted, with ids in the order of the pass; to be freed. */
struct ranked *backtest_ranked_accounts(const struct backtest_pass *pass,
                                        const struct backtest_standing *standings, size_t *count);

/* The part that needs labels: average precision, queues, thresholds, calibration. */
void backtest_rank(struct backtest_figures *figures, const struct backtest_pass *pass,
                   const struct backtest_standing *standings, const struct model *model);
