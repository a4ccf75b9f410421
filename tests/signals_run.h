/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of the engine with signals beside the transactions, on a memory port. A test program has one
 * of these. */
#pragma once

#include "detector/batch.h"
#include "tests/memory_stand.h"

#include <stdatomic.h>

#define INPUT "antifrod.transactions"
#define SIGNALS "antifrod.signals"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define LETTERS "antifrod.transactions.dlq"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, PEOPLE = 60, MINUTE_MS = 60000 };

struct signals_run {
    struct memory_stand base;
    struct disk *disk; /* NULL: no snapshots */
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
};
extern struct signals_run signals_run;

int signals_setup(void **state);
int signals_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, signals_setup, signals_teardown)

void use_snapshots(void);

/* One run; `signals_must_fail`: to this error, and without a word in the order log. */
bool signals_run_until(bool stop_at_end);
void signals_must_run(void);
void signals_must_fail(enum error_code code, const char *text);

void make_signals_topic(void);
void send_signals(int first, int count);
void send_transactions(int first, int count);

/* Of the last run. */
int64_t verdicts(enum verdict verdict);

/* Signals that were taken before the first transaction; *alternations: how often the topic changed
 * from one run with records to the next. */
int64_t signals_before(int *alternations);
