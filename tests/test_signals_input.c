/* SPDX-License-Identifier: Apache-2.0 */
/* Signals beside the transactions: when they are taken, and what a restart, a replay, a lost or a
 * changed topic makes of them. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/batch.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "schemas/order_record.h"
#include "tests/sample.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INPUT "antifrod.transactions"
#define SIGNALS "antifrod.signals"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define LETTERS "antifrod.transactions.dlq"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, PEOPLE = 60, MINUTE_MS = 60000 };

static struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    struct disk *disk; /* NULL: no snapshots */
    char directory[64];
    bool rebuild, unmuted, by_time;
    int64_t newest_ms[INPUT_KINDS]; /* time stamps of what was taken by time */
    struct error error;
    /* What a port in between does: */
    const struct port_ops *real;
    struct port_ops ops;
    struct pipeline *pipeline;
    atomic_bool hidden; /* the signals' topic is not there; the publisher's thread asks too */
    int looks;          /* for it, while it is hidden */
    int waits;
    int64_t now_ms;
} stand;

static int setup(void **state) {
    struct error error;
    (void)state;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    return stand.encoder == NULL ? -1 : 0;
}

static void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static int teardown(void **state) {
    (void)state;
    close_memory(stand.memory);
    encoder_close(stand.encoder);
    if (stand.disk != NULL) stand.disk->ops->dispose(stand.disk);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static void use_snapshots(void) {
    struct error error;
    stand.disk = disk_posix_open(stand.directory, &error);
    assert_non_null(stand.disk);
}

/* Every signal behind what is older, and before what is not. */
static bool check_times(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    (void)error;
    for (uint32_t i = 0; i < batch->count; i++) {
        const enum input_kind kind = batch->input[i].kind;
        const int64_t ms = batch->input[i].record.timestamp_ms;
        if (kind == INPUT_SIGNALS) assert_true(stand.newest_ms[INPUT_TRANSACTIONS] < ms);
        if (kind == INPUT_TRANSACTIONS) assert_true(stand.newest_ms[INPUT_SIGNALS] <= ms);
        if (ms > stand.newest_ms[kind]) stand.newest_ms[kind] = ms;
    }
    return true;
}

static bool run_until(bool stop_at_end) {
    const struct pipeline_options options = {.options = &stand.options,
                                             .port = memory_port_port(stand.memory),
                                             .snapshots = stand.disk,
                                             .rebuild = stand.rebuild,
                                             .unmuted_replay = stand.unmuted,
                                             .signals_by_time = stand.by_time,
                                             .on_batch = stand.by_time ? check_times : NULL,
                                             .stop_at_end = stop_at_end};
    metrics_reset();
    stand.error = (struct error){.code = ERROR_NONE};
    stand.pipeline = pipeline_open(&options, &stand.error);
    const bool ok = stand.pipeline != NULL && pipeline_run(stand.pipeline, &stand.error);
    pipeline_close(stand.pipeline);
    return ok;
}

static void must_run(void) {
    if (!run_until(true)) fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

static void must_fail(enum error_code code, const char *text) {
    const size_t before = memory_port_count(stand.memory, ORDER, 0);
    assert_false(run_until(true));
    if (stand.error.code != code || strstr(stand.error.text, text) == NULL)
        fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
    assert_int_equal(memory_port_count(stand.memory, ORDER, 0), before);
}

static void make_signals_topic(void) {
    assert_true(memory_port_create_topic(stand.memory, SIGNALS, PARTITIONS));
}

static void send_signals(int first, int count) {
    for (int i = first; i < first + count; i++) {
        char id[32], account[32];
        snprintf(id, sizeof id, "signal-%d", i);
        snprintf(account, sizeof account, "payee-%d", i % 8);
        const struct signal signal = sample_signal(id, account, i);
        sample_send_signal(stand.memory, stand.encoder, id, &signal, PARTITIONS);
    }
}

static void send_transactions(int first, int count) {
    sample_send_crowd(stand.memory, stand.encoder, first, count, PEOPLE, PARTITIONS);
}

static int64_t verdicts(enum verdict verdict) {
    return (int64_t)metrics_get_verdict(verdict);
}

/* The order log: offsets of one topic that runs pass, of all partitions. */

struct passage {
    const char *topic;
    int64_t next[PARTITIONS]; /* -1: it was not named yet */
    int64_t records;
};

static int64_t pass(struct passage *p, const struct order_run *run) {
    if (!text_equal(run->topic, text_of(p->topic))) return 0;
    const int64_t before = p->next[run->partition];
    p->next[run->partition] = run->next_offset;
    const int64_t records = before < 0 ? 0 : run->next_offset - before;
    p->records += records;
    return records;
}

/* Signals that were taken before the first transaction; *alternations: how often the topic changed
 * from one run with records to the next. */
static int64_t signals_before(int *alternations) {
    struct passage signals = {SIGNALS, {-1, -1}, 0}, transactions = {INPUT, {-1, -1}, 0};
    int64_t first = 0;
    int last = 0;
    *alternations = 0;
    for (size_t i = 0; i < memory_port_count(stand.memory, ORDER, 0); i++) {
        struct port_record record;
        struct error error;
        assert_true(memory_port_get(stand.memory, ORDER, 0, i, &record));
        struct order_record *order = order_record_decode(record.value, &error);
        assert_non_null(order);
        for (uint32_t k = 0; k < order->run_count; k++) {
            const int kind = pass(&signals, &order->runs[k]) > 0        ? 1
                             : pass(&transactions, &order->runs[k]) > 0 ? 2
                                                                        : 0;
            if (transactions.records == 0) first = signals.records;
            *alternations += kind != 0 && last != 0 && kind != last;
            if (kind != 0) last = kind;
        }
        order_record_free(order);
    }
    return first;
}

/* When they are taken. */

static void a_first_start_reads_them_before_any_transaction(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_transactions(0, 300);
    send_signals(0, 500); /* of later times than many transactions */
    must_run();
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
    snprintf(stand.options.start_from, sizeof stand.options.start_from, "latest");
    must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 50);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 0);
}

