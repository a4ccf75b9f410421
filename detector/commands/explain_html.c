/* SPDX-License-Identifier: Apache-2.0 */
/* A page to keep: nothing is loaded, nothing runs, and its policy says so to the browser. Bars are
 * SVG, whose widths are attributes and no styles. Names and texts are anybody's: all go through
 * put(). */
#include "detector/base/build_info.h"
#include "detector/commands/explain_report.h"
#include "detector/commands/html_text.h"
#include "detector/reasons.h"

#include <math.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--line:#d0d7de;--page:#fff;"
    "--card:#f6f8fa;--for:#b3261e;--against:#1a6b47;--mark:#fff3c4}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;"
    "--page:#0d1117;--card:#161b22;--for:#ff8b80;--against:#6fd3a0;--mark:#3b3212}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--page);color:var(--ink);"
    "font:15px/1.45 system-ui,sans-serif}"
    "h1{font-size:1.35rem;margin:0 0 .5rem;overflow-wrap:anywhere}"
    "h2{font-size:1.05rem;margin:1.3rem 0 .4rem}"
    ".verdict{border-left:.3rem solid var(--against);background:var(--card);padding:.6rem .8rem;"
    "margin:.6rem 0;font-weight:600}"
    ".verdict.flagged{border-color:var(--for)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}"
    "dt,.soft,th,footer{color:var(--soft)}"
    "dd{margin:0;overflow-wrap:anywhere}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{padding:.22rem .5rem;text-align:left;border-bottom:1px solid var(--line);"
    "vertical-align:top}"
    "th{font-weight:600}"
    ".c{width:5rem}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".t{white-space:nowrap}"
    "tr.here td{background:var(--mark)}"
    "tr.sum td{font-weight:600;border-bottom:0}"
    ".small{display:block;font-size:.85rem;color:var(--soft)}"
    ".bar{width:7rem}svg{display:block;width:6rem;height:.8em;margin-top:.25em}"
    ".for{fill:var(--for)}.against{fill:var(--against)}.axis{fill:var(--soft)}"
    "ul{margin:.2rem 0;padding-left:1.2rem}"
    "footer{margin-top:1.2rem;border-top:1px solid var(--line);padding-top:.5rem;font-size:.82rem;"
    "overflow-wrap:anywhere}"
    "@media(max-width:40rem){body{padding:.7rem}dl{grid-template-columns:1fr}dd{margin-bottom:."
    "3rem}"
    ".bar{display:none}}"
    "@page{size:A4;margin:10mm}"
    "@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#f4f4f4;"
    "--for:#b3261e;--against:#1a6b47;--mark:#fff3c4}"
    "body{max-width:none;padding:0;font-size:7.3pt;line-height:1.2}.bar{width:4rem}svg{width:3."
    "5rem}"
    "h1{font-size:11pt;margin:0}h2{font-size:8.6pt;margin:.4rem 0 .05rem}p{margin:.1rem "
    "0}th,td{padding:.04rem .3rem}table{font-size:1em}"
    ".small{font-size:.92em}.verdict{padding:.2rem .5rem;margin:.2rem "
    "0}footer{margin-top:.4rem;padding-top:.2rem;font-size:.92em}"
    ".wide{overflow:visible}tr,h2{break-inside:avoid}}";

struct page {
    FILE *file;
    const struct explain_report *report;
    enum language language;
};

static const char *word(const struct page *p, enum explain_word which) {
    return explain_word(which, p->language);
}

static void put(const struct page *p, const char *text) {
    html_put(text, p->file);
}

static void put_element(const struct page *p, const char *open, const char *text,
                        const char *close) {
    html_element(open, text, close, p->file);
}

static void put_cell(const struct page *p, const char *class, const char *text) {
    html_cell(class, text, p->file);
}

static void put_head_cell(const struct page *p, const char *class, enum explain_word which) {
    fprintf(p->file, "<th scope=\"col\" class=\"%s\">", class);
    put(p, word(p, which));
    fputs("</th>", p->file);
}

static const char *signed_number(double value, char out[EXPLAIN_VALUE_SIZE]) {
    snprintf(out, EXPLAIN_VALUE_SIZE, "%+.2f", value);
    return out;
}

/* Account and verdict. */

static void put_pair(const struct page *p, enum explain_word name, const char *text) {
    put_element(p, "<dt>", word(p, name), "</dt>");
    put_element(p, "<dd>", text, "</dd>\n");
}

