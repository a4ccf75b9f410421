/* SPDX-License-Identifier: Apache-2.0 */
/* For a terminal. Names are anybody's: what would steer a terminal is not printed. */
#include "detector/base/printable.h"
#include "detector/commands/text_columns.h"
#include "detector/commands/trace_report.h"

enum {
    HEAD_WIDTH = 24,
    HOP_WIDTH = 9,
    TIME_WIDTH = 21,
    MONEY_WIDTH = 16,
    NAME_WIDTH = 18,
    KIND_WIDTH = 18
};

struct writer {
    FILE *file;
    const struct trace_report *report;
    enum language language;
};

static const char *word(const struct writer *w, enum trace_word which) {
    return trace_word(which, w->language);
}

static void put(const struct writer *w, const char *text) {
    printable_put(text, w->file);
}

static void left(const struct writer *w, const char *text, int width) {
    columns_left(text, width, w->file);
}

static void right(const struct writer *w, const char *text, int width) {
    columns_right(text, width, w->file);
}

static void put_head_word(const struct writer *w, enum trace_word which) {
    left(w, word(w, which), HEAD_WIDTH);
}

static void put_money(const struct writer *w, int64_t tiyn) {
    char text[EXPLAIN_VALUE_SIZE];
    right(w, explain_money(tiyn, text), MONEY_WIDTH);
}

static void put_name(const struct writer *w, uint32_t account) {
    char name[TRACE_NAME_SIZE];
    left(w, trace_report_name(w->report, account, w->language, name), NAME_WIDTH);
}

static void put_long_name(const struct writer *w, uint32_t account) {
    char name[TRACE_NAME_SIZE];
    put(w, trace_report_long_name(w->report, account, w->language, name));
}

static void put_time(const struct writer *w, int64_t second) {
    char time[INSTANT_TEXT_SIZE];
    left(w, instant_text(second, time), TIME_WIDTH);
}

/* Head. */

/* The patterns take numbers and texts. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_fitting(const struct writer *w) {
    put_head_word(w, TRACE_NO_IDS);
    fprintf(w->file, word(w, TRACE_NO_IDS_FITTING), w->report->subject->fitting);
    fputc('\n', w->file);
}

static void put_title(const struct writer *w) {
    const struct trace_subject *s = w->report->subject;
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    fprintf(w->file, "%s: %s ", word(w, TRACE_TITLE), word(w, trace_report_of(w->report)));
    put(w, s->name);
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_STATEMENT));
    if (s->kind == TRACED_ACCOUNT) {
        put_head_word(w, TRACE_BETWEEN);
        fprintf(w->file, "%s – %s UTC\n", instant_text(s->from_s, from), instant_text(s->to_s, to));
    }
    if (s->described) put_fitting(w);
    for (size_t i = 0; i < s->unmoved_count; i++) {
        put_head_word(w, TRACE_NOT_TRACED);
        put(w, s->tx_ids[s->unmoved[i]]);
        fputc('\n', w->file);
    }
}

static void put_limits(const struct writer *w) {
    const struct trail_limits *l = &w->report->limits;
    char floor[EXPLAIN_VALUE_SIZE];
    put_head_word(w, TRACE_FOLLOWED_FOR);
    fprintf(w->file, word(w, TRACE_LIMITS), (unsigned)l->hops_max,
            (long long)l->seconds_max / TRACE_HOUR_S, explain_money(l->floor_tiyn, floor));
    fputc('\n', w->file);
}

static void put_sum(const struct writer *w, const char *what, int64_t tiyn) {
    char percent[16];
    if (tiyn == 0) return;
    put_money(w, tiyn);
    right(w, trace_report_percent(w->report, tiyn, percent), 8);
    fprintf(w->file, " %%  %s\n", what);
}

static void put_sums(const struct writer *w) {
    const struct trace_report *r = w->report;
    char time[INSTANT_TEXT_SIZE];
    fprintf(w->file, "\n%s (", word(w, TRACE_WHERE_NOW));
    fprintf(w->file, word(w, TRACE_AS_OF), instant_text(r->pass->last_s, time));
    fprintf(w->file, ")\n\n");
    put_sum(w, word(w, TRACE_THERE), r->there);
    put_sum(w, word(w, TRACE_RETURNED), r->returned);
    for (enum trail_fate fate = TRAIL_CASH; fate < TRAIL_FATE_COUNT; fate++)
        put_sum(w, trace_fate(fate, w->language), r->ended[fate]);
    put_sum(w, word(w, TRACE_TRACED), r->traced);
}

/* Tables. */

static void put_senders(const struct writer *w) {
    const struct trace_report *r = w->report;
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_SENDERS));
    for (size_t i = 0; i < r->sender_numbers.count; i++) {
        put_money(w, r->senders[i].traced_tiyn);
        fprintf(w->file, "  %4u×  ", (unsigned)r->senders[i].transfers);
        put_long_name(w, r->senders[i].account);
        fputc('\n', w->file);
    }
}

static void put_holder(const struct writer *w, const struct trace_holder *holder) {
    char hop[16];
    snprintf(hop, sizeof hop, "%u", (unsigned)holder->hop);
    left(w, hop, HOP_WIDTH);
    put_time(w, holder->first_s);
    put_money(w, holder->sums.came);
    put_money(w, holder->sums.passed_on);
    put_money(w, holder->sums.went_out);
    put_money(w, holder->sums.cut_off);
    put_money(w, holder->sums.there);
    fprintf(w->file, "  ");
    put_long_name(w, holder->account);
    fputc('\n', w->file);
}