static void later_ones_go_before_the_transactions_that_are_there(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_signals(0, 10);
    must_run();
    send_transactions(0, 200);
    send_signals(10, 30);
    must_run();
    assert_int_equal(signals_before(&alternations), 40);
}

static void offline_each_is_taken_at_its_time(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    send_transactions(0, 300); /* one every 20 s */
    send_signals(0, 3000);     /* one every second */
    stand.options.merge_slice_ms = MINUTE_MS;
    stand.by_time = true;
    must_run();
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
    stand.by_time = true;
    must_run();
    assert_int_equal(signals_before(&alternations), 1);
    assert_int_equal(alternations, 19 + 1);
    stand.by_time = false;
    must_run(); /* and what it wrote down is replayed */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 610);
}

/* Topics that come to be. */

static bool find_unless_hidden(struct port *port, const char *topic, int32_t *count,
                               struct error *error) {
    if (!stand.real->find_topic(port, topic, count, error)) return false;
    if (!stand.hidden || strcmp(topic, SIGNALS) != 0) return true;
    *count = 0;
    stand.looks++;
    return true;
}

/* What Kafka answers of a topic that it does not know. */
static bool is_hidden(const char *topic) {
    return stand.hidden && strcmp(topic, SIGNALS) == 0;
}

static bool count_unless_hidden(struct port *port, const char *topic, int32_t *count,
                                struct error *error) {
    if (is_hidden(topic)) return error_set(error, ERROR_CONFIG, "topic %s is hidden", topic);
    return stand.real->partition_count(port, topic, count, error);
}

static bool bounds_unless_hidden(struct port *port, const char *topic, int32_t partition,
                                 int64_t *low, int64_t *high, struct error *error) {
    if (is_hidden(topic)) return error_set(error, ERROR_CONFIG, "topic %s is hidden", topic);
    return stand.real->watermarks(port, topic, partition, low, high, error);
}

