/* SPDX-License-Identifier: Apache-2.0 */
/* Two models over the same events: whom the new one recommends that the old one does not, and whom
 * it loses. */
#pragma once

#include "detector/commands/backtest_figures.h"

#include <stdio.h>

struct backtest_comparison {
    const char *model_id, *model_sha256;        /* of the old one; borrowed */
    double account_ap, side_ap;                 /* of the old one */
    double account_ap_gain;                     /* new less old */
    struct band account_ap_gain_band;           /* both on the same samples */
    int64_t gained, gained_bad, lost, lost_bad; /* recommended accounts, and the bad among them */
};

/* Both passes are of one input, so that an account has one index in both. Accounts left out count
 * on neither side. Writes a row for each account gained or lost:
 * account,change,bad,score_new,score_old; `bad` is empty without labels. */
struct backtest_comparison backtest_compare(FILE *file, const struct backtest_pass *new_pass,
                                            const struct backtest_pass *old_pass,
                                            const struct labels *labels,
                                            const struct backtest_figures *new_figures,
                                            const struct backtest_figures *old_figures);