static void put_holders(const struct writer *w) {
    static const enum trace_word heads[] = {TRACE_CAME, TRACE_PASSED_ON, TRACE_WENT_OUT,
                                            TRACE_CUT_OFF, TRACE_THERE_HEAD};
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_ACCOUNTS));
    left(w, word(w, TRACE_HOP), HOP_WIDTH);
    left(w, word(w, TRACE_FIRST), TIME_WIDTH);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        right(w, word(w, heads[i]), MONEY_WIDTH);
    fprintf(w->file, "  %s\n", word(w, TRACE_ACCOUNT));
    for (size_t i = 0; i < w->report->holder_numbers.count; i++)
        put_holder(w, &w->report->holders[i]);
}

static void put_row(const struct writer *w, const struct trace_row *row) {
    const struct trace_report *r = w->report;
    const struct trail_move *m = &r->pass->moves[row->move];
    const struct trace_place *place = &r->pass->places[row->move];
    char hop[16];
    snprintf(hop, sizeof hop, "%u", (unsigned)row->hop);
    left(w, hop, HOP_WIDTH);
    put_time(w, m->second);
    left(w, trace_report_kind(r, row, w->language), KIND_WIDTH);
    put_name(w, row->from);
    put_name(w, row->to);
    put_money(w, m->amount);
    put_money(w, row->traced_tiyn);
    fprintf(w->file, "  %s\n%*s", trace_report_outcome(row, w->language), HOP_WIDTH, "");
    printable_put_text(r->pass->transactions.texts[m->tx], w->file);
    fprintf(w->file, "  ");
    put(w, r->topic);
    fprintf(w->file, "/%d/%lld\n", (int)place->partition, (long long)place->offset);
}

static void put_rows(const struct writer *w) {
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_TRANSFERS));
    left(w, word(w, TRACE_HOP), HOP_WIDTH);
    left(w, word(w, TRACE_TIME), TIME_WIDTH);
    left(w, word(w, TRACE_KIND), KIND_WIDTH);
    left(w, word(w, TRACE_FROM), NAME_WIDTH);
    left(w, word(w, TRACE_TO), NAME_WIDTH);
    right(w, word(w, TRACE_AMOUNT), MONEY_WIDTH);
    right(w, word(w, TRACE_OF_IT), MONEY_WIDTH);
    fprintf(w->file, "  %s\n", word(w, TRACE_OUTCOME));
    for (size_t i = 0; i < w->report->row_count; i++)
        put_row(w, &w->report->rows[i]);
}

static void put_one_advice(const struct writer *w, const struct trace_advice *a) {
    char money[EXPLAIN_VALUE_SIZE];
    const int64_t then = trace_report_then(w->report, a);
    put_time(w, a->issued_s);
    put_name(w, a->account);
    fprintf(w->file, "%s.%d  %s: %s", a->id, (int)a->revision, trace_state(a->state, w->language),
            explain_action(a->action, w->language));
    if (a->payment != TRAIL_NONE) {
        fprintf(w->file, " (%s ", word(w, TRACE_ON_PAYMENT));
        printable_put_text(trace_report_payment(w->report, a), w->file);
        fputc(')', w->file);
    }
    fprintf(w->file, "; %s %s", word(w, TRACE_AT_RISK), explain_money(a->at_risk_tiyn, money));
    if (then >= 0) fprintf(w->file, "; %s %s", word(w, TRACE_THEN), explain_money(then, money));
    fputc('\n', w->file);
}

static void put_advice(const struct writer *w) {
    const struct trace_pass *p = w->report->pass;
    size_t shown = 0;
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_RECOMMENDATIONS));
    for (size_t i = 0; i < p->advice_count; i++) {
        if (!trace_report_concerns(w->report, &p->advice[i])) continue;
        put_one_advice(w, &p->advice[i]);
        shown++;
    }
    fprintf(w->file, "%s\n", word(w, shown == 0 ? TRACE_NO_RECOMMENDATIONS : TRACE_ADVICE_IS));
}

static void put_document(const struct writer *w, enum trace_word what, const char *id,
                         const char *sha256) {
    put_head_word(w, what);
    put(w, id);
    fprintf(w->file, " %s\n", sha256);
}

static void put_hashes(const struct writer *w) {
    const struct trace_report *r = w->report;
    char hash[DIGEST_HEX_SIZE], first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE];
    fprintf(w->file, "\n%s\n\n", word(w, TRACE_HASHES));
    put_document(w, TRACE_MODEL, model_id(r->model), model_sha256(r->model));
    put_document(w, TRACE_POLICY, policy_id(r->policy), policy_sha256(r->policy));
    put_head_word(w, TRACE_RECORDS);
    fprintf(w->file, word(w, TRACE_RECORDS_ARE), (unsigned long long)r->pass->records,
            instant_text(r->pass->first_s, first), instant_text(r->pass->last_s, last));
    fputc('\n', w->file);
    put_head_word(w, TRACE_CHAIN);
    digest_hex(r->pass->hash, DIGEST_SIZE, hash);
    fprintf(w->file, "%s\n", hash);
    if (!r->full) fprintf(w->file, "%s\n", word(w, TRACE_MASKED));
}

void trace_write_text(FILE *file, const struct trace_report *report, enum language language) {
    const struct writer w = {file, report, language};
    put_title(&w);
    put_limits(&w);
    put_sums(&w);
    put_senders(&w);
    put_holders(&w);
    put_rows(&w);
    put_advice(&w);
    put_hashes(&w);
}
