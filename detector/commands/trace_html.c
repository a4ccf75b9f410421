/* SPDX-License-Identifier: Apache-2.0 */
/* A page for a claim file: nothing is loaded, nothing runs, and its policy says so to the browser.
 * Names are anybody's: all go through put(). */
#include "detector/base/build_info.h"
#include "detector/commands/html_text.h"
#include "detector/commands/trace_report.h"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--line:#d0d7de;--page:#fff;"
    "--card:#f6f8fa;--there:#1a6b47;--on:#8c959f;--out:#b3261e;--cut:#9a6700;--flow:#8c959f}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;"
    "--page:#0d1117;--card:#161b22;--there:#6fd3a0;--on:#6e7681;--out:#ff8b80;--cut:#e3b341;"
    "--flow:#6e7681}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--page);color:var(--ink);"
    "font:15px/1.45 system-ui,sans-serif}"
    "h1{font-size:1.35rem;margin:0 0 .5rem;overflow-wrap:anywhere}"
    "h2{font-size:1.05rem;margin:1.4rem 0 .4rem}"
    ".says{border-left:.3rem solid var(--cut);background:var(--card);padding:.6rem .8rem;"
    "margin:.6rem 0}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}"
    "dt,th,footer,.small{color:var(--soft)}"
    "dd{margin:0;overflow-wrap:anywhere}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{padding:.22rem .5rem;text-align:left;border-bottom:1px solid var(--line);"
    "vertical-align:top}"
    "th{font-weight:600}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".t{white-space:nowrap}.w{overflow-wrap:anywhere;min-width:9rem}"
    "tr.first td{border-bottom:0;padding-bottom:0}"
    "tr.second td{padding-top:0;font-size:.78rem;color:var(--soft);overflow-wrap:anywhere}"
    "tr.sum td{font-weight:600;border-bottom:0}"
    ".small{font-size:.85rem;margin:.2rem 0}"
    ".fit{width:auto;min-width:min(30rem,100%)}"
    ".legend span{margin-right:1rem;white-space:nowrap}.legend{margin:.3rem 0;font-size:.85rem}"
    ".sign{width:.75em;height:.75em;margin-right:.35em}"
    ".there{fill:var(--there)}.on{fill:var(--on)}.out{fill:var(--out)}.cut{fill:var(--cut)}"
    ".box{fill:var(--card);stroke:var(--line)}.flow{fill:none;stroke:var(--flow);opacity:.75}"
    "text{fill:var(--ink);font:12px system-ui,sans-serif}.name{font-weight:600}"
    ".at{fill:var(--soft);font-size:11px}"
    "footer{margin-top:1.4rem;border-top:1px solid var(--line);padding-top:.5rem;font-size:.82rem;"
    "overflow-wrap:anywhere}"
    "@media(max-width:40rem){body{padding:.7rem}dl{grid-template-columns:1fr}"
    "dd{margin-bottom:.3rem}}"
    "@page{size:A4;margin:10mm}"
    "@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#f6f6f6;"
    "--there:#1a6b47;--on:#8c959f;--out:#b3261e;--cut:#9a6700;--flow:#8c959f}"
    "body{max-width:none;padding:0;font-size:8pt;line-height:1.25}"
    ".small,.legend,footer{font-size:7pt}h1{font-size:12pt}h2{font-size:9.5pt;margin:.6rem 0 "
    ".1rem;break-after:avoid}"
    "th,td{padding:.05rem .3rem}table{font-size:7.4pt}tr.second td{font-size:6.4pt}"
    ".graph{max-width:100%;height:auto;max-height:240mm}.wide{overflow:visible}"
    "tr.first{break-after:avoid}tr{break-inside:avoid}"
    "rect,path{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

struct page {
    FILE *file;
    const struct trace_report *report;
    enum language language;
};

