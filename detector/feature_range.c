/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/feature_range.h"

#include "detector/feature_table.h"

#include <math.h>
#include <string.h>

enum { TENGE_TIYN = 100, THOUSANDTHS = 1000 };

/* A share, unless its definition has another bound. */
static struct feature_range of_ratio(int feature) {
    struct feature_range range = {.high = 1, .per = THOUSANDTHS, .of = 1};
    switch (feature) {
    case FEATURE_pass_through_1h:
    case FEATURE_pass_through_24h:
    case FEATURE_pass_through_7d:
    case FEATURE_cash_out_ratio_6h:
    case FEATURE_cash_out_ratio_24h:
        range.high = 10;
        break;
    case FEATURE_turnover_acceleration:
        range.high = (double)SECONDS_7D / SECONDS_1H;
        break;
    case FEATURE_balance_ratio: /* an overdraft has no end */
        range.low = -1e6;
        range.high = 100;
        break;
    default:
        break;
    }
    return range;
}

static struct feature_range of_unit(int feature) {
    static const struct {
        const char *unit;
        struct feature_range range;
    } units[] = {{"count", {.high = 1e6, .per = 1, .of = 1}},
                 {"tiyn", {.high = 1e17, .per = 1, .of = TENGE_TIYN}},
                 {"s", {.high = 1e10, .per = 1, .of = 1}},
                 {"days", {.high = 1e5, .per = 1, .of = 1}},
                 {"flag", {.high = 1, .per = 1, .of = 1}},
                 {"log ratio", {.low = -20, .high = 20, .per = THOUSANDTHS, .of = 1}},
                 {"standard deviations", {.low = -20, .high = 20, .per = THOUSANDTHS, .of = 1}}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(feature_table[feature].unit, units[i].unit) == 0) return units[i].range;
    return of_ratio(feature);
}

struct feature_range feature_range(int feature) {
    struct feature_range range = of_unit(feature);
    if (feature == FEATURE_active_hours_24h) range.high = 24;
    range.may_be_null = strcmp(feature_table[feature].null_rule, "never") != 0;
    return range;
}

double feature_range_value(const struct feature_range *range, int64_t index) {
    return (double)(index * range->of) / range->per;
}

/* The quotient is rounded, so the neighbours are looked at. */
int64_t feature_range_index(const struct feature_range *range, double x) {
    int64_t index = (int64_t)floor(x * range->per / range->of) - 1;
    while (feature_range_value(range, index) < x)
        index++;
    return index;
}
