/* SPDX-License-Identifier: Apache-2.0 */
/* For a terminal. Names and texts are anybody's: what would steer a terminal is not printed. */
#include "detector/base/printable.h"
#include "detector/commands/explain_report.h"
#include "detector/commands/text_columns.h"
#include "detector/reasons.h"

#include <math.h>

enum { TIME_WIDTH = 21, KIND_WIDTH = 24, MONEY_WIDTH = 16, PARTY_WIDTH = 18, NUMBER_WIDTH = 4 };

struct writer {
    FILE *file;
    const struct explain_report *report;
    enum language language;
};

static const char *word(const struct writer *w, enum explain_word which) {
    return explain_word(which, w->language);
}

static void put(const struct writer *w, const char *text) {
    printable_put(text, w->file);
}

static void put_left(const struct writer *w, const char *text, int width) {
    columns_left(text, width, w->file);
}

static void put_right(const struct writer *w, const char *text, int width) {
    columns_right(text, width, w->file);
}

/* Account and verdict. */

static void put_advice(const struct writer *w) {
    const struct explain_advice *a = w->report->advice;
    char until[INSTANT_TEXT_SIZE];
    put_left(w, word(w, EXPLAIN_RECOMMENDATION), TIME_WIDTH);
    if (a == NULL) {
        fprintf(w->file, "%s\n", word(w, EXPLAIN_NONE_YET));
        return;
    }
    fprintf(w->file, "%s.%d, %s, %s %s UTC\n", a->id, (int)a->revision,
            explain_action(a->action, w->language), word(w, EXPLAIN_VALID_UNTIL),
            instant_text(a->valid_until_s, until));
    if (w->report->flagged && a->action < w->report->wanted)
        fprintf(w->file, "%*s%s\n", TIME_WIDTH, "", word(w, EXPLAIN_WEAKENED));
}

static void put_score(const struct writer *w) {
    const struct explain_report *r = w->report;
    put_left(w, word(w, EXPLAIN_SCORE), TIME_WIDTH);
    fprintf(w->file, "%.2f, %s %.4f\n", r->entry->logit, word(w, EXPLAIN_PROBABILITY),
            r->probability);
    put_left(w, word(w, EXPLAIN_THRESHOLD), TIME_WIDTH);
    if (isfinite(r->threshold))
        fprintf(w->file, "%.2f, %s %.4f", r->threshold, word(w, EXPLAIN_PROBABILITY),
                r->threshold_probability);
    else
        fputs("–", w->file);
    fprintf(w->file, ": %s\n", explain_action(r->mildest, w->language));
}

static void put_head(const struct writer *w) {
    const struct explain_report *r = w->report;
    char time[INSTANT_TEXT_SIZE];
    put_left(w, word(w, EXPLAIN_ACCOUNT), TIME_WIDTH);
    put(w, r->pass->account.data);
    fputc('\n', w->file);
    put_left(w, word(w, EXPLAIN_ENTRY), TIME_WIDTH);
    fprintf(w->file, "%s UTC, %d/%lld\n", instant_text(r->entry->time_s, time),
            (int)r->entry->partition, (long long)r->entry->offset);
    put_score(w);
    put_advice(w);
    fprintf(w->file, "\n%s.\n", explain_decision(r->entry->decision, w->language));
}

/* Evidence. */

static void put_entry(const struct writer *w, size_t index) {
    const struct explain_entry *entry = &w->report->pass->entries[index];
    char text[EXPLAIN_VALUE_SIZE], kind[EXPLAIN_KIND_SIZE], party[64] = "";
    fprintf(w->file, "%*u  ", NUMBER_WIDTH, (unsigned)(index - w->report->first_shown + 1));
    put_left(w, instant_text(entry->time_s, text), TIME_WIDTH);
    put_left(w, explain_kind(entry, w->language, kind), KIND_WIDTH);
    const bool attempt = entry->moved_tiyn == 0;
    put_right(w, explain_money(attempt ? entry->amount_tiyn : entry->moved_tiyn, text),
              MONEY_WIDTH);
    put_right(w, entry->balance_known ? explain_money(entry->balance_before, text) : "-",
              MONEY_WIDTH);
    put_right(w, entry->balance_known ? explain_money(entry->balance_after, text) : "-",
              MONEY_WIDTH);
    if (entry->counterparty > 0)
        snprintf(party, sizeof party, "%u: %s", (unsigned)entry->counterparty,
                 entry->counterparty_masked);
    put_right(w, party, PARTY_WIDTH);
    fprintf(w->file, "%8.2f\n", entry->logit);
}

static void put_evidence(const struct writer *w) {
    fprintf(w->file, "\n%s\n\n", word(w, EXPLAIN_EVIDENCE));
    put_right(w, word(w, EXPLAIN_NUMBER), NUMBER_WIDTH);
    fprintf(w->file, "  ");
    put_left(w, word(w, EXPLAIN_TIME), TIME_WIDTH);
    put_left(w, word(w, EXPLAIN_KIND), KIND_WIDTH);
    put_right(w, word(w, EXPLAIN_AMOUNT), MONEY_WIDTH);
    put_right(w, word(w, EXPLAIN_BEFORE), MONEY_WIDTH);
    put_right(w, word(w, EXPLAIN_AFTER), MONEY_WIDTH);
    put_right(w, word(w, EXPLAIN_COUNTERPARTY), PARTY_WIDTH);
    put_right(w, word(w, EXPLAIN_SCORE), 8);
    fputc('\n', w->file);
    for (size_t i = w->report->first_shown; i <= w->report->pass->chosen; i++)
        put_entry(w, i);
}

/* Terms. */

