/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_scores.h"

#include "detector/base/number_text.h"
#include "detector/commands/backtest_pass.h"
#include "detector/import/csv_write.h"

void backtest_scores_head(FILE *file) {
    fputs("position,account,time,side,logit,probability\n", file);
}

static void put_whole(FILE *file, int64_t value, char after) {
    char text[NUMBER_TEXT_MAX];
    fwrite(text, 1, number_text_whole(value, text), file);
    putc(after, file);
}

static void put_number(FILE *file, double value, char after) {
    char text[NUMBER_TEXT_MAX];
    fwrite(text, 1, number_text(value, text), file);
    putc(after, file);
}

void backtest_scores_rows(FILE *file, const struct batch *batch, const struct model *model) {
    for (uint32_t i = 0; i < batch->sides; i++) {
        const struct side *side = &batch->side[i];
        const struct input *input = &batch->input[side->event];
        put_whole(file, input->partition, '/');
        put_whole(file, input->record.offset, ',');
        csv_write_field(file, backtest_party(batch, side)->account_token);
        putc(',', file);
        put_whole(file, batch->tx[side->event].event_time_s, ',');
        fputs(side->role == SIDE_PAYER ? "payer," : "payee,", file);
        put_number(file, batch->logit[i], ',');
        put_number(file, model_probability(model, batch->logit[i]), '\n');
    }
}