static void put_advice(const struct page *p) {
    const struct explain_advice *a = p->report->advice;
    char text[512], until[INSTANT_TEXT_SIZE];
    if (a == NULL) {
        put_pair(p, EXPLAIN_RECOMMENDATION, word(p, EXPLAIN_NONE_YET));
        return;
    }
    const bool weakened = p->report->flagged && a->action < p->report->wanted;
    snprintf(text, sizeof text, "%s.%d, %s, %s %s UTC%s%s", a->id, (int)a->revision,
             explain_action(a->action, p->language), word(p, EXPLAIN_VALID_UNTIL),
             instant_text(a->valid_until_s, until), weakened ? "; " : "",
             weakened ? word(p, EXPLAIN_WEAKENED) : "");
    put_pair(p, EXPLAIN_RECOMMENDATION, text);
}

static void put_verdict(const struct page *p) {
    const struct explain_report *r = p->report;
    const bool standing = r->entry->decision == DECISION_STANDING;
    char text[256], time[INSTANT_TEXT_SIZE];
    put_element(p, "<h1>", word(p, EXPLAIN_TITLE), ": ");
    put_element(p, "<bdi>", r->pass->account.data, "</bdi></h1>\n");
    put_element(p,
                r->flagged || standing ? "<p class=\"verdict flagged\">" : "<p class=\"verdict\">",
                explain_decision(r->entry->decision, p->language), "</p>\n<dl>");
    snprintf(text, sizeof text, "%s UTC, %d/%lld", instant_text(r->entry->time_s, time),
             (int)r->entry->partition, (long long)r->entry->offset);
    put_pair(p, EXPLAIN_ENTRY, text);
    snprintf(text, sizeof text, "%.2f (%s %.4f)", r->entry->logit, word(p, EXPLAIN_PROBABILITY),
             r->probability);
    put_pair(p, EXPLAIN_SCORE, text);
    const char *action = explain_action(r->mildest, p->language);
    if (isfinite(r->threshold))
        snprintf(text, sizeof text, "%.2f (%s %.4f): %s", r->threshold,
                 word(p, EXPLAIN_PROBABILITY), r->threshold_probability, action);
    else
        snprintf(text, sizeof text, "–: %s", action);
    put_pair(p, EXPLAIN_THRESHOLD, text);
    put_advice(p);
    fputs("</dl>\n", p->file);
}

/* Evidence. */

static void put_entry(const struct page *p, size_t index) {
    const struct explain_entry *e = &p->report->pass->entries[index];
    const bool here = index == p->report->pass->chosen, known = e->balance_known;
    char text[EXPLAIN_KIND_SIZE];
    fprintf(p->file, "<tr%s><td class=\"n\">%zu</td>", here ? " class=\"here\"" : "",
            index - p->report->first_shown + 1);
    put_cell(p, "t", instant_text(e->time_s, text));
    put_cell(p, "", explain_kind(e, p->language, text));
    put_cell(p, "n", explain_money(e->moved_tiyn == 0 ? e->amount_tiyn : e->moved_tiyn, text));
    put_cell(p, "n", known ? explain_money(e->balance_before, text) : "–");
    put_cell(p, "n", known ? explain_money(e->balance_after, text) : "–");
    snprintf(text, sizeof text, "%u: %s", (unsigned)e->counterparty, e->counterparty_masked);
    put_cell(p, "t", e->counterparty == 0 ? "–" : text);
    snprintf(text, sizeof text, "%.2f", e->logit);
    put_cell(p, "n", text);
    fputs("</tr>\n", p->file);
}

static void put_evidence(const struct page *p) {
    put_element(p, "<h2>", word(p, EXPLAIN_EVIDENCE), "</h2>\n");
    fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>", p->file);
    put_head_cell(p, "n", EXPLAIN_NUMBER);
    put_head_cell(p, "", EXPLAIN_TIME);
    put_head_cell(p, "", EXPLAIN_KIND);
    put_head_cell(p, "n", EXPLAIN_AMOUNT);
    put_head_cell(p, "n", EXPLAIN_BEFORE);
    put_head_cell(p, "n", EXPLAIN_AFTER);
    put_head_cell(p, "", EXPLAIN_COUNTERPARTY);
    put_head_cell(p, "n", EXPLAIN_SCORE);
    fputs("</tr></thead><tbody>\n", p->file);
    for (size_t i = p->report->first_shown; i <= p->report->pass->chosen; i++)
        put_entry(p, i);
    fputs("</tbody></table></div>\n", p->file);
}

/* Contributions. */

