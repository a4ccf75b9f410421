/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/alike.h"

#include <math.h>
#include <stdlib.h>

#define CORRELATION_MOST 0.98

/* A term as a set of rows. */
struct row_set {
    uint64_t *word;
    size_t rows; /* in which it holds */
};

static void gather(const struct binned *rows, const struct train_term *term, uint8_t *values,
                   struct row_set *set) {
    term_values(term, rows, 0, rows->count, values);
    for (size_t i = 0; i < rows->count; i++) {
        set->word[i / 64] |= (uint64_t)values[i] << (i % 64);
        set->rows += values[i];
    }
}

static size_t shared_rows(const struct row_set *a, const struct row_set *b, size_t words) {
    size_t shared = 0;
    for (size_t w = 0; w < words; w++)
        shared += (size_t)__builtin_popcountll(a->word[w] & b->word[w]);
    return shared;
}

/* Of two columns of zeros and ones. */
static double correlation(const struct row_set *a, const struct row_set *b, size_t words,
                          size_t count) {
    const double n = (double)count, x = (double)a->rows, y = (double)b->rows;
    const double both = (double)shared_rows(a, b, words);
    return (n * both - x * y) / sqrt(x * (n - x) * y * (n - y));
}

/* What `b` may weigh, `a` may weigh in its place. */
static bool stands_for(const struct train_term *a, const struct train_term *b, double r) {
    return fabs(r) > CORRELATION_MOST && (a->sign == 0 || a->sign == (r > 0 ? b->sign : -b->sign));
}

static bool allocate(struct row_set *sets, uint32_t count, size_t words) {
    for (uint32_t t = 0; t < count; t++)
        if ((sets[t].word = calloc(words, sizeof(uint64_t))) == NULL) return false;
    return true;
}

static bool is_alike(const struct binned *rows, const struct train_term *terms,
                     const struct row_set *sets, uint32_t t, const bool *alike) {
    const size_t words = rows->count / 64 + 1;
    if (sets[t].rows == 0 || sets[t].rows == rows->count) return true;
    for (uint32_t e = 0; e < t; e++)
        if (!alike[e] &&
            stands_for(&terms[e], &terms[t], correlation(&sets[e], &sets[t], words, rows->count)))
            return true;
    return false;
}

bool alike_find(const struct binned *rows, const struct train_term *terms, uint32_t count,
                bool *alike) {
    struct row_set *sets = calloc(count + 1, sizeof *sets);
    uint8_t *values = malloc(rows->count + 1);
    const bool room = sets != NULL && values != NULL && allocate(sets, count, rows->count / 64 + 1);
    for (uint32_t t = 0; t < count && room; t++) {
        gather(rows, &terms[t], values, &sets[t]);
        alike[t] = is_alike(rows, terms, sets, t, alike);
    }
    for (uint32_t t = 0; t < count && sets != NULL; t++)
        free(sets[t].word);
    free(sets);
    free(values);
    return room;
}
