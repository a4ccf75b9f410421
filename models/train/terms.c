/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/terms.h"

#include <string.h>

static int literal_sign(const struct literal *l) {
    const enum feature_direction direction = feature_table[l->feature].direction;
    if (direction == FEATURE_EITHER || l->kind == LITERAL_NULL) return 0;
    return (direction == FEATURE_RISES) == (l->kind == LITERAL_ABOVE) ? 1 : -1;
}

bool literal_is_reported(const struct literal *l) {
    return l->feature >= FEATURE_REPORTED_FIRST;
}

bool literal_is_absence(const struct literal *l) {
    return literal_is_reported(l) && literal_sign(l) <= 0;
}

bool term_sign(const struct train_term *term, int8_t *sign) {
    int signs = 0;
    for (int i = 0; i < term->parts; i++) {
        const int s = literal_sign(&term->part[i]);
        if (signs * s < 0) return false;
        if (s != 0) signs = s;
    }
    *sign = (int8_t)signs;
    return true;
}

static bool literal_equal(const struct literal *a, const struct literal *b) {
    return a->feature == b->feature && a->kind == b->kind && a->edge == b->edge;
}

bool term_equal(const struct train_term *a, const struct train_term *b) {
    if (a->parts != b->parts) return false;
    for (int i = 0; i < a->parts; i++)
        if (!literal_equal(&a->part[i], &b->part[i])) return false;
    return true;
}

/* Of two parts that differ in their knots alone, the one that implies the other. */
static const struct literal *narrower(const struct literal *a, const struct literal *b) {
    return (a->kind == LITERAL_BELOW) == (a->edge < b->edge) ? a : b;
}

struct train_term term_of(const struct literal *parts, uint8_t count) {
    struct train_term term = {.parts = count};
    if (count == 2 && parts[0].feature == parts[1].feature && parts[0].kind == parts[1].kind)
        return term_of(narrower(&parts[0], &parts[1]), 1);
    memcpy(term.part, parts, count * sizeof *parts);
    if (count == 2 && parts[1].feature < parts[0].feature) {
        term.part[0] = parts[1];
        term.part[1] = parts[0];
    }
    return term;
}

/* The bins in which it holds. */
static void range(const struct literal *l, uint8_t *low, uint8_t *width) {
    *low = l->kind == LITERAL_NULL ? 0 : l->kind == LITERAL_BELOW ? 1 : (uint8_t)(l->edge + 2);
    *width = l->kind == LITERAL_NULL    ? 0
             : l->kind == LITERAL_BELOW ? l->edge
                                        : (uint8_t)(255 - *low);
}

static void literal_and(const struct literal *l, const struct binned *binned, size_t first,
                        size_t rows, uint8_t *out) {
    const uint8_t *bin = binned->bin[l->feature] + first;
    uint8_t low, width;
    range(l, &low, &width);
    for (size_t i = 0; i < rows; i++)
        out[i] &= (uint8_t)(bin[i] - low) <= width;
}

void term_values(const struct train_term *term, const struct binned *binned, size_t first,
                 size_t rows, uint8_t *out) {
    memset(out, 1, rows);
    for (int i = 0; i < term->parts; i++)
        literal_and(&term->part[i], binned, first, rows, out);
}