static enum port_status send_unless_hidden(struct port *port, const struct port_position *positions,
                                           size_t count, struct error *error) {
    for (size_t i = 0; i < count; i++)
        if (is_hidden(positions[i].topic)) {
            error_set(error, ERROR_UNAVAILABLE, "UNKNOWN_TOPIC_OR_PART");
            return PORT_ABORT;
        }
    return stand.real->send_offsets(port, positions, count, error);
}

static void put_between(void) {
    struct port *port = memory_port_port(stand.memory);
    stand.real = port->ops;
    stand.ops = *port->ops;
    stand.ops.find_topic = find_unless_hidden;
    stand.ops.partition_count = count_unless_hidden;
    stand.ops.watermarks = bounds_unless_hidden;
    stand.ops.send_offsets = send_unless_hidden;
    port->ops = &stand.ops;
}

/* The topic comes to be some minutes after the transactions were taken; then its signals are waited
 * for. */
static void wait_a_minute(struct port *port, int timeout_ms) {
    enum { SHOWN_AT = 10 };
    (void)port;
    (void)timeout_ms;
    stand.now_ms += MINUTE_MS;
    memory_port_set_now(stand.memory, stand.now_ms);
    if (verdicts(VERDICT_ACCEPTED) > 0) stand.waits++;
    if (stand.waits == SHOWN_AT) stand.hidden = false;
    if (verdicts(VERDICT_SIGNAL) > 0) pipeline_stop(stand.pipeline);
}

static void it_may_come_to_be_while_the_engine_runs(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    make_signals_topic();
    send_signals(0, 25);
    send_transactions(0, 100);
    put_between();
    stand.ops.wait = wait_a_minute;
    stand.hidden = true;
    const bool ok = run_until(false);
    port->ops = stand.real;
    if (!ok) fail_msg("%s", stand.error.text);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 100);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 25);
    send_transactions(100, 10);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 125);
}

/* An order log of before there were any. */
static void a_shard_without_them_goes_on_and_takes_them_in(void **state) {
    (void)state;
    stand.options.topic_signals[0] = '\0';
    send_transactions(0, 300);
    must_run();
    snprintf(stand.options.topic_signals, sizeof stand.options.topic_signals, SIGNALS);
    send_transactions(300, 100);
    must_run(); /* absent */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 300);
    make_signals_topic();
    send_signals(0, 20);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 400);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
    send_signals(20, 5);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 420);
}

static void one_with_them_does_not_go_on_without(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    send_transactions(0, 50);
    must_run();
    stand.options.topic_signals[0] = '\0';
    must_fail(ERROR_CONFIG, "which is not an input of it; topic.transactions and topic.signals");
    use_snapshots();
    snprintf(stand.options.topic_signals, sizeof stand.options.topic_signals, SIGNALS);
    send_transactions(50, 1);
    must_run(); /* and takes one */
    stand.options.topic_signals[0] = '\0';
    must_fail(ERROR_CONFIG, "which is not an input of it");
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
    sample_send_signal(stand.memory, stand.encoder, "nobody", &nobody, PARTITIONS);
    sample_send_signal(stand.memory, stand.encoder, "gone", NULL, PARTITIONS);
    send_signals(0, 3);
    must_run();
    assert_int_equal(memory_port_count(stand.memory, LETTERS, 0), 1);
    assert_true(memory_port_get(stand.memory, LETTERS, 0, 0, &letter));
    assert_true(has_header(&letter, "__connect.errors.topic", SIGNALS));
    assert_true(has_header(&letter, "saqshy.dlq.reason", "BAD_VALUE"));
    assert_int_equal(verdicts(VERDICT_BAD_VALUE), 1);
    assert_int_equal(verdicts(VERDICT_SIGNAL_RETIRED), 1);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 3);
    must_run(); /* and the replay gives the same */
}

/* Restarts. */

