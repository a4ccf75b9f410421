/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/scoreboard.h"

#include "detector/commands/account_set.h"

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
    struct account_set *recommended;
    struct labels *labels;
    struct hit *hits; /* the first recommendation of each account */
    size_t hit_count, hit_room;
    int64_t recommendations, to_payers;
};

struct scoreboard *scoreboard_new(void) {
    struct scoreboard *board = calloc(1, sizeof *board);
    assert(board != NULL && "out of memory");
    pthread_mutex_init(&board->lock, NULL);
    board->recommended = account_set_new();
    board->labels = labels_new();
    assert(board->recommended != NULL && "out of memory");
    return board;
}

void scoreboard_free(struct scoreboard *board) {
    if (board == NULL) return;
    account_set_free(board->recommended);
    labels_close(board->labels);
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

void scoreboard_take_payer_side(void *context, const struct recommendation *recommendation) {
    struct scoreboard *board = context;
    (void)recommendation;
    pthread_mutex_lock(&board->lock);
    board->to_payers++;
    pthread_mutex_unlock(&board->lock);
}

void scoreboard_add_label(struct scoreboard *board, struct text account, int64_t first_bad_s) {
    pthread_mutex_lock(&board->lock);
    labels_add(board->labels, account, first_bad_s);
    pthread_mutex_unlock(&board->lock);
}

bool scoreboard_load_labels(struct scoreboard *board, const char *path, struct error *error) {
    struct labels *labels = labels_open(path, error);
    if (labels == NULL) return false;
    labels_close(board->labels);
    board->labels = labels;
    return true;
}

bool scoreboard_note_batch(void *context, const struct batch *batch, struct error *error) {
    struct scoreboard *board = context;
    (void)error;
    pthread_mutex_lock(&board->lock);
    labels_note_batch(board->labels, batch);
    pthread_mutex_unlock(&board->lock);
    return true;
}

static int compare(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct scoreboard_result scoreboard_result(struct scoreboard *board) {
    pthread_mutex_lock(&board->lock);
    struct scoreboard_result result = {
        .recommendations = board->recommendations,
        .to_payers = board->to_payers,
        .accounts = (int64_t)board->hit_count,
        .labelled = (int64_t)labels_accounts(board->labels),
        .median_minutes = -1,
    };
    int64_t *delays = calloc(board->hit_count + 1, sizeof *delays);
    assert(delays != NULL && "out of memory");
    for (size_t i = 0; i < board->hit_count; i++) {
        const struct hit *hit = &board->hits[i];
        const int64_t first_bad_s = labels_first_bad(board->labels, hit->account, hit->size);
        if (first_bad_s != INT64_MAX) delays[result.found++] = hit->issued_s - first_bad_s;
    }
    qsort(delays, (size_t)result.found, sizeof *delays, compare);
    if (result.found > 0) result.median_minutes = delays[result.found / 2] / 60;
    free(delays);
    pthread_mutex_unlock(&board->lock);
    return result;
}
