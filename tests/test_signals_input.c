/* SPDX-License-Identifier: Apache-2.0 */
/* Signals beside the transactions: when they are taken, what cannot be used, and what restarts make
 * of them. */
#include "tests/signals_run.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

#include <stdio.h>

/* When they are taken. */

static void a_first_start_reads_them_before_any_transaction(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_transactions(0, 300);
    send_signals(0, 500); /* of later times than many transactions */
    signals_must_run();
    assert_int_equal(signals_before(&alternations), 500);
    assert_int_equal(alternations, 1);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 500);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 300);
}

static void whatever_start_from_says_they_begin_at_the_first(void **state) {
    (void)state;
    make_signals_topic();
    send_transactions(0, 300);
    send_signals(0, 50);
    snprintf(signals_run.base.options.start_from, sizeof signals_run.base.options.start_from,
             "latest");
    signals_must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 50);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 0);
}

static void later_ones_go_before_the_transactions_that_are_there(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_signals(0, 10);
    signals_must_run();
    send_transactions(0, 200);
    send_signals(10, 30);
    signals_must_run();
    assert_int_equal(signals_before(&alternations), 40);
}

static void offline_each_is_taken_at_its_time(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_transactions(0, 300); /* one every 20 s */
    send_signals(0, 3000);     /* one every second */
    signals_run.base.options.merge_slice_ms = MINUTE_MS;
    signals_run.by_time = true;
    signals_must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 3000);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 300);
    assert_int_equal(signals_before(&alternations), 1);
    assert_true(alternations > 200);
}

/* Some of a time that they share with transactions, and some behind the last. */
static void offline_one_of_the_same_time_goes_before(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_signals(0, 600);
    send_transactions(0, 10);
    signals_run.by_time = true;
    signals_must_run();
    assert_int_equal(signals_before(&alternations), 1);
    assert_int_equal(alternations, 19 + 1);
    signals_run.by_time = false;
    signals_must_run(); /* and what it wrote down is replayed */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 610);
}

/* What cannot be used. */

static bool has_header(const struct port_record *record, const char *name, const char *value) {
    struct port_header header;
    for (size_t i = 0; memory_port_get_header(record, i, &header); i++)
        if (strcmp(header.name, name) == 0 && header.value.size == strlen(value) &&
            memcmp(header.value.data, value, header.value.size) == 0)
            return true;
    return false;
}

static void bad_ones_are_dead_letters_and_tombstones_are_not(void **state) {
    struct port_record letter;
    (void)state;
    make_signals_topic();
    struct signal nobody = sample_signal("nobody", "a", 0);
    nobody.subject_count = 0;
    sample_send_signal(signals_run.base.memory, signals_run.base.encoder, "nobody", &nobody,
                       PARTITIONS);
    sample_send_signal(signals_run.base.memory, signals_run.base.encoder, "gone", NULL, PARTITIONS);
    send_signals(0, 3);
    signals_must_run();
    assert_int_equal(memory_port_count(signals_run.base.memory, LETTERS, 0), 1);
    assert_true(memory_port_get(signals_run.base.memory, LETTERS, 0, 0, &letter));
    assert_true(has_header(&letter, "__connect.errors.topic", SIGNALS));
    assert_true(has_header(&letter, "saqshy.dlq.reason", "BAD_VALUE"));
    assert_int_equal(verdicts(VERDICT_BAD_VALUE), 1);
    assert_int_equal(verdicts(VERDICT_SIGNAL_RETIRED), 1);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 3);
    signals_must_run(); /* and the replay gives the same */
}

/* Restarts. */

static void a_snapshot_has_both_topics(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    for (int i = 0; i < 5; i++) {
        send_signals(20 * i, 20);
        send_transactions(200 * i, 200);
        signals_must_run();
        assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
        assert_int_equal(metrics_get(METRIC_SIGNALS), 20 * (i + 1));
        assert_int_equal(metrics_get_signal(EFFECT_ADDED), 20);
    }
    send_signals(0, 7); /* known already, and that from the snapshot */
    signals_must_run();
    assert_int_equal(metrics_get_signal(EFFECT_REPLAYED), 7);
    const size_t orders = memory_port_count(signals_run.base.memory, ORDER, 0);
    signals_must_run();
    assert_int_equal(memory_port_count(signals_run.base.memory, ORDER, 0), orders);
    signals_run.disk->ops->dispose(signals_run.disk);
    signals_run.disk = NULL;
    signals_must_run(); /* the order log tells of the same state */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 5 * 220 + 7);
}

/* What does not fit is counted, and is so again in a replay. */
static void no_more_are_held_than_may_be(void **state) {
    (void)state;
    make_signals_topic();
    signals_run.base.options.signals_max = 100;
    send_signals(0, 130);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_SIGNALS), 100);
    assert_int_equal(metrics_get_signal(EFFECT_FULL), 30);
    send_transactions(0, 10);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 130);
    signals_run.base.options.signals_max = 101;
    signals_must_fail(ERROR_CONFIG, "another set of options that affect state");
}

static void a_rebuild_reads_them_from_the_first_again(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 30);
    send_transactions(0, 200);
    signals_must_run();
    send_transactions(200, 100);
    signals_run.rebuild = true;
    signals_must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 30);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_first_start_reads_them_before_any_transaction),
        TEST(whatever_start_from_says_they_begin_at_the_first),
        TEST(later_ones_go_before_the_transactions_that_are_there),
        TEST(offline_each_is_taken_at_its_time),
        TEST(offline_one_of_the_same_time_goes_before),
        TEST(bad_ones_are_dead_letters_and_tombstones_are_not),
        TEST(a_snapshot_has_both_topics),
        TEST(no_more_are_held_than_may_be),
        TEST(a_rebuild_reads_them_from_the_first_again),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
