/* SPDX-License-Identifier: Apache-2.0 */
/* The signals' topic comes to be while the engine runs, and goes; so does that of the transactions.
 */
#include "tests/signals_run.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Topics that come to be. */

static const char *hidden_topic;

static bool is_hidden(const char *topic) {
    return signals_run.hidden && strcmp(topic, hidden_topic) == 0;
}

/* What Kafka answers of a topic that it does not know. */
static bool find_unless_hidden(struct port *port, const char *topic, int32_t *count,
                               struct error *error) {
    if (!signals_run.real->find_topic(port, topic, count, error)) return false;
    if (!is_hidden(topic)) return true;
    *count = 0;
    signals_run.looks++;
    return true;
}

static bool count_unless_hidden(struct port *port, const char *topic, int32_t *count,
                                struct error *error) {
    if (is_hidden(topic)) return error_set(error, ERROR_CONFIG, "topic %s is hidden", topic);
    return signals_run.real->partition_count(port, topic, count, error);
}

static bool bounds_unless_hidden(struct port *port, const char *topic, int32_t partition,
                                 int64_t *low, int64_t *high, struct error *error) {
    if (is_hidden(topic)) return error_set(error, ERROR_CONFIG, "topic %s is hidden", topic);
    return signals_run.real->watermarks(port, topic, partition, low, high, error);
}

static enum port_status send_unless_hidden(struct port *port, const struct port_position *positions,
                                           size_t count, struct error *error) {
    for (size_t i = 0; i < count; i++)
        if (is_hidden(positions[i].topic)) {
            error_set(error, ERROR_UNAVAILABLE, "UNKNOWN_TOPIC_OR_PART");
            return PORT_ABORT;
        }
    return signals_run.real->send_offsets(port, positions, count, error);
}

static void put_between(const char *topic) {
    struct port *port = memory_port_port(signals_run.base.memory);
    hidden_topic = topic;
    signals_run.real = port->ops;
    signals_run.ops = *port->ops;
    signals_run.ops.find_topic = find_unless_hidden;
    signals_run.ops.partition_count = count_unless_hidden;
    signals_run.ops.watermarks = bounds_unless_hidden;
    signals_run.ops.send_offsets = send_unless_hidden;
    port->ops = &signals_run.ops;
}

/* The topic comes to be some minutes after the transactions were taken; then its signals are waited
 * for. */
static void wait_a_minute(struct port *port, int timeout_ms) {
    enum { SHOWN_AT = 10 };
    (void)port;
    (void)timeout_ms;
    signals_run.now_ms += MINUTE_MS;
    memory_port_set_now(signals_run.base.memory, signals_run.now_ms);
    if (verdicts(VERDICT_ACCEPTED) > 0) signals_run.waits++;
    if (signals_run.waits == SHOWN_AT) signals_run.hidden = false;
    if (verdicts(VERDICT_SIGNAL) > 0) pipeline_stop(signals_run.pipeline);
}

static void it_may_come_to_be_while_the_engine_runs(void **state) {
    struct port *port = memory_port_port(signals_run.base.memory);
    (void)state;
    make_signals_topic();
    send_signals(0, 25);
    send_transactions(0, 100);
    put_between(SIGNALS);
    signals_run.ops.wait = wait_a_minute;
    signals_run.hidden = true;
    const bool ok = signals_run_until(false);
    port->ops = signals_run.real;
    if (!ok) fail_msg("%s", signals_run.error.text);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 100);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 25);
    send_transactions(100, 10);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 125);
}

/* An order log of before there were any. */
static void a_shard_without_them_goes_on_and_takes_them_in(void **state) {
    (void)state;
    signals_run.base.options.topic_signals[0] = '\0';
    send_transactions(0, 300);
    signals_must_run();
    snprintf(signals_run.base.options.topic_signals, sizeof signals_run.base.options.topic_signals,
             SIGNALS);
    send_transactions(300, 100);
    signals_must_run(); /* absent */
    assert_int_equal(metrics_get(METRIC_REPLAYED), 300);
    make_signals_topic();
    send_signals(0, 20);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 400);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
    send_signals(20, 5);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 420);
}

static void one_with_them_does_not_go_on_without(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    send_transactions(0, 50);
    signals_must_run();
    signals_run.base.options.topic_signals[0] = '\0';
    signals_must_fail(ERROR_CONFIG,
                      "which is not an input of it; topic.transactions and topic.signals");
    use_snapshots();
    snprintf(signals_run.base.options.topic_signals, sizeof signals_run.base.options.topic_signals,
             SIGNALS);
    send_transactions(50, 1);
    signals_must_run(); /* and takes one */
    signals_run.base.options.topic_signals[0] = '\0';
    signals_must_fail(ERROR_CONFIG, "which is not an input of it");
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
    signals_run.now_ms += MINUTE_MS;
    memory_port_set_now(signals_run.base.memory, signals_run.now_ms);
    if (verdicts(VERDICT_SIGNAL) < 20 || verdicts(VERDICT_ACCEPTED) < A_MINUTE * signals_run.waits)
        return;
    signals_run.hidden = true;
    if (signals_run.waits < MINUTES)
        send_transactions(A_MINUTE * signals_run.waits++, A_MINUTE);
    else if (signals_run.looks >= LOOKS)
        pipeline_stop(signals_run.pipeline);
}

