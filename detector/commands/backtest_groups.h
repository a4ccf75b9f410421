/* SPDX-License-Identifier: Apache-2.0 */
/* Whom recommendations hit, by groups of accounts that a file names: a CSV `account_id,group`, as
 * `saqshy gen --groups` writes it. An account may stand in several groups, once in each. */
#pragma once

#include "detector/commands/backtest_figures.h"

enum { BACKTEST_GROUPS_MAX = 256, BACKTEST_GROUP_NAME_MAX = 64 };

/* Judged accounts, those with a side in the period or a recommendation; shares are NaN of none. */
struct backtest_group {
    char name[BACKTEST_GROUP_NAME_MAX + 1];
    struct account_set *members;
    int64_t bad, found;                    /* turn bad in the period; of them, recommended */
    int64_t honest, wrong;                 /* the others; of them, recommended */
    int64_t wrong_by_action[ACTION_COUNT]; /* by the strongest */
    struct band found_band, wrong_band;    /* of the shares, 95 %, by Wilson */
};

struct backtest_groups {
    struct backtest_group groups[BACKTEST_GROUPS_MAX]; /* in the order of the file */
    size_t count;
    struct account_set *accounts; /* all that the file names */
    size_t known;                 /* of them, those of the run, judged or not */
    int64_t accounts_in_none;     /* judged accounts that the file does not name */
    bool has_head;                /* of the file, while it is read */
};

/* NULL: ERROR_IO; ERROR_BAD_DATA with the line and what is expected there. */
struct backtest_groups *backtest_groups_open(const char *path, struct error *error);
void backtest_groups_close(struct backtest_groups *groups);

/* Fills the figures. */
void backtest_groups_judge(struct backtest_groups *groups, const struct backtest_pass *pass,
                           const struct labels *labels, struct backtest_period period);
