/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/health.h"

#include "detector/base/steady.h"
#include "detector/service/metrics.h"
#include "detector/service/notify.h"

#include <stdatomic.h>
#include <stdio.h>

enum { TOLD_PER_PERIOD = 3 };

static _Atomic int64_t beat_ms;
static _Atomic int64_t told_ms;      /* when systemd heard of the last beat */
static _Atomic int64_t told_each_ms; /* 0: systemd does not watch */

/* The way to live, and how far it is. */
enum phase { NOT_LIVE, RESTORING, REPLAYING, READING_FIRST, LIVE };
static _Atomic enum phase phase;
static _Atomic uint64_t done, due;

void health_start(void) {
    const int64_t period_ms = notify_watchdog_ms() / TOLD_PER_PERIOD;
    atomic_store(&told_each_ms, period_ms);
    atomic_store(&told_ms, steady_ms() - period_ms);
    health_beat();
}

void health_beat(void) {
    const int64_t now_ms = steady_ms();
    atomic_store_explicit(&beat_ms, now_ms, memory_order_relaxed);
    const int64_t each_ms = atomic_load_explicit(&told_each_ms, memory_order_relaxed);
    if (each_ms == 0) return;
    if (now_ms - atomic_load_explicit(&told_ms, memory_order_relaxed) < each_ms) return;
    atomic_store_explicit(&told_ms, now_ms, memory_order_relaxed);
    notify_alive();
}

static unsigned percent(uint64_t part, uint64_t whole) {
    return part >= whole ? 100 : (unsigned)((double)part * 100 / (double)whole);
}

void health_text(char out[HEALTH_TEXT_SIZE]) {
    const unsigned long long part = atomic_load(&done), whole = atomic_load(&due);
    switch (atomic_load(&phase)) {
    case NOT_LIVE:
        snprintf(out, HEALTH_TEXT_SIZE, "not live");
        break;
    case RESTORING:
        snprintf(out, HEALTH_TEXT_SIZE, "restoring a snapshot, %u %% (%llu of %llu accounts)",
                 percent(part, whole), part, whole);
        break;
    case REPLAYING:
        snprintf(out, HEALTH_TEXT_SIZE, "replaying the order log, %llu records so far", part);
        break;
    case READING_FIRST:
        snprintf(out, HEALTH_TEXT_SIZE, "reading signals before the first transaction");
        break;
    case LIVE:
        snprintf(out, HEALTH_TEXT_SIZE, "live");
        break;
    }
}

static void tell_status(void) {
    char text[HEALTH_TEXT_SIZE];
    health_text(text);
    notify_status(text);
}

void health_restoring(uint64_t accounts, uint64_t accounts_due) {
    const bool begins = atomic_exchange(&phase, RESTORING) != RESTORING;
    const uint64_t before = atomic_exchange(&done, accounts);
    atomic_store(&due, accounts_due);
    if (begins || percent(before, accounts_due) != percent(accounts, accounts_due)) tell_status();
}

void health_replaying(uint64_t records) {
    atomic_store(&done, records);
    atomic_store(&phase, REPLAYING);
    tell_status();
}

void health_reading_first(void) {
    if (atomic_exchange(&phase, READING_FIRST) != READING_FIRST) tell_status();
}

void health_set_ready(bool ready) {
    metrics_set(METRIC_READY, ready);
    atomic_store(&phase, ready ? LIVE : NOT_LIVE);
    if (ready)
        notify_ready();
    else
        tell_status();
}

void health_stopping(void) {
    notify_stopping();
}

bool health_ready(void) {
    return metrics_get(METRIC_READY) == 1;
}

bool health_alive_at(int64_t now_ms) {
    return now_ms - atomic_load_explicit(&beat_ms, memory_order_relaxed) <= HEALTH_BEAT_MAX_MS;
}