static void a_snapshot_has_both_topics(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    for (int i = 0; i < 5; i++) {
        send_signals(20 * i, 20);
        send_transactions(200 * i, 200);
        must_run();
        assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
        assert_int_equal(metrics_get(METRIC_SIGNALS), 20 * (i + 1));
        assert_int_equal(metrics_get_signal(EFFECT_ADDED), 20);
    }
    send_signals(0, 7); /* known already, and that from the snapshot */
    must_run();
    assert_int_equal(metrics_get_signal(EFFECT_REPLAYED), 7);
    const size_t orders = memory_port_count(stand.memory, ORDER, 0);
    must_run();
    assert_int_equal(memory_port_count(stand.memory, ORDER, 0), orders);
    stand.disk->ops->dispose(stand.disk);
    stand.disk = NULL;
    must_run(); /* the order log tells of the same state */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 5 * 220 + 7);
}

/* What does not fit is counted, and is so again in a replay. */
static void no_more_are_held_than_may_be(void **state) {
    (void)state;
    make_signals_topic();
    stand.options.signals_max = 100;
    send_signals(0, 130);
    must_run();
    assert_int_equal(metrics_get(METRIC_SIGNALS), 100);
    assert_int_equal(metrics_get_signal(EFFECT_FULL), 30);
    send_transactions(0, 10);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 130);
    stand.options.signals_max = 101;
    must_fail(ERROR_CONFIG, "another set of options that affect state");
}

static void a_rebuild_reads_them_from_the_first_again(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 30);
    send_transactions(0, 200);
    must_run();
    send_transactions(200, 100);
    stand.rebuild = true;
    must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 30);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 100);
}

/* Replay of a racing order. */

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
                sample_send_signal(stand.memory, p->encoder, id, &signal, PARTITIONS);
            }
        else
            sample_send_crowd(stand.memory, p->encoder, STEP_TRANSACTIONS * i, STEP_TRANSACTIONS,
                              PEOPLE, PARTITIONS);
    }
    return NULL;
}

static void *stop_when_all_is_taken(void *unused) {
    (void)unused;
    wait_until_taken(STEPS * STEP_RECORDS);
    pipeline_stop(stand.pipeline);
    return NULL;
}

static void race(void) {
    struct producer producers[] = {{stand.encoder, true}, {NULL, false}};
    struct error error;
    pthread_t threads[3];
    producers[1].encoder = encoder_open(&error);
    assert_non_null(producers[1].encoder);
    metrics_reset();
    const struct pipeline_options options = {.options = &stand.options,
                                             .port = memory_port_port(stand.memory)};
    stand.pipeline = pipeline_open(&options, &stand.error);
    assert_non_null(stand.pipeline);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, stop_when_all_is_taken, NULL), 0);
    const bool ok = pipeline_run(stand.pipeline, &stand.error);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pipeline_close(stand.pipeline);
    encoder_close(producers[1].encoder);
    if (!ok) fail_msg("%s", stand.error.text);
}

static void must_be_same(const struct memory_port *a, const struct memory_port *b,
                         const char *topic, int32_t partition) {
    const size_t count = memory_port_count(a, topic, partition);
    assert_int_equal(memory_port_count(b, topic, partition), count);
    for (size_t i = 0; i < count; i++) {
        struct port_record x, y;
        memory_port_get(a, topic, partition, i, &x);
        memory_port_get(b, topic, partition, i, &y);
        assert_int_equal(x.value.size, y.value.size);
        assert_memory_equal(x.value.data, y.value.data, x.value.size);
    }
}

static void a_racing_order_is_replayed_as_it_was(void **state) {
    int alternations = 0;
    (void)state;
    make_signals_topic();
    race();
    signals_before(&alternations);
    assert_true(alternations >= 10);
    struct memory_port *live = stand.memory;
    stand.memory = sample_cluster(PARTITIONS);
    make_signals_topic();
    sample_copy(live, stand.memory, INPUT, PARTITIONS, NULL);
    sample_copy(live, stand.memory, SIGNALS, PARTITIONS, NULL);
    sample_copy(live, stand.memory, ORDER, 1, NULL);
    stand.unmuted = true;
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 60 * (5 + 50));
    size_t recommendations = 0;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        must_be_same(live, stand.memory, RECOMMENDATIONS, p);
        recommendations += memory_port_count(live, RECOMMENDATIONS, p);
    }
    assert_true(recommendations > 0);
    close_memory(live);
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
        assert_true(memory_port_append(stand.memory, &message, r.offset));
    }
}

