/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes in columns of hops and rows of time, so that money flows to the right and down, and lines
 * keep to the gaps between columns. Names are shortened always: whole ones are in the tables. */
#include "detector/commands/html_text.h"
#include "detector/commands/masked.h"
#include "detector/commands/trace_report.h"

#include <assert.h>
#include <stdlib.h>

enum {
    NODES_SHOWN = 40,
    BOX_WIDTH = 156,
    BOX_HEIGHT = 62,
    COLUMN = 206,
    ROW = 74,
    TOP = 26,
    PAD = 8,
    BAR_HEIGHT = 5,
    BAR_WIDTH = BOX_WIDTH - 2 * PAD,
    NAME_AT = 18,
    MONEY_AT = 34,
    TIME_AT = 48
};

struct graph {
    FILE *file;
    const struct trace_report *report;
    enum language language;
    uint32_t *row; /* by node; TRAIL_NONE: not shown */
    uint32_t shown, columns;
};

static const char *word(const struct graph *g, enum trace_word which) {
    return trace_word(which, g->language);
}

/* Which are drawn. */

struct ranked {
    int64_t came;
    uint32_t node;
};

static int by_amount(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->came != y->came) return x->came > y->came ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* The largest, in the order of time. */
static void choose(struct graph *g) {
    const size_t count = g->report->node_numbers.count;
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    g->row = calloc(count + 1, sizeof *g->row);
    assert(ranked != NULL && g->row != NULL && "out of memory");
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){g->report->nodes[i].sums.came, (uint32_t)i};
    qsort(ranked, count, sizeof *ranked, by_amount);
    for (size_t i = 0; i < count; i++)
        g->row[ranked[i].node] = i < NODES_SHOWN ? 0 : TRAIL_NONE;
    free(ranked);
    for (size_t i = 0; i < count; i++) {
        if (g->row[i] == TRAIL_NONE) continue;
        g->row[i] = g->shown++;
        if (g->report->nodes[i].hop + 2 > g->columns) g->columns = g->report->nodes[i].hop + 2;
    }
}

/* Drawing. Column 0 is that of the senders. */

static int x_of(uint32_t column) {
    return (int)column * COLUMN;
}

static int y_of(uint32_t row) {
    return TOP + (int)row * ROW;
}