/* Runs, and keeps what was said on the way. */
static FILE *listen_to_run(bool stop_at_end) {
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log_set_level(LOG_LEVEL_WARN);
    const bool ok = signals_run_until(stop_at_end);
    log_set_level(LOG_LEVEL_ERROR);
    dup2(kept, STDERR_FILENO);
    close(kept);
    if (!ok) fail_msg("%s", signals_run.error.text);
    return file;
}

static void losing_it_stops_no_transaction(void **state) {
    struct port *port = memory_port_port(signals_run.base.memory);
    struct port_position group[] = {{INPUT, 0, 0}, {SIGNALS, 0, 0}};
    struct error error;
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    put_between(SIGNALS);
    signals_run.ops.wait = lose_it;
    FILE *file = listen_to_run(false);
    port->ops = signals_run.real;
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 200);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
    assert_int_equal(occurrences(file, "event=signals_gone"), 1);
    assert_int_equal(occurrences(file, "event=commit_failed"), 0);
    fclose(file);
    assert_true(port->ops->committed(port, group, 2, &error));
    assert_true(group[0].offset > 0);
    assert_int_equal(group[1].offset, PORT_OFFSET_NONE);
}

/* Once transactions were taken their topic is unknown until the engine has looked for it; then more
 * of them come. */
static void miss_transactions(struct port *port, int timeout_ms) {
    enum { TAKEN = 100 };
    (void)port;
    (void)timeout_ms;
    signals_run.now_ms += MINUTE_MS;
    memory_port_set_now(signals_run.base.memory, signals_run.now_ms);
    if (verdicts(VERDICT_ACCEPTED) < TAKEN) return;
    const bool looked = signals_run.looks > 0, back = looked && signals_run.hidden;
    signals_run.hidden = !looked;
    if (back) send_transactions(TAKEN, TAKEN);
    if (verdicts(VERDICT_ACCEPTED) == 2 * TAKEN) pipeline_stop(signals_run.pipeline);
}

static void transactions_that_are_away_end_nothing(void **state) {
    struct port *port = memory_port_port(signals_run.base.memory);
    (void)state;
    send_transactions(0, 100);
    put_between(INPUT);
    signals_run.ops.send_offsets = signals_run.real->send_offsets; /* of the commit in flight */
    signals_run.ops.wait = miss_transactions;
    FILE *file = listen_to_run(false);
    port->ops = signals_run.real;
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 200);
    assert_int_equal(occurrences(file, "event=transactions_gone"), 1);
    fclose(file);
}

/* Each of a transfer of its own to one account. */
static void send_incidents(int count, int32_t revision) {
    for (int i = 0; i < count; i++) {
        char id[32], tx_id[32];
        snprintf(id, sizeof id, "incident-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        struct signal s = sample_signal(id, "payee-0", i);
        s.revision = revision;
        s.related_tx_ids[s.tx_id_count++] = text_of(tx_id);
        sample_send_signal(signals_run.base.memory, signals_run.base.encoder, id, &s, PARTITIONS);
    }
}

static void reports_ahead_of_their_transfers_are_told(void **state) {
    (void)state;
    make_signals_topic();
    send_incidents(7, 1);
    sample_send_burst(signals_run.base.memory, signals_run.base.encoder, "payee-0", 0, 20,
                      PARTITIONS);
    FILE *file = listen_to_run(true);
    assert_int_equal(metrics_get(METRIC_INCIDENTS_UNTRACED), 7);
    assert_int_equal(metrics_get(METRIC_TAINT_SOURCES), 0);
    assert_int_equal(occurrences(file, "event=incidents_untraced count=7 first=\"incident-"), 1);
    fclose(file);
    send_incidents(7, 2);
    file = listen_to_run(true);
    assert_int_equal(metrics_get(METRIC_INCIDENTS_UNTRACED), 0);
    assert_int_equal(metrics_get(METRIC_TAINT_SOURCES), 7);
    assert_int_equal(occurrences(file, "event=incidents_untraced"), 0);
    fclose(file);
}

static void an_empty_one_may_go_and_be_made_anew(void **state) {
    (void)state;
    make_signals_topic();
    send_transactions(0, 100);
    signals_must_run();
    put_between(SIGNALS);
    signals_run.hidden = true;
    send_transactions(100, 50);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 100);
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 50);
    signals_run.hidden = false;
    send_signals(0, 10);
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 150);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 10);
}

static void one_that_was_read_is_missed_until_a_rebuild(void **state) {
    (void)state;
    make_signals_topic();
    send_signals(0, 20);
    send_transactions(0, 100);
    signals_must_run();
    put_between(SIGNALS);
    signals_run.hidden = true;
    send_transactions(100, 50);
    signals_must_fail(ERROR_INPUT_GONE, "--rebuild");
    signals_must_fail(ERROR_INPUT_GONE, "ends before offset");
    signals_run.rebuild = true;
    signals_must_run();
    assert_int_equal(verdicts(VERDICT_ACCEPTED), 50);
    assert_int_equal(verdicts(VERDICT_SIGNAL), 0);
    signals_run.rebuild = false;
    signals_must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 50);
    signals_run.hidden = false;
    signals_must_run();
    assert_int_equal(verdicts(VERDICT_SIGNAL), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_may_come_to_be_while_the_engine_runs),
        TEST(a_shard_without_them_goes_on_and_takes_them_in),
        TEST(one_with_them_does_not_go_on_without),
        TEST(losing_it_stops_no_transaction),
        TEST(transactions_that_are_away_end_nothing),
        TEST(reports_ahead_of_their_transfers_are_told),
        TEST(an_empty_one_may_go_and_be_made_anew),
        TEST(one_that_was_read_is_missed_until_a_rebuild),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
