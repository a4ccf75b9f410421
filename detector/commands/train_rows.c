/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/train_rows.h"

#include "detector/commands/account_set.h"
#include "detector/commands/vector_rows.h"
#include "models/train/train.h"

#include <stdlib.h>
#include <string.h>

struct train_rows {
    struct labels *labels;
    struct account_set *numbers;
    struct row_store rows;
    int64_t memory_max;
    int64_t *first_bad_s; /* by account number */
    char **account;       /* by account number: its token */
    uint32_t accounts, room;
};

struct train_rows *train_rows_open(struct labels *labels, int64_t memory_max) {
    struct train_rows *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    t->labels = labels;
    t->memory_max = memory_max;
    t->numbers = account_set_new();
    if (t->numbers != NULL) return t;
    free(t);
    return NULL;
}

void train_rows_close(struct train_rows *t) {
    if (t == NULL) return;
    account_set_free(t->numbers);
    row_store_free(&t->rows);
    for (uint32_t i = 0; i < t->accounts; i++)
        free(t->account[i]);
    free(t->account);
    free(t->first_bad_s);
    free(t);
}

static bool more_room(struct train_rows *t) {
    if (t->accounts < t->room) return true;
    const uint32_t room = t->room == 0 ? 1024 : t->room * 2;
    char **account = realloc(t->account, room * sizeof *account);
    if (account != NULL) t->account = account;
    int64_t *first = realloc(t->first_bad_s, room * sizeof *first);
    if (first != NULL) t->first_bad_s = first;
    if (account == NULL || first == NULL) return false;
    t->room = room;
    return true;
}

/* The account's number, a new one where it is new. False: no memory. */
static bool number_of(struct train_rows *t, struct text account, uint32_t *number) {
    int64_t known;
    if (account_set_find(t->numbers, account, &known)) {
        *number = (uint32_t)known;
        return true;
    }
    if (!more_room(t)) return false;
    char *token = strndup(account.data, account.size);
    if (token == NULL) return false;
    *number = t->accounts;
    t->account[t->accounts++] = token;
    return account_set_add(t->numbers, account, *number);
}

static bool take_side(struct train_rows *t, const struct batch *batch, uint32_t i) {
    const struct side *side = &batch->side[i];
    const struct transaction *tx = &batch->tx[side->event];
    const struct text account = vector_account(batch, side);
    const bool only = side->role == SIDE_PAYER && tx->payee.account_token.size == 0;
    struct row row = {.time_s = tx->event_time_s};
    labels_note(t->labels, tx->event_id, side->role == SIDE_PAYEE || only, account, row.time_s);
    return number_of(t, account, &row.account) &&
           row_store_add(&t->rows, row, &batch->features[0][i], BATCH_COLUMN);
}

/* The more of two moments: now, beside what else is held, and when training puts rows in bins. */
static int64_t bytes_needed(const struct train_rows *t, int64_t held) {
    const int64_t now = held + (int64_t)(t->rows.room * sizeof(struct row_chunk));
    const int64_t later = (int64_t)t->rows.count * TRAIN_ROW_BYTES;
    return now > later ? now : later;
}

bool train_rows_take(struct train_rows *t, const struct batch *batch, int64_t held,
                     struct error *error) {
    if (bytes_needed(t, held) > t->memory_max)
        return error_set(error, ERROR_FAILED,
                         "%zu rows and %lld MB of records need more than --memory allows; give "
                         "more, or a shorter feed",
                         t->rows.count, (long long)(held / 1000000));
    for (uint32_t i = 0; i < batch->sides; i++)
        if (!take_side(t, batch, i)) return error_set(error, ERROR_FAILED, "no memory for rows");
    return true;
}

struct row_store *train_rows_rows(struct train_rows *t) {
    return &t->rows;
}

const int64_t *train_rows_first_bad(struct train_rows *t, uint32_t *accounts) {
    for (uint32_t i = 0; i < t->accounts; i++)
        t->first_bad_s[i] = labels_first_bad(t->labels, t->account[i], strlen(t->account[i]));
    *accounts = t->accounts;
    return t->first_bad_s;
}

static int by_time(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t train_rows_earliest(const struct train_rows *t) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < t->rows.count; i++)
        if (row_store_row(&t->rows, i)->time_s < least) least = row_store_row(&t->rows, i)->time_s;
    return least;
}

int64_t train_rows_latest(const struct train_rows *t) {
    int64_t most = INT64_MIN;
    for (size_t i = 0; i < t->rows.count; i++)
        if (row_store_row(&t->rows, i)->time_s > most) most = row_store_row(&t->rows, i)->time_s;
    return most;
}

bool train_rows_at_share(const struct train_rows *t, double share, int64_t *second) {
    int64_t *times = malloc((t->rows.count + 1) * sizeof *times);
    if (times == NULL) return false;
    for (size_t i = 0; i < t->rows.count; i++)
        times[i] = row_store_row(&t->rows, i)->time_s;
    qsort(times, t->rows.count, sizeof *times, by_time);
    *second = times[(size_t)(share * (double)(t->rows.count - 1))];
    free(times);
    return true;
}