/* From the middle to the right what raises the score, to the left what lowers it; `largest` is a
 * whole bar. */
static void put_bar(const struct page *p, double contribution, double largest) {
    enum { HALF = 50, HEIGHT = 10 };
    const double width = HALF * fabs(contribution) / largest;
    fprintf(p->file,
            "<td class=\"bar\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\"><rect class=\"%s\" x=\"%.2f\" y=\"1\" width=\"%.2f\" "
            "height=\"8\"/><rect class=\"axis\" x=\"49.5\" width=\"1\" height=\"%d\"/></svg></td>",
            contribution > 0 ? "for" : "against", contribution > 0 ? (double)HALF : HALF - width,
            width, HEIGHT);
}

static const char *feature_words(const struct page *p, int feature) {
    const struct feature *f = &feature_table[feature];
    return in_language(p->language, f->text_en, f->text_ru, f->text_kk);
}

static void put_normal(const struct page *p, int feature) {
    char normal[EXPLAIN_NORMAL_SIZE];
    put_element(p, "<span class=\"small\">", feature_words(p, feature), ": ");
    put_element(p, "", explain_normal(p->report, feature, p->language, normal), "</span>");
}

/* The patterns take one text or number. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_term(const struct page *p, uint32_t term) {
    const struct explain_report *r = p->report;
    const struct model_term_text text = model_term_text(r->model, term);
    const char *quality = explain_quality(explain_report_quality(r, term), p->language);
    char number[EXPLAIN_VALUE_SIZE], numbers[EXPLAIN_NUMBERS_SIZE];
    fputs("<tr>", p->file);
    put_cell(p, "n", signed_number(r->terms[term], number));
    put_bar(p, r->terms[term], fabs(r->terms[r->term_order[0]]));
    put_element(p, "<td>", in_language(p->language, text.en, text.ru, text.kk), "");
    const char *see = explain_report_numbers(r, term, numbers);
    if (see[0] != '\0') {
        fputs(" <span class=\"soft\">(", p->file);
        fprintf(p->file, word(p, EXPLAIN_SEE), see);
        fputs(")</span>", p->file);
    }
    if (quality[0] != '\0') put_element(p, " <span class=\"soft\">[", quality, "]</span>");
    put_normal(p, text.feature_a);
    if (text.feature_b >= 0 && text.feature_b != text.feature_a) put_normal(p, text.feature_b);
    fputs("</td></tr>\n", p->file);
}

/* A row that is no single sign. */
static void put_general(const struct page *p, const char *class, double contribution,
                        const char *text) {
    char number[EXPLAIN_VALUE_SIZE];
    fprintf(p->file, "<tr class=\"%s\">", class);
    put_cell(p, "n", signed_number(contribution, number));
    fputs("<td class=\"bar\"></td>", p->file);
    put_element(p, "<td colspan=\"4\">", text, "</td></tr>\n");
}

static void put_ends(const struct page *p) {
    const struct reason *base = reasons_base_rate(p->report->intercept);
    put_general(p, "", p->report->intercept,
                in_language(p->language, base->text_en, base->text_ru, base->text_kk));
    put_general(p, "sum", p->report->entry->logit, word(p, EXPLAIN_SCORE));
    fputs("</tbody></table></div>\n", p->file);
}

static void put_terms(const struct page *p) {
    const struct explain_report *r = p->report;
    const struct reason *others = &reasons_other_signs;
    const uint32_t shown =
        r->term_count < EXPLAIN_TERMS_SHOWN ? r->term_count : EXPLAIN_TERMS_SHOWN;
    const uint32_t earlier = (uint32_t)spread_seen(r->own);
    put_element(p, "<h2>", word(p, EXPLAIN_IN_WORDS), "</h2>\n");
    fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>", p->file);
    put_head_cell(p, "n c", EXPLAIN_CONTRIBUTION);
    fputs("<td class=\"bar\"></td>", p->file);
    put_head_cell(p, "", EXPLAIN_SIGN);
    fputs("</tr></thead><tbody>\n", p->file);
    for (uint32_t i = 0; i < shown; i++)
        put_term(p, r->term_order[i]);
    if (shown < r->term_count)
        put_general(p, "", explain_report_other_terms(r, shown),
                    in_language(p->language, others->text_en, others->text_ru, others->text_kk));
    put_ends(p);
    fputs("<p class=\"small\">", p->file);
    fprintf(p->file, word(p, earlier > 0 ? EXPLAIN_EARLIER : EXPLAIN_NO_EARLIER), earlier);
    fputs("</p>\n", p->file);
}

