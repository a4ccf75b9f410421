/* SPDX-License-Identifier: Apache-2.0 */
#include "models/rule.h"

#include "detector/base/number_text.h"
#include "detector/feature_table.h"

#include <stdio.h>

enum { PART_ROOM = MODEL_RULE_ROOM / 2 - 8, VALUE_ROOM = PART_ROOM / 2 - 8 };

static void number(double value, char out[NUMBER_TEXT_MAX + 1]) {
    out[number_text(value, out)] = '\0';
}

/* What the transform makes of `what`: a feature or a knot. */
static void transformed(const struct basis_part *part, const char *what, char out[VALUE_ROOM]) {
    char low[NUMBER_TEXT_MAX + 1], high[NUMBER_TEXT_MAX + 1];
    switch (part->transform) {
    case BASIS_IDENTITY:
        snprintf(out, VALUE_ROOM, "%s", what);
        return;
    case BASIS_LOG1P:
        snprintf(out, VALUE_ROOM, "log1p(%s)", what);
        return;
    case BASIS_CLIP:
        number(part->low, low);
        number(part->high, high);
        snprintf(out, VALUE_ROOM, "clip(%s, %s, %s)", what, low, high);
    }
}

static void hinge_text(const struct basis_part *part, const char *x, const char *knot,
                       char out[PART_ROOM]) {
    char knot_value[VALUE_ROOM];
    transformed(part, knot, knot_value);
    snprintf(out, PART_ROOM, "%s %s %s", x, part->above ? "beyond" : "short of", knot_value);
}

static void part_text(const struct basis_part *part, char out[PART_ROOM]) {
    const char *feature = feature_table[part->feature].name;
    char x[VALUE_ROOM], knot[NUMBER_TEXT_MAX + 1] = "";
    transformed(part, feature, x);
    if (basis_is_knotted(part->shape)) number(part->knot, knot);
    switch (part->shape) {
    case BASIS_linear:
        snprintf(out, PART_ROOM, "%s", x);
        return;
    case BASIS_hinge:
        hinge_text(part, x, knot, out);
        return;
    case BASIS_step:
        snprintf(out, PART_ROOM, "%s %s %s", feature, part->above ? ">=" : "<", knot);
        return;
    default:
        snprintf(out, PART_ROOM, "%s null", feature);
    }
}

void rule_text(const struct basis_term *term, char out[MODEL_RULE_ROOM]) {
    char part[2][PART_ROOM];
    for (uint32_t i = 0; i < term->part_count; i++)
        part_text(&term->part[i], part[i]);
    if (term->part_count == 1)
        snprintf(out, MODEL_RULE_ROOM, "%s", part[0]);
    else
        snprintf(out, MODEL_RULE_ROOM, "%s and %s", part[0], part[1]);
}