static const char *word(const struct page *p, enum trace_word which) {
    return trace_word(which, p->language);
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

static void put_number_cell(const struct page *p, uint32_t number) {
    fprintf(p->file, "<td class=\"n\">%u</td>", (unsigned)number);
}

static void put_money_cell(const struct page *p, int64_t tiyn) {
    char text[EXPLAIN_VALUE_SIZE];
    put_cell(p, "n", explain_money(tiyn, text));
}

static void put_account_cell(const struct page *p, uint32_t account) {
    char name[TRACE_NAME_SIZE];
    put_cell(p, p->report->full ? "w" : "t",
             trace_report_name(p->report, account, p->language, name));
}

static void put_long_account_cell(const struct page *p, uint32_t account) {
    char name[TRACE_NAME_SIZE];
    put_cell(p, "w", trace_report_long_name(p->report, account, p->language, name));
}

static void put_time_cell(const struct page *p, int64_t second) {
    char time[INSTANT_TEXT_SIZE];
    put_cell(p, "t", instant_text(second, time));
}

/* Tables. */

struct column {
    const char *class;
    enum trace_word head;
};

static void begin_table(const struct page *p, enum trace_word title, const char *class,
                        const struct column *columns, size_t count) {
    put_element(p, "<h2>", word(p, title), "</h2>\n");
    fprintf(p->file, "<div class=\"wide\" tabindex=\"0\"><table%s><thead><tr>", class);
    for (size_t i = 0; i < count; i++) {
        fprintf(p->file, "<th scope=\"col\" class=\"%s\">", columns[i].class);
        put(p, word(p, columns[i].head));
        fputs("</th>", p->file);
    }
    fputs("</tr></thead><tbody>\n", p->file);
}

static void end_table(const struct page *p) {
    fputs("</tbody></table></div>\n", p->file);
}

#define BEGIN_TABLE(p, title, class, columns)                                                      \
    begin_table(p, title, class, columns, sizeof columns / sizeof columns[0])

/* Head. */

static void put_pair(const struct page *p, enum trace_word name, const char *text) {
    put_element(p, "<dt>", word(p, name), "</dt>");
    put_element(p, "<dd>", text, "</dd>\n");
}

/* The patterns take numbers and a text. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_limits(const struct page *p) {
    const struct trail_limits *l = &p->report->limits;
    char floor[EXPLAIN_VALUE_SIZE], text[512];
    snprintf(text, sizeof text, word(p, TRACE_LIMITS), (unsigned)l->hops_max,
             (long long)l->seconds_max / TRACE_HOUR_S, explain_money(l->floor_tiyn, floor));
    put_pair(p, TRACE_FOLLOWED_FOR, text);
}

static void put_fitting(const struct page *p) {
    char text[512];
    snprintf(text, sizeof text, word(p, TRACE_NO_IDS_FITTING), p->report->subject->fitting);
    put_pair(p, TRACE_NO_IDS, text);
}

static void put_subject(const struct page *p) {
    const struct trace_report *r = p->report;
    const struct trace_subject *s = r->subject;
    char text[512], money[EXPLAIN_VALUE_SIZE], from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    put_element(p, "<h1>", word(p, TRACE_TITLE), ": ");
    put_element(p, "", word(p, trace_report_of(r)), " ");
    put_element(p, "<bdi>", s->name, "</bdi></h1>\n");
    put_element(p, "<p class=\"says\">", word(p, TRACE_STATEMENT), "</p>\n<dl>");
    snprintf(text, sizeof text, "%s KZT", explain_money(r->traced, money));
    put_pair(p, TRACE_TRACED, text);
    if (s->kind == TRACED_ACCOUNT) {
        snprintf(text, sizeof text, "%s – %s UTC", instant_text(s->from_s, from),
                 instant_text(s->to_s, to));
        put_pair(p, TRACE_BETWEEN, text);
    }
    if (s->described) put_fitting(p);
    for (size_t i = 0; i < s->unmoved_count; i++)
        put_pair(p, TRACE_NOT_TRACED, s->tx_ids[s->unmoved[i]]);
    put_limits(p);
    fputs("</dl>\n", p->file);
}

/* Sums. */

static void put_sum(const struct page *p, const char *class, const char *what, int64_t tiyn) {
    char percent[16];
    if (tiyn == 0) return;
    fprintf(p->file, "<tr class=\"%s\">", class);
    put_cell(p, "", what);
    put_money_cell(p, tiyn);
    put_cell(p, "n", trace_report_percent(p->report, tiyn, percent));
    fputs("</tr>\n", p->file);
}

static void put_sums(const struct page *p) {
    const struct trace_report *r = p->report;
    char text[128], time[INSTANT_TEXT_SIZE];
    put_element(p, "<h2>", word(p, TRACE_WHERE_NOW), " ");
    snprintf(text, sizeof text, word(p, TRACE_AS_OF), instant_text(r->pass->last_s, time));
    put_element(p, "<span class=\"small\">(", text, ")</span></h2>\n<table class=\"fit\">");
    put_element(p, "<thead><tr><td></td><th scope=\"col\" class=\"n\">", word(p, TRACE_AMOUNT),
                "</th><th scope=\"col\" class=\"n\">%</th></tr></thead><tbody>\n");
    put_sum(p, "", word(p, TRACE_THERE), r->there);
    put_sum(p, "", word(p, TRACE_RETURNED), r->returned);
    for (enum trail_fate fate = TRAIL_CASH; fate < TRAIL_FATE_COUNT; fate++)
        put_sum(p, "", trace_fate(fate, p->language), r->ended[fate]);
    put_sum(p, "sum", word(p, TRACE_TRACED), r->traced);
    fputs("</tbody></table>\n", p->file);
}

/* Who sent, who received. */

static void put_senders(const struct page *p) {
    static const struct column columns[] = {
        {"", TRACE_SENDER}, {"n", TRACE_TRANSFERS}, {"n", TRACE_AMOUNT}};
    const struct trace_report *r = p->report;
    BEGIN_TABLE(p, TRACE_SENDERS, " class=\"fit\"", columns);
    for (size_t i = 0; i < r->sender_numbers.count; i++) {
        fputs("<tr>", p->file);
        put_long_account_cell(p, r->senders[i].account);
        put_number_cell(p, r->senders[i].transfers);
        put_money_cell(p, r->senders[i].traced_tiyn);
        fputs("</tr>\n", p->file);
    }
    end_table(p);
}

static void put_holder(const struct page *p, const struct trace_holder *holder) {
    fputs("<tr>", p->file);
    put_long_account_cell(p, holder->account);
    put_number_cell(p, holder->hop);
    put_time_cell(p, holder->first_s);
    put_money_cell(p, holder->sums.came);
    put_money_cell(p, holder->sums.passed_on);
    put_money_cell(p, holder->sums.went_out);
    put_money_cell(p, holder->sums.cut_off);
    put_money_cell(p, holder->sums.there);
    fputs("</tr>\n", p->file);
}

static void put_holders(const struct page *p) {
    static const struct column columns[] = {{"", TRACE_ACCOUNT},    {"n", TRACE_HOP},
                                            {"", TRACE_FIRST},      {"n", TRACE_CAME},
                                            {"n", TRACE_PASSED_ON}, {"n", TRACE_WENT_OUT},
                                            {"n", TRACE_CUT_OFF},   {"n", TRACE_THERE_HEAD}};
    BEGIN_TABLE(p, TRACE_ACCOUNTS, "", columns);
    for (size_t i = 0; i < p->report->holder_numbers.count; i++)
        put_holder(p, &p->report->holders[i]);
    end_table(p);
}

/* Transfers. */

/* An id of letters that are read from the right turns nothing beside it. */
static void put_tx_id(const struct page *p, struct text id) {
    fputs("<bdi>", p->file);
    html_put_text(id, p->file);
    fputs("</bdi>", p->file);
}

static void put_evidence(const struct page *p, const struct trace_row *row) {
    const struct trace_report *r = p->report;
    const struct trace_place *place = &r->pass->places[row->move];
    char hash[DIGEST_HEX_SIZE];
    trace_report_hash(r, row->move, hash);
    fputs("<tr class=\"second\"><td></td><td colspan=\"7\">", p->file);
    put_tx_id(p, r->pass->transactions.texts[r->pass->moves[row->move].tx]);
    fputs(" · ", p->file);
    put(p, r->topic);
    fprintf(p->file, "/%d/%lld · %s</td></tr>\n", (int)place->partition, (long long)place->offset,
            hash);
}

static void put_row(const struct page *p, const struct trace_row *row) {
    const struct trail_move *m = &p->report->pass->moves[row->move];
    fputs("<tr class=\"first\">", p->file);
    put_number_cell(p, row->hop);
    put_time_cell(p, m->second);
    put_cell(p, "", trace_report_kind(p->report, row, p->language));
    put_account_cell(p, row->from);
    put_account_cell(p, row->to);
    put_money_cell(p, m->amount);
    put_money_cell(p, row->traced_tiyn);
    put_cell(p, "", trace_report_outcome(row, p->language));
    fputs("</tr>\n", p->file);
    put_evidence(p, row);
}

static void put_rows(const struct page *p) {
    static const struct column columns[] = {
        {"n", TRACE_HOP}, {"", TRACE_TIME},    {"", TRACE_KIND},   {"", TRACE_FROM},
        {"", TRACE_TO},   {"n", TRACE_AMOUNT}, {"n", TRACE_OF_IT}, {"", TRACE_OUTCOME}};
    BEGIN_TABLE(p, TRACE_TRANSFERS, "", columns);
    fprintf(p->file, "<tr class=\"second\"><td></td><td colspan=\"7\">%s · %s · %s</td></tr>\n",
            word(p, TRACE_TRANSACTION), word(p, TRACE_POSITION), word(p, TRACE_RECORD_HASH));
    for (size_t i = 0; i < p->report->row_count; i++)
        put_row(p, &p->report->rows[i]);
    end_table(p);
}

/* Recommendations. */

static void put_action_cell(const struct page *p, const struct trace_advice *a) {
    put_element(p, a->payment == TRAIL_NONE ? "<td>" : "<td class=\"w\">",
                explain_action(a->action, p->language), "");
    if (a->payment != TRAIL_NONE) {
        put_element(p, " (", word(p, TRACE_ON_PAYMENT), " ");
        put_tx_id(p, trace_report_payment(p->report, a));
        fputc(')', p->file);
    }
    fputs("</td>", p->file);
}

static void put_one_advice(const struct page *p, const struct trace_advice *a) {
    char id[EXPLAIN_VALUE_SIZE];
    fputs("<tr>", p->file);
    put_time_cell(p, a->issued_s);
    put_account_cell(p, a->account);
    put_cell(p, "", trace_state(a->state, p->language));
    put_action_cell(p, a);
    put_money_cell(p, a->at_risk_tiyn);
    const int64_t then = trace_report_then(p->report, a);
    put_cell(p, "n", then < 0 ? "–" : explain_money(then, id));
    snprintf(id, sizeof id, "%s.%d", a->id, (int)a->revision);
    put_cell(p, "w", id);
    fputs("</tr>\n", p->file);
}

static bool any_advice(const struct page *p) {
    for (size_t i = 0; i < p->report->pass->advice_count; i++)
        if (trace_report_concerns(p->report, &p->report->pass->advice[i])) return true;
    return false;
}

static void put_advice(const struct page *p) {
    static const struct column columns[] = {
        {"", TRACE_TIME},     {"", TRACE_ACCOUNT}, {"", TRACE_STATE},         {"", TRACE_ACTION},
        {"n", TRACE_AT_RISK}, {"n", TRACE_THEN},   {"", TRACE_RECOMMENDATION}};
    const struct trace_pass *pass = p->report->pass;
    if (!any_advice(p)) {
        put_element(p, "<h2>", word(p, TRACE_RECOMMENDATIONS), "</h2>\n");
        put_element(p, "<p>", word(p, TRACE_NO_RECOMMENDATIONS), "</p>\n");
        return;
    }
    BEGIN_TABLE(p, TRACE_RECOMMENDATIONS, "", columns);
    for (size_t i = 0; i < pass->advice_count; i++)
        if (trace_report_concerns(p->report, &pass->advice[i])) put_one_advice(p, &pass->advice[i]);
    end_table(p);
    put_element(p, "<p class=\"small\">", word(p, TRACE_ADVICE_IS), "</p>\n");
}

/* Hashes. */

static void put_document(const struct page *p, enum trace_word what, const char *id,
                         const char *sha256) {
    put_element(p, "<dt>", word(p, what), "</dt>");
    put_element(p, "<dd>", id, " ");
    put_element(p, "", sha256, "</dd>\n");
}

static void put_hashes(const struct page *p) {
    const struct trace_report *r = p->report;
    char hash[DIGEST_HEX_SIZE], first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE], text[256];
    put_element(p, "<h2>", word(p, TRACE_HASHES), "</h2>\n<dl>");
    put_document(p, TRACE_MODEL, model_id(r->model), model_sha256(r->model));
    put_document(p, TRACE_POLICY, policy_id(r->policy), policy_sha256(r->policy));
    snprintf(text, sizeof text, word(p, TRACE_RECORDS_ARE), (unsigned long long)r->pass->records,
             instant_text(r->pass->first_s, first), instant_text(r->pass->last_s, last));
    put_pair(p, TRACE_RECORDS, text);
    digest_hex(r->pass->hash, DIGEST_SIZE, hash);
    put_pair(p, TRACE_CHAIN, hash);
    put_element(p, "</dl>\n<p class=\"small\">", word(p, TRACE_CHAIN_IS), "</p>\n");
    put_element(p, "<p class=\"small\">", word(p, TRACE_METHOD), "</p>\n");
    if (!r->full) put_element(p, "<p class=\"small\">", word(p, TRACE_MASKED), "</p>\n");
}

void trace_write_html(FILE *file, const struct trace_report *report, enum language language) {
    const struct page p = {file, report, language};
    html_begin(language_name[language], word(&p, TRACE_TITLE), style, file);
    put_subject(&p);
    put_sums(&p);
    put_element(&p, "<h2 id=\"graph\">", word(&p, TRACE_GRAPH), "</h2>\n");
    trace_write_graph(file, report, language);
    put_senders(&p);
    put_holders(&p);
    put_rows(&p);
    put_advice(&p);
    put_hashes(&p);
    fprintf(file, "</main>\n<footer>saqshy %s</footer>\n</body></html>\n", build_info_version());
}