static void put_text(const struct graph *g, int x, int y, const char *class, const char *text) {
    fprintf(g->file, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    html_put(text, g->file);
    fputs("</text>", g->file);
}

static void put_edge(const struct graph *g, const struct trace_edge *e) {
    const bool sent = e->from == TRAIL_NONE;
    if (g->row[e->to] == TRAIL_NONE || (!sent && g->row[e->from] == TRAIL_NONE)) return;
    const uint32_t column = sent ? 0 : g->report->nodes[e->from].hop + 1;
    const int from_x = x_of(column) + BOX_WIDTH, to_x = x_of(g->report->nodes[e->to].hop + 1);
    const int from_y = y_of(sent ? 0 : g->row[e->from]) + BOX_HEIGHT / 2;
    const int to_y = y_of(g->row[e->to]) + BOX_HEIGHT / 2;
    const double share = (double)e->traced_tiyn / (double)g->report->traced;
    fprintf(g->file,
            "<path class=\"flow\" stroke-width=\"%.1f\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n",
            1.0 + 5.0 * (share > 1 ? 1 : share), from_x, from_y, to_x - PAD, from_y, from_x + PAD,
            to_y, to_x, to_y);
}

static int put_share(const struct graph *g, int x, int y, const char *class, int64_t part,
                     int64_t whole) {
    const int width = whole == 0 ? 0 : (int)((double)BAR_WIDTH * (double)part / (double)whole);
    if (width > 0)
        fprintf(g->file, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", class,
                x, y, width, BAR_HEIGHT);
    return x + width;
}

static void put_box(const struct graph *g, int x, int y) {
    fprintf(g->file, "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>",
            x, y, BOX_WIDTH, BOX_HEIGHT);
}

static void put_node(const struct graph *g, size_t index) {
    const struct trace_node *n = &g->report->nodes[index];
    const struct trace_sums *s = &n->sums;
    const int x = x_of(n->hop + 1), y = y_of(g->row[index]),
              bar_y = y + BOX_HEIGHT - BAR_HEIGHT - 3;
    char token[MASKED_SIZE], name[64], money[EXPLAIN_VALUE_SIZE], time[INSTANT_TEXT_SIZE];
    snprintf(name, sizeof name, "%u: %s",
             (unsigned)pairs_find(&g->report->holder_numbers, n->account, 0) + 1,
             masked(trace_pass_account(g->report->pass, n->account), token));
    put_box(g, x, y);
    put_text(g, x + PAD, y + NAME_AT, "name", name);
    put_text(g, x + PAD, y + MONEY_AT, "money", explain_money(s->came, money));
    put_text(g, x + PAD, y + TIME_AT, "at", instant_text(n->first_s, time));
    int at = put_share(g, x + PAD, bar_y, "there", s->there, s->came);
    at = put_share(g, at, bar_y, "on", s->passed_on, s->came);
    at = put_share(g, at, bar_y, "out", s->went_out, s->came);
    put_share(g, at, bar_y, "cut", s->cut_off, s->came);
    fputc('\n', g->file);
}

/* The patterns take numbers. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_senders(const struct graph *g) {
    char text[128], money[EXPLAIN_VALUE_SIZE];
    snprintf(text, sizeof text, word(g, TRACE_GRAPH_SENDERS),
             (unsigned)g->report->sender_numbers.count);
    put_box(g, 0, TOP);
    put_text(g, PAD, TOP + NAME_AT, "name", text);
    put_text(g, PAD, TOP + MONEY_AT, "money", explain_money(g->report->traced, money));
    fputc('\n', g->file);
}

static void put_columns(const struct graph *g) {
    for (uint32_t column = 1; column < g->columns; column++) {
        char text[64];
        snprintf(text, sizeof text, "%s %u", word(g, TRACE_HOP), (unsigned)column - 1);
        put_text(g, x_of(column) + PAD, TOP - 8, "at", text);
    }
}

static void put_legend(const struct graph *g) {
    static const struct {
        const char *class;
        enum trace_word says;
    } signs[] = {{"there", TRACE_THERE_HEAD},
                 {"on", TRACE_PASSED_ON},
                 {"out", TRACE_WENT_OUT},
                 {"cut", TRACE_CUT_OFF}};
    fputs("<p class=\"legend\">", g->file);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        fprintf(g->file,
                "<span><svg class=\"sign\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect "
                "class=\"%s\" width=\"10\" height=\"10\"/></svg>",
                signs[i].class);
        html_put(word(g, signs[i].says), g->file);
        fputs("</span> ", g->file);
    }
    fputs("</p>\n", g->file);
}

static void put_notes(const struct graph *g) {
    fputs("<p class=\"small\">", g->file);
    html_put(word(g, TRACE_GRAPH_SAYS), g->file);
    if (g->shown < g->report->node_numbers.count) {
        fputc(' ', g->file);
        fprintf(g->file, word(g, TRACE_GRAPH_CUT), (unsigned)g->shown,
                (unsigned)g->report->node_numbers.count);
    }
    fputs("</p>\n", g->file);
}

void trace_write_graph(FILE *file, const struct trace_report *report, enum language language) {
    struct graph g = {.file = file, .report = report, .language = language};
    choose(&g);
    const int width = x_of(g.columns - 1) + BOX_WIDTH + 2, height = y_of(g.shown);
    put_notes(&g);
    put_legend(&g);
    fprintf(file,
            "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-labelledby=\"graph\"><svg "
            "class=\"graph\" width=\"%d\" height=\"%d\" viewBox=\"-1 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"graph\">\n",
            width, height, width, height);
    put_columns(&g);
    for (size_t i = 0; i < report->edge_numbers.count; i++)
        put_edge(&g, &report->edges[i]);
    put_senders(&g);
    for (size_t i = 0; i < report->node_numbers.count; i++)
        if (g.row[i] != TRAIL_NONE) put_node(&g, i);
    fputs("</svg></div>\n", file);
    free(g.row);
}