static void copy_committed(struct memory_port *before) {
    struct port *from = memory_port_port(before), *to = memory_port_port(stand.memory);
    struct port_position positions[] = {{INPUT, 0, 0}, {INPUT, 1, 0}};
    struct error error;
    assert_true(from->ops->committed(from, positions, 2, &error));
    assert_int_equal(to->ops->begin(to, &error), PORT_OK);
    assert_int_equal(to->ops->send_offsets(to, positions, 2, &error), PORT_OK);
    assert_int_equal(to->ops->commit(to, &error), PORT_OK);
}

/* All as it was, but one record of partition 0 of the signals. */
static void change_signal(size_t which, enum change change) {
    struct memory_port *before = stand.memory;
    stand.memory = sample_cluster(PARTITIONS);
    make_signals_topic();
    copy_signals(before, 0, which, change);
    copy_signals(before, 1, which, KEEP);
    sample_copy(before, stand.memory, INPUT, PARTITIONS, NULL);
    sample_copy(before, stand.memory, RECOMMENDATIONS, PARTITIONS, NULL);
    sample_copy(before, stand.memory, LETTERS, 1, NULL);
    sample_copy(before, stand.memory, ORDER, 1, NULL);
    copy_committed(before);
    close_memory(before);
}

static void what_compaction_took_stops_a_replay_of_it(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    must_run();
    const size_t count = memory_port_count(stand.memory, SIGNALS, 0);
    send_signals(40, 40); /* so that the partition goes on behind it */
    change_signal(count / 2, LEAVE_OUT);
    must_fail(ERROR_INPUT_GONE, "compaction has taken one of them");
}

/* No scored side tells of it. */
static void also_where_nothing_else_was_taken(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    must_run();
    change_signal(memory_port_count(stand.memory, SIGNALS, 0) / 2, LEAVE_OUT);
    must_fail(ERROR_INPUT_GONE, "compaction has taken one of them");
}

static void one_that_was_changed_stops_a_replay_too(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    must_run();
    change_signal(memory_port_count(stand.memory, SIGNALS, 0) / 2, CHANGE);
    must_fail(ERROR_INPUT_GONE, "or one was changed");
}

static void also_where_it_took_the_last_one(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    must_run();
    const size_t count = memory_port_count(stand.memory, SIGNALS, 0);
    send_signals(40, 40);
    change_signal(count - 1, LEAVE_OUT);
    must_fail(ERROR_INPUT_GONE, "the input goes on at");
}

static void behind_a_snapshot_it_is_not_missed(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    must_run();
    const size_t count = memory_port_count(stand.memory, SIGNALS, 0);
    send_signals(40, 40);
    change_signal(count - 1, LEAVE_OUT); /* the one whose digest the order log has */
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 40);
}

static void a_topic_made_anew_stops_the_engine(void **state) {
    (void)state;
    use_snapshots();
    make_signals_topic();
    send_signals(0, 40);
    send_transactions(0, 100);
    must_run();
    change_signal(memory_port_count(stand.memory, SIGNALS, 0) - 1, CHANGE);
    must_fail(ERROR_INPUT_GONE, "antifrod.signals/0 holds another record");
}

/* A topic that goes. */

static size_t occurrences(FILE *file, const char *text) {
    char line[1024];
    size_t count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, text) != NULL;
    return count;
}

/* It goes when all of it was taken; more transactions come in each of some minutes, until the
 * engine has looked for it more than once. */
