/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/nearest.h"

#include <string.h>

enum { WORD_MAX = 127 };

/* Levenshtein distance by rows; words longer than WORD_MAX are never near. */
static size_t distance(const char *a, const char *b) {
    const size_t a_size = strlen(a), b_size = strlen(b);
    size_t row[WORD_MAX + 1];
    if (a_size > WORD_MAX || b_size > WORD_MAX) return WORD_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b_size];
}

const char *nearest(const char *word, const char *const *candidates, size_t count) {
    const size_t third = strlen(word) / 3;
    size_t best = third < 2 ? 2 : third;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t d = distance(word, candidates[i]);
        if (d < best || (d == best && found == NULL)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
