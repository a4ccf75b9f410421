/* SPDX-License-Identifier: Apache-2.0 */
#include "models/average_precision.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sorting goes by the digits of a score, the lowest first: rows of equal scores keep their order.
 */
enum { DIGIT_BITS = 11, DIGIT_VALUES = 1 << DIGIT_BITS };

/* The score's bits, so that the highest score is the smallest number. */
static uint64_t falling_key(const struct ranked *row) {
    const double score = row->score + 0.0; /* no negative zero */
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits >> 63 != 0 ? bits : ~bits & ~(UINT64_C(1) << 63);
}

static uint32_t digit_of(const struct ranked *row, int shift) {
    return (uint32_t)(falling_key(row) >> shift) & (DIGIT_VALUES - 1);
}

/* False: all have the same digit there, and nothing was moved. */
static bool sort_digit(const struct ranked *from, struct ranked *to, size_t count, int shift) {
    size_t places[DIGIT_VALUES] = {0}, before = 0;
    for (size_t i = 0; i < count; i++)
        places[digit_of(&from[i], shift)]++;
    if (places[digit_of(&from[0], shift)] == count) return false;
    for (uint32_t digit = 0; digit < DIGIT_VALUES; digit++) {
        const size_t here = places[digit];
        places[digit] = before;
        before += here;
    }
    for (size_t i = 0; i < count; i++)
        to[places[digit_of(&from[i], shift)]++] = from[i];
    return true;
}

void ranked_sort(struct ranked *rows, size_t count) {
    struct ranked *other = calloc(count + 1, sizeof *other), *from = rows, *to = other;
    assert(other != NULL && "out of memory");
    for (int shift = 0; count > 0 && shift < 64; shift += DIGIT_BITS) {
        if (!sort_digit(from, to, count, shift)) continue;
        struct ranked *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != rows) memcpy(rows, from, count * sizeof *rows);
    free(other);
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