static void lose_it(struct port *port, int timeout_ms) {
    enum { MINUTES = 5, A_MINUTE = 40, LOOKS = 3 };
    (void)port;
    (void)timeout_ms;
    stand.now_ms += MINUTE_MS;
    memory_port_set_now(stand.memory, stand.now_ms);
    if (verdicts(VERDICT_SIGNAL) < 20 || verdicts(VERDICT_ACCEPTED) < A_MINUTE * stand.waits)
        return;
    stand.hidden = true;
    if (stand.waits < MINUTES)
        send_transactions(A_MINUTE * stand.waits++, A_MINUTE);
    else if (stand.looks >= LOOKS)
        pipeline_stop(stand.pipeline);
}

static void losing_it_stops_no_transaction(void **state) {
    struct port *port = memory_port_port(stand.memory);
    struct port_position group[] = {{INPUT, 0, 0}, {SIGNALS, 0, 0}};
    struct error error;
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    put_between();
    stand.ops.wait = lose_it;
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log_set_level(LOG_LEVEL_WARN);
    const bool ok = run_until(false);
    log_set_level(LOG_LEVEL_ERROR);
    dup2(kept, STDERR_FILENO);
    close(kept);
    port->ops = stand.real;
    if (!ok) fail_msg("%s", stand.error.text);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 200);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
    assert_int_equal(occurrences(file, "event=signals_gone"), 1);
    assert_int_equal(occurrences(file, "event=commit_failed"), 0);
    fclose(file);
    assert_true(port->ops->committed(port, group, 2, &error));
    assert_true(group[0].offset > 0);
    assert_int_equal(group[1].offset, PORT_OFFSET_NONE);
}

static void an_empty_one_may_go_and_be_made_anew(void **state) {
    (void)state;
    make_signals_topic();
    send_transactions(0, 100);
    must_run();
    put_between();
    stand.hidden = true;
    send_transactions(100, 50);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 100);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 50);
    stand.hidden = false;
    send_signals(0, 10);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 150);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 10);
}

static void one_that_was_read_is_missed_until_a_rebuild(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    send_transactions(0, 100);
    must_run();
    put_between();
    stand.hidden = true;
    send_transactions(100, 50);
    must_fail(ERROR_INPUT_GONE, "--rebuild");
    must_fail(ERROR_INPUT_GONE, "ends before offset");
    stand.rebuild = true;
    must_run();
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 50);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 0);
    stand.rebuild = false;
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 50);
    stand.hidden = false;
    must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Answers. */

enum { TOKEN_MAX = 64 };
struct published {
    char id[RECOMMENDATION_ID_SIZE + 1], account[TOKEN_MAX];
    int revision, state;
};

/* What a recommendation of the wire begins with: id, revision and state. */
static struct published published_at(int32_t partition, size_t index) {
    struct port_record record;
    struct published p = {.id = ""};
    assert_true(memory_port_get(stand.memory, RECOMMENDATIONS, partition, index, &record));
    const uint8_t *body = record.value.data + 5;
    assert_int_equal(body[0], 2 * RECOMMENDATION_ID_SIZE);
    memcpy(p.id, body + 1, RECOMMENDATION_ID_SIZE);
    p.revision = body[1 + RECOMMENDATION_ID_SIZE] / 2;
    p.state = body[2 + RECOMMENDATION_ID_SIZE] / 2;
    assert_true(record.key.size < TOKEN_MAX);
    memcpy(p.account, record.key.data, record.key.size);
    return p;
}

static void send_answer(const struct published *to, int32_t revision, enum outcome_result result) {
    struct signal s = sample_signal("answer", to->account, 100);
    s.revision = revision;
    s.kind = SIGNAL_OUTCOME;
    s.source = SOURCE_BANK;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.outcome_present = true;
    s.recommendation_id = text_of(to->id);
    s.outcome_result = (uint8_t)result;
    sample_send_signal(stand.memory, stand.encoder, "answer", &s, PARTITIONS);
}

static uint64_t answers(enum outcome_result result, enum action action) {
    return metrics_get_outcome(result, action);
}

