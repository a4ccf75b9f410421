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

/* What is there when the engine is stopped, and what has become of it when it starts again. */
struct scenario {
    bool snapshots;
    int transactions; /* that it took beside the signals */
    int later;        /* signals, so that the partition goes on behind them */
    enum { MIDDLE, LAST } which;
    enum change change;
    const char *refused; /* NULL: it starts, and takes the later ones alone */
};

static void replay_what_has_changed(void **state) {
    enum { TAKEN = 40 };
    const struct scenario *s = *state;
    if (s->snapshots) use_snapshots();
    make_signals_topic();
    send_signals(0, TAKEN);
    send_transactions(0, s->transactions);
    signals_must_run();
    const size_t count = memory_port_count(signals_run.base.memory, SIGNALS, 0);
    send_signals(TAKEN, s->later);
    change_signal(s->which == LAST ? count - 1 : count / 2, s->change);
    if (s->refused != NULL) {
        signals_must_fail(ERROR_INPUT_GONE, s->refused);
        return;
    }
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
    assert_int_equal(verdicts(VERDICT_SIGNAL), s->later);
}

static struct scenario what_compaction_took_stops_a_replay_of_it = {
    .transactions = 100,
    .later = 40,
    .which = MIDDLE,
    .change = LEAVE_OUT,
    .refused = "compaction has taken one of them"};
/* No scored side tells of it. */
static struct scenario also_where_nothing_else_was_taken = {
    .which = MIDDLE, .change = LEAVE_OUT, .refused = "compaction has taken one of them"};
static struct scenario one_that_was_changed_stops_a_replay_too = {
    .which = MIDDLE, .change = CHANGE, .refused = "or one was changed"};
static struct scenario also_where_it_took_the_last_one = {.transactions = 100,
                                                          .later = 40,
                                                          .which = LAST,
                                                          .change = LEAVE_OUT,
                                                          .refused = "the input goes on at"};
/* It was the one whose digest the order log has. */
static struct scenario behind_a_snapshot_it_is_not_missed = {
    .snapshots = true, .transactions = 100, .later = 40, .which = LAST, .change = LEAVE_OUT};
static struct scenario a_topic_made_anew_stops_the_engine = {
    .snapshots = true,
    .transactions = 100,
    .which = LAST,
    .change = CHANGE,
    .refused = "antifrod.signals/0 holds another record"};

#define SCENARIO(name)                                                                             \
    { #name, replay_what_has_changed, signals_setup, signals_teardown, &(name) }

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_racing_order_is_replayed_as_it_was),
        SCENARIO(what_compaction_took_stops_a_replay_of_it),
        SCENARIO(also_where_nothing_else_was_taken),
        SCENARIO(one_that_was_changed_stops_a_replay_too),
        SCENARIO(also_where_it_took_the_last_one),
        SCENARIO(behind_a_snapshot_it_is_not_missed),
        SCENARIO(a_topic_made_anew_stops_the_engine),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
