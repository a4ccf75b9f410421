/* SPDX-License-Identifier: Apache-2.0 */
/* What the recommendations of one policy come to: of a backtest, and of each threshold that is
 * tried (tune). Money is tiyn. */
#pragma once

#include "detector/commands/backtest_standing.h"

enum {
    BACKTEST_AGES = 6,
    BACKTEST_TYPES = ACCOUNT_TYPE_OTHER + 1,
    BACKTEST_HOLDERS = PERSON_TYPE_SOLE_TRADER + 1
};

struct backtest_advised {
    int64_t recommendations, accounts;        /* the load: with those left out */
    int64_t accounts_by_action[ACTION_COUNT]; /* judged, whose strongest it was */
    int64_t bad_by_action[ACTION_COUNT];
    int64_t found, wrong_freezes; /* judged accounts that are bad, that are honest */
    int64_t wrong_by_age[BACKTEST_AGES], wrong_by_type[BACKTEST_TYPES];
    int64_t wrong_by_holder[BACKTEST_HOLDERS];
    int64_t held_tiyn, held_bad_tiyn;
    int64_t caught_tiyn;      /* held of bad accounts, of each at most what it received while bad */
    int64_t at_risk_bad_tiyn; /* still there of P2P credits of bad accounts, of each the most */
};

extern const char *const backtest_age_names[BACKTEST_AGES];
extern const char *const backtest_type_names[BACKTEST_TYPES];
extern const char *const backtest_holder_names[BACKTEST_HOLDERS];

/* Which of the ages the account has then. */
size_t backtest_age_at(const struct backtest_account *account, int64_t second);

/* One account as it stands after all its recommendations; does nothing where it has none. */
void backtest_advised_take(struct backtest_advised *advised, const struct backtest_account *account,
                           const struct backtest_standing *standing);

/* Of judged accounts with a recommendation, the share that is bad. NaN of none. */
double backtest_precision(const struct backtest_advised *advised);
/* Of `bad_accounts`, the share that has a recommendation. NaN of none. */
double backtest_recall(const struct backtest_advised *advised, int64_t bad_accounts);
