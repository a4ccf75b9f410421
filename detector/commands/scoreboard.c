/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/scoreboard.h"

#include "detector/base/files.h"
#include "detector/import/csv.h"
#include "detector/import/decimal.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct hit {
    char account[160];
    uint32_t size;
    int64_t issued_s;
};

struct scoreboard {
    pthread_mutex_t lock;
    struct account_set *recommended, *labels;
    struct hit *hits; /* the first recommendation of each account */
    size_t hit_count, hit_room;
    int64_t recommendations;
};

struct scoreboard *scoreboard_new(void) {
    struct scoreboard *board = calloc(1, sizeof *board);
    assert(board != NULL && "out of memory");
    pthread_mutex_init(&board->lock, NULL);
    board->recommended = account_set_new();
    board->labels = account_set_new();
    assert(board->recommended != NULL && board->labels != NULL && "out of memory");
    return board;
}

void scoreboard_free(struct scoreboard *board) {
    if (board == NULL) return;
    account_set_free(board->recommended);
    account_set_free(board->labels);
    pthread_mutex_destroy(&board->lock);
    free(board->hits);
    free(board);
}

static void keep_hit(struct scoreboard *board, struct text account, int64_t issued_s) {
    if (board->hit_count == board->hit_room) {
        board->hit_room = board->hit_room == 0 ? 256 : 2 * board->hit_room;
        board->hits = realloc(board->hits, board->hit_room * sizeof *board->hits);
        assert(board->hits != NULL && "out of memory");
    }
    struct hit *hit = &board->hits[board->hit_count++];
    hit->size = account.size < sizeof hit->account ? account.size : (uint32_t)sizeof hit->account;
    memcpy(hit->account, account.data, hit->size);
    hit->issued_s = issued_s;
}

void scoreboard_take(void *context, const struct recommendation *recommendation) {
    struct scoreboard *board = context;
    const struct text account = recommendation->target_account_token;
    const int64_t issued_s = recommendation->issued_at_us / 1000000;
    pthread_mutex_lock(&board->lock);
    board->recommendations++;
    if (account_set_add(board->recommended, account, issued_s)) keep_hit(board, account, issued_s);
    pthread_mutex_unlock(&board->lock);
}

void scoreboard_add_label(struct scoreboard *board, struct text account, int64_t first_bad_s) {
    pthread_mutex_lock(&board->lock);
    account_set_add(board->labels, account, first_bad_s);
    pthread_mutex_unlock(&board->lock);
}

/* The column with the time of the first bad event, or 0 (the account id) when there is none. */
static size_t time_column(const struct csv *csv) {
    for (size_t i = 1; i < csv_count(csv); i++)
        if (strncmp(csv_field(csv, i), "first_", 6) == 0) return i;
    return 0;
}

/* NULL, or what is wrong with the row. */
static const char *take_row(struct scoreboard *board, const struct csv *csv, size_t column) {
    if (column >= csv_count(csv)) return "too few fields";
    const struct text account = text_of(csv_field(csv, 0));
    if (account.size == 0) return "the account is empty";
    int64_t first_bad_s = 0;
    if (column != 0 &&
        decimal_scale(csv_field(csv, column), '.', 1, true, &first_bad_s) != DECIMAL_OK)
        return "the time is no number of seconds";
    scoreboard_add_label(board, account, first_bad_s);
    return NULL;
}

static const char *load_rows(struct scoreboard *board, struct csv *csv) {
    const char *why = "there is no head line";
    if (csv_next(csv, &why) != CSV_ROW) return why;
    const size_t column = time_column(csv);
    for (;;) {
        const enum csv_outcome outcome = csv_next(csv, &why);
        if (outcome == CSV_END) return NULL;
        if (outcome == CSV_ROW) why = take_row(board, csv, column);
        if (why != NULL) return why;
    }
}

bool scoreboard_load_labels(struct scoreboard *board, const char *path, struct error *error) {
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    struct csv *csv = csv_new(file);
    const char *why = csv == NULL ? "no memory" : load_rows(board, csv);
    if (why != NULL)
        error_set(error, ERROR_BAD_DATA, "%s:%lld: %s", path,
                  (long long)(csv == NULL ? 0 : csv_line(csv)), why);
    csv_free(csv);
    fclose(file);
    return why == NULL;
}

static int compare(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct scoreboard_result scoreboard_result(struct scoreboard *board) {
    pthread_mutex_lock(&board->lock);
    struct scoreboard_result result = {
        .recommendations = board->recommendations,
        .accounts = (int64_t)board->hit_count,
        .labelled = (int64_t)account_set_count(board->labels),
        .median_minutes = -1,
    };
    int64_t *delays = calloc(board->hit_count + 1, sizeof *delays);
    assert(delays != NULL && "out of memory");
    for (size_t i = 0; i < board->hit_count; i++) {
        const struct hit *hit = &board->hits[i];
        int64_t first_bad_s = 0;
        if (account_set_find(board->labels, (struct text){hit->account, hit->size}, &first_bad_s))
            delays[result.found++] = hit->issued_s - first_bad_s;
    }
    qsort(delays, (size_t)result.found, sizeof *delays, compare);
    if (result.found > 0) result.median_minutes = delays[result.found / 2] / 60;
    free(delays);
    pthread_mutex_unlock(&board->lock);
    return result;
}
