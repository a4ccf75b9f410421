/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/signals_run.h"

#include "tests/support.h"

#include "detector/service/metrics.h"
#include "schemas/order_record.h"

#include <stdio.h>
#include <string.h>

struct signals_run signals_run;

int signals_setup(void **state) {
    (void)state;
    memset(&signals_run, 0, sizeof signals_run);
    return memory_stand_open(&signals_run.base, PARTITIONS) ? 0 : -1;
}

int signals_teardown(void **state) {
    (void)state;
    if (signals_run.disk != NULL) signals_run.disk->ops->dispose(signals_run.disk);
    memory_stand_close(&signals_run.base);
    return 0;
}

void use_snapshots(void) {
    struct error error;
    signals_run.disk = disk_posix_open(signals_run.base.directory, &error);
    assert_non_null(signals_run.disk);
}

/* Every signal behind what is older, and before what is not. */
static bool check_times(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    (void)error;
    for (uint32_t i = 0; i < batch->count; i++) {
        const enum input_kind kind = batch->input[i].kind;
        const int64_t ms = batch->input[i].record.timestamp_ms;
        if (kind == INPUT_SIGNALS) assert_true(signals_run.newest_ms[INPUT_TRANSACTIONS] < ms);
        if (kind == INPUT_TRANSACTIONS) assert_true(signals_run.newest_ms[INPUT_SIGNALS] <= ms);
        if (ms > signals_run.newest_ms[kind]) signals_run.newest_ms[kind] = ms;
    }
    return true;
}

bool signals_run_until(bool stop_at_end) {
    struct pipeline_options how = memory_stand_how(&signals_run.base);
    how.snapshots = signals_run.disk;
    how.rebuild = signals_run.rebuild;
    how.unmuted_replay = signals_run.unmuted;
    how.signals_by_time = signals_run.by_time;
    how.on_batch = signals_run.by_time ? check_times : NULL;
    how.stop_at_end = stop_at_end;
    metrics_reset();
    signals_run.error = (struct error){.code = ERROR_NONE};
    signals_run.pipeline = pipeline_open(&how, &signals_run.error);
    const bool ok =
        signals_run.pipeline != NULL && pipeline_run(signals_run.pipeline, &signals_run.error);
    pipeline_close(signals_run.pipeline);
    return ok;
}

void signals_must_run(void) {
    if (!signals_run_until(true))
        fail_msg("%s: %s", error_name(signals_run.error.code), signals_run.error.text);
}

void signals_must_fail(enum error_code code, const char *text) {
    const size_t before = memory_port_count(signals_run.base.memory, ORDER, 0);
    assert_false(signals_run_until(true));
    if (signals_run.error.code != code || strstr(signals_run.error.text, text) == NULL)
        fail_msg("%s: %s", error_name(signals_run.error.code), signals_run.error.text);
    assert_int_equal(memory_port_count(signals_run.base.memory, ORDER, 0), before);
}

void make_signals_topic(void) {
    assert_true(memory_port_create_topic(signals_run.base.memory, SIGNALS, PARTITIONS));
}

void send_signals(int first, int count) {
    for (int i = first; i < first + count; i++) {
        char id[32], account[32];
        snprintf(id, sizeof id, "signal-%d", i);
        snprintf(account, sizeof account, "payee-%d", i % 8);
        const struct signal signal = sample_signal(id, account, i);
        sample_send_signal(signals_run.base.memory, signals_run.base.encoder, id, &signal,
                           PARTITIONS);
    }
}

void send_transactions(int first, int count) {
    sample_send_crowd(signals_run.base.memory, signals_run.base.encoder, first, count, PEOPLE,
                      PARTITIONS);
}

int64_t verdicts(enum verdict verdict) {
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

int64_t signals_before(int *alternations) {
    struct passage signals = {SIGNALS, {-1, -1}, 0}, transactions = {INPUT, {-1, -1}, 0};
    int64_t first = 0;
    int last = 0;
    *alternations = 0;
    for (size_t i = 0; i < memory_port_count(signals_run.base.memory, ORDER, 0); i++) {
        struct port_record record;
        struct error error;
        assert_true(memory_port_get(signals_run.base.memory, ORDER, 0, i, &record));
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
