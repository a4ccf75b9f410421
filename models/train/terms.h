/* SPDX-License-Identifier: Apache-2.0 */
/* Terms of a model in the making: steps, nulls and products of two of them, over bins. */
#pragma once

#include "models/train/bins.h"

enum literal_kind { LITERAL_BELOW, LITERAL_ABOVE, LITERAL_NULL };

/* `edge` counts from 0: below or from bins.edge[feature][edge]. */
struct literal {
    int16_t feature;
    uint8_t kind, edge;
};

struct train_term {
    struct literal part[2]; /* part[0].feature <= part[1].feature */
    uint8_t parts;
    /* By the directions of the feature table: 1, -1: the weight may not be of another sign; 0: any.
     */
    int8_t sign;
};

/* Of a feature that others report (FEATURE_REPORTED_FIRST). */
bool literal_is_reported(const struct literal *literal);
/* Whether it holds where nothing was reported, or where what was is no worse than elsewhere. */
bool literal_is_absence(const struct literal *literal);
/* What the weight's sign has to be so that the score never falls as the risk of a feature rises.
 * False: nothing but 0 would do. */
bool term_sign(const struct train_term *term, int8_t *sign);
bool term_equal(const struct train_term *a, const struct train_term *b);
/* One part or two, in order; of two knots of a feature on the same side, one that implies the
 * other. */
struct train_term term_of(const struct literal *parts, uint8_t count);

/* 0 or 1 for each of `rows` rows from `first` on. */
void term_values(const struct train_term *term, const struct binned *binned, size_t first,
                 size_t rows, uint8_t *out);
