/* SPDX-License-Identifier: Apache-2.0 */
/* What a replay makes of signals: of an order that was a race, of records that compaction took, and
 * of topics that are not what they were. */
#include "tests/signals_run.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { STEPS = 60, STEP_SIGNALS = 5, STEP_TRANSACTIONS = 50 };
enum { STEP_RECORDS = STEP_SIGNALS + STEP_TRANSACTIONS };

struct producer {
    struct encoder *encoder;
    bool signals;
};

static void wait_until_taken(int64_t records) {
    while (metrics_get(METRIC_RECORDS) < records)
        usleep(100);
}

static void *produce(void *context) {
    const struct producer *p = context;
    for (int i = 0; i < STEPS; i++) {
        /* Neither is further ahead: however threads are scheduled, the topics take turns. */
        wait_until_taken(STEP_RECORDS * (int64_t)(i - 1));
        if (p->signals)
            for (int k = 0; k < STEP_SIGNALS; k++) {
                char id[32];
                snprintf(id, sizeof id, "racing-%d", STEP_SIGNALS * i + k);
                const struct signal signal = sample_signal(id, "payee-1", i);
                sample_send_signal(signals_run.base.memory, p->encoder, id, &signal, PARTITIONS);
            }
        else
            sample_send_crowd(signals_run.base.memory, p->encoder, STEP_TRANSACTIONS * i,
                              STEP_TRANSACTIONS, PEOPLE, PARTITIONS);
    }
    return NULL;
}

static void *stop_when_all_is_taken(void *unused) {
    (void)unused;
    wait_until_taken(STEPS * STEP_RECORDS);
    pipeline_stop(signals_run.pipeline);
    return NULL;
}

static void race(void) {
    struct producer producers[] = {{signals_run.base.encoder, true}, {NULL, false}};
    struct error error;
    pthread_t threads[3];
    producers[1].encoder = encoder_open(&error);
    assert_non_null(producers[1].encoder);
    metrics_reset();
    const struct pipeline_options options = {.options = &signals_run.base.options,
                                             .port = memory_port_port(signals_run.base.memory)};
    signals_run.pipeline = pipeline_open(&options, &signals_run.error);
    assert_non_null(signals_run.pipeline);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, stop_when_all_is_taken, NULL), 0);
    const bool ok = pipeline_run(signals_run.pipeline, &signals_run.error);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pipeline_close(signals_run.pipeline);
    encoder_close(producers[1].encoder);
    if (!ok) fail_msg("%s", signals_run.error.text);
}

static void a_racing_order_is_replayed_as_it_was(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    race();
    signals_before(&alternations);
    assert_true(alternations >= 10);
    struct memory_port *live = signals_run.base.memory;
    signals_run.base.memory = sample_cluster(PARTITIONS);
    make_signals_topic();
    sample_copy(live, signals_run.base.memory, INPUT, PARTITIONS, NULL);
    sample_copy(live, signals_run.base.memory, SIGNALS, PARTITIONS, NULL);
    sample_copy(live, signals_run.base.memory, ORDER, 1, NULL);
    signals_run.unmuted = true;
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 60 * (5 + 50));
    logs_must_be_same(live, signals_run.base.memory, RECOMMENDATIONS, PARTITIONS);
    assert_true(logs_count(live, RECOMMENDATIONS, PARTITIONS) > 0);
    logs_close(live);
}

/* Records that compaction took, and topics that are not what they were. */

enum change { KEEP, LEAVE_OUT, CHANGE };

static void copy_signals(const struct memory_port *from, int32_t partition, size_t which,
                         enum change change) {
    for (size_t i = 0; i < memory_port_count(from, SIGNALS, partition); i++) {
        struct port_record r;
        assert_true(memory_port_get(from, SIGNALS, partition, i, &r));
        if (i == which && change == LEAVE_OUT) continue;
        const struct port_message message = {.topic = SIGNALS,
                                             .partition = partition,
                                             .timestamp_ms = r.timestamp_ms,
                                             .key = r.key,
                                             .value =
                                                 i == which && change == CHANGE ? r.key : r.value};
        assert_true(memory_port_append(signals_run.base.memory, &message, r.offset));
    }
}

/* All as it was, but one record of partition 0 of the signals. */
static void change_signal(size_t which, enum change change) {
    struct memory_port *before = signals_run.base.memory;
    signals_run.base.memory = sample_cluster(PARTITIONS);
    make_signals_topic();
    copy_signals(before, 0, which, change);
    copy_signals(before, 1, which, KEEP);
    sample_copy(before, signals_run.base.memory, INPUT, PARTITIONS, NULL);
    sample_copy(before, signals_run.base.memory, RECOMMENDATIONS, PARTITIONS, NULL);
    sample_copy(before, signals_run.base.memory, LETTERS, 1, NULL);
    sample_copy(before, signals_run.base.memory, ORDER, 1, NULL);
    logs_copy_committed(before, signals_run.base.memory, INPUT, PARTITIONS);
    logs_close(before);
}

static void what_compaction_took_stops_a_replay_of_it(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    signals_must_run();
    const size_t count = memory_port_count(signals_run.base.memory, SIGNALS, 0);
    send_signals(40, 40); /* so that the partition goes on behind it */
    change_signal(count / 2, LEAVE_OUT);
    signals_must_fail(ERROR_INPUT_GONE, "compaction has taken one of them");
}

/* No scored side tells of it. */
static void also_where_nothing_else_was_taken(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    signals_must_run();
    change_signal(memory_port_count(signals_run.base.memory, SIGNALS, 0) / 2, LEAVE_OUT);
    signals_must_fail(ERROR_INPUT_GONE, "compaction has taken one of them");
}

static void one_that_was_changed_stops_a_replay_too(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    signals_must_run();
    change_signal(memory_port_count(signals_run.base.memory, SIGNALS, 0) / 2, CHANGE);
    signals_must_fail(ERROR_INPUT_GONE, "or one was changed");
}

static void also_where_it_took_the_last_one(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    signals_must_run();
    const size_t count = memory_port_count(signals_run.base.memory, SIGNALS, 0);
    send_signals(40, 40);
    change_signal(count - 1, LEAVE_OUT);
    signals_must_fail(ERROR_INPUT_GONE, "the input goes on at");
}

static void behind_a_snapshot_it_is_not_missed(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    signals_must_run();
    const size_t count = memory_port_count(signals_run.base.memory, SIGNALS, 0);
    send_signals(40, 40);
    change_signal(count - 1, LEAVE_OUT); /* the one whose digest the order log has */
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 40);
}

static void a_topic_made_anew_stops_the_engine(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    signals_must_run();
    change_signal(memory_port_count(signals_run.base.memory, SIGNALS, 0) - 1, CHANGE);
    signals_must_fail(ERROR_INPUT_GONE, "antifrod.signals/0 holds another record");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_racing_order_is_replayed_as_it_was), TEST(what_compaction_took_stops_a_replay_of_it),
        TEST(also_where_nothing_else_was_taken),    TEST(one_that_was_changed_stops_a_replay_too),
        TEST(also_where_it_took_the_last_one),      TEST(behind_a_snapshot_it_is_not_missed),
        TEST(a_topic_made_anew_stops_the_engine),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
