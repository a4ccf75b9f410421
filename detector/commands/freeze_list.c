/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/instant.h"
#include "detector/base/printable.h"
#include "detector/commands/explain_words.h"
#include "detector/commands/freezes.h"
#include "detector/commands/json_text.h"
#include "detector/commands/record_json.h"
#include "detector/commands/text_columns.h"
#include "detector/import/csv_cell.h"

#include <inttypes.h>

enum {
    MICROS = 1000000,
    PRIORITY_WIDTH = 9,
    ACTION_WIDTH = 20,
    STANDING_WIDTH = 10,
    MONEY_WIDTH = 16,
    TIME_WIDTH = 20,
    SPAN_WIDTH = 20,
    BANK_WIDTH = 12,
    ACCOUNT_WIDTH = 14,
    PERCENT_WIDTH = 8,
    OUTCOME_WIDTH = 16
};

struct list {
    const struct freezes_query *query;
    struct freezes_source source;
    struct freeze_book *book;
    FILE *out;
    int64_t rows, passing, open;
};

/* What a row is printed of. */
struct line {
    const struct freeze *freeze;
    const struct outcome *outcome;
    enum freeze_standing standing;
    int64_t decide_in_s;
};

static void take(void *context, const struct freeze_record *record) {
    struct list *l = context;
    freeze_book_take(l->book, record->partition, record->offset, record->value);
}

/* For people. */

static void put_money(bool present, int64_t tiyn, FILE *out) {
    char text[EXPLAIN_VALUE_SIZE];
    columns_right(present ? explain_money(tiyn, text) : "", MONEY_WIDTH, out);
}

static void put_time(int64_t us, FILE *out) {
    char text[INSTANT_TEXT_SIZE];
    columns_left(instant_text(us / MICROS, text), TIME_WIDTH, out);
}

static void put_heads(const struct list *l) {
    FILE *out = l->out;
    columns_left("priority", PRIORITY_WIDTH, out);
    columns_left("action", ACTION_WIDTH, out);
    if (l->query->all) columns_left("standing", STANDING_WIDTH, out);
    columns_right("hold, KZT", MONEY_WIDTH, out);
    columns_right("at risk, KZT", MONEY_WIDTH, out);
    fputs("  ", out);
    columns_left("decide by, UTC", TIME_WIDTH, out);
    columns_left("in", SPAN_WIDTH, out);
    columns_left("valid until, UTC", TIME_WIDTH, out);
    columns_left("bank", BANK_WIDTH, out);
    columns_left("account", ACCOUNT_WIDTH, out);
    columns_right("prob., %", PERCENT_WIDTH, out);
    fputs("  ", out);
    columns_left("outcome", OUTCOME_WIDTH, out);
    fputs("recommendation\n", out);
}

static void put_row(const struct list *l, const struct line *line) {
    const struct freeze *f = line->freeze;
    char span[FREEZE_SPAN_SIZE], token[FREEZE_TOKEN_SIZE];
    FILE *out = l->out;
    columns_left(freeze_priority_symbols[f->priority], PRIORITY_WIDTH, out);
    columns_left(freeze_action_symbols[f->action], ACTION_WIDTH, out);
    if (l->query->all) columns_left(freeze_standing_symbols[line->standing], STANDING_WIDTH, out);
    put_money(f->hold_present, f->hold_tiyn, out);
    put_money(true, f->at_risk_tiyn, out);
    fputs("  ", out);
    put_time(f->decide_by_us, out);
    columns_left(line->standing == FREEZE_OPEN ? freeze_span(line->decide_in_s, LANGUAGE_EN, span)
                                               : "",
                 SPAN_WIDTH, out);
    put_time(f->valid_until_us, out);
    columns_left(f->bic == NULL ? "" : f->bic, BANK_WIDTH, out);
    columns_left(freeze_token(l->query, f->account, token), ACCOUNT_WIDTH, out);
    fprintf(out, "%*.1f  ", PERCENT_WIDTH, f->probability * 100);
    columns_left(line->outcome == NULL ? "" : outcome_result_symbols[line->outcome->result],
                 OUTCOME_WIDTH, out);
    printable_put(f->id, out);
    fprintf(out, ".%d\n", (int)f->revision);
}

/* For machines. */

static json_t *real(double value) {
    json_t *json = json_real(value);
    return json != NULL ? json : json_null(); /* what is no number */
}

