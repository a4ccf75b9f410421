/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy run` whose port and disks (failpoint_disk.c) fail at named places: the linker gives it
 * this kafka_port_open, which decorates the real one. Nothing of it is in the program.
 *
 *   FAILPOINT=place:number:action,… saqshy_failpoint run -X …
 *
 * A place is an operation of the port and "before" or "after" (fence.before, commit.after …), with
 * "disk." before it one of a disk; number counts how often it was passed, from 1. Actions: KILL and
 * STOP (signals), ABORT and REBUILD (the call is not made, and this is its answer; where an
 * operation answers so), FAIL (so does a disk). SIGUSR1 makes the next commit answer ABORT. */
#include "tests/soak/failpoint.h"

#include "detector/broker/kafka_port.h"
#include "detector/commands/commands.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct port *__real_kafka_port_open(const struct options *options, struct error *error);
struct port *__wrap_kafka_port_open(const struct options *options, struct error *error);

enum { RULES_MAX = 8 };

struct rule {
    char place[32], action[16];
    int number;
    atomic_int passed;
};

static struct {
    struct port port; /* what the engine sees */
    struct port *inner;
    struct rule rules[RULES_MAX];
    int rule_count;
} self;

static atomic_bool asked; /* by SIGUSR1 */

static void on_signal(int number) {
    (void)number;
    atomic_store(&asked, true);
}

static void read_rules(const char *text) {
    for (int used = 0; text != NULL && *text != '\0'; text += used) {
        struct rule *rule = &self.rules[self.rule_count++];
        const int read = sscanf(text, "%31[a-z_.]:%d:%15[A-Z]%n", rule->place, &rule->number,
                                rule->action, &used);
        if (read != 3 || self.rule_count == RULES_MAX) abort();
        if (text[used] == ',') used++;
    }
}

enum port_status failpoint_pass(const char *place) {
    for (int i = 0; i < self.rule_count; i++) {
        struct rule *rule = &self.rules[i];
        if (strcmp(rule->place, place) != 0) continue;
        if (atomic_fetch_add(&rule->passed, 1) + 1 != rule->number) continue;
        fprintf(stderr, "event=failpoint place=%s action=%s\n", place, rule->action);
        if (strcmp(rule->action, "KILL") == 0) raise(SIGKILL);
        if (strcmp(rule->action, "STOP") == 0) raise(SIGSTOP);
        if (strcmp(rule->action, "ABORT") == 0) return PORT_ABORT;
        if (strcmp(rule->action, "REBUILD") == 0) return PORT_REBUILD;
        if (strcmp(rule->action, "FAIL") == 0) return PORT_REBUILD;
    }
    return PORT_OK;
}

/* Answers an injected failure. */
static enum port_status injected(enum port_status status, struct error *error) {
    if (status != PORT_OK) error_set(error, ERROR_UNAVAILABLE, "a failpoint says so");
    return status;
}

static bool partition_count(struct port *p, const char *topic, int32_t *count, struct error *e) {
    (void)p;
    return self.inner->ops->partition_count(self.inner, topic, count, e);
}

static bool find_topic(struct port *p, const char *topic, int32_t *count, struct error *e) {
    (void)p;
    return self.inner->ops->find_topic(self.inner, topic, count, e);
}

static bool watermarks(struct port *p, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *e) {
    (void)p;
    return self.inner->ops->watermarks(self.inner, topic, partition, low, high, e);
}

static bool committed(struct port *p, struct port_position *at, size_t count, struct error *e) {
    (void)p;
    failpoint_pass("committed.before");
    return self.inner->ops->committed(self.inner, at, count, e);
}

static bool assign(struct port *p, const struct port_position *at, size_t count, struct error *e) {
    (void)p;
    const bool ok = self.inner->ops->assign(self.inner, at, count, e);
    failpoint_pass("assign.after");
    return ok;
}

static bool poll(struct port *p, size_t stream, struct port_record *records, size_t max,
                 size_t *count, struct error *e) {
    (void)p;
    const bool ok = self.inner->ops->poll(self.inner, stream, records, max, count, e);
    if (ok && *count > 0) failpoint_pass("poll.after");
    return ok;
}

static bool at_end(struct port *p, size_t stream) {
    (void)p;
    return self.inner->ops->at_end(self.inner, stream);
}

static int64_t known_end(struct port *p, size_t stream) {
    (void)p;
    return self.inner->ops->known_end(self.inner, stream);
}

static void wait_for(struct port *p, int timeout_ms) {
    (void)p;
    self.inner->ops->wait(self.inner, timeout_ms);
}

static void wake(struct port *p) {
    (void)p;
    self.inner->ops->wake(self.inner);
}

static void release(struct port *p, struct port_record *records, size_t count) {
    (void)p;
    self.inner->ops->release(self.inner, records, count);
}

static bool header(struct port *p, const struct port_record *record, size_t index,
                   struct port_header *out) {
    (void)p;
    return self.inner->ops->header(self.inner, record, index, out);
}

static bool fence(struct port *p, struct error *e) {
    (void)p;
    failpoint_pass("fence.before");
    const bool ok = self.inner->ops->fence(self.inner, e);
    failpoint_pass("fence.after");
    return ok;
}

static enum port_status begin(struct port *p, struct error *e) {
    (void)p;
    enum port_status status = injected(failpoint_pass("begin.before"), e);
    if (status == PORT_OK) status = self.inner->ops->begin(self.inner, e);
    failpoint_pass("begin.after");
    return status;
}

static enum port_status produce(struct port *p, const struct port_message *message,
                                struct error *e) {
    (void)p;
    enum port_status status = injected(failpoint_pass("produce.before"), e);
    if (status == PORT_OK) status = self.inner->ops->produce(self.inner, message, e);
    failpoint_pass("produce.after");
    return status;
}

static enum port_status send_offsets(struct port *p, const struct port_position *at, size_t count,
                                     struct error *e) {
    (void)p;
    enum port_status status = injected(failpoint_pass("send_offsets.before"), e);
    if (status == PORT_OK) status = self.inner->ops->send_offsets(self.inner, at, count, e);
    failpoint_pass("send_offsets.after");
    return status;
}

static enum port_status commit(struct port *p, struct error *e) {
    (void)p;
    const enum port_status wanted =
        atomic_exchange(&asked, false) ? PORT_ABORT : failpoint_pass("commit.before");
    enum port_status status = injected(wanted, e);
    if (status == PORT_OK) status = self.inner->ops->commit(self.inner, e);
    failpoint_pass("commit.after");
    return status;
}

static enum port_status abort_transaction(struct port *p, struct error *e) {
    (void)p;
    enum port_status status = injected(failpoint_pass("abort.before"), e);
    if (status == PORT_OK) status = self.inner->ops->abort(self.inner, e);
    failpoint_pass("abort.after");
    return status;
}

static int64_t now_ms(struct port *p) {
    (void)p;
    return self.inner->ops->now_ms(self.inner);
}

static void stop(struct port *p) {
    (void)p;
    self.inner->ops->stop(self.inner);
}

static void close_port(struct port *p) {
    if (p != NULL) self.inner->ops->close(self.inner);
}

static const struct port_ops operations = {
    .name = "failpoint",
    .partition_count = partition_count,
    .find_topic = find_topic,
    .watermarks = watermarks,
    .committed = committed,
    .assign = assign,
    .poll = poll,
    .at_end = at_end,
    .known_end = known_end,
    .wait = wait_for,
    .wake = wake,
    .release = release,
    .header = header,
    .fence = fence,
    .begin = begin,
    .produce = produce,
    .send_offsets = send_offsets,
    .commit = commit,
    .abort = abort_transaction,
    .now_ms = now_ms,
    .stop = stop,
    .close = close_port,
};

struct port *__wrap_kafka_port_open(const struct options *options, struct error *error) {
    read_rules(getenv("FAILPOINT"));
    signal(SIGUSR1, on_signal);
    self.inner = __real_kafka_port_open(options, error);
    if (self.inner == NULL) return NULL;
    self.port = (struct port){.ops = &operations, .exactly_once = self.inner->exactly_once};
    return &self.port;
}

int main(int argc, char **argv) {
    assert(argc >= 2 && strcmp(argv[1], "run") == 0);
    return cmd_run(argc - 1, argv + 1);
}
