/* SPDX-License-Identifier: Apache-2.0 */
/* What a backtest must come to, as a JSON object of bounds: {"wrong_freezes_at_most": 20, …}. */
#pragma once

#include "detector/commands/backtest_compare.h"

/* X(name, comparison, needs labels, needs --compare, the figure). Undefined figures are not met. */
#define BACKTEST_GATES_TABLE(X)                                                                    \
    X(account_average_precision_at_least, true, true, false, f->account_ap)                        \
    X(account_average_precision_low_at_least, true, true, false, f->account_ap_band.low)           \
    X(side_average_precision_at_least, true, true, false, f->side_ap)                              \
    X(found_at_least, true, true, false, (double)f->advised.found)                                 \
    X(wrong_freezes_at_most, false, true, false, (double)f->advised.wrong_freezes)                 \
    X(minutes_median_at_most, false, true, false, f->minutes_median)                               \
    X(minutes_p90_at_most, false, true, false, f->minutes_p90)                                     \
    X(held_of_bad_kzt_minor_at_least, true, true, false, (double)f->advised.held_bad_tiyn)         \
    X(recommendations_at_most, false, false, false, (double)f->advised.recommendations)            \
    X(recommendations_a_day_at_most, false, false, false, backtest_a_day(f))                       \
    X(account_average_precision_gain_at_least, true, true, true, c->account_ap_gain)               \
    X(account_average_precision_gain_low_at_least, true, true, true, c->account_ap_gain_band.low)  \
    X(lost_bad_at_most, false, true, true, (double)c->lost_bad)

enum {
#define X(name, at_least, labels, compare, figure) BACKTEST_GATE_##name,
    BACKTEST_GATES_TABLE(X)
#undef X
        BACKTEST_GATE_COUNT
};

struct backtest_gate {
    const char *name;
    bool wanted, at_least, met;
    double bound, figure;
};

struct backtest_gates {
    struct backtest_gate gates[BACKTEST_GATE_COUNT];
};

/* ERROR_IO; ERROR_CONFIG with the key at fault; ERROR_USAGE when a gate needs labels or --compare
 * and there are none. */
bool backtest_gates_load(struct backtest_gates *gates, const char *path, bool labelled,
                         bool compared, struct error *error);
/* `comparison` may be NULL where no gate needs one. The number of gates that are not met. */
int backtest_gates_judge(struct backtest_gates *gates, const struct backtest_figures *figures,
                         const struct backtest_comparison *comparison);
