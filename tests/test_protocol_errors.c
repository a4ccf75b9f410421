/* SPDX-License-Identifier: Apache-2.0 */
/* The Kafka port in exactly-once mode against protocol errors: 12 request types × 5 faults × the
 * first and the third time, each in a process of its own, on librdkafka's mock cluster.
 *
 * A worker copies records from one topic to another as the engine does: a transaction for every
 * two, and after a failure what port.h says; OffsetCommit is asked of it in at-least-once mode. The
 * mock answers Metadata without looking for faults and ignores transactions, so one that was
 * aborted stays readable and offsets sent in one are discarded: what is proven is that nothing is
 * lost, that nothing comes twice unless a transaction was given up, that a fence ends the worker,
 * and that no call hangs. tests/soak/ proves the rest on a real broker. */
#include "tests/support.h"

#include "detector/base/steady.h"
#include "detector/broker/kafka_feed.h"
#include "detector/broker/kafka_internal.h"
#include "detector/broker/kafka_port.h"

#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RECORDS = 12,
    A_UNIT = 2,
    SECONDS_MAX = 150,
    AT_ONCE = 30,
    RELOADS_MAX = 20,
    DELAY_MS = 3100
};

/* Requests by their number in the Kafka protocol. */
enum {
    OFFSET_COMMIT = 8,
    INIT_PRODUCER_ID = 22,
    ADD_PARTITIONS = 24,
    ADD_OFFSETS = 25,
    END = 26,
    OFFSETS_IN_TRANSACTION = 28
};

#define INPUT "antifrod.transactions"
#define OUTPUT "out"

/* What may become of the worker. */
enum end {
    GOES_ON,         /* everything is copied */
    GOES_ON_AT_ONCE, /* … and no transaction was given up, so everything is there once */
    FENCED,          /* the worker ends: another one has the shard, or so the broker says */
    DENIED,
    DEAD, /* the client is; the process ends and is begun anew */
};

enum fault { RETRIABLE, ABORTABLE, FENCING, DISCONNECT, DELAY, FAULT_COUNT };
static const char *const fault_names[] = {"retriable", "abortable", "fenced", "disconnect",
                                          "delay"};

