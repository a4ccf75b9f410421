/* SPDX-License-Identifier: Apache-2.0 */
/* Average precision against values that scikit-learn 1.5 gives, and the band around it. */
#include "tests/support.h"

#include "models/bootstrap.h"

#include <math.h>
#include <stdlib.h>

static double of_rows(struct ranked *rows, size_t count) {
    ranked_sort(rows, count);
    return average_precision(rows, count, NULL);
}

static void it_is_the_sum_of_recall_gained_times_precision(void **state) {
    (void)state;
    struct ranked rows[] = {{0.1, 1, false}, {0.4, 1, false}, {0.35, 1, true}, {0.8, 1, true}};
    assert_true(fabs(of_rows(rows, 4) - 0.8333333333333333) < 1e-15);
    struct ranked perfect[] = {{1, 1, false}, {3, 1, true}, {2, 1, true}};
    assert_true(fabs(of_rows(perfect, 3) - 1) < 1e-15);
}

/* average_precision_score([1, 0, 1, 0, 1], [.5, .5, .5, .2, .1]) */
static void equal_scores_are_one_threshold_whatever_their_order(void **state) {
    (void)state;
    struct ranked rows[] = {
        {0.5, 1, true}, {0.5, 1, false}, {0.5, 1, true}, {0.2, 1, false}, {0.1, 1, true}};
    struct ranked other[] = {
        {0.1, 1, true}, {0.5, 1, false}, {0.2, 1, false}, {0.5, 1, true}, {0.5, 1, true}};
    const double due = 2.0 / 3 * (2.0 / 3) + 1.0 / 3 * (3.0 / 5);
    assert_true(fabs(of_rows(rows, 5) - due) < 1e-15);
    assert_true(fabs(of_rows(other, 5) - due) < 1e-15);
}

static void a_weight_is_so_many_rows(void **state) {
    (void)state;
    const double weights[] = {1, 3, 0, 2};
    struct ranked weighted[] = {{3, 3, false}, {2, 1, true}, {1, 2, true}, {0, 0, true}};
    struct ranked plain[] = {{3, 0, false}, {3, 0, false}, {2, 0, true},
                             {2, 0, true},  {2, 0, true},  {0, 0, true}};
    assert_true(fabs(average_precision(weighted, 4, weights) - of_rows(plain, 6)) < 1e-15);
}

static void without_a_bad_row_it_is_undefined(void **state) {
    (void)state;
    struct ranked rows[] = {{3, 0, false}, {2, 1, false}};
    assert_true(isnan(of_rows(rows, 2)));
    assert_true(isnan(of_rows(rows, 0)));
    const struct band band = bootstrap_average_precision(rows, 2, 10, 1);
    assert_true(isnan(band.low) && isnan(band.high));
}

static void sorted_means_the_highest_first_and_ties_in_their_order(void **state) {
    (void)state;
    struct ranked rows[] = {{-0.0, 0, false}, {-1e-300, 1, false}, {2.5, 2, true},
                            {0.0, 3, true},   {-3, 4, false},      {1e300, 5, false},
                            {2.5, 6, false},  {1e-310, 7, true},   {-2.9999999999999996, 8, false}};
    static const uint32_t due[] = {5, 2, 6, 7, 0, 3, 1, 8, 4};
    ranked_sort(rows, 9);
    for (int i = 0; i < 9; i++)
        assert_int_equal(rows[i].id, due[i]);
    ranked_sort(rows, 0);
}

static void a_percentile_is_one_of_the_values(void **state) {
    (void)state;
    double values[] = {5, 1, 4, 2, 3, 10, 9, 8, 7, 6};
    assert_true(percentile(values, 10, 0.5) == 5);
    assert_true(percentile(values, 10, 0.9) == 9);
    assert_true(percentile(values, 10, 1) == 10);
    assert_true(percentile(values, 1, 0.9) == 1);
    assert_true(isnan(percentile(values, 0, 0.5)));
}

/* Scores 0 to 199; every fifth row is bad, and those above 150 twice as often. */
static void draw_rows(struct ranked rows[200]) {
    for (int i = 0; i < 200; i++)
        rows[i] = (struct ranked){i, (uint32_t)i, i % 5 == 0 || (i > 150 && i % 5 == 1)};
    ranked_sort(rows, 200);
}

static void a_band_holds_the_value_and_follows_the_seed(void **state) {
    (void)state;
    struct ranked rows[200];
    draw_rows(rows);
    const double value = average_precision(rows, 200, NULL);
    const struct band one = bootstrap_average_precision(rows, 200, 200, 1);
    const struct band again = bootstrap_average_precision(rows, 200, 200, 1);
    const struct band two = bootstrap_average_precision(rows, 200, 200, 2);
    assert_true(one.low < value - 0.05 && value + 0.05 < one.high);
    assert_true(one.high - one.low > 0.05 && one.high - one.low < 0.4);
    assert_true(one.low == again.low && one.high == again.high);
    assert_true(one.low != two.low || one.high != two.high);
}

static void a_gain_is_less_unsure_than_its_parts(void **state) {
    (void)state;
    struct ranked rows[200], others[200];
    draw_rows(rows);
    draw_rows(others);
    for (int i = 0; i < 200; i++)
        others[i].score += others[i].bad ? -1.5 : 0;
    ranked_sort(others, 200);
    const struct band same = bootstrap_gain(rows, rows, 200, 200, 1);
    assert_true(same.low == 0 && same.high == 0);
    const struct band one = bootstrap_average_precision(rows, 200, 200, 1);
    const struct band gain = bootstrap_gain(rows, others, 200, 200, 1);
    assert_true(gain.low > 0);
    assert_true(gain.high - gain.low < (one.high - one.low) / 2);
}

static void rows_that_stand_for_more_weigh_more_in_a_band(void **state) {
    (void)state;
    struct ranked rows[200];
    double weights[200];
    draw_rows(rows);
    for (int i = 0; i < 200; i++)
        weights[i] = 7;
    const struct band plain = bootstrap_average_precision(rows, 200, 200, 1);
    const struct band alike = bootstrap_weighted(rows, 200, weights, 200, 1);
    assert_true(fabs(plain.low - alike.low) < 1e-12 && fabs(plain.high - alike.high) < 1e-12);
    for (int i = 0; i < 200; i++)
        weights[rows[i].id] = rows[i].bad ? 1 : 20;
    assert_true(bootstrap_weighted(rows, 200, weights, 200, 1).high < plain.low);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_sum_of_recall_gained_times_precision),
        cmocka_unit_test(equal_scores_are_one_threshold_whatever_their_order),
        cmocka_unit_test(a_weight_is_so_many_rows),
        cmocka_unit_test(without_a_bad_row_it_is_undefined),
        cmocka_unit_test(sorted_means_the_highest_first_and_ties_in_their_order),
        cmocka_unit_test(a_percentile_is_one_of_the_values),
        cmocka_unit_test(a_gain_is_less_unsure_than_its_parts),
        cmocka_unit_test(rows_that_stand_for_more_weigh_more_in_a_band),
        cmocka_unit_test(a_band_holds_the_value_and_follows_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
