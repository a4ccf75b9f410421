/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model and policy on the synthetic feed, through the whole pipeline. The bounds are
 * loose: they hold the figures of models/MODEL_CARD.md to their order of magnitude. */
#include "tests/support.h"

#include "detector/commands/scoreboard.h"
#include "tests/feed.h"

static void judge(uint64_t seed) {
    struct scoreboard *board = scoreboard_new();
    struct feed_run run = {
        .gen = feed_options(seed), .on_recommendation = scoreboard_take, .context = board};
    assert_true(feed_through_pipeline(&run));
    for (uint32_t i = 0; i < gen_label_count(run.labels); i++) {
        const struct gen_label label = gen_label(run.labels, i);
        if (label.first_bad_s != 0)
            scoreboard_add_label(board, text_of(label.account_token), label.first_bad_s);
    }
    gen_close(run.labels);
    const struct scoreboard_result result = scoreboard_result(board);
    scoreboard_free(board);
    print_message("seed %llu: %lld records, %lld droppers, %lld found, %lld honest bothered, "
                  "median %lld min\n",
                  (unsigned long long)seed, (long long)run.records, (long long)result.labelled,
                  (long long)result.found, (long long)(result.accounts - result.found),
                  (long long)result.median_minutes);
    assert_true(run.records > 90000);
    assert_int_equal(result.labelled, run.droppers);
    assert_true(result.labelled >= 12);
    assert_true(3 * result.found >= result.labelled);           /* at least a third */
    assert_true(result.accounts - result.found <= 3000 / 1000); /* at most one in a thousand */
    assert_in_range(result.median_minutes, 0, 24 * 60);
}

static void the_shipped_model_finds_planted_droppers_and_few_others(void **state) {
    (void)state;
    judge(11);
    judge(12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_model_finds_planted_droppers_and_few_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