/* Opened, answered, answered once more, and started again each time. */
static void answer_the_first(void) {
    make_signals_topic();
    send_transactions(0, 300);
    must_run();
    const size_t before = memory_port_count(stand.memory, RECOMMENDATIONS, 0);
    assert_true(before > 0);
    const struct published opened = published_at(0, 0);
    assert_int_equal(opened.state, RECOMMENDATION_ISSUED);
    send_answer(&opened, 1, OUTCOME_FALSE_POSITIVE);
    send_answer(&opened, 1, OUTCOME_FALSE_POSITIVE);
    must_run();
    assert_int_equal(answers(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 1);
    assert_int_equal(memory_port_count(stand.memory, RECOMMENDATIONS, 0), before + 1);
    const struct published withdrawn = published_at(0, before);
    assert_string_equal(withdrawn.id, opened.id);
    assert_int_equal(withdrawn.state, RECOMMENDATION_WITHDRAWN);
    assert_true(withdrawn.revision > opened.revision);
    send_answer(&opened, 2, OUTCOME_CONFIRMED_FRAUD);
    must_run();
    assert_int_equal(answers(OUTCOME_FALSE_POSITIVE, ACTION_REVIEW_ONLY), 0); /* replayed */
    assert_int_equal(answers(OUTCOME_CONFIRMED_FRAUD, ACTION_REVIEW_ONLY), 1);
    assert_int_equal(memory_port_count(stand.memory, RECOMMENDATIONS, 0), before + 1);
}

static void an_answer_withdraws_once_whatever_is_replayed(void **state) {
    (void)state;
    answer_the_first();
}

static void an_answer_is_remembered_by_snapshots(void **state) {
    (void)state;
    use_snapshots();
    answer_the_first();
}

static void answers_are_on_the_page_of_metrics(void **state) {
    char *page = NULL;
    size_t size = 0;
    (void)state;
    metrics_reset();
    metrics_add_outcome(OUTCOME_NO_FUNDS, ACTION_HOLD_AMOUNT);
    FILE *out = open_memstream(&page, &size);
    metrics_print(out);
    (void)fclose(out);
    assert_non_null(
        strstr(page, "\nsaqshy_outcomes_total{result=\"NO_FUNDS\",action=\"HOLD_AMOUNT\"} 1\n"));
    free(page);
    metrics_reset();
    assert_int_equal(answers(OUTCOME_NO_FUNDS, ACTION_HOLD_AMOUNT), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_first_start_reads_them_before_any_transaction),
        TEST(whatever_start_from_says_they_begin_at_the_first),
        TEST(later_ones_go_before_the_transactions_that_are_there),
        TEST(offline_each_is_taken_at_its_time),
        TEST(offline_one_of_the_same_time_goes_before),
        TEST(it_may_come_to_be_while_the_engine_runs),
        TEST(a_shard_without_them_goes_on_and_takes_them_in),
        TEST(one_with_them_does_not_go_on_without),
        TEST(bad_ones_are_dead_letters_and_tombstones_are_not),
        TEST(a_snapshot_has_both_topics),
        TEST(no_more_are_held_than_may_be),
        TEST(a_rebuild_reads_them_from_the_first_again),
        TEST(a_racing_order_is_replayed_as_it_was),
        TEST(what_compaction_took_stops_a_replay_of_it),
        TEST(also_where_nothing_else_was_taken),
        TEST(one_that_was_changed_stops_a_replay_too),
        TEST(also_where_it_took_the_last_one),
        TEST(behind_a_snapshot_it_is_not_missed),
        TEST(a_topic_made_anew_stops_the_engine),
        TEST(losing_it_stops_no_transaction),
        TEST(an_empty_one_may_go_and_be_made_anew),
        TEST(one_that_was_read_is_missed_until_a_rebuild),
        TEST(an_answer_withdraws_once_whatever_is_replayed),
        TEST(an_answer_is_remembered_by_snapshots),
        TEST(answers_are_on_the_page_of_metrics),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
