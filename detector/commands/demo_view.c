/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_view.h"

#include "detector/base/printable.h"
#include "detector/base/steady.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    PLAIN_EVERY_S = 5, /* how often the numbers are printed where there is no terminal */
    BAR_WIDTH = 40,
    DAY_S = 86400,
    WIDTH_ASSUMED = 100,
};

/* What has a place of its own in the picture, so that frequent kinds do not hide the others. */
enum kind { KIND_ISSUED, KIND_AMENDED, KIND_WITHDRAWN, KIND_EXPIRED, KIND_PAYER_SIDE, KIND_COUNT };

static const struct {
    int shown;     /* of the kind in the picture, newest first */
    int lines;     /* of each */
    int plain_max; /* printed where there is no terminal */
} kinds[KIND_COUNT] = {
    [KIND_ISSUED] = {2, DEMO_SHOWN_LINES, 8},
    [KIND_AMENDED] = {1, 2, 2},
    [KIND_WITHDRAWN] = {1, 2, 2},
    [KIND_EXPIRED] = {1, 2, 2},
    [KIND_PAYER_SIDE] = {1, 2, 2},
};
enum { SHOWN_MAX = 2 };

struct demo_view {
    pthread_mutex_t lock;
    const struct demo_tally *tally;
    struct demo_shown shown[KIND_COUNT][SHOWN_MAX];
    int64_t taken[KIND_COUNT], all;
    bool quiet, terminal, colour;
    int drawn; /* lines of the picture that stands */
    int64_t start_ms, plain_ms, rate_ms, rate_taken;
    double per_s;
};

struct demo_view *demo_view_new(bool quiet, const struct demo_tally *tally) {
    struct demo_view *v = calloc(1, sizeof *v);
    if (v == NULL) return NULL;
    pthread_mutex_init(&v->lock, NULL);
    v->tally = tally;
    v->quiet = quiet;
    v->terminal = isatty(STDERR_FILENO) == 1;
    v->colour = v->terminal && getenv("NO_COLOR") == NULL;
    v->start_ms = v->plain_ms = v->rate_ms = steady_ms();
    return v;
}

void demo_view_free(struct demo_view *v) {
    if (v == NULL) return;
    pthread_mutex_destroy(&v->lock);
    free(v);
}

/* Taking recommendations. */

static enum kind kind_of(const struct recommendation *r) {
    static const enum kind of_state[DEMO_STATES] = {[RECOMMENDATION_AMENDED] = KIND_AMENDED,
                                                    [RECOMMENDATION_WITHDRAWN] = KIND_WITHDRAWN,
                                                    [RECOMMENDATION_EXPIRED] = KIND_EXPIRED};
    return r->payee_id.data != NULL ? KIND_PAYER_SIDE : of_state[r->state];
}

static void print_plain(const struct demo_view *v, enum kind kind) {
    const struct demo_shown *shown = &v->shown[kind][0];
    if (v->taken[kind] > kinds[kind].plain_max) return;
    for (int line = 0; line < kinds[kind].lines; line++)
        if (shown->lines[line][0] != '\0') {
            printable_put(shown->lines[line], stderr);
            fputc('\n', stderr);
        }
    if (v->taken[kind] == kinds[kind].plain_max)
        fprintf(stderr, "… more of this kind are counted, not printed\n");
}

void demo_view_take(struct demo_view *v, const struct recommendation *r) {
    const enum kind kind = kind_of(r);
    struct demo_shown shown;
    demo_show(r, &shown);
    pthread_mutex_lock(&v->lock);
    v->all++;
    v->taken[kind]++;
    for (int i = kinds[kind].shown - 1; i > 0; i--)
        v->shown[kind][i] = v->shown[kind][i - 1];
    v->shown[kind][0] = shown;
    if (!v->quiet && !v->terminal) print_plain(v, kind);
    pthread_mutex_unlock(&v->lock);
}

/* Drawing. */

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col
                                                                            : WIDTH_ASSUMED;
}

