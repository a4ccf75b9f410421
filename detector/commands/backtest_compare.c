/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_compare.h"

#include "detector/base/number_text.h"
#include "detector/import/csv_write.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static void put_score(FILE *file, double score, char after) {
    char text[NUMBER_TEXT_MAX];
    if (!isinf(score)) fwrite(text, 1, number_text(score, text), file);
    putc(after, file);
}

static void put_row(FILE *file, const struct backtest_account *account, const char *change,
                    const char *bad, const struct backtest_standing *now,
                    const struct backtest_standing *before) {
    csv_write_field(file, (struct text){account->token, account->token_size});
    fprintf(file, ",%s,%s,", change, bad);
    put_score(file, now->score, ',');
    put_score(file, before->score, '\n');
}

static bool is_recommended(const struct backtest_standing *standing) {
    return standing->first_advice_s != INT64_MAX;
}

static void count(struct backtest_comparison *comparison, bool gained, bool bad) {
    if (gained) {
        comparison->gained++;
        comparison->gained_bad += bad;
    } else {
        comparison->lost++;
        comparison->lost_bad += bad;
    }
}

static struct band gain_band(const struct backtest_pass *new_pass,
                             const struct backtest_standing *now,
                             const struct backtest_pass *old_pass,
                             const struct backtest_standing *before, uint32_t rounds) {
    size_t count = 0, old_count = 0;
    struct ranked *new_rows = backtest_ranked_accounts(new_pass, now, &count);
    struct ranked *old_rows = backtest_ranked_accounts(old_pass, before, &old_count);
    assert(count == old_count && "two runs of one input");
    const struct band band = bootstrap_gain(new_rows, old_rows, count, rounds, BACKTEST_SEED);
    free(new_rows);
    free(old_rows);
    return band;
}

struct backtest_comparison backtest_compare(FILE *file, const struct backtest_pass *new_pass,
                                            const struct backtest_pass *old_pass,
                                            const struct labels *labels,
                                            const struct backtest_figures *new_figures,
                                            const struct backtest_figures *old_figures) {
    struct backtest_comparison comparison = {.account_ap = old_figures->account_ap,
                                             .side_ap = old_figures->side_ap,
                                             .account_ap_gain =
                                                 new_figures->account_ap - old_figures->account_ap};
    assert(new_pass->account_count == old_pass->account_count && "two runs of one input");
    struct backtest_standing *now = backtest_standings(new_pass, labels, new_figures->period);
    struct backtest_standing *before = backtest_standings(old_pass, labels, new_figures->period);
    fputs("account,change,bad,score_new,score_old\n", file);
    for (size_t i = 0; i < new_pass->account_count; i++) {
        const bool gained = is_recommended(&now[i]), bad = backtest_is_bad(&now[i]);
        if (now[i].left_out || gained == is_recommended(&before[i])) continue;
        count(&comparison, gained, bad);
        put_row(file, &new_pass->accounts[i], gained ? "gained" : "lost",
                labels == NULL ? ""
                : bad          ? "true"
                               : "false",
                &now[i], &before[i]);
    }
    comparison.account_ap_gain_band =
        gain_band(new_pass, now, old_pass, before, labels == NULL ? 0 : BACKTEST_ROUNDS);
    free(now);
    free(before);
    return comparison;
}
