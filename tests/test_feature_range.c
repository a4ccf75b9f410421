/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine computes lies within the ranges that changes are told in, reversals left out. */
#include "tests/support.h"

#include "detector/feature_range.h"
#include "tests/histories.h"
#include "tests/naive_known.h"
#include "tests/rows.h"

#include <math.h>

enum { HISTORIES = 2000 };
#define SEED UINT64_C(20260101)

static struct history history;

/* The histories have overdrafts as large as numbers are. */
static void assert_within(int feature, double value) {
    if (feature == FEATURE_balance_ratio && value < 0) return;
    const struct feature_range range = feature_range(feature);
    if (isnan(value) ? !range.may_be_null : value < range.low || value > range.high)
        fail_msg("%s: %.17g", feature_table[feature].name, value);
}

/* The slow twin of the engine, which test_features holds to it. */
static void take_row(struct naive *naive, const struct naive_signals *signals,
                     const struct batch *batch, uint32_t row) {
    struct naive_side sides[2];
    const struct naive_known known = naive_known_of(signals, &batch->tx[row], batch->clock_s[row]);
    const unsigned count = naive_take(naive, &batch->tx[row], batch->clock_s[row], &known, sides);
    for (unsigned i = 0; i < count; i++)
        for (int f = 0; f < FEATURE_COUNT; f++)
            assert_within(f, sides[i].features[f]);
}

static void what_is_computed_lies_within_the_range(void **state) {
    (void)state;
    struct batch *batch = batch_new();
    assert_non_null(batch);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        history_make(&history, SEED + i);
        struct naive *naive = naive_new(NAIVE_none, history.dormancy_s);
        struct naive_signals *signals = naive_signals_new();
        uint32_t signal = 0;
        for (uint32_t event = 0; event < history.count; event++) {
            for (; signal < history.signal_count && history.signals[signal].before <= event;
                 signal++)
                naive_signals_apply(signals, &history.signals[signal].signal, rows_clock_s());
            if (history.tx[event].tx_status == TX_STATUS_REVERSED) continue;
            rows_clear(batch);
            const uint32_t row = rows_add(batch, &history.tx[event], event);
            if (batch->verdict[row] == VERDICT_ACCEPTED) take_row(naive, signals, batch, row);
        }
        naive_free(naive);
        naive_signals_free(signals);
    }
    batch_free(batch);
}

static void values_of_the_grid_are_found_again(void **state) {
    (void)state;
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const struct feature_range range = feature_range(f);
        assert_true(range.low < range.high && range.per > 0 && range.of > 0);
        for (int64_t index = -3; index < 2000; index++) {
            const double value = feature_range_value(&range, index);
            assert_true(feature_range_index(&range, value) == index);
            assert_true(feature_range_index(&range, nextafter(value, INFINITY)) == index + 1);
            assert_true(feature_range_index(&range, nextafter(value, -INFINITY)) == index);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_computed_lies_within_the_range),
        cmocka_unit_test(values_of_the_grid_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
