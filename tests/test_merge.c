/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support.h"

#include "detector/merge.h"

static const struct merge_view nothing_yet = {false, 0, false};
static const struct merge_view at_end = {false, 0, true};

static struct merge_view head(int64_t timestamp_ms) {
    return (struct merge_view){true, timestamp_ms, false};
}

static void takes_the_earliest_slice_first(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    const struct merge_view views[] = {head(7000), head(5000)};
    int64_t limit_ms = 0;
    assert_int_equal(merge_pick(merge, views, 2, 0, INT64_MAX, &limit_ms), 1);
    assert_int_equal(limit_ms, 6000);
    merge_free(merge);
}

static void stays_with_a_stream_inside_the_slice(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    int64_t limit_ms = 0;
    const struct merge_view first[] = {head(5000), head(5100)};
    assert_int_equal(merge_pick(merge, first, 2, 0, INT64_MAX, &limit_ms), 0);
    const struct merge_view second[] = {head(5900), head(5100)};
    assert_int_equal(merge_pick(merge, second, 2, 0, INT64_MAX, &limit_ms), 0);
    const struct merge_view third[] = {head(6000), head(5100)};
    assert_int_equal(merge_pick(merge, third, 2, 0, INT64_MAX, &limit_ms), 1);
    merge_free(merge);
}

static void never_waits_for_a_stream_at_its_end(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    const struct merge_view views[] = {at_end, head(5000)};
    int64_t limit_ms = 0;
    assert_int_equal(merge_pick(merge, views, 2, 0, INT64_MAX, &limit_ms), 1);
    merge_free(merge);
}

static void waits_for_a_stream_behind_but_not_for_ever(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    const struct merge_view views[] = {nothing_yet, head(5000)};
    int64_t limit_ms = 0;
    assert_int_equal(merge_pick(merge, views, 2, 100, INT64_MAX, &limit_ms), MERGE_WAIT);
    assert_int_equal(merge_pick(merge, views, 2, 599, INT64_MAX, &limit_ms), MERGE_WAIT);
    assert_int_equal(merge_pick(merge, views, 2, 600, INT64_MAX, &limit_ms), 1);
    const struct merge_view later[] = {nothing_yet, head(9000)};
    assert_int_equal(merge_pick(merge, later, 2, 601, INT64_MAX, &limit_ms), 1);
    merge_free(merge);
}

static void a_left_out_stream_is_waited_for_again_once_it_delivered(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 0, 2);
    int64_t limit_ms = 0;
    const struct merge_view behind[] = {nothing_yet, head(5000)};
    assert_int_equal(merge_pick(merge, behind, 2, 0, INT64_MAX, &limit_ms), 1);
    merge_free(merge);

    merge = merge_new(1000, 500, 2);
    assert_int_equal(merge_pick(merge, behind, 2, 0, INT64_MAX, &limit_ms), MERGE_WAIT);
    assert_int_equal(merge_pick(merge, behind, 2, 500, INT64_MAX, &limit_ms), 1);
    const struct merge_view back[] = {head(7000), head(9000)};
    assert_int_equal(merge_pick(merge, back, 2, 501, INT64_MAX, &limit_ms), 0);
    const struct merge_view away[] = {nothing_yet, head(9000)};
    assert_int_equal(merge_pick(merge, away, 2, 502, INT64_MAX, &limit_ms), MERGE_WAIT);
    merge_free(merge);
}

static void tells_idle_from_waiting(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    int64_t limit_ms = 0;
    const struct merge_view ended[] = {at_end, at_end};
    assert_int_equal(merge_pick(merge, ended, 2, 0, INT64_MAX, &limit_ms), MERGE_IDLE);
    const struct merge_view one[] = {at_end, nothing_yet};
    assert_int_equal(merge_pick(merge, one, 2, 0, INT64_MAX, &limit_ms), MERGE_WAIT);
    assert_int_equal(merge_pick(merge, one, 2, 9999, INT64_MAX, &limit_ms), MERGE_WAIT);
    merge_free(merge);
}

static void a_time_stamp_at_the_end_of_time_is_taken_like_any_other(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    int64_t limit_ms = 0;
    const struct merge_view last[] = {head(INT64_MAX - 1), at_end};
    assert_int_equal(merge_pick(merge, last, 2, 0, INT64_MAX, &limit_ms), 0);
    assert_true(limit_ms > INT64_MAX - 1);
    merge_free(merge);
}

static void one_from_the_far_future_does_not_hold_the_slice_open(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    int64_t limit_ms = 0;
    const struct merge_view future[] = {head(INT64_C(4000000000000)), at_end};
    assert_int_equal(merge_pick(merge, future, 2, 0, INT64_MAX, &limit_ms), 0);
    const struct merge_view present[] = {head(9000), head(5000)};
    assert_int_equal(merge_pick(merge, present, 2, 0, INT64_MAX, &limit_ms), 1);
    assert_int_equal(limit_ms, 6000);
    merge_free(merge);
}

static void no_slice_goes_beyond_what_cuts_it(void **state) {
    (void)state;
    struct merge *merge = merge_new(1000, 500, 2);
    int64_t limit_ms = 0;
    const struct merge_view first[] = {head(5000), head(5300)};
    assert_int_equal(merge_pick(merge, first, 2, 0, 5600, &limit_ms), 0);
    assert_int_equal(limit_ms, 5600);
    const struct merge_view second[] = {head(5600), head(5300)};
    assert_int_equal(merge_pick(merge, second, 2, 0, 5400, &limit_ms), 1);
    assert_int_equal(limit_ms, 5400);
    const struct merge_view early[] = {head(INT64_MIN), at_end};
    assert_int_equal(merge_pick(merge, early, 2, 0, INT64_MIN + 1, &limit_ms), 0);
    assert_true(limit_ms == INT64_MIN + 1);
    merge_free(merge);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_earliest_slice_first),
        cmocka_unit_test(stays_with_a_stream_inside_the_slice),
        cmocka_unit_test(never_waits_for_a_stream_at_its_end),
        cmocka_unit_test(waits_for_a_stream_behind_but_not_for_ever),
        cmocka_unit_test(a_left_out_stream_is_waited_for_again_once_it_delivered),
        cmocka_unit_test(a_time_stamp_at_the_end_of_time_is_taken_like_any_other),
        cmocka_unit_test(one_from_the_far_future_does_not_hold_the_slice_open),
        cmocka_unit_test(no_slice_goes_beyond_what_cuts_it),
        cmocka_unit_test(tells_idle_from_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
