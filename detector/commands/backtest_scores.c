/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are put together in a buffer of our own, since a call of stdio for each field costs more
 * than the field. Logits come again and again, being sums of the same few weights: the texts of the
 * last ones are kept. */
#include "detector/commands/backtest_scores.h"

#include "detector/base/number_text.h"
#include "detector/commands/backtest_shadows.h"
#include "detector/import/csv_write.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ROOM = 1 << 16,
    ROW_MAX =
        (6 + SCORE_SHADOWS_MAX) * (NUMBER_TEXT_MAX + 1) + 16, /* of a row, besides the account */
    TEXTS_SHIFT = 10
};

/* "logit,probability"; size 0: none. */
struct score_text {
    uint64_t logit; /* its bits */
    uint32_t size;
    char text[2 * NUMBER_TEXT_MAX + 2];
};

struct backtest_scores {
    FILE *file;
    const struct model *model;
    size_t used;
    char buffer[ROOM];
    struct score_text texts[1 << TEXTS_SHIFT];
};

struct backtest_scores *backtest_scores_open(FILE *file, const struct model *model,
                                             const struct shadows *shadows) {
    struct backtest_scores *scores = calloc(1, sizeof *scores);
    assert(scores != NULL && "out of memory");
    scores->file = file;
    scores->model = model;
    fputs("position,account,time,side,logit,probability", file);
    for (uint32_t i = 0; shadows != NULL && i < shadows_count(shadows); i++) {
        char column[BACKTEST_COLUMN_SIZE];
        fprintf(file, ",%s", backtest_shadow_column(shadows_model(shadows, i), column));
    }
    putc('\n', file);
    return scores;
}

static void flush(struct backtest_scores *scores) {
    fwrite(scores->buffer, 1, scores->used, scores->file);
    scores->used = 0;
}

void backtest_scores_close(struct backtest_scores *scores) {
    if (scores == NULL) return;
    flush(scores);
    free(scores);
}

/* Fields, each with what follows it. */

static void put(struct backtest_scores *scores, const char *text, size_t size) {
    memcpy(scores->buffer + scores->used, text, size);
    scores->used += size;
}

static void put_whole(struct backtest_scores *scores, int64_t value, char after) {
    scores->used += number_text_whole(value, scores->buffer + scores->used);
    scores->buffer[scores->used++] = after;
}

static void put_account(struct backtest_scores *scores, struct text account) {
    if (scores->used + account.size + ROW_MAX > ROOM || !csv_is_plain(account)) {
        flush(scores);
        csv_write_field(scores->file, account);
    } else {
        put(scores, account.data, account.size);
    }
    scores->buffer[scores->used++] = ',';
}

static const struct score_text *text_of_score(struct backtest_scores *scores, double logit) {
    uint64_t bits;
    memcpy(&bits, &logit, sizeof bits);
    const uint64_t place = bits * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TEXTS_SHIFT);
    struct score_text *entry = &scores->texts[place];
    if (entry->size > 0 && entry->logit == bits) return entry;
    char *at = entry->text;
    at += number_text(logit, at);
    *at++ = ',';
    at += number_text(model_probability(scores->model, logit), at);
    entry->logit = bits;
    entry->size = (uint32_t)(at - entry->text);
    return entry;
}

static void put_row(struct backtest_scores *scores, const struct batch *batch, uint32_t i) {
    const struct side *side = &batch->side[i];
    const struct input *input = &batch->input[side->event];
    if (scores->used + ROW_MAX > ROOM) flush(scores);
    put_whole(scores, input->partition, '/');
    put_whole(scores, input->record.offset, ',');
    put_account(scores, backtest_party(batch, side)->account_token);
    put_whole(scores, batch->tx[side->event].event_time_s, ',');
    put(scores, side->role == SIDE_PAYER ? "payer," : "payee,", 6);
    const struct score_text *score = text_of_score(scores, batch->logit[i]);
    put(scores, score->text, score->size);
    for (uint32_t s = 0; s < batch->shadows; s++) {
        put(scores, ",", 1);
        scores->used += number_text(batch->shadow_logit[s][i], scores->buffer + scores->used);
    }
    put(scores, "\n", 1);
}

void backtest_scores_rows(struct backtest_scores *scores, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->sides; i++)
        put_row(scores, batch, i);
}
