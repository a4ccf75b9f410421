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
#include "tests/protocol_stand.h"
#include "tests/support.h"

#include "detector/broker/kafka_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 150, AT_ONCE = 30, RELOADS_MAX = 20 };

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

struct worker {
    struct stand at;
    int starts_wanted, reloads, renewals;
    int64_t next; /* what the order log would say: the input is copied up to here */
};

static void inject(struct worker *worker, const struct request *request, enum fault fault,
                   int nth) {
    for (int i = 1; i <= nth; i++)
        rd_kafka_mock_broker_push_request_error_rtts(worker->at.cluster, 1, request->key, 1,
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
static enum end start(struct worker *worker) {
    struct port *port = worker->at.port;
    struct error error = {.code = ERROR_NONE};
    int64_t low = 0, high = 0;
    struct port_position group = {INPUT, 0, 0}, at = {INPUT, 0, worker->next};
    if (!port->ops->fence(port, &error)) return ended_by(&error);
    if (!port->ops->watermarks(port, INPUT, 0, &low, &high, &error) ||
        !port->ops->committed(port, &group, 1, &error) || !port->ops->assign(port, &at, 1, &error))
        end_case("starting", error.text);
    if (high != RECORDS) end_case("starting", "the input is not whole");
    return GOES_ON;
}

/* GOES_ON with A_UNIT records, or DEAD. */
static enum end take(struct worker *worker, struct port_record records[A_UNIT]) {
    struct port *port = worker->at.port;
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
static enum end copy_unit(struct worker *worker) {
    struct port *port = worker->at.port;
    struct port_record records[A_UNIT];
    struct error error = {.code = ERROR_NONE};
    char producer[64]; /* its name carries a number that only grows */
    snprintf(producer, sizeof producer, "%s", rd_kafka_name(kafka_self(port)->producer));
    const size_t count = A_UNIT;
    if (take(worker, records) == DEAD) return DEAD;
    if (records[0].offset != worker->next) end_case("polling", "records are missing or repeated");
    const enum port_status status = commit_unit(port, records, count, &error);
    const int64_t next = records[count - 1].offset + 1;
    port->ops->release(port, records, count);
    worker->renewals += strcmp(rd_kafka_name(kafka_self(port)->producer), producer) != 0;
    switch (status) {
    case PORT_OK:
        worker->next = next;
        return GOES_ON;
    case PORT_FENCED:
        return FENCED;
    case PORT_STOPPED:
        end_case("committing", "nobody has stopped it");
        break;
    case PORT_ABORT:
    case PORT_REBUILD:
    case PORT_REFUSED:
        break;
    }
    if (error.code == ERROR_DENIED) return DENIED;
    if (++worker->reloads == RELOADS_MAX) end_case("committing", error.text);
    return start(worker);
}

static enum end work(struct worker *worker) {
    enum end end = GOES_ON;
    for (int starts = 0; end == GOES_ON && worker->next < RECORDS; starts++) {
        if (starts < worker->starts_wanted) end = start(worker);
        if (end == GOES_ON) end = copy_unit(worker);
    }
    return end;
}

/* The check. */

/* How often each value is in the output; whether they rise by one from 0. */
static bool read_output(struct worker *worker, int counts[RECORDS]) {
    struct port *port = worker->at.port;
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

static void check_end(enum end wanted, enum end end, const struct worker *worker) {
    char text[160];
    const enum end found = end == GOES_ON && worker->reloads == 0 ? GOES_ON_AT_ONCE : end;
    if (found == wanted || (wanted == GOES_ON && found == GOES_ON_AT_ONCE)) return;
    snprintf(text, sizeof text, "%d, not %d; %d reloads", (int)found, (int)wanted, worker->reloads);
    end_case("the worker's end", text);
}

static void check_output(struct worker *worker, enum end end) {
    int counts[RECORDS] = {0};
    const bool once = read_output(worker, counts);
    for (int i = 0; i < worker->next; i++)
        if (counts[i] == 0) end_case("output", "a committed record is lost");
    if (end == GOES_ON && worker->next != RECORDS) end_case("output", "the input is not copied");
    if (end == GOES_ON && worker->reloads == 0 && !once)
        end_case("output", "no transaction was given up, yet records are not there once");
}

static bool is_transactional(int16_t key) {
    return key == ADD_OFFSETS || key == END || key == OFFSETS_IN_TRANSACTION;
}

static void run_case(const struct request *request, enum fault fault, int nth) {
    static struct worker worker;
    struct error error = {.code = ERROR_NONE};
    size_t left = 0;
    alarm(SECONDS_MAX);
    protocol_open(&worker.at, request->key == OFFSET_COMMIT ? "at-least-once" : "exactly-once");
    inject(&worker, request, fault, nth);
    worker.at.port = kafka_port_open(&worker.at.options, &error);
    if (worker.at.port == NULL) end_case("opening", error.text);
    /* Where one start does not bring a request three times, there are more of them. */
    worker.starts_wanted = is_transactional(request->key) ? 1 : 4;
    const enum end end = work(&worker);
    check_end(request->faults[fault].end, end, &worker);
    rd_kafka_mock_broker_error_stack_cnt(worker.at.cluster, 1, request->key, &left);
    if (left != 0) end_case("the fault", "it did not happen");
    if (fault == DELAY && is_transactional(request->key) && worker.renewals == 0)
        end_case("the producer", "it was kept after a slow call");
    worker.at.port->ops->close(worker.at.port);
    worker.at.port = kafka_port_open(&worker.at.options, &error);
    if (worker.at.port == NULL) end_case("opening", error.text);
    check_output(&worker, end);
    worker.at.port->ops->close(worker.at.port);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_whatever_the_protocol_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