/* Changes. */

static void put_change(const struct page *p, const struct counterfactual *c) {
    char text[EXPLAIN_CHANGE_SIZE];
    fputs("<li>", p->file);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct change *change = &c->change[i];
        if (i > 0) put_element(p, " <strong>", word(p, EXPLAIN_AND), "</strong> ");
        put(p, explain_change(change, p->report->vector[change->feature], p->language, text));
    }
    fputs("</li>\n", p->file);
}

static void put_changes(const struct page *p) {
    const struct explain_report *r = p->report;
    put_element(p, "<h2>", word(p, explain_report_question(r)), "</h2>\n<ul>\n");
    for (uint32_t i = 0; i < r->change_count; i++)
        put_change(p, &r->changes[i]);
    if (r->change_count == 0) put_element(p, "<li>", word(p, EXPLAIN_NO_CHANGE), "</li>\n");
    put_element(p, "</ul>\n<p class=\"small\">", word(p, EXPLAIN_CAVEAT), "</p>\n");
}

/* Features. */

static void put_feature(const struct page *p, int feature) {
    const struct explain_report *r = p->report;
    const double value = r->vector[feature], usual = spread_median(r->own, feature);
    char text[EXPLAIN_VALUE_SIZE];
    fputs("<tr>", p->file);
    put_cell(p, "n", signed_number(r->features[feature], text));
    put_bar(p, r->features[feature], fabs(r->features[r->feature_order[0]]));
    put_cell(p, "", feature_words(p, feature));
    put_cell(p, "n", explain_value(feature, value, p->language, text));
    put_cell(p, "n", isnan(usual) ? "–" : explain_value(feature, usual, p->language, text));
    snprintf(text, sizeof text, "%d",
             explain_percent(spread_below(r->pass->spread, feature, value)));
    put_cell(p, "n", isnan(value) ? "–" : text);
    fputs("</tr>\n", p->file);
}

static void put_features(const struct page *p) {
    const struct explain_report *r = p->report;
    const uint32_t shown =
        r->feature_count < EXPLAIN_FEATURES_SHOWN ? r->feature_count : EXPLAIN_FEATURES_SHOWN;
    char others[EXPLAIN_VALUE_SIZE];
    put_element(p, "<h2>", word(p, EXPLAIN_BY_FEATURE), "</h2>\n");
    fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>", p->file);
    put_head_cell(p, "n c", EXPLAIN_CONTRIBUTION);
    fputs("<td class=\"bar\"></td>", p->file);
    put_head_cell(p, "", EXPLAIN_FEATURE);
    put_head_cell(p, "n", EXPLAIN_VALUE);
    put_head_cell(p, "n", EXPLAIN_USUAL_HEAD);
    put_head_cell(p, "n", EXPLAIN_BELOW_HEAD);
    fputs("</tr></thead><tbody>\n", p->file);
    for (uint32_t i = 0; i < shown; i++)
        put_feature(p, r->feature_order[i]);
    if (shown < r->feature_count) {
        snprintf(others, sizeof others, word(p, EXPLAIN_OTHER_FEATURES),
                 (unsigned)(r->feature_count - shown));
        put_general(p, "", explain_report_other_features(r, shown), others);
    }
    put_ends(p);
}

static void put_foot(const struct page *p) {
    const struct explain_report *r = p->report;
    put_element(p, "</main>\n<footer>", word(p, EXPLAIN_PERSON_DECIDES), "<br>");
    put_element(p, "", word(p, EXPLAIN_MODEL), " ");
    put_element(p, "<bdi>", model_id(r->model), "</bdi>");
    fprintf(p->file, " (%.12s), ", model_sha256(r->model));
    put_element(p, "", word(p, EXPLAIN_POLICY), " ");
    put_element(p, "<bdi>", policy_id(r->policy), "</bdi>");
    fprintf(p->file, " (%.12s), ", policy_sha256(r->policy));
    put_element(p, "<bdi>", r->input, "</bdi>");
    fprintf(p->file, ", saqshy %s</footer>\n</body></html>\n", build_info_version());
}

void explain_write_html(FILE *file, const struct explain_report *report, enum language language) {
    const struct page p = {file, report, language};
    html_begin(language_name[language], word(&p, EXPLAIN_TITLE), style, file);
    put_verdict(&p);
    put_evidence(&p);
    put_terms(&p);
    put_changes(&p);
    put_features(&p);
    put_foot(&p);
}