/* Prints at most `width` characters (not bytes) and clears the rest of the line. */
static void put_line(struct demo_view *v, const char *style, const char *line, int width) {
    size_t bytes = 0;
    for (int left = width; line[bytes] != '\0'; bytes++)
        if (((unsigned char)line[bytes] & 0xc0) != 0x80 && left-- == 0) break;
    fputs(v->colour ? style : "", stderr);
    printable_put_text((struct text){line, (uint32_t)bytes}, stderr);
    fprintf(stderr, "%s\033[K\n", v->colour ? "\033[0m" : "");
    v->drawn++;
}

static void draw_bar(struct demo_view *v, const struct demo_numbers *n, int width) {
    char line[DEMO_LINE_SIZE], bar[BAR_WIDTH + 1];
    const int64_t total_s = n->end_s - n->start_s, done_s = n->now_s - n->start_s;
    const int filled = (int)(done_s * BAR_WIDTH / (total_s > 0 ? total_s : 1));
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '-';
    bar[BAR_WIDTH] = '\0';
    snprintf(line, sizeof line, "day %lld of %lld  [%s]",
             (long long)(done_s < total_s ? done_s / DAY_S + 1 : total_s / DAY_S),
             (long long)(total_s / DAY_S), bar);
    put_line(v, "", line, width);
}

static void measure_rate(struct demo_view *v, const struct demo_numbers *n) {
    const int64_t now_ms = steady_ms();
    if (now_ms - v->rate_ms < 500) return;
    v->per_s = (double)(n->taken - v->rate_taken) * 1000.0 / (double)(now_ms - v->rate_ms);
    v->rate_ms = now_ms;
    v->rate_taken = n->taken;
}

static void write_numbers(const struct demo_view *v, const struct demo_numbers *n,
                          char line[DEMO_LINE_SIZE]) {
    char taken[32], rate[32], lag[32], accounts[32], all[32];
    const int64_t behind = n->sent > n->taken ? n->sent - n->taken : 0;
    snprintf(
        line, DEMO_LINE_SIZE, "transactions %s   %s/s   lag %s   accounts %s   recommendations %s",
        demo_grouped(demo_transactions(n), taken), demo_grouped((int64_t)v->per_s, rate),
        demo_grouped(behind, lag), demo_grouped(n->accounts, accounts), demo_grouped(v->all, all));
}

static void draw_kind(struct demo_view *v, enum kind kind, int width) {
    for (int i = 0; i < kinds[kind].shown; i++)
        for (int k = 0; k < kinds[kind].lines; k++)
            put_line(v, k == 0 ? "\033[33m" : "", v->shown[kind][i].lines[k], width);
}

static void draw_picture(struct demo_view *v, const struct demo_numbers *n) {
    const int width = terminal_width();
    char line[DEMO_LINE_SIZE];
    if (v->drawn > 0) fprintf(stderr, "\033[%dA\r", v->drawn);
    v->drawn = 0;
    put_line(v, "\033[1m", "Saqshy demo: a synthetic feed on the embedded broker; Ctrl-C ends it",
             width);
    draw_bar(v, n, width);
    write_numbers(v, n, line);
    put_line(v, "", line, width);
    put_line(v, "", demo_story_line(n, line), width);
    put_line(v, "", demo_advice_line(n, v->tally, line), width);
    put_line(v, "", demo_policy_line(&n->policy, line), width);
    put_line(v, "", "", width);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        draw_kind(v, kind, width);
    fflush(stderr);
}

static void draw_plain(struct demo_view *v, const struct demo_numbers *n) {
    const int64_t now_ms = steady_ms();
    if (now_ms - v->plain_ms < PLAIN_EVERY_S * 1000) return;
    char line[DEMO_LINE_SIZE];
    v->plain_ms = now_ms;
    write_numbers(v, n, line);
    fprintf(stderr, "%s\n", line);
}

void demo_view_draw(struct demo_view *v, const struct demo_numbers *numbers) {
    if (v->quiet) return;
    pthread_mutex_lock(&v->lock);
    measure_rate(v, numbers);
    if (v->terminal)
        draw_picture(v, numbers);
    else
        draw_plain(v, numbers);
    pthread_mutex_unlock(&v->lock);
}

void demo_view_end(struct demo_view *v, const struct demo_numbers *numbers) {
    if (v->terminal) demo_view_draw(v, numbers);
    if (!v->quiet) fputc('\n', stderr);
}
