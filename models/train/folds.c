/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/folds.h"

#include "detector/base/instant.h"

#include <stdlib.h>

enum { ENOUGH = 10 }; /* accounts that turn bad on a side */

static const double shares[TRAIN_FOLDS] = {0.5, 0.75};

/* By account: the time of its first bad row; INT64_MAX: it has none. */
static int64_t *first_bad_rows(const struct choice *c) {
    int64_t *first = malloc((c->accounts + (size_t)1) * sizeof *first);
    for (uint32_t a = 0; a < c->accounts && first != NULL; a++)
        first[a] = INT64_MAX;
    for (size_t i = 0; i < c->all->count && first != NULL; i++) {
        int64_t *of_account = &first[c->all->account[i]];
        if (c->all->bad[i] && c->all->time_s[i] < *of_account) *of_account = c->all->time_s[i];
    }
    return first;
}

/* Placing. */

static int by_time(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void place(const int64_t *times, size_t count, int64_t from_s[TRAIN_FOLDS + 1]) {
    for (int n = 0; n < TRAIN_FOLDS; n++)
        from_s[n] = times[(size_t)(shares[n] * (double)count)];
}

static size_t times_of_rows(const struct choice *c, int64_t *times) {
    size_t count = 0;
    for (size_t i = 0; i < c->all->count; i++)
        if (c->include[i]) times[count++] = c->all->time_s[i];
    qsort(times, count, sizeof *times, by_time);
    return count;
}

/* Whoever was bad before the first row is known at every validation, so does not count. */
static size_t times_of_turning(const struct choice *c, const int64_t *first_bad_row,
                               int64_t begins_s, int64_t *times) {
    size_t count = 0;
    for (uint32_t a = 0; a < c->accounts; a++)
        if (first_bad_row[a] != INT64_MAX && c->first_bad_s[a] >= begins_s)
            times[count++] = c->first_bad_s[a];
    qsort(times, count, sizeof *times, by_time);
    return count;
}

/* Judging. */

struct sides {
    size_t before, within; /* accounts: known as bad before, and turning bad in the validation */
};

static struct sides sides_of(const struct choice *c, const int64_t *first_bad_row, int64_t from_s,
                             int64_t until_s) {
    struct sides sides = {0, 0};
    for (uint32_t a = 0; a < c->accounts; a++) {
        sides.before += first_bad_row[a] < from_s;
        sides.within += first_bad_row[a] < until_s && c->first_bad_s[a] >= from_s;
    }
    return sides;
}

static bool are_enough(const struct choice *c, const int64_t *first_bad_row,
                       const int64_t from_s[TRAIN_FOLDS + 1]) {
    for (int n = 0; n < TRAIN_FOLDS; n++) {
        const struct sides sides = sides_of(c, first_bad_row, from_s[n], from_s[n + 1]);
        if (sides.before < ENOUGH || sides.within < ENOUGH) return false;
    }
    return true;
}

static bool can_be_judged(const struct choice *c, const int64_t *first_bad_row,
                          const int64_t from_s[TRAIN_FOLDS + 1], struct error *error) {
    char from[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];
    for (int n = 0; n < TRAIN_FOLDS; n++) {
        const struct sides sides = sides_of(c, first_bad_row, from_s[n], from_s[n + 1]);
        if (sides.before > 0 && sides.within > 0) continue;
        return error_set(error, ERROR_BAD_DATA,
                         "validation needs accounts that turn bad before it and in it: for number "
                         "%d, from %s to %s UTC, they are %zu and %zu; give a longer period or "
                         "more labels",
                         n + 1, instant_text(from_s[n], from), instant_text(from_s[n + 1], until),
                         sides.before, sides.within);
    }
    return true;
}

static void place_all(const struct choice *c, const int64_t *first_bad_row, int64_t *times,
                      int64_t from_s[TRAIN_FOLDS + 1]) {
    size_t count = times_of_rows(c, times);
    const int64_t begins_s = times[0];
    place(times, count, from_s);
    from_s[TRAIN_FOLDS] = times[count - 1] + 1;
    if (are_enough(c, first_bad_row, from_s)) return;
    count = times_of_turning(c, first_bad_row, begins_s, times);
    if (count > 0) place(times, count, from_s);
}

bool folds_place(const struct choice *c, int64_t from_s[TRAIN_FOLDS + 1], struct error *error) {
    const size_t room = c->all->count > c->accounts ? c->all->count : c->accounts;
    int64_t *times = malloc((room + 1) * sizeof *times);
    int64_t *first_bad_row = first_bad_rows(c);
    bool good = times != NULL && first_bad_row != NULL;
    if (good) {
        place_all(c, first_bad_row, times, from_s);
        good = can_be_judged(c, first_bad_row, from_s, error);
    } else
        error_set(error, ERROR_FAILED, "no memory to train");
    free(times);
    free(first_bad_row);
    return good;
}
