/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_best.h"

#include "detector/account.h"
#include "detector/base/grow.h"

bool tune_bests_open(struct tune_bests *b, const struct model *model, int64_t from_s,
                     struct error *error) {
    b->from_s = from_s;
    b->model = model;
    b->score = score_open(model, 1, "auto", error);
    if (b->score == NULL) return false;
    b->reasons = reasons_open(model, b->score, NULL);
    return b->reasons != NULL || error_set(error, ERROR_FAILED, "no memory for reasons");
}

void tune_bests_close(struct tune_bests *b) {
    reasons_close(b->reasons);
    score_close(b->score);
    free(b->items);
}

static struct tune_best *best_of(struct tune_bests *b, uint32_t account) {
    while (b->count <= account) {
        b->items = grow(b->items, b->count, &b->room, sizeof *b->items);
        b->items[b->count++] = (struct tune_best){.time_s = INT64_MIN};
    }
    return &b->items[account];
}

static void take_side(struct tune_bests *b, const struct batch *batch, uint32_t i,
                      uint32_t account) {
    const struct side *side = &batch->side[i];
    const int64_t time_s = batch->tx[side->event].event_time_s;
    struct tune_best *best = best_of(b, account);
    if (time_s < b->from_s || (best->time_s != INT64_MIN && batch->logit[i] <= best->logit)) return;
    double vector[FEATURE_COUNT];
    batch_vector(batch, i, vector);
    best->logit = batch->logit[i];
    best->time_s = time_s;
    best->unspent_tiyn = account_unspent(side->account, time_s).p2p_tiyn;
    best->reason_count = reasons_weigh(b->reasons, vector, best->reasons, TUNE_REASONS);
    for (uint32_t r = 0; r < best->reason_count; r++)
        best->values[r] = vector[model_term_text(b->model, best->reasons[r].term).feature_a];
}

void tune_bests_take(struct tune_bests *b, const struct backtest_pass *pass,
                     const struct batch *batch) {
    const struct backtest_side *known = &pass->sides[pass->side_count - batch->sides];
    for (uint32_t i = 0; i < batch->sides; i++)
        take_side(b, batch, i, known[i].account);
}