static void put_json(const struct list *l, const struct line *line) {
    const struct freeze *f = line->freeze;
    char token[FREEZE_TOKEN_SIZE], issued[TIME_JSON_SIZE], decide[TIME_JSON_SIZE],
        valid[TIME_JSON_SIZE];
    json_t *o = json_pack(
        "{so si ss ss ss ss so sI ss ss sI ss so so so so so so si sI}", "recommendation_id",
        json_text(f->id), "revision", (int)f->revision, "state", freeze_state_symbols[f->state],
        "standing", freeze_standing_symbols[line->standing], "priority",
        freeze_priority_symbols[f->priority], "action", freeze_action_symbols[f->action],
        "hold_amount_kzt_minor", f->hold_present ? json_integer(f->hold_tiyn) : json_null(),
        "at_risk_kzt_minor", (json_int_t)f->at_risk_tiyn, "issued_at",
        time_json(f->issued_us, issued), "decide_by", time_json(f->decide_by_us, decide),
        "decide_in_s", (json_int_t)line->decide_in_s, "valid_until",
        time_json(f->valid_until_us, valid), "addressee_bic",
        f->bic == NULL ? json_null() : json_text(f->bic), "account_token",
        json_text(freeze_token(l->query, f->account, token)), "payee_recommendation_id",
        f->payee_id == NULL ? json_null() : json_text(f->payee_id), "score", real(f->score),
        "probability", real(f->probability), "outcome", freeze_outcome_json(line->outcome),
        "partition", (int)f->partition, "offset", (json_int_t)f->offset);
    json_dumpf(o, l->out, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putc('\n', l->out);
    json_decref(o);
}

static void put_csv_head(const struct list *l) {
    fprintf(l->out,
            "recommendation_id,revision,state,standing,priority,action,hold_amount_kzt_minor,"
            "at_risk_kzt_minor,issued_at,decide_by,valid_until,addressee_bic,%s,"
            "payee_recommendation_id,score,probability,outcome\n",
            l->query->full ? "account_token" : "account_masked");
}

static void put_csv_time(int64_t us, FILE *out) {
    char text[TIME_JSON_SIZE];
    csv_write_cell(out, text_of(time_json(us, text)));
    putc(',', out);
}

static void put_csv(const struct list *l, const struct line *line) {
    const struct freeze *f = line->freeze;
    char token[FREEZE_TOKEN_SIZE];
    FILE *out = l->out;
    csv_write_cell(out, text_of(f->id));
    fprintf(out, ",%d,%s,%s,%s,%s,", (int)f->revision, freeze_state_symbols[f->state],
            freeze_standing_symbols[line->standing], freeze_priority_symbols[f->priority],
            freeze_action_symbols[f->action]);
    if (f->hold_present) fprintf(out, "%" PRId64, f->hold_tiyn);
    fprintf(out, ",%" PRId64 ",", f->at_risk_tiyn);
    put_csv_time(f->issued_us, out);
    put_csv_time(f->decide_by_us, out);
    put_csv_time(f->valid_until_us, out);
    csv_write_cell(out, text_of(f->bic == NULL ? "" : f->bic));
    putc(',', out);
    csv_write_cell(out, text_of(freeze_token(l->query, f->account, token)));
    putc(',', out);
    csv_write_cell(out, text_of(f->payee_id == NULL ? "" : f->payee_id));
    fprintf(out, ",%.17g,%.17g,%s\n", f->score, f->probability,
            line->outcome == NULL ? "" : outcome_result_symbols[line->outcome->result]);
}

/* The list. */

static bool passes(const struct list *l, const struct freeze *f, enum freeze_standing standing) {
    const struct freezes_query *q = l->query;
    return (q->all || standing == FREEZE_OPEN) &&
           (q->bank == NULL || (f->bic != NULL && strcmp(f->bic, q->bank) == 0)) &&
           (q->action == ACTION_UNKNOWN || f->action == q->action);
}

static void print_one(struct list *l, const struct freeze *f) {
    const struct freezes_query *q = l->query;
    const struct line line = {
        .freeze = f,
        .outcome = outcomes_find(l->source.outcomes, text_of(f->id)),
        .standing = freeze_standing(f, q->now_us),
        .decide_in_s = f->decide_by_us / MICROS - q->now_us / MICROS,
    };
    l->open += line.standing == FREEZE_OPEN;
    if (!passes(l, f, line.standing)) return;
    l->passing++;
    if (q->limit > 0 && l->rows == q->limit) return;
    if (l->rows++ == 0 && !q->json && !q->csv) put_heads(l);
    if (q->json)
        put_json(l, &line);
    else if (q->csv)
        put_csv(l, &line);
    else
        put_row(l, &line);
}

static void print_summary(const struct list *l) {
    const size_t all = freeze_book_count(l->book);
    const uint64_t useless = freeze_book_useless(l->book);
    if (l->rows < l->passing)
        fprintf(stderr, "the first %lld of %lld; --limit says how many\n", (long long)l->rows,
                (long long)l->passing);
    fprintf(stderr, "%lld open of %zu recommendations\n", (long long)l->open, all);
    if (useless > 0)
        fprintf(stderr, "%llu records cannot be read; saqshy verify says which\n",
                (unsigned long long)useless);
    if (l->source.signals != NULL && signal_book_useless(l->source.signals) > 0)
        fprintf(stderr, "%llu signals cannot be used\n",
                (unsigned long long)signal_book_useless(l->source.signals));
    if (l->rows > 0)
        fprintf(stderr, "next: saqshy freezes show ID\n");
    else if (l->open == 0 && all > 0)
        fprintf(stderr, "next: --all shows those that are closed, --at TIME what was open then\n");
}

static void print_all(struct list *l) {
    const struct freezes_query *q = l->query;
    freeze_book_sort(l->book);
    if (q->csv) put_csv_head(l);
    for (size_t i = 0; i < freeze_book_count(l->book); i++)
        print_one(l, freeze_book_at(l->book, i));
    if (!q->quiet) print_summary(l);
}

bool freezes_list(const struct freezes_query *query, struct port *port, FILE *out,
                  struct error *error) {
    struct list list = {.query = query, .source = {.query = query, .port = port}, .out = out};
    list.book = freeze_book_open(query->until_us, error);
    const bool ok = list.book != NULL && freezes_read(&list.source, take, &list, error);
    if (ok) print_all(&list);
    freezes_close(&list.source);
    freeze_book_close(list.book);
    return ok;
}
