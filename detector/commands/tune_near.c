/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_near.h"

#include <assert.h>
#include <stdlib.h>

/* ids of the ranking count the accounts that are judged. */
static void name_accounts(struct tune_near *near, const struct backtest_pass *pass,
                          const struct backtest_standing *standings, const struct ranked *ranked) {
    uint32_t *judged = calloc(near->count + 1, sizeof *judged);
    size_t count = 0;
    assert(judged != NULL && "out of memory");
    for (size_t i = 0; i < pass->account_count; i++)
        if (backtest_counts(&standings[i])) judged[count++] = (uint32_t)i;
    for (size_t rank = 0; rank < near->count; rank++)
        near->account[rank] = judged[ranked[rank].id];
    free(judged);
}

void tune_near_find(struct tune_near *near, const struct backtest_pass *pass,
                    const struct backtest_standing *standings, const struct tune_edges *edges) {
    struct ranked *ranked = backtest_ranked_accounts(pass, standings, &near->count);
    near->account = calloc(near->count + 1, sizeof *near->account);
    near->is_near = calloc(near->count + 1, sizeof *near->is_near);
    assert(near->account != NULL && near->is_near != NULL && "out of memory");
    name_accounts(near, pass, standings, ranked);
    size_t above = 0;
    for (size_t edge = edges->count; edge-- > 0;) {
        while (above < near->count && ranked[above].score >= edges->logit[edge])
            above++;
        const size_t begin = above < TUNE_NEAR ? 0 : above - TUNE_NEAR;
        for (size_t rank = begin; rank < near->count && rank < above + TUNE_NEAR; rank++)
            near->is_near[rank] = true;
    }
    free(ranked);
}

void tune_near_free(struct tune_near *near) {
    free(near->account);
    free(near->is_near);
}