static const char *feature_words(const struct writer *w, int feature) {
    const struct feature *f = &feature_table[feature];
    return in_language(w->language, f->text_en, f->text_ru, f->text_kk);
}

static void put_normal(const struct writer *w, int feature) {
    char normal[EXPLAIN_NORMAL_SIZE];
    fprintf(w->file, "          %s: %s\n", feature_words(w, feature),
            explain_normal(w->report, feature, w->language, normal));
}

/* The patterns take one text or number. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_term(const struct writer *w, uint32_t term) {
    const struct model_term_text text = model_term_text(w->report->model, term);
    const char *quality = explain_quality(explain_report_quality(w->report, term), w->language);
    char numbers[EXPLAIN_NUMBERS_SIZE];
    fprintf(w->file, "%+8.2f  ", w->report->terms[term]);
    put(w, in_language(w->language, text.en, text.ru, text.kk));
    const char *see = explain_report_numbers(w->report, term, numbers);
    if (see[0] != '\0') {
        fprintf(w->file, " (");
        fprintf(w->file, word(w, EXPLAIN_SEE), see);
        fprintf(w->file, ")");
    }
    fprintf(w->file, "%s%s%s\n", quality[0] == '\0' ? "" : " [", quality,
            quality[0] == '\0' ? "" : "]");
    put_normal(w, text.feature_a);
    if (text.feature_b >= 0 && text.feature_b != text.feature_a) put_normal(w, text.feature_b);
}

static void put_line(const struct writer *w, double contribution, const struct reason *general) {
    fprintf(w->file, "%+8.2f  %s\n", contribution,
            in_language(w->language, general->text_en, general->text_ru, general->text_kk));
}

static void put_sum(const struct writer *w) {
    fprintf(w->file, "%+8.2f  %s\n", w->report->entry->logit, word(w, EXPLAIN_SCORE));
}

static void put_terms(const struct writer *w) {
    const struct explain_report *r = w->report;
    const uint32_t shown =
        r->term_count < EXPLAIN_TERMS_SHOWN ? r->term_count : EXPLAIN_TERMS_SHOWN;
    const uint32_t earlier = (uint32_t)spread_seen(r->own);
    fprintf(w->file, "\n%s\n\n", word(w, EXPLAIN_IN_WORDS));
    for (uint32_t i = 0; i < shown; i++)
        put_term(w, r->term_order[i]);
    if (shown < r->term_count)
        put_line(w, explain_report_other_terms(r, shown), &reasons_other_signs);
    put_line(w, r->intercept, reasons_base_rate(r->intercept));
    put_sum(w);
    fprintf(w->file, word(w, earlier > 0 ? EXPLAIN_EARLIER : EXPLAIN_NO_EARLIER), earlier);
    fputc('\n', w->file);
}

/* Changes. */

static void put_change(const struct writer *w, const struct counterfactual *c) {
    char text[EXPLAIN_CHANGE_SIZE];
    for (uint32_t i = 0; i < c->count; i++) {
        const struct change *change = &c->change[i];
        fprintf(w->file, "%s%s", i == 0 ? "  * " : " ", i == 0 ? "" : word(w, EXPLAIN_AND));
        fprintf(w->file, "%s%s", i == 0 ? "" : " ",
                explain_change(change, w->report->vector[change->feature], w->language, text));
    }
    fputc('\n', w->file);
}

static void put_changes(const struct writer *w) {
    const struct explain_report *r = w->report;
    fprintf(w->file, "\n%s\n\n", word(w, explain_report_question(r)));
    for (uint32_t i = 0; i < r->change_count; i++)
        put_change(w, &r->changes[i]);
    if (r->change_count == 0) fprintf(w->file, "  %s\n", word(w, EXPLAIN_NO_CHANGE));
    fprintf(w->file, "%s\n", word(w, EXPLAIN_CAVEAT));
}

/* Features. */

static void put_features(const struct writer *w) {
    const struct explain_report *r = w->report;
    const uint32_t shown =
        r->feature_count < EXPLAIN_FEATURES_SHOWN ? r->feature_count : EXPLAIN_FEATURES_SHOWN;
    fprintf(w->file, "\n%s\n\n", word(w, EXPLAIN_BY_FEATURE));
    for (uint32_t i = 0; i < shown; i++) {
        const int feature = r->feature_order[i];
        char normal[EXPLAIN_NORMAL_SIZE];
        fprintf(w->file, "%+8.2f  %s: %s\n", r->features[feature], feature_words(w, feature),
                explain_normal(r, feature, w->language, normal));
    }
    if (shown < r->feature_count) {
        fprintf(w->file, "%+8.2f  ", explain_report_other_features(r, shown));
        fprintf(w->file, word(w, EXPLAIN_OTHER_FEATURES), (unsigned)(r->feature_count - shown));
        fputc('\n', w->file);
    }
    put_line(w, r->intercept, reasons_base_rate(r->intercept));
    put_sum(w);
}

void explain_write_text(FILE *file, const struct explain_report *report, enum language language) {
    const struct writer w = {file, report, language};
    put_head(&w);
    put_evidence(&w);
    put_terms(&w);
    put_changes(&w);
    put_features(&w);
    fprintf(file, "\n%s ", word(&w, EXPLAIN_MODEL));
    put(&w, model_id(report->model));
    fprintf(file, " (%.12s), %s ", model_sha256(report->model), word(&w, EXPLAIN_POLICY));
    put(&w, policy_id(report->policy));
    fprintf(file, " (%.12s)\n%s\n", policy_sha256(report->policy),
            word(&w, EXPLAIN_PERSON_DECIDES));
}
