/* SPDX-License-Identifier: Apache-2.0 */
#include "models/average_precision.h"

#include <math.h>
#include <stdlib.h>

static int falling(const void *a, const void *b) {
    const double x = ((const struct ranked *)a)->score, y = ((const struct ranked *)b)->score;
    return (x < y) - (x > y);
}

void ranked_sort(struct ranked *rows, size_t count) {
    if (count > 0) qsort(rows, count, sizeof *rows, falling);
}

size_t ranked_tie_end(const struct ranked *rows, size_t count, size_t begin) {
    size_t end = begin + 1;
    while (end < count && rows[end].score >= rows[begin].score)
        end++;
    return end;
}

double average_precision(const struct ranked *rows, size_t count, const double *weights) {
    double taken = 0, bad = 0, sum = 0;
    for (size_t begin = 0, end; begin < count; begin = end) {
        const double bad_before = bad;
        end = ranked_tie_end(rows, count, begin);
        for (size_t i = begin; i < end; i++) {
            const double weight = weights == NULL ? 1 : weights[rows[i].id];
            taken += weight;
            bad += rows[i].bad ? weight : 0;
        }
        if (bad > bad_before) sum += (bad - bad_before) * bad / taken;
    }
    return bad > 0 ? sum / bad : (double)NAN;
}