/* A request by its number in the protocol, and for each fault the error and the end. */
static const struct request {
    const char *name;
    int16_t key;
    struct {
        rd_kafka_resp_err_t error;
        enum end end;
    } faults[FAULT_COUNT];
} requests[] = {
#define ROW(name, key, e0, end0, e1, end1, e2, end2, end3, end4)                                   \
    {                                                                                              \
#name, key, {                                                                              \
            {RD_KAFKA_RESP_ERR_##e0, end0}, {RD_KAFKA_RESP_ERR_##e1, end1},                        \
                {RD_KAFKA_RESP_ERR_##e2, end2}, {RD_KAFKA_RESP_ERR__TRANSPORT, end3}, {            \
                RD_KAFKA_RESP_ERR_NO_ERROR, end4                                                   \
            }                                                                                      \
        }                                                                                          \
    }
    ROW(Produce, 0, NOT_LEADER_FOR_PARTITION, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON,
        INVALID_PRODUCER_EPOCH, FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(Fetch, 1, NOT_LEADER_FOR_PARTITION, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        FENCED_LEADER_EPOCH, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(ListOffsets, 2, NOT_LEADER_FOR_PARTITION, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        FENCED_LEADER_EPOCH, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(OffsetCommit, OFFSET_COMMIT, NOT_COORDINATOR, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        FENCED_INSTANCE_ID, DEAD, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(OffsetFetch, 9, NOT_COORDINATOR, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        FENCED_INSTANCE_ID, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(FindCoordinator, 10, COORDINATOR_NOT_AVAILABLE, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        NOT_COORDINATOR, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(ApiVersions, 18, REQUEST_TIMED_OUT, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        UNSUPPORTED_VERSION, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(InitProducerId, 22, COORDINATOR_LOAD_IN_PROGRESS, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON_AT_ONCE,
        PRODUCER_FENCED, FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(AddPartitionsToTxn, 24, CONCURRENT_TRANSACTIONS, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON,
        PRODUCER_FENCED, FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(AddOffsetsToTxn, ADD_OFFSETS, COORDINATOR_LOAD_IN_PROGRESS, GOES_ON_AT_ONCE, UNKNOWN,
        GOES_ON, PRODUCER_FENCED, FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(EndTxn, END, COORDINATOR_NOT_AVAILABLE, GOES_ON_AT_ONCE, UNKNOWN, GOES_ON, PRODUCER_FENCED,
        FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
    ROW(TxnOffsetCommit, OFFSETS_IN_TRANSACTION, COORDINATOR_LOAD_IN_PROGRESS, GOES_ON_AT_ONCE,
        UNKNOWN, GOES_ON, PRODUCER_FENCED, FENCED, GOES_ON_AT_ONCE, GOES_ON_AT_ONCE),
#undef ROW
};
enum { REQUEST_COUNT = sizeof requests / sizeof requests[0] };

struct stand {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct options options;
    struct port *port;
    int starts_wanted, reloads, renewals;
    int64_t next; /* what the order log would say: the input is copied up to here */
};

/* Ends the process of the case. */
static void end_case(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    _exit(1);
}

static void open_stand(struct stand *stand, const struct request *request) {
    struct error error = {.code = ERROR_NONE};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    stand->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    stand->cluster = rd_kafka_mock_cluster_new(stand->client, 1);
    rd_kafka_mock_topic_create(stand->cluster, INPUT, 1, 1);
    rd_kafka_mock_topic_create(stand->cluster, OUTPUT, 1, 1);
    options_init(&stand->options);
    if (request->key == OFFSET_COMMIT)
        snprintf(stand->options.delivery, sizeof stand->options.delivery, "at-least-once");
    snprintf(stand->options.bootstrap_servers, sizeof stand->options.bootstrap_servers, "%s",
             rd_kafka_mock_cluster_bootstraps(stand->cluster));
    struct kafka_feed *feed = kafka_feed_open(&stand->options, &error);
    for (uint8_t i = 0; feed != NULL && i < RECORDS; i++) {
        const struct port_message message = {.topic = INPUT, .value = {&i, 1}};
        if (!kafka_feed_send(feed, &message, &error)) end_case("feeding", error.text);
    }
    if (feed == NULL || !kafka_feed_flush(feed, &error)) end_case("feeding", error.text);
    kafka_feed_close(feed);
}

static void inject(struct stand *stand, const struct request *request, enum fault fault, int nth) {
    for (int i = 1; i <= nth; i++)
        rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, request->key, 1,
                                                     i == nth ? request->faults[fault].error
                                                              : RD_KAFKA_RESP_ERR_NO_ERROR,
                                                     i == nth && fault == DELAY ? DELAY_MS : 0);
}

/* The worker. */

static enum end ended_by(const struct error *error) {
    if (error->code == ERROR_DENIED) return DENIED;
    if (error->code != ERROR_FENCED && error->code != ERROR_UNAVAILABLE)
        end_case("the worker ends", error->text);
    return FENCED;
}

/* As session_recover: fence, ask, assign. GOES_ON or an end. */
static enum end start(struct stand *stand) {
    struct port *port = stand->port;
    struct error error = {.code = ERROR_NONE};
    int64_t low = 0, high = 0;
    struct port_position group = {INPUT, 0, 0}, at = {INPUT, 0, stand->next};
    if (!port->ops->fence(port, &error)) return ended_by(&error);
    if (!port->ops->watermarks(port, INPUT, 0, &low, &high, &error) ||
        !port->ops->committed(port, &group, 1, &error) || !port->ops->assign(port, &at, 1, &error))
        end_case("starting", error.text);
    if (high != RECORDS) end_case("starting", "the input is not whole");
    return GOES_ON;
}

/* GOES_ON with A_UNIT records, or DEAD. */
static enum end take(struct stand *stand, struct port_record records[A_UNIT]) {
    struct port *port = stand->port;
    struct error error = {.code = ERROR_NONE};
    size_t taken = 0;
    while (taken < A_UNIT) {
        size_t count = 0;
        if (!port->ops->poll(port, 0, records + taken, A_UNIT - taken, &count, &error)) {
            if (error.code != ERROR_UNAVAILABLE) end_case("polling", error.text);
            port->ops->release(port, records, taken);
            return DEAD;
        }
        taken += count;
        if (count == 0) port->ops->wait(port, 50);
    }
    return GOES_ON;
}

static enum port_status copy(struct port *port, const struct port_record *records, size_t count,
                             struct error *error) {
    for (size_t i = 0; i < count; i++) {
        const struct port_message message = {.topic = OUTPUT, .value = records[i].value};
        const enum port_status status = port->ops->produce(port, &message, error);
        if (status != PORT_OK) return status;
    }
    const struct port_position at = {INPUT, 0, records[count - 1].offset + 1};
    const enum port_status status = port->ops->send_offsets(port, &at, 1, error);
    return status == PORT_OK ? port->ops->commit(port, error) : status;
}

static enum port_status commit_unit(struct port *port, const struct port_record *records,
                                    size_t count, struct error *error) {
    enum port_status status = port->ops->begin(port, error);
    if (status == PORT_OK) status = copy(port, records, count, error);
    if (status == PORT_ABORT) {
        struct error why_not;
        const enum port_status aborted = port->ops->abort(port, &why_not);
        if (aborted != PORT_OK) status = aborted;
    }
    return status;
}

/* One unit; a failed one is begun anew after a reload. */
static enum end copy_unit(struct stand *stand) {
    struct port *port = stand->port;
    struct port_record records[A_UNIT];
    struct error error = {.code = ERROR_NONE};
    char producer[64]; /* its name carries a number that only grows */
    snprintf(producer, sizeof producer, "%s", rd_kafka_name(kafka_self(port)->producer));
    const size_t count = A_UNIT;
    if (take(stand, records) == DEAD) return DEAD;
    if (records[0].offset != stand->next) end_case("polling", "records are missing or repeated");
    const enum port_status status = commit_unit(port, records, count, &error);
    const int64_t next = records[count - 1].offset + 1;
    port->ops->release(port, records, count);
    stand->renewals += strcmp(rd_kafka_name(kafka_self(port)->producer), producer) != 0;
    switch (status) {
    case PORT_OK:
        stand->next = next;
        return GOES_ON;
    case PORT_FENCED:
        return FENCED;
    case PORT_STOPPED:
        end_case("committing", "nobody has stopped it");
        break;
    case PORT_ABORT:
    case PORT_REBUILD:
        break;
    }
    if (error.code == ERROR_DENIED) return DENIED;
    if (++stand->reloads == RELOADS_MAX) end_case("committing", error.text);
    return start(stand);
}

static enum end work(struct stand *stand) {
    enum end end = GOES_ON;
    for (int starts = 0; end == GOES_ON && stand->next < RECORDS; starts++) {
        if (starts < stand->starts_wanted) end = start(stand);
        if (end == GOES_ON) end = copy_unit(stand);
    }
    return end;
}

/* The check. */

/* How often each value is in the output; whether they rise by one from 0. */
static bool read_output(struct stand *stand, int counts[RECORDS]) {
    struct port *port = stand->port;
    struct error error = {.code = ERROR_NONE};
    const struct port_position at = {OUTPUT, 0, PORT_OFFSET_EARLIEST};
    struct port_record record;
    bool in_order = true;
    int64_t low = 0, high = 0, seen = 0;
    if (!port->ops->watermarks(port, OUTPUT, 0, &low, &high, &error) ||
        !port->ops->assign(port, &at, 1, &error))
        end_case("reading", error.text);
    while (seen < high) {
        size_t count = 0;
        if (!port->ops->poll(port, 0, &record, 1, &count, &error)) end_case("reading", error.text);
        if (count == 0) port->ops->wait(port, 50);
        if (count == 0) continue;
        in_order = in_order && record.value.data[0] == seen;
        counts[record.value.data[0]]++;
        seen++;
        port->ops->release(port, &record, 1);
    }
    return in_order && seen == RECORDS;
}

static void check_end(enum end wanted, enum end end, const struct stand *stand) {
    char text[160];
    const enum end found = end == GOES_ON && stand->reloads == 0 ? GOES_ON_AT_ONCE : end;
    if (found == wanted || (wanted == GOES_ON && found == GOES_ON_AT_ONCE)) return;
    snprintf(text, sizeof text, "%d, not %d; %d reloads", (int)found, (int)wanted, stand->reloads);
    end_case("the worker's end", text);
}

static void check_output(struct stand *stand, enum end end) {
    int counts[RECORDS] = {0};
    const bool once = read_output(stand, counts);
    for (int i = 0; i < stand->next; i++)
        if (counts[i] == 0) end_case("output", "a committed record is lost");
    if (end == GOES_ON && stand->next != RECORDS) end_case("output", "the input is not copied");
    if (end == GOES_ON && stand->reloads == 0 && !once)
        end_case("output", "no transaction was given up, yet records are not there once");
}

static bool is_transactional(int16_t key) {
    return key == ADD_OFFSETS || key == END || key == OFFSETS_IN_TRANSACTION;
}

static void run_case(const struct request *request, enum fault fault, int nth) {
    static struct stand stand;
    struct error error = {.code = ERROR_NONE};
    size_t left = 0;
    alarm(SECONDS_MAX);
    open_stand(&stand, request);
    inject(&stand, request, fault, nth);
    stand.port = kafka_port_open(&stand.options, &error);
    if (stand.port == NULL) end_case("opening", error.text);
    /* Where one start does not bring a request three times, there are more of them. */
    stand.starts_wanted = is_transactional(request->key) ? 1 : 4;
    const enum end end = work(&stand);
    check_end(request->faults[fault].end, end, &stand);
    rd_kafka_mock_broker_error_stack_cnt(stand.cluster, 1, request->key, &left);
    if (left != 0) end_case("the fault", "it did not happen");
    if (fault == DELAY && is_transactional(request->key) && stand.renewals == 0)
        end_case("the producer", "it was kept after a slow call");
    stand.port->ops->close(stand.port);
    stand.port = kafka_port_open(&stand.options, &error);
    if (stand.port == NULL) end_case("opening", error.text);
    check_output(&stand, end);
    stand.port->ops->close(stand.port);
    _exit(0);
}

/* All cases, AT_ONCE processes at a time: most of them wait. */

struct running {
    pid_t pid;
    int number;
};

static void describe(int number, char *text, size_t size) {
    const int fault = number / 2 % FAULT_COUNT, request = number / 2 / FAULT_COUNT;
    snprintf(text, size, "%s, %s, time %d", requests[request].name, fault_names[fault],
             number % 2 == 0 ? 1 : 3);
}

static pid_t begin_case(int number) {
    const pid_t pid = fork();
    if (pid == 0)
        run_case(&requests[number / 2 / FAULT_COUNT], (enum fault)(number / 2 % FAULT_COUNT),
                 number % 2 == 0 ? 1 : 3);
    assert_true(pid > 0);
    return pid;
}

/* Waits for one to end; 1 when it failed. */
static int await_one(struct running *running, int *count) {
    int status = 0;
    const pid_t pid = wait(&status);
    for (int i = 0; i < *count; i++) {
        if (running[i].pid != pid) continue;
        char text[96];
        describe(running[i].number, text, sizeof text);
        running[i] = running[--*count];
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
        print_error("%s: %s\n", text, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "failed");
        return 1;
    }
    return 0;
}

static void nothing_is_lost_whatever_the_protocol_says(void **state) {
    enum { CASES = REQUEST_COUNT * FAULT_COUNT * 2 };
    struct running running[AT_ONCE];
    int count = 0, failed = 0;
    (void)state;
    for (int number = 0; number < CASES; number++) {
        if (count == AT_ONCE) failed += await_one(running, &count);
        running[count] = (struct running){begin_case(number), number};
        count++;
    }
    while (count > 0)
        failed += await_one(running, &count);
    print_message("%d cases, %d failed\n", CASES, failed);
    assert_int_equal(CASES, 120);
    assert_int_equal(failed, 0);
}

/* Topics. */

static void open_topics(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    memset(stand, 0, sizeof *stand);
    open_stand(stand, &requests[0]);
    stand->port = kafka_port_open(&stand->options, &error);
    assert_non_null(stand->port);
    rd_kafka_mock_topic_set_error(stand->cluster, INPUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

static void close_topics(struct stand *stand) {
    stand->port->ops->close(stand->port);
    rd_kafka_mock_cluster_destroy(stand->cluster);
    rd_kafka_destroy(stand->client);
}

static void *learn_late(void *cluster) {
    usleep(1500 * 1000);
    rd_kafka_mock_topic_set_error(cluster, INPUT, RD_KAFKA_RESP_ERR_NO_ERROR);
    return NULL;
}

/* As a broker answers that has just come back. */
static void a_topic_that_is_unknown_for_a_while_is_asked_for_again(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    pthread_t learner;
    int32_t count = 0;
    (void)state;
    open_topics(&stand);
    assert_int_equal(pthread_create(&learner, NULL, learn_late, stand.cluster), 0);
    const int64_t start_ms = steady_ms();
    assert_true(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_int_equal(count, 1);
    assert_in_range(steady_ms() - start_ms, 1000, KAFKA_UNKNOWN_MS);
    pthread_join(learner, NULL);
    close_topics(&stand);
}

static void assert_missing(const struct error *error, const char *topic) {
    assert_int_equal(error->code, ERROR_CONFIG);
    assert_non_null(strstr(error->text, topic));
    assert_non_null(strstr(error->text, "for 10 s"));
}

/* What is asked for next is waited for together with it. */
static void a_topic_that_stays_unknown_is_a_fault_of_the_configuration(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    int32_t count = 0;
    int64_t low = 0, high = 0;
    (void)state;
    open_topics(&stand);
    const int64_t start_ms = steady_ms();
    assert_false(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_missing(&error, INPUT);
    assert_in_range(steady_ms() - start_ms, KAFKA_UNKNOWN_MS, 2 * KAFKA_UNKNOWN_MS);
    const int64_t next_ms = steady_ms();
    assert_false(stand.port->ops->watermarks(stand.port, OUTPUT, 7, &low, &high, &error));
    assert_missing(&error, OUTPUT "/7");
    assert_in_range(steady_ms() - next_ms, 0, KAFKA_CALL_MS);
    close_topics(&stand);
}

static void *stop_soon(void *port) {
    usleep(500 * 1000);
    ((struct port *)port)->ops->stop(port);
    return NULL;
}

static void a_stop_breaks_the_wait_for_a_topic(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    pthread_t stopper;
    int32_t count = 0;
    (void)state;
    open_topics(&stand);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, stand.port), 0);
    assert_false(stand.port->ops->partition_count(stand.port, INPUT, &count, &error));
    assert_int_equal(error.code, ERROR_INTERRUPTED);
    pthread_join(stopper, NULL);
    close_topics(&stand);
}

static void a_partition_that_is_not_answered_for_is_not_one_without_an_offset(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    struct port_position at[] = {{INPUT, 0, 0}, {INPUT, 7, 0}};
    pthread_t stopper;
    (void)state;
    open_topics(&stand);
    rd_kafka_mock_topic_set_error(stand.cluster, INPUT, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(stand.port->ops->committed(stand.port, at, 1, &error));
    assert_int_equal(at[0].offset, PORT_OFFSET_NONE);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, stand.port), 0);
    assert_false(stand.port->ops->committed(stand.port, at, 2, &error));
    assert_int_equal(error.code, ERROR_INTERRUPTED);
    pthread_join(stopper, NULL);
    close_topics(&stand);
}

/* Commands. */

static struct port *open_command(const struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port *port = kafka_port_open_command(&stand->options, &error);
    assert_non_null(port);
    return port;
}

static void fence_and_commit(struct port *port) {
    struct error error = {.code = ERROR_NONE};
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    assert_true(port->ops->fence(port, &error));
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->produce(port, &message, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
}

/* What the engine does, renewing its producer, would fence the successor: nothing is committed for
 * the id of a command that could say who that is. */
static void a_command_in_doubt_leaves_its_id_to_a_successor(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    memset(&stand, 0, sizeof stand);
    open_stand(&stand, &requests[0]);
    stand.port = open_command(&stand);
    rd_kafka_mock_broker_push_request_error_rtts(stand.cluster, 1, END, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, DELAY_MS);
    fence_and_commit(stand.port);
    const rd_kafka_t *producer = kafka_self(stand.port)->producer;
    struct port *successor = open_command(&stand);
    fence_and_commit(successor);
    assert_int_equal(stand.port->ops->begin(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_ptr_equal(kafka_self(stand.port)->producer, producer);
    successor->ops->close(successor);
    close_topics(&stand);
}

/* Aborts. */

enum { WATCHED = 3 };

/* From here on `asked` knows how many requests of the kind came; WATCHED are enough. */
static void watch(const struct stand *stand, int16_t key) {
    rd_kafka_mock_clear_request_errors(stand->cluster, key);
    for (int i = 0; i < WATCHED; i++)
        rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, key, 1,
                                                     RD_KAFKA_RESP_ERR_NO_ERROR, 0);
}

static int asked(const struct stand *stand, int16_t key) {
    size_t left = 0;
    rd_kafka_mock_broker_error_stack_cnt(stand->cluster, 1, key, &left);
    return WATCHED - (int)left;
}

/* Live, with a message in its open transaction: one that comes to be late, or that the broker
 * refuses. */
static void open_transaction(struct stand *stand, int slow_ms, rd_kafka_resp_err_t refusal) {
    enum { PRODUCE = 0, LONG_MS = 30000, SHORT_MS = 1000 };
    const struct port_message message = {.topic = OUTPUT, .value = {(const uint8_t *)"x", 1}};
    struct error error = {.code = ERROR_NONE};
    memset(stand, 0, sizeof *stand);
    open_stand(stand, &requests[0]);
    stand->options.transaction_timeout_ms = slow_ms > 0 ? SHORT_MS : LONG_MS;
    stand->port = kafka_port_open(&stand->options, &error);
    assert_non_null(stand->port);
    assert_true(stand->port->ops->fence(stand->port, &error));
    assert_int_equal(stand->port->ops->begin(stand->port, &error), PORT_OK);
    rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, PRODUCE, 1, refusal, 0);
    rd_kafka_mock_broker_push_request_error_rtts(stand->cluster, 1, ADD_PARTITIONS, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, slow_ms);
    assert_int_equal(stand->port->ops->produce(stand->port, &message, &error), PORT_OK);
    watch(stand, INIT_PRODUCER_ID);
    watch(stand, END);
}

static void a_transaction_whose_messages_are_there_is_aborted(void **state) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    open_transaction(&stand, 0, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(stand.port->ops->abort(stand.port, &error), PORT_OK);
    assert_int_equal(asked(&stand, END), 1);
    assert_int_equal(asked(&stand, INIT_PRODUCER_ID), 0);
    close_topics(&stand);
}

/* What a successor leaves; the mock forgets offsets that are sent in a transaction. */
static void take_shard(const struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    struct port *successor = kafka_port_open(&stand->options, &error);
    assert_non_null(successor);
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, INPUT, 0)->offset = A_UNIT;
    kafka_claim_sign(kafka_self(successor), offsets);
    assert_int_equal(rd_kafka_commit(kafka_self(successor)->consumer, offsets, 0),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(offsets);
    successor->ops->close(successor);
}

/* The client would ask for a new epoch as it aborts, by which a successor can be shut out. */
static void leave_to_successor(bool commits, rd_kafka_resp_err_t refusal) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    open_transaction(&stand, refusal == RD_KAFKA_RESP_ERR_NO_ERROR ? DELAY_MS : 0, refusal);
    if (commits) assert_int_equal(stand.port->ops->commit(stand.port, &error), PORT_ABORT);
    take_shard(&stand);
    assert_int_equal(stand.port->ops->abort(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_false(stand.port->ops->fence(stand.port, &error));
    assert_int_equal(error.code, ERROR_FENCED);
    assert_int_equal(asked(&stand, END), 0);
    assert_int_equal(asked(&stand, INIT_PRODUCER_ID), 0);
    close_topics(&stand);
}

static void a_transaction_whose_messages_timed_out_is_left_to_a_successor(void **state) {
    (void)state;
    leave_to_successor(true, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void one_whose_messages_may_still_time_out_is_too(void **state) {
    (void)state;
    leave_to_successor(false, RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Or the broker does not know the producer's id any more. */
static void one_whose_messages_were_refused_is_too(void **state) {
    (void)state;
    leave_to_successor(true, RD_KAFKA_RESP_ERR_UNKNOWN);
    leave_to_successor(false, RD_KAFKA_RESP_ERR_UNKNOWN);
    leave_to_successor(true, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
    leave_to_successor(false, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
}

/* Rights. */

static void a_command_needs_no_right_on_a_group(void **state) {
    enum { OFFSET_FETCH = 9 };
    struct stand stand;
    (void)state;
    memset(&stand, 0, sizeof stand);
    open_stand(&stand, &requests[0]);
    stand.port = open_command(&stand);
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(
            stand.cluster, 1, OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0);
    fence_and_commit(stand.port);
    close_topics(&stand);
}

/* The start of an engine without a right: what it is refused is said, and it does not wait. */
static void refuse_start(int16_t key, rd_kafka_resp_err_t refused, const char *call) {
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    struct port_position group = {INPUT, 0, 0};
    memset(&stand, 0, sizeof stand);
    open_stand(&stand, &requests[0]);
    stand.port = kafka_port_open(&stand.options, &error);
    assert_non_null(stand.port);
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(stand.cluster, 1, key, 1, refused, 0);
    assert_false(stand.port->ops->fence(stand.port, &error) &&
                 stand.port->ops->committed(stand.port, &group, 1, &error));
    assert_int_equal(error.code, ERROR_DENIED);
    if (strstr(error.text, call) == NULL) fail_msg("%s", error.text);
    close_topics(&stand);
}

static void a_right_that_is_missing_is_no_broker_that_is_away(void **state) {
    enum { OFFSET_FETCH = 9 };
    (void)state;
    refuse_start(OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "committed");
    refuse_start(INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                 "init_transactions");
}

/* An engine in doubt looks whether the shard is still its own; nobody has stopped it. */
static void a_right_that_is_lost_meanwhile_is_no_stop(void **state) {
    enum { OFFSET_FETCH = 9 };
    struct stand stand;
    struct error error = {.code = ERROR_NONE};
    (void)state;
    memset(&stand, 0, sizeof stand);
    open_stand(&stand, &requests[0]);
    stand.port = kafka_port_open(&stand.options, &error);
    assert_non_null(stand.port);
    assert_true(stand.port->ops->fence(stand.port, &error));
    kafka_self(stand.port)->doubtful = true;
    for (int i = 0; i < 3; i++)
        rd_kafka_mock_broker_push_request_error_rtts(
            stand.cluster, 1, OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0);
    assert_int_equal(stand.port->ops->begin(stand.port, &error), PORT_REBUILD);
    assert_int_equal(error.code, ERROR_DENIED);
    close_topics(&stand);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_needs_no_right_on_a_group),
        cmocka_unit_test(a_command_in_doubt_leaves_its_id_to_a_successor),
        cmocka_unit_test(a_partition_that_is_not_answered_for_is_not_one_without_an_offset),
        cmocka_unit_test(a_transaction_whose_messages_are_there_is_aborted),
        cmocka_unit_test(a_transaction_whose_messages_timed_out_is_left_to_a_successor),
        cmocka_unit_test(one_whose_messages_may_still_time_out_is_too),
        cmocka_unit_test(one_whose_messages_were_refused_is_too),
        cmocka_unit_test(a_right_that_is_missing_is_no_broker_that_is_away),
        cmocka_unit_test(a_right_that_is_lost_meanwhile_is_no_stop),
        cmocka_unit_test(nothing_is_lost_whatever_the_protocol_says),
        cmocka_unit_test(a_topic_that_is_unknown_for_a_while_is_asked_for_again),
        cmocka_unit_test(a_topic_that_stays_unknown_is_a_fault_of_the_configuration),
        cmocka_unit_test(a_stop_breaks_the_wait_for_a_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
