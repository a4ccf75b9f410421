/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_view.h"

#include "detector/base/printable.h"
#include "detector/base/steady.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    SHOWN = 4,         /* recommendations in the picture */
    LINES_EACH = 3,    /* a head and two reasons */
    LINE_SIZE = 320,   /* bytes of a line */
    PLAIN_MAX = 12,    /* recommendations printed where there is no terminal */
    PLAIN_EVERY_S = 5, /* and how often the numbers are */
    BAR_WIDTH = 40,
    DAY_S = 86400,
    UTC_PLUS_5_S = 5 * 3600,
    WIDTH_ASSUMED = 100,
};

struct shown {
    char lines[LINES_EACH][LINE_SIZE];
};

struct demo_view {
    pthread_mutex_t lock;
    struct shown shown[SHOWN]; /* newest first */
    int64_t issued, all;
    bool quiet, terminal, colour;
    int drawn; /* lines of the picture that stands */
    int64_t start_ms, plain_ms, rate_ms, rate_taken;
    double per_s;
};

struct demo_view *demo_view_new(bool quiet) {
    struct demo_view *v = calloc(1, sizeof *v);
    if (v == NULL) return NULL;
    pthread_mutex_init(&v->lock, NULL);
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

/* 1234567 as 1,234,567. */
static const char *grouped(int64_t number, char out[32]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    int at = 0;
    for (int i = 0; i < length; i++) {
        out[at++] = digits[i];
        const int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') out[at++] = ',';
    }
    out[at] = '\0';
    return out;
}

/* Taking recommendations. */

static void write_head(const struct recommendation *r, char line[LINE_SIZE]) {
#define X(name) #name,
    static const char *const actions[] = {ACTION_TABLE(X)};
    static const char *const states[] = {RECOMMENDATION_STATE_TABLE(X)};
#undef X
    char amount[32], when[20];
    const time_t issued_s = (time_t)(r->issued_at_us / 1000000 + UTC_PLUS_5_S);
    struct tm utc;
    gmtime_r(&issued_s, &utc);
    strftime(when, sizeof when, "%d %b %H:%M", &utc);
    snprintf(line, LINE_SIZE, "%s  %-16s %-8s p=%.2f  account %.8s…  %s KZT still there", when,
             actions[r->action], states[r->state], r->probability, r->target_account_token.data,
             grouped(r->at_risk_kzt_minor / 100, amount));
}

static void write_reasons(const struct recommendation *r, struct shown *shown) {
    int line = 1;
    for (uint32_t i = 0; i < r->reason_count && line < LINES_EACH; i++) {
        const struct reason *reason = &r->reasons[i];
        if (reason->feature[0] == '\0' || reason->contribution <= 0) continue;
        snprintf(shown->lines[line++], LINE_SIZE, "    %+.2f  %s", reason->contribution,
                 reason->text_en);
    }
}

static void print_plain(struct demo_view *v, const struct shown *shown) {
    if (v->issued > PLAIN_MAX) return;
    for (int line = 0; line < LINES_EACH; line++)
        if (shown->lines[line][0] != '\0') {
            printable_put(shown->lines[line], stderr);
            fputc('\n', stderr);
        }
    if (v->issued == PLAIN_MAX) fprintf(stderr, "… more are counted, not printed\n");
}

void demo_view_take(struct demo_view *v, const struct recommendation *r) {
    struct shown shown = {0};
    write_head(r, shown.lines[0]);
    write_reasons(r, &shown);
    pthread_mutex_lock(&v->lock);
    v->all++;
    if (r->state == RECOMMENDATION_ISSUED) {
        v->issued++;
        for (int i = SHOWN - 1; i > 0; i--)
            v->shown[i] = v->shown[i - 1];
        v->shown[0] = shown;
        if (!v->quiet && !v->terminal) print_plain(v, &shown);
    }
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
    char line[LINE_SIZE], bar[BAR_WIDTH + 1];
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

const char *demo_view_story(const struct demo_numbers *n, char out[DEMO_STORY_SIZE]) {
    const struct demo_ending *e = &n->ending;
    snprintf(out, DEMO_STORY_SIZE,
             "signals %lld: %lld incidents about %lld accounts; a recommendation before the first "
             "for %lld, after it for %lld, none for %lld",
             (long long)n->signals, (long long)e->incidents, (long long)e->accounts,
             (long long)e->before, (long long)e->after,
             (long long)(e->accounts - e->before - e->after));
    return out;
}

static void write_numbers(const struct demo_view *v, const struct demo_numbers *n,
                          char line[LINE_SIZE]) {
    char taken[32], rate[32], lag[32], accounts[32], all[32];
    const int64_t behind = n->sent > n->taken ? n->sent - n->taken : 0;
    snprintf(line, LINE_SIZE, "transactions %s   %s/s   lag %s   accounts %s   recommendations %s",
             grouped(n->taken - n->signals, taken), grouped((int64_t)v->per_s, rate),
             grouped(behind, lag), grouped(n->accounts, accounts), grouped(v->all, all));
}

static void draw_picture(struct demo_view *v, const struct demo_numbers *n) {
    const int width = terminal_width();
    char line[LINE_SIZE], story[DEMO_STORY_SIZE];
    if (v->drawn > 0) fprintf(stderr, "\033[%dA\r", v->drawn);
    v->drawn = 0;
    put_line(v, "\033[1m", "Saqshy demo: a synthetic feed on the embedded broker; Ctrl-C ends it",
             width);
    draw_bar(v, n, width);
    write_numbers(v, n, line);
    put_line(v, "", line, width);
    put_line(v, "", demo_view_story(n, story), width);
    put_line(v, "", "", width);
    for (int i = 0; i < SHOWN; i++)
        for (int k = 0; k < LINES_EACH; k++)
            put_line(v, k == 0 ? "\033[33m" : "", v->shown[i].lines[k], width);
    fflush(stderr);
}

static void draw_plain(struct demo_view *v, const struct demo_numbers *n) {
    const int64_t now_ms = steady_ms();
    if (now_ms - v->plain_ms < PLAIN_EVERY_S * 1000) return;
    char line[LINE_SIZE];
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
