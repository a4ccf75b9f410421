/* SPDX-License-Identifier: Apache-2.0 */
#include "models/closest.h"

#include <string.h>

enum { LENGTH_MAX = 64 };

static size_t least(size_t a, size_t b, size_t c) {
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's distance of words of at most LENGTH_MAX letters. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
        }
    }
    return row[b_length];
}

const char *closest(const char *word, const char *const *candidates, size_t count) {
    const size_t length = strlen(word);
    if (length > LENGTH_MAX) return NULL;
    const char *best = NULL;
    size_t best_distance = length / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        const size_t other = strlen(candidates[i]);
        if (other > LENGTH_MAX) continue;
        const size_t d = distance(word, length, candidates[i], other);
        if (d >= best_distance) continue;
        best_distance = d;
        best = candidates[i];
    }
    return best;
}
